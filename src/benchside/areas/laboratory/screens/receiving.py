"""Receive: tubes by scan, one after another; the clocks of what is here; the centrifuge."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benchside.areas.laboratory.acts import centrifuge, receive_specimen
from benchside.areas.laboratory.acts.receiving import Received
from benchside.areas.laboratory.names import laboratory_names
from benchside.areas.laboratory.reception import KEPT_AS_ASKED, package_reception
from benchside.areas.laboratory.screens.drawing import drawn, number_of, words_for, wrong
from benchside.areas.laboratory.screens.rows import CAP_KEYS, row_patients
from benchside.areas.laboratory.views.waiting import KeptTube, RunningTube, on_the_clock, received_lately, running
from benchside.pages.codes import N_
from benchside.pages.shapes import FieldError, Option, Patient
from benchside.readiness.gathering.places import devices_of_kind
from benchside.workplace import Desk, Outcome, screen
from benchside.workplace.outcomes import reader_language

TECHNICIANS: Final = ("technician",)
"""Everybody of the laboratory; a role named so includes its levels."""
BROKEN: Final = {
    "dark": N_("It was exposed to light"),
    "stoppered": N_("The stopper was opened"),
    "anaerobic": N_("Air got in"),
    "never-chilled": N_("It was chilled"),
    "plastic": N_("It touched glass"),
}
"""Conditions that hold unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class TubeLine:
    """A tube in a list: its picture's cap, its kind and tests in words, and what comes next."""

    tube: KeptTube
    cap: str
    kind: str
    tests: str
    patient: Patient | None
    clock: RunningTube
    next: str
    tone: str
    url: str


def next_step(desk: Desk, clock: RunningTube) -> tuple[str, str]:
    """What to do with a tube now, in words, and the tone: a time that is over is a warning."""
    now = desk.now
    if clock.good_until is not None and now > clock.good_until:
        return _("Too old for some of its tests: look at it, reject what is lost."), "danger"
    if clock.spin_from is not None and now < clock.spin_from:
        return _("Let it clot, then spin."), "info"
    if clock.spin_from is not None and clock.tube.spun_at is None:
        late = clock.spin_by is not None and now > clock.spin_by
        return (_("Time to spin is over: spin at once or reject."), "danger") if late else (_("Spin it now."), "warning")
    if clock.tube.spun_at is not None:
        return _("Spun: ready for the bench."), "good"
    return _("Ready for the bench."), "good"


def tube_lines(desk: Desk, tubes: list[RunningTube]) -> list[TubeLine]:
    """Tubes with patient and words, in their order."""
    patients = row_patients(desk, [one.tube.patient for one in tubes])
    known = laboratory_names(reader_language())
    lines: list[TubeLine] = []
    for one in tubes:
        words, tone = next_step(desk, one)
        tube = one.tube
        lines.append(
            TubeLine(
                tube,
                CAP_KEYS.get(tube.tube, "white"),
                str(known.get(f"tube:{tube.tube}", tube.tube)),
                words_for(tube.tests),
                patients.get(tube.patient),
                one,
                words,
                tone,
                reverse("specimen", args=[tube.id]),
            )
        )
    return lines


