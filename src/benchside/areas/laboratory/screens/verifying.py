"""Verify: a second pair of eyes on what was entered, then the next."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import verify_result
from benchside.areas.laboratory.acts.resulting import Verified
from benchside.areas.laboratory.screens.bench_devices import device_reasons
from benchside.areas.laboratory.screens.drawing import drawn, words_for
from benchside.areas.laboratory.screens.receiving import TECHNICIANS
from benchside.areas.laboratory.screens.report_lines import ReportLine, line_of, people, report_for
from benchside.areas.laboratory.screens.rows import row_patients
from benchside.areas.laboratory.views.waiting import to_verify
from benchside.pages.shapes import Option, Reason
from benchside.readiness.gathering.equipment import equipment_of
from benchside.readiness.gathering.kept import version_of
from benchside.readiness.gathering.patients import patient_facts
from benchside.record import Gone, NotFound
from benchside.workplace import Desk, screen


@screen("verify-list", methods=("GET",), roles=TECHNICIANS)
def verify_list(desk: Desk) -> HttpResponse:
    """Everything that was entered and waits for a second person, the most pressing first."""
    waiting = to_verify(desk.record)
    patients = row_patients(desk, [one.patient for one in waiting])
    marks = _marks(desk, [one.order for one in waiting])
    rows = [
        (one, patients.get(one.patient), words_for([one.test]) if one.test else one.name, marks.get(one.order, ("", False)))
        for one in waiting
    ]
    return drawn(desk, "verify_list", page=desk.page(_("Verify")), rows=rows, me=desk.principal.author)


def _marks(desk: Desk, orders: list[str]) -> dict[str, tuple[str, bool]]:
    """For each order: who entered, and whether a value is critical."""
    marks = ",".join("?" * len(orders))
    rows = desk.record.engine.rows(
        "SELECT order_id, min(performer), max(CASE WHEN flag IN ('LL', 'HH', 'AA') THEN 1 ELSE 0 END), "
        "max(CASE WHEN performer = ? THEN 1 ELSE 0 END) FROM result_row "
        f"WHERE order_id IN ({marks}) AND status = 'preliminary' GROUP BY order_id",
        (desk.principal.author, *orders),
    )
    return {row[0]: (desk.principal.author if row[3] else row[1], bool(row[2])) for row in rows}


@screen("verify-list", roles=TECHNICIANS)
def verify(desk: Desk, report_id: str) -> HttpResponse:
    """Look at everything that was entered for a report, and release it."""
    found = report_for(desk, report_id)
    patient, facts = desk.patient(found.patient), patient_facts(desk.record, found.patient, desk.now)
    entered = [line_of(desk, one, facts) for one in found.results if one.status == "preliminary"]
    before = [line_of(desk, one, facts) for one in found.results if one.status in ("final", "amended", "corrected")]
    form = desk.form(f"verify:DiagnosticReport/{report_id}", patient=patient.reference)
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        seen = int(posted["seen_version"]) if posted.get("seen_version", "").isdecimal() else None
        outcome = desk.act(
            form,
            lambda performance: verify_result(performance, report_id, delta_reviewed=tuple(posted.getlist("delta")), seen_version=seen),
            patient=patient.reference,
        )
        if outcome.answer is not None:
            following = to_verify(desk.record, after=report_id, limit=1) if posted.get("then") == "next" else []
            to = reverse("verify", args=[following[0].report]) if following else reverse("verify-list")
            if outcome.answer.calls:
                to = reverse("call", args=[outcome.answer.calls[0]])
            return desk.done(to, done_words(patient.name, outcome.answer), tone="warning" if outcome.answer.calls else "good")
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    return drawn(
        desk,
        "verify",
        status=status,
        page=desk.page(_("Verify %(test)s") % {"test": found.name}),
        patient=patient,
        found=found,
        lines=entered,
        before=before,
        deltas=tuple(Option(value=line.code, text=line.result.name, hint=line.delta) for line in entered if line.delta),
        form=form,
        reasons=reasons,
        seen=version_of(found.report),
        names=people(desk, {line.entered_by for line in entered}),
        mine=any(line.entered_by == desk.principal.author for line in entered),
        devices=_devices(desk, entered),
        override_reasons=reasons,
        more=len(to_verify(desk.record, after=report_id)),
    )


def _devices(desk: Desk, lines: list[ReportLine]) -> list[tuple[str, tuple[Reason, ...]]]:
    """Each device the results come from, with what stands against it now."""
    tests: dict[str, list[str]] = {}
    for line in lines:
        if line.device:
            tests.setdefault(line.device, []).append(line.code)
    found: list[tuple[str, tuple[Reason, ...]]] = []
    for own, measured in tests.items():
        rows = desk.record.engine.rows("SELECT name FROM device_row WHERE id = ?", (own,))
        name = rows[0][0] if rows else own
        try:
            against = device_reasons(desk, equipment_of(desk.record, own, tests=measured), name)
        except (NotFound, Gone):
            continue
        found.append((name, against))
    return found


def done_words(name: str, answer: Verified) -> str:
    """What to say after verification."""
    if answer.calls:
        return _("Released. A value is critical: call it now.")
    text = _("Released: %(name)s.") if answer.status == "final" else _("Released in part: %(name)s.")
    return text % {"name": name}
