"""A report: its results, who made and verified them, how it came to stand so, who was told; amending and cancelling a result."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import amend_result, cancel_result
from benchside.areas.laboratory.acts.results_kept import value_text
from benchside.areas.laboratory.screens.drawing import drawn, wrong
from benchside.areas.laboratory.screens.receiving import TECHNICIANS
from benchside.areas.laboratory.screens.report_lines import RELEASED, STATUS_SHOWN, Report, line_of, people, report_for
from benchside.areas.laboratory.screens.specimens import MESSAGE_WORDS, act_words
from benchside.areas.laboratory.views.stories import told_about, versions_of
from benchside.fhir import r4
from benchside.pages.shapes import Event, FieldError, Option, Patient
from benchside.readiness.gathering.kept import TEST, as_struct, code_of, id_of, load, moment, target_of, version_of, words_of
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.staff import staff_name
from benchside.record import Gone, NotFound
from benchside.record.access_log import Access
from benchside.record.keys import microseconds
from benchside.record.keys import moment as moment_of_us
from benchside.record.site import site_access_log
from benchside.workplace import Desk, screen

READERS = ("technician", "clinician")


def _values(desk: Desk, found: Report) -> dict[str, Any]:
    """What the report shows, on the screen and on paper. That it was read is kept: who saw a value is told when it changes."""
    facts = patient_facts(desk.record, found.patient, desk.now)
    report = found.report
    released = [line_of(desk, one, facts) for one in found.results if one.status in RELEASED]
    site_access_log().append(
        Access(
            microseconds(desk.now),
            desk.principal.author,
            "read",
            f"DiagnosticReport/{report.id}",
            "",
            "TREAT",
            "page:report",
            (found.patient,),
        )
    )
    zone = desk.record.policy.zone
    labels = desk.record.engine.rows(
        "SELECT s.id, s.accession FROM specimen_order so JOIN specimen_row s ON s.id = so.specimen WHERE so.order_id = ? ORDER BY s.accession LIMIT 20",
        (found.order.id,),
    )
    return {
        "found": found,
        "lines": released,
        "waiting": sum(one.status == "preliminary" for one in found.results),
        "withdrawn": [line_of(desk, one, facts) for one in found.results if one.status in ("cancelled", "entered-in-error")],
        "standing": STATUS_SHOWN.get(report.status or "", "preliminary"),
        "ordered_by": staff_name(desk.record, target_of(found.order.requester)),
        "verified_by": staff_name(desk.record, target_of(report.resultsInterpreter[0])) if report.resultsInterpreter else None,
        "entered_by": ", ".join(sorted(people(desk, {line.entered_by for line in released}).values())) or None,
        "collected": moment(report.effectiveDateTime, zone),
        "issued": moment(report.issued, zone),
        "tubes": [(own, label) for own, label in labels],
    }


@screen("verify-list", methods=("GET",), roles=READERS)
def report(desk: Desk, report_id: str) -> HttpResponse:
    """The report as it stands, with the history of each result and who was told."""
    found = report_for(desk, report_id)
    patient = desk.patient(found.patient)
    values = _values(desk, found)
    may_change = desk.performer.profession == "technician" and desk.performer.level != "junior"
    return drawn(
        desk,
        "report",
        page=desk.page(found.name),
        patient=patient,
        history=_history(desk, found),
        may_amend=may_change,
        **values,
    )


@screen("verify-list", methods=("GET",), roles=READERS)
def printed(desk: Desk, report_id: str) -> HttpResponse:
    """The report for paper."""
    found = report_for(desk, report_id)
    patient = desk.patient(found.patient)
    return drawn(desk, "report_print", page=desk.page(found.name), patient=patient, **_values(desk, found))


def _history(desk: Desk, found: Report) -> tuple[Event, ...]:
    """How the results came to stand so: each entry, release and change with its value, and who was told; newest first."""
    events: list[Event] = []
    about = [f"DiagnosticReport/{found.report.id}"]
    for one in found.results:
        about.append(f"Observation/{one.id}")
        for written in versions_of(desk.record, "Observation", one.id or ""):
            if written.stored.deleted or written.act == "autoverify_result":
                continue
            kept = as_struct(written.stored, r4.Observation)
            value = value_text(kept) or words_of(kept.dataAbsentReason)
            tone = "warning" if written.act in ("amend_result", "cancel_result") else "neutral"
            events.append(
                Event(
                    text=f"{words_of(kept.code)}: {value} · {act_words(desk, written.act)}",
                    at=written.at,
                    by=staff_name(desk.record, written.author),
                    detail=written.reason or None,
                    tone=tone,
                    icon="edit" if tone == "warning" else "dot",
                )
            )
    for told in told_about(desk.record, *about):
        who = staff_name(desk.record, told.recipient) if told.recipient else _("nobody reached")
        text = f"{who}: {_(MESSAGE_WORDS.get(told.kind, 'message to'))}"
        events.append(
            Event(text=text, at=told.sent, by=staff_name(desk.record, told.sender), detail=told.words or None, tone="info", icon="note")
        )
    for owner, ended in desk.record.engine.rows(
        "SELECT owner, ended_us FROM work_row WHERE focus = ? AND kind = 'review-result' AND status = 'completed' AND ended_us IS NOT NULL LIMIT 20",
        (about[0],),
    ):
        events.append(Event(text=_("Acknowledged"), at=moment_of_us(ended), by=staff_name(desk.record, owner), tone="good", icon="done"))
    return tuple(sorted(events, key=lambda event: event.at, reverse=True))


def _observation(desk: Desk, observation_id: str) -> tuple[r4.Observation, str]:
    """A result of an order, and the id of its report. Raises Http404."""
    try:
        one = load(desk.record, r4.Observation, observation_id)
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent
    order = next((own for based in one.basedOn or () if (own := id_of(based, "ServiceRequest"))), "")
    rows = desk.record.engine.rows(
        "SELECT id FROM report_row WHERE order_id = ? AND status NOT IN ('cancelled', 'entered-in-error') ORDER BY id LIMIT 1", (order,)
    )
    if not order or not rows:
        raise Http404("That result belongs to no report.")
    return one, rows[0][0]


@screen("verify-list", roles=TECHNICIANS)
def amend(desk: Desk, observation_id: str) -> HttpResponse:
    """Change a released value: signed, with a reason; everybody who knew it is told."""
    one, report_id = _observation(desk, observation_id)
    found = report_for(desk, report_id)
    patient = desk.patient(found.patient)
    form = desk.form(f"amend:Observation/{observation_id}", patient=patient.reference, values={"event": "correct"})
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        event = "amend" if posted.get("event") == "amend" else "correct"
        seen = int(posted["seen_version"]) if posted.get("seen_version", "").isdecimal() else None
        value, reason = posted.get("value", "").strip(), posted.get("reason", "").strip()
        errors = [] if value else [FieldError(field="value", message=_("Enter the right value."))]
        outcome = (
            wrong(desk, form, errors)
            if errors
            else desk.act(
                form,
                lambda performance: amend_result(performance, observation_id, value, reason, event=event, seen_version=seen),
                patient=patient.reference,
            )
        )
        if outcome.answer is not None:
            told = ", ".join(staff_name(desk.record, who) for who in outcome.answer.told)
            return desk.done(reverse("report", args=[report_id]), _("Changed. Told: %(who)s.") % {"who": told})
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    return _drawn_change(
        desk,
        "amend",
        _("Change %(test)s"),
        one,
        report_id,
        patient,
        status=status,
        form=form,
        reasons=reasons,
        events=(
            Option(value="correct", text=_("It was wrong"), hint=_("Corrected report")),
            Option(value="amend", text=_("More is known now"), hint=_("Amended report")),
        ),
        may_cancel=desk.performer.level in ("senior", "lead"),
        answers=tuple(Option(value=answer, text=answer.replace("-", " ")) for answer in _answers(one)),
    )


def _drawn_change(desk: Desk, name: str, title: str, one: r4.Observation, report_id: str, patient: Patient, **values: Any) -> HttpResponse:
    """The page on which one released value is changed or taken back."""
    facts = patient_facts(desk.record, patient.reference.partition("/")[2], desk.now)
    return drawn(
        desk,
        name,
        page=desk.page(title % {"test": words_of(one.code)}),
        patient=patient,
        line=line_of(desk, one, facts),
        report=report_id,
        seen=version_of(one),
        **values,
    )


def _answers(one: r4.Observation) -> tuple[str, ...]:
    from benchside.areas.laboratory.catalogue import package_catalogue

    analyte = package_catalogue().analytes.get(code_of(one.code, TEST))
    return analyte.answers if analyte is not None else ()


@screen("verify-list", roles=TECHNICIANS)
def cancel(desk: Desk, observation_id: str) -> HttpResponse:
    """Take a result back: signed, with a reason; everybody who knew it is told, and the order waits again."""
    one, report_id = _observation(desk, observation_id)
    found = report_for(desk, report_id)
    patient = desk.patient(found.patient)
    form = desk.form(f"cancel:Observation/{observation_id}", patient=patient.reference)
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        seen = int(posted["seen_version"]) if posted.get("seen_version", "").isdecimal() else None
        reason = posted.get("reason", "").strip()
        outcome = desk.act(
            form,
            lambda performance: cancel_result(performance, observation_id, reason, seen_version=seen),
            patient=patient.reference,
        )
        if outcome.answer is not None:
            told = ", ".join(staff_name(desk.record, who) for who in outcome.answer.told) or _("nobody had seen it")
            return desk.done(reverse("report", args=[report_id]), _("Taken back. Told: %(who)s.") % {"who": told}, tone="warning")
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    return _drawn_change(desk, "cancel_result", _("Take back %(test)s"), one, report_id, patient, status=status, form=form, reasons=reasons)
