"""Quality: controls of each device with their chart, lots, and how auto-verification and people agree."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import (
    ControlValue,
    NewLot,
    exclude_control,
    record_control_result,
    register_lot,
    withdraw_lot,
)
from benchside.areas.laboratory.acts.autoverifying import MODES, Mode, Setting, agreement, set_autoverification, settings_of
from benchside.areas.laboratory.acts.controlling import LOT_KINDS
from benchside.areas.laboratory.autoverification import package_autoverification
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.screens.bench_devices import device_reasons
from benchside.areas.laboratory.screens.drawing import drawn, words_for, wrong
from benchside.areas.laboratory.screens.levey_jennings import chart_of, points_of
from benchside.areas.laboratory.screens.receiving import TECHNICIANS
from benchside.fhir import r4
from benchside.pages.codes import N_
from benchside.pages.shapes import FieldError, Option, Tab
from benchside.readiness.gathering.equipment import ControlOfTest, controls_of, equipment_of
from benchside.readiness.gathering.kept import load
from benchside.readiness.gathering.lots import ControlTarget, KeptLot, lots_of_kind, targets_of
from benchside.readiness.gathering.places import device_name, devices_of_kind
from benchside.record import Gone, NotFound
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language

KINDS: Final = ("analyzer", "point_of_care_meter")
TARGETS_SHOWN: Final = 6
AGREEMENT_DAYS: Final = 30
STATE_LOOKS: Final = {
    "passed": (N_("passed"), "good", "done"),
    "due": (N_("due"), "warning", "clock"),
    "failed": (N_("failed"), "danger", "stop"),
    "not-required": (N_("not asked for"), "neutral", "minus"),
}
MODE_WORDS: Final = {"off": N_("Off"), "shadow": N_("Shadow"), "live": N_("Live")}


@screen("bench", methods=("GET",), roles=TECHNICIANS)
def devices(desk: Desk) -> HttpResponse:
    """Every device that takes controls, and how it stands."""
    rows = []
    for kind in KINDS:
        for own, name, _status in devices_of_kind(desk.record, kind):
            device = load(desk.record, r4.Device, own)
            controls = controls_of(device, desk.record.policy.zone)
            standing = equipment_of(desk.record, own)
            tests = [(words_for([test]), STATE_LOOKS[one.state_at(desk.now)]) for test, one in sorted(controls.items())]
            rows.append((own, name, tests, standing, device_reasons(desk, standing, name)))
    return drawn(desk, "quality", page=desk.page(_("Quality")), rows=rows, looks=STATE_LOOKS)


def _device(desk: Desk, device_id: str) -> r4.Device:
    try:
        return load(desk.record, r4.Device, device_id)
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent


@dataclass(frozen=True, slots=True)
class ControlField:
    """A control to measure: its lot, level and what it should measure."""

    name: str
    lot: KeptLot
    test: str
    words: str
    unit: str
    expected: str


def control_fields(desk: Desk) -> list[ControlField]:
    """Every test of every lot of control material in use, by test and level."""
    found: list[ControlField] = []
    catalogue = package_catalogue()
    for lot in lots_of_kind(desk.record, "control"):
        for target in targets_of(load(desk.record, r4.Substance, lot.id)).values():
            analyte = catalogue.analytes.get(target.test)
            if analyte is None:
                continue
            expected = f"{target.mean - 2 * target.sd:f} – {target.mean + 2 * target.sd:f}" if target.mean is not None and target.sd else ""
            unit = "" if analyte.unit == "1" else analyte.unit
            found.append(ControlField(f"c_{lot.id}_{target.test}", lot, target.test, analyte.name.text(reader_language()), unit, expected))
    return sorted(found, key=lambda field: (field.words, field.lot.level, field.lot.number))


@screen("bench", roles=TECHNICIANS)
def device(desk: Desk, device_id: str) -> HttpResponse:
    """A device's controls: the chart of each test, and a run to enter. A run is taken on a blocked device too: it is how it recovers."""
    kept = _device(desk, device_id)
    controls = controls_of(kept, desk.record.policy.zone)
    fields = control_fields(desk)
    tests = sorted({*controls, *(field.test for field in fields)}, key=lambda test: words_for([test]))
    test = desk.request.GET.get("test", "")
    test = test if test in tests else (tests[0] if tests else "")
    here = f"{reverse('quality-device', args=[device_id])}?test={test}"
    form = desk.form(f"control:Device/{device_id}", action=here)
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        values = [
            ControlValue(field.lot.id, field.test, posted[field.name].strip()) for field in fields if posted.get(field.name, "").strip()
        ]
        errors = [] if values else [FieldError(field="", message=_("Enter the value of at least one control."))]
        outcome = (
            wrong(desk, form, errors)
            if errors
            else desk.act(
                form,
                lambda performance: record_control_result(performance, device_id, values, comment=posted.get("comment", "")),
            )
        )
        if outcome.answer is not None:
            lines = [
                f"{words_for([one.test])}: {_(STATE_LOOKS[one.state][0])}"
                + (f" ({', '.join((*one.rejections, *one.warnings))})" if one.rejections or one.warnings else "")
                for one in outcome.answer.tests
            ]
            bad = any(one.state != "passed" for one in outcome.answer.tests)
            return desk.done(here, "; ".join(lines), tone="danger" if bad else "good")
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    points = points_of(desk.record, device_id, test) if test else []
    standing = equipment_of(desk.record, device_id)
    return drawn(
        desk,
        "quality_device",
        status=status,
        page=desk.page(device_name(kept)),
        device=device_id,
        name=device_name(kept),
        against=device_reasons(desk, standing, device_name(kept)),
        tabs=[
            Tab(text=words_for([code]), url=f"{reverse('quality-device', args=[device_id])}?test={code}", current=code == test)
            for code in tests
        ],
        test=test,
        test_words=words_for([test]) if test else "",
        control=_standing(controls.get(test), desk),
        chart=chart_of(points),
        points=list(reversed(points)),
        form=form,
        reasons=reasons,
        fields=fields,
        looks=STATE_LOOKS,
        may_exclude=desk.performer.level in ("senior", "lead"),
        supervisors=desk.supervisors("run_quality_control") if desk.performer.level == "junior" else (),
    )