@screen("receive", roles=TECHNICIANS)
def receive(desk: Desk) -> HttpResponse:
    """Scan tubes in, one after another. A tube that was received stands on top with what comes next, or what is wrong with it."""
    posted = desk.request.POST
    form = desk.form("receive", action=reverse("receive"))
    outcome: Outcome[Received] | None = None
    if desk.request.method == "POST":
        errors: list[FieldError] = []
        fill, volume = (number_of(desk, name, errors) for name in ("fill_pct", "volume_ml"))
        scanned = posted.get("accession", "").strip()
        if not scanned:
            errors.append(FieldError(field="accession", message=_("Scan the label of a tube, or type its number.")))
        conditions = (KEPT_AS_ASKED - set(posted.getlist("broken"))) | ({"on-ice"} if posted.get("on_ice") else set())
        outcome = (
            wrong(desk, form, errors)
            if errors
            else desk.act(
                form,
                lambda performance: receive_specimen(
                    performance, scanned, conditions=tuple(sorted(conditions)), fill_pct=fill, volume_ml=volume
                ),
            )
        )
        if outcome.answer is not None:
            told = {"last": outcome.answer.specimen, **({"fault": outcome.answer.faults} if outcome.answer.faults else {})}
            return desk.done(f"{reverse('receive')}?{urlencode(told, doseq=True)}")
        form = outcome.form
    lately = received_lately(desk.record, desk.now)
    last = next((tube for tube in lately if tube.id == desk.request.GET.get("last")), None)
    known = package_reception().rejections
    return drawn(
        desk,
        "receive",
        status=outcome.status if outcome is not None else 200,
        page=desk.page(_("Receive")),
        form=form,
        reasons=outcome.reasons if outcome is not None else (),
        supervisors=desk.supervisors("receive_specimen") if desk.performer.level == "junior" else (),
        broken=tuple(Option(value=code, text=_(words)) for code, words in BROKEN.items()),
        last=tube_lines(desk, [running(last)])[0] if last is not None else None,
        faults=[(code, words_for([code], "rejection")) for code in desk.request.GET.getlist("fault") if code in known][:8],
        lately=tube_lines(desk, [running(tube) for tube in lately]),
        clock=tube_lines(desk, on_the_clock(desk.record, desk.now)),
    )


@screen("receive", roles=TECHNICIANS)
def spin(desk: Desk) -> HttpResponse:
    """Put tubes into a centrifuge: those that wait are listed, the one whose time ends soonest first."""
    posted = desk.request.POST
    waiting = [one for one in on_the_clock(desk.record, desk.now) if one.spin_from is not None and one.tube.spun_at is None]
    rules = package_reception().centrifuge
    chosen = desk.request.GET.getlist("tube")
    suggested = next((rules[one.tube.tube] for one in waiting if one.tube.tube in rules and (not chosen or one.tube.id in chosen)), None)
    machines = devices_of_kind(desk.record, "centrifuge")
    form = desk.form(
        "centrifuge",
        action=reverse("centrifuge"),
        values={
            "tube": chosen,
            "program_g": str(suggested.g[0]) if suggested else "1500",
            "minutes": str(suggested.minutes[0]) if suggested else "10",
            "centrifuge": machines[0][0] if len(machines) == 1 else "",
        },
    )
    reasons, status = (), 200
    if desk.request.method == "POST":
        errors: list[FieldError] = []
        tubes = tuple(posted.getlist("tube"))
        if not tubes:
            errors.append(FieldError(field="tube", message=_("Choose the tubes that go in.")))
        if not posted.get("centrifuge"):
            errors.append(FieldError(field="centrifuge", message=_("Choose the centrifuge.")))
        program, minutes, imbalance = (number_of(desk, name, errors) for name in ("program_g", "minutes", "imbalance_g"))
        outcome = (
            wrong(desk, form, errors)
            if errors
            else desk.act(
                form,
                lambda performance: centrifuge(
                    performance,
                    tubes,
                    posted["centrifuge"],
                    program_g=int(program or 0),
                    minutes=int(minutes or 0),
                    imbalance_g=imbalance or Decimal(0),
                ),
            )
        )
        if not outcome.refused:
            text = ngettext("%(num)s tube is spinning.", "%(num)s tubes are spinning.", len(tubes)) % {"num": len(tubes)}
            return desk.done(reverse("receive"), text)
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    return drawn(
        desk,
        "centrifuge",
        status=status,
        page=desk.page(_("Centrifuge")),
        form=form,
        reasons=reasons,
        waiting=tube_lines(desk, waiting),
        machines=tuple(Option(value=own, text=name) for own, name, _state in machines),
        supervisors=desk.supervisors("process_specimen") if desk.performer.level == "junior" else (),
    )
