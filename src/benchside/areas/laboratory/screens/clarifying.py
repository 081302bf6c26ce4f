"""An order of another system that the catalogue does not know: a person says what it asks for, or why nothing is done here."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import clarify_order
from benchside.areas.laboratory.screens.order_form import picked_tests
from benchside.areas.laboratory.screens.order_search import order_options
from benchside.areas.laboratory.screens.rows import what_of
from benchside.areas.laboratory.screens.task import task_of
from benchside.fhir import r4
from benchside.readiness.gathering.kept import load
from benchside.workplace import Desk, screen


@screen("worklist", roles=("technician", "clinician"))
def clarify(desk: Desk, task_id: str) -> HttpResponse:
    """Show what was ordered in the sender's words, and take what it is in ours."""
    work = task_of(desk, task_id)
    patient = desk.patient(work.patient)
    form = desk.form(f"clarify:Task/{task_id}", patient=patient.reference)
    reasons, status = (), 200
    code, note = desk.request.POST.get("test", ""), desk.request.POST.get("note", "").strip()
    found = order_options(desk.request.POST.get("q", "")) if "find" in desk.request.POST else ()
    if desk.request.method == "POST" and "find" not in desk.request.POST:
        outcome = desk.act(form, lambda performance: clarify_order(performance, task_id, code=code, note=note), patient=patient.reference)
        if outcome.answer is not None:
            made = outcome.answer.work
            told = _("The order is understood; its work is on the list.") if made else _("Ended. Nothing is done here.")
            return desk.done(reverse("work", args=[made]) if made else reverse("worklist"), notice=told)
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    order = load(desk.record, r4.ServiceRequest, work.orders[0].id) if work.orders else None
    values = {
        "page": desk.page(_("Order to clarify")),
        "patient": patient,
        "form": form,
        "reasons": reasons,
        "what": what_of(work),
        "sent": _sent(order),
        "found": found,
        "picked": picked_tests([code] if code else []),
        "back_url": reverse("work", args=[task_id]),
    }
    return render(desk.request, "laboratory/clarify.html", values, status=status)


def _sent(order: r4.ServiceRequest | None) -> list[tuple[str, str]]:
    """What the sender's order says: its codes and notes, as they came."""
    if order is None:
        return []
    codings = order.code.coding if order.code is not None and order.code.coding is not None else []
    lines = [(_("Code"), " ".join(filter(None, (one.code, one.display, f"({one.system})" if one.system else "")))) for one in codings]
    return [*lines, *((_("Note"), one.text) for one in order.note or [] if one.text)]