def _standing(control: ControlOfTest | None, desk: Desk) -> tuple[str, str, str, datetime | None, str] | None:
    if control is None:
        return None
    words, tone, icon = STATE_LOOKS[control.state_at(desk.now)]
    return _(words), tone, icon, control.valid_until, control.rules


@screen("bench", roles=("technician.senior", "technician.lead"))
def exclude(desk: Desk, device_id: str, observation_id: str) -> HttpResponse:
    """Leave a control point out: signed, with a reason. It stays on the chart."""
    rows = desk.record.engine.rows(
        "SELECT test, level, value, unit, at_us FROM control_row WHERE id = ? AND device = ?", (observation_id, device_id)
    )
    if not rows:
        raise Http404("There is no such control.")
    test, level, value, unit, _at = rows[0]
    here = f"{reverse('quality-device', args=[device_id])}?test={test}"
    form = desk.form(f"exclude:Observation/{observation_id}")
    reasons, status = (), 200
    if desk.request.method == "POST":
        reason = desk.request.POST.get("reason", "").strip()
        outcome = desk.act(form, lambda performance: exclude_control(performance, observation_id, reason))
        if not outcome.refused:
            return desk.done(here, _("Left out. Run the control again: only a new run decides."))
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    title = _("Leave out %(test)s, level %(level)s: %(value)s") % {"test": words_for([test]), "level": level, "value": f"{value} {unit}"}
    return drawn(desk, "with_reason", status=status, page=desk.page(title), title=title, back=here, form=form, reasons=reasons, signed=True)


@screen("bench", roles=TECHNICIANS)
def lots(desk: Desk) -> HttpResponse:
    """Lots of reagent, strips and control material; a new one is registered before it is used."""
    form = desk.form("lot", action=reverse("lots"), values={"kind": "reagent"})
    reasons, status = (), 200
    if desk.request.method == "POST":
        lot, errors = _new_lot(desk)
        outcome = wrong(desk, form, errors) if lot is None else desk.act(form, lambda performance: register_lot(performance, lot))
        if outcome.answer is not None and lot is not None:
            return desk.done(reverse("lots"), _("Lot %(number)s is registered.") % {"number": lot.number})
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    known = desk.requirements.lots
    numeric = [one for one in package_catalogue().analytes.values() if one.kind == "numeric" and one.formula is None]
    language = reader_language()
    return drawn(
        desk,
        "lots",
        status=status,
        page=desk.page(_("Lots")),
        form=form,
        reasons=reasons,
        groups=[(known[kind].text(language), lots_of_kind(desk.record, kind, every=True)) for kind in LOT_KINDS if kind in known],
        today=desk.now.astimezone(desk.record.policy.zone).date(),
        kinds=tuple(Option(value=kind, text=known[kind].text(language)) for kind in LOT_KINDS if kind in known),
        machines=tuple(Option(value=own, text=name) for kind in KINDS for own, name, _state in devices_of_kind(desk.record, kind)),
        tests=tuple(
            Option(value=one.code, text=f"{one.name.text(language)} ({one.unit})")
            for one in sorted(numeric, key=lambda one: one.name.text(language))
        ),
        numbers=range(1, TARGETS_SHOWN + 1),
    )


