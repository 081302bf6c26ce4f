"""One order: where it stands, what was asked and answered, everything that was done for it, and cancelling it."""

from collections.abc import Iterable
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.accounts.scopes import reach
from benchside.areas.laboratory.acts import cancel_order
from benchside.areas.laboratory.reasons import reason_name
from benchside.areas.laboratory.screens.reading import note_reports_read
from benchside.areas.laboratory.screens.shown_results import results_of_order
from benchside.areas.laboratory.screens.standing import Standing, order_standing
from benchside.areas.laboratory.screens.wording import people_names
from benchside.fhir import r4
from benchside.pages.shapes import Event, Tone
from benchside.readiness.gathering.kept import ICD10, codes_of, load, moment, target_of
from benchside.readiness.requirements import UnknownAct
from benchside.record.audit import ACTS, AuditQuery, search_provenances
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language

ABOUT_MAX: Final = 15
EVENTS_MAX: Final = 40
TONES: Final[dict[str, tuple[Tone, str]]] = {
    "cancel_order": ("danger", "cancelled"),
    "reject_specimen": ("danger", "stop"),
    "amend_result": ("warning", "edit"),
    "cancel_result": ("danger", "cancelled"),
    "unable_to_collect": ("warning", "warning"),
    "call_critical_value": ("danger", "phone"),
    "acknowledge_result": ("good", "done"),
    "verify_result": ("good", "check"),
}


@screen("patients")
def order_detail(desk: Desk, order_id: str) -> HttpResponse:
    """Show an order; a posted form cancels it, with a reason."""
    order = order_standing(desk.record, order_id)
    if order is None:
        raise Http404("There is no such order.")
    patient = desk.patient(order.patient)
    form = desk.form(f"cancel:{order_id}", action=reverse("order-detail", args=[order_id]), patient=patient.reference)
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        outcome = desk.act(
            form,
            lambda performance: cancel_order(performance, order_id, posted.get("reason", ""), series=posted.get("series") == "yes"),
            patient=patient.reference,
        )
        if not outcome.refused:
            return desk.done(reverse("order-detail", args=[order_id]), notice=_("Cancelled."))
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    sees_results = reach(desk.principal, "Observation", "r") == "all"
    results = results_of_order(desk.record, order_id, order.patient) if sees_results else []
    note_reports_read(desk, [order_id] if results else [])
    request = load(desk.record, r4.ServiceRequest, order_id)
    values = {
        "page": desk.page(order.name),
        "patient": patient,
        "order": order,
        "facts": _facts(request, order),
        "instruction": request.patientInstruction or "",
        "results": [one.result for one in results],
        "events": events_of(desk, _about(desk, order)),
        "form": form,
        "reasons": reasons,
        "may_cancel": order.status == "active" and order.resulted_at is None and reach(desk.principal, "ServiceRequest", "c") == "all",
    }
    return render(desk.request, "laboratory/order_detail.html", values, status=status)


def _facts(request: r4.ServiceRequest, order: Standing) -> list[tuple[str, str | None]]:
    language = reader_language()
    reasons = [f"{reason_name(code, language)} ({code})" for code in codes_of(request.reasonCode, ICD10)]
    notes = [note.text for note in request.note or () if note.text]
    details = [detail.text for detail in request.orderDetail or () if detail.text]
    return [
        (_("Requisition"), order.requisition or None),
        (_("Ordered by"), order.requester or None),
        (_("Reason"), "; ".join(reasons) or None),
        (_("Asked at ordering"), "; ".join(details) or _("nothing")),
        (_("Note"), "; ".join(notes) or _("none")),
    ]


def _about(desk: Desk, order: Standing) -> list[str]:
    """The order, and what was made for it: tasks, tubes, reports."""
    ask = desk.record.engine.rows
    found = [f"ServiceRequest/{order.id}"]
    for kind, sql in (
        ("Task", "SELECT DISTINCT work FROM work_order WHERE order_id = ? ORDER BY work LIMIT ?"),
        ("Specimen", "SELECT DISTINCT specimen FROM specimen_order WHERE order_id = ? ORDER BY specimen LIMIT ?"),
        ("DiagnosticReport", "SELECT id FROM report_row WHERE order_id = ? ORDER BY id LIMIT ?"),
    ):
        found += [f"{kind}/{row[0]}" for row in ask(sql, (order.id, ABOUT_MAX))]
    return found[: 2 * ABOUT_MAX]


def events_of(desk: Desk, about: Iterable[str]) -> list[Event]:
    """What was done with any of these, oldest first: from the commits, so nothing is missing and nothing is told twice."""
    found: dict[str, r4.Provenance] = {}
    for entity in about:
        page = search_provenances(desk.record.engine, AuditQuery(entity=entity), count=EVENTS_MAX)
        found |= {one.id or "": one for one in page.provenances}
    people = people_names(desk.record, [target_of(agent.who) for one in found.values() for agent in one.agent])
    events: list[Event] = []
    for one in sorted(found.values(), key=lambda provenance: (provenance.recorded or "", provenance.id or ""))[-EVENTS_MAX:]:
        act = next((code for code in codes_of(one.activity, ACTS)), "")
        at = moment(one.recorded, desk.record.policy.zone)
        assert at is not None  # our own invariant: every commit has its time
        tone, icon = TONES.get(act, ("neutral", "dot"))
        events.append(
            Event(
                text=act_words(desk, act),
                at=at,
                by=people.get(target_of(one.agent[0].who)) if one.agent else None,
                detail=next((code.text for code in one.reason or () if code.text), None),
                tone=tone,
                icon=icon,
            )
        )
    return events


def act_words(desk: Desk, act: str) -> str:
    """An act as the reader calls it; what is no act of the gate is told as a change."""
    try:
        words = desk.requirements.act(act).text(reader_language())
    except UnknownAct:
        return _("Changed")
    return words[:1].upper() + words[1:]