def _new_lot(desk: Desk) -> tuple[NewLot | None, list[FieldError]]:
    posted, errors, targets = desk.request.POST, list[FieldError](), list[ControlTarget]()
    try:
        expires = date.fromisoformat(posted.get("expires", ""))
    except ValueError:
        errors.append(FieldError(field="expires", message=_("Give the last day of the lot.")))
        expires = date.min
    for number in range(1, TARGETS_SHOWN + 1):
        test = posted.get(f"test_{number}", "")
        if not test:
            continue
        figures: list[Decimal | None] = []
        for name in ("mean", "sd"):
            text = posted.get(f"{name}_{number}", "").strip()
            try:
                figures.append(Decimal(text) if text else None)
            except InvalidOperation:
                errors.append(FieldError(field=f"{name}_{number}", message=_("Write digits with a decimal point.")))
                figures.append(None)
        targets.append(ControlTarget(test, *figures))
    if errors:
        return None, errors
    lot = NewLot(
        posted.get("kind", ""),
        posted.get("number", "").strip(),
        expires,
        posted.get("name", "").strip(),
        posted.get("device", ""),
        posted.get("level", "").strip() if posted.get("kind") == "control" else "",
        targets=tuple(targets) if posted.get("kind") == "control" else (),
    )
    return lot, errors


@screen("bench", roles=TECHNICIANS)
def withdraw(desk: Desk, lot_id: str) -> HttpResponse:
    """Stop a lot that was recalled or spoilt: what was made with it is not released any more."""
    rows = desk.record.engine.rows("SELECT kind, number, name FROM lot_row WHERE id = ?", (lot_id,))
    if not rows:
        raise Http404("There is no such lot.")
    form = desk.form(f"withdraw:Substance/{lot_id}")
    reasons, status = (), 200
    if desk.request.method == "POST":
        reason = desk.request.POST.get("reason", "").strip()
        outcome = desk.act(form, lambda performance: withdraw_lot(performance, lot_id, reason))
        if not outcome.refused:
            return desk.done(reverse("lots"), _("Withdrawn: nothing made with it is released."), tone="warning")
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    title = _("Withdraw lot %(number)s") % {"number": rows[0][1]}
    return drawn(
        desk,
        "with_reason",
        status=status,
        page=desk.page(title),
        title=title,
        back=reverse("lots"),
        form=form,
        reasons=reasons,
        signed=False,
    )


@screen("verify-list", methods=("GET",), roles=TECHNICIANS)
def autoverification(desk: Desk) -> HttpResponse:
    """How rules and people agreed lately, test by test, and how each test is switched."""
    found = agreement(desk.record, desk.now - timedelta(days=AGREEMENT_DAYS), desk.now + timedelta(minutes=1))
    switches = settings_of(desk.record)
    codes = sorted({*found, *switches} - {""}, key=lambda code: words_for([code]))
    rows = [(code, words_for([code]), switches.get(code, Setting("shadow")), found.get(code)) for code in codes]
    language = reader_language()
    rules = [
        (rule.number, (rule.es if language == "es" else rule.en).format(widths=rule.widths)) for rule in package_autoverification().rules
    ]
    return drawn(
        desk,
        "autoverification",
        page=desk.page(_("Auto-verification")),
        total=found[""],
        rows=rows,
        rules=rules,
        days=AGREEMENT_DAYS,
        modes=MODE_WORDS,
        may_switch=desk.performer.level == "lead",
        tests=tuple(
            Option(value=one.code, text=one.name.text(language))
            for one in sorted(package_catalogue().analytes.values(), key=lambda one: one.name.text(language))
        ),
        form=desk.form("choose-test"),
    )


@screen("verify-list", roles=("technician.lead",))
def switch(desk: Desk, test: str) -> HttpResponse:
    """Switch auto-verification of a test: off, shadow or live, and which rules do not count for it. Signed, with a reason."""
    if test == "choose":
        test = desk.request.GET.get("test", "")
    if test not in package_catalogue().analytes:
        raise Http404("There is no such test.")
    setting = settings_of(desk.record).get(test, Setting("shadow"))
    form = desk.form(
        f"autoverification:{test}",
        action=reverse("switch-autoverification", args=[test]),
        values={"mode": setting.mode, "without": setting.without},
    )
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        known: dict[str, Mode] = {one: one for one in MODES}
        mode = known.get(posted.get("mode", ""), "shadow")
        reason, without = posted.get("reason", "").strip(), tuple(posted.getlist("without"))
        outcome = desk.act(form, lambda performance: set_autoverification(performance, test, mode, reason, without=without))
        if not outcome.refused:
            words = {"test": words_for([test]), "mode": _(MODE_WORDS[mode])}
            return desk.done(reverse("autoverification"), _("%(test)s: %(mode)s.") % words)
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    language = reader_language()
    hints = {
        "off": _("No rule looks at it; people verify."),
        "shadow": _("Rules look and are counted; people verify."),
        "live": _("What passes every rule is released without a person, when the whole report does."),
    }
    return drawn(
        desk,
        "switch",
        status=status,
        page=desk.page(_("Auto-verification of %(test)s") % {"test": words_for([test])}),
        test=words_for([test]),
        form=form,
        reasons=reasons,
        modes=tuple(Option(value=mode, text=_(MODE_WORDS[mode]), hint=hints[mode]) for mode in MODES),
        rules=tuple(
            Option(value=rule.number, text=rule.number, hint=(rule.es if language == "es" else rule.en).format(widths=rule.widths))
            for rule in package_autoverification().rules
        ),
    )
