"""Order entry: pick, answer, see what is there already, send; then what happens next, and a minute to take it back."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benchside.accounts.scopes import reach
from benchside.areas.laboratory.acts import cancel_requisition, place_order
from benchside.areas.laboratory.acts.ordering import PlacedOrders, coded_answers
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.preparation import Prepared, preparation_for
from benchside.areas.laboratory.screens.order_form import (
    PREFIX,
    Wanted,
    details,
    picked_reasons,
    picked_tests,
    repeat_options,
    wanted,
)
from benchside.areas.laboratory.screens.order_search import order_options, reason_options
from benchside.areas.laboratory.screens.standing import Standing, orders_of_requisition
from benchside.areas.laboratory.screens.wording import WORK
from benchside.fhir import r4
from benchside.pages.request import again
from benchside.pages.shapes import FieldError, Form, Option, Patient, Reason, Undo
from benchside.readiness.gathering.kept import load
from benchside.readiness.performing import Performance
from benchside.record.keys import moment
from benchside.workplace import Desk, screen

UNDO_S: Final = 60
ORDERS_READ_MAX: Final = 20
"""So many orders of a requisition are read for what was answered; repeats answer the same."""


def _priorities() -> tuple[Option, ...]:
    return (
        Option(value="routine", text=_("Routine")),
        Option(value="urgent", text=_("Urgent"), tone="warning"),
        Option(value="stat", text=_("STAT"), tone="danger"),
    )


def _times() -> tuple[Option, ...]:
    return (Option(value="now", text=_("Now")), Option(value="timed", text=_("At a time")))


@screen("patients", roles=("clinician",))
def order(desk: Desk, patient_id: str) -> HttpResponse:
    """Show and take an order. `?add=` picks tests beforehand, `?priority=` the priority; "Find" works without scripts."""
    patient = desk.patient(patient_id)
    asked = desk.request.GET
    start: dict[str, str | list[str]] = {
        "priority": asked.get("priority", "routine"),
        "when": "now",
        "count": "3",
        "test": asked.getlist("add"),
    }
    form = desk.form(f"order:{patient.reference}", action=reverse("order", args=[patient_id]), patient=patient.reference, values=start)
    if desk.request.method != "POST":
        return _drawn(desk, patient, form, _beforehand(desk))
    posted = desk.request.POST
    said = wanted(posted, desk.now)
    if posted.get("find"):
        return _found(desk, patient, form, said)
    if said.faults:
        errors = tuple(FieldError(field=field, message=_("Enter day and time.")) for field in said.faults)
        return _drawn(desk, patient, again(form, posted, errors), said, status=422)
    outcome = desk.act(form, lambda performance: _place(desk, performance, patient_id, said), patient=patient.reference)
    if outcome.answer is None or outcome.refused:
        return _drawn(desk, patient, outcome.form, said, reasons=outcome.reasons, status=outcome.status)
    number, count = outcome.answer.requisition, len(outcome.answer.orders)
    undo = Undo(
        text=ngettext("%(num)s order sent: %(number)s", "%(num)s orders sent: %(number)s", count) % {"num": count, "number": number},
        form=desk.form(f"undo:{number}", action=reverse("take-back", args=[number]), patient=patient.reference),
        seconds=UNDO_S,
    )
    return desk.done(reverse("requisition", args=[number]), undo=undo)


def _place(desk: Desk, performance: Performance, patient_id: str, said: Wanted) -> PlacedOrders:
    location = desk.record.engine.rows(
        "SELECT location FROM staff_role WHERE practitioner = ? AND kind = 'role' AND active = 1 AND location <> '' LIMIT 1",
        (performance.author.partition("/")[2],),
    )
    return place_order(
        performance,
        patient_id,
        said.items,
        priority=said.priority,
        timed=said.timed,
        repeat=said.repeat,
        reasons=said.reasons,
        location=location[0][0] if location else "",
        confirmed=said.confirmed,
        answers=dict(said.answers),
    )


def _beforehand(desk: Desk) -> Wanted:
    """The order as another page asked for it."""
    codes = tuple(dict.fromkeys(desk.request.GET.getlist("add")))[:40]
    return Wanted(codes, "", desk.request.GET.get("priority", "routine"), None, None, (), {}, (), ())


def _found(desk: Desk, patient: Patient, form: Form, said: Wanted) -> HttpResponse:
    """Draw the form again with what was found, for a browser without scripts."""
    posted = desk.request.POST
    field = posted.get("find", "")
    options = order_options(posted.get("q", "")) if field == "test" else reason_options(posted.get("qr", ""))
    returned = replace(form, values={name: posted.getlist(name) for name in posted})
    return _drawn(desk, patient, returned, said, found=(field, options))


def _drawn(
    desk: Desk,
    patient: Patient,
    form: Form,
    said: Wanted,
    *,
    reasons: tuple[Reason, ...] = (),
    status: int = 200,
    found: tuple[str, tuple[Option, ...]] = ("", ()),
) -> HttpResponse:
    patient_id = patient.reference.partition("/")[2]
    lower = details(desk, patient_id, said)
    told = [reason for reason in reasons if not reason.code.startswith("order.duplicate")]
    values = {
        "page": desk.page(_("Order for %(name)s") % {"name": patient.name}),
        "patient": patient,
        "form": form,
        "reasons": told,
        "picked": picked_tests(said.codes),
        "picked_reasons": picked_reasons(said.reasons),
        "priorities": _priorities(),
        "times": _times(),
        "repeats": repeat_options(),
        "found": found,
        "details_url": reverse("order-details", args=[patient_id]),
        **lower,
    }
    return render(desk.request, "laboratory/order.html", values, status=status)


@screen("patients", methods=("POST",), roles=("clinician",))
def order_details(desk: Desk, patient_id: str) -> HttpResponse:
    """Answer the lower part of the form for what is picked now: questions, warnings, instructions. Nothing is written."""
    if reach(desk.principal, "Patient", "r") != "all":
        raise Http404("There is no such patient.")
    said = wanted(desk.request.POST, desk.now)
    kept = {name: desk.request.POST.getlist(name) for name in desk.request.POST if name.startswith(PREFIX)}
    form = desk.form(f"order:Patient/{patient_id}", values=kept)
    values = {"page": desk.page(_("Order")), "form": form, "cancel_url": reverse("patient", args=[patient_id])}
    return render(desk.request, "laboratory/order_details.html", {**values, **details(desk, patient_id, said)})


@screen("patients", methods=("GET",))
def requisition(desk: Desk, number: str) -> HttpResponse:
    """Show what was ordered together, what happens next, and what the patient has to do."""
    orders = orders_of_requisition(desk.record, number)
    if not orders:
        raise Http404("There is no such requisition.")
    patient = desk.patient(orders[0].patient)
    values = {
        "page": desk.page(_("Requisition %(number)s") % {"number": number}),
        "patient": patient,
        "number": number,
        "orders": orders,
        "work": _work(desk, number),
        "instructions": [one for one in _instructions(desk, orders, translation.get_language() or "en") if one.lines],
        "open": [one for one in orders if one.status == "active" and one.resulted_at is None],
        "form": desk.form(f"cancel-requisition:{number}", action=reverse("take-back", args=[number]), patient=patient.reference),
        "may_order": reach(desk.principal, "ServiceRequest", "c") == "all",
    }
    return render(desk.request, "laboratory/requisition.html", values)


def _work(desk: Desk, number: str) -> list[tuple[str, str, str, datetime | None]]:
    """(task, kind in words, status, due) of the work a requisition made that is open."""
    rows = desk.record.engine.rows(
        "SELECT id, kind, status, due_us FROM work_row WHERE requisition = ? AND open = 1 "
        "AND kind IN ('collect', 'point-of-care', 'vital-signs', 'ekg', 'procedure') ORDER BY due_us, id LIMIT 120",
        (number,),
    )
    return [(own, _(WORK[kind]), status, None if due is None else moment(due)) for own, kind, status, due in rows]


def _instructions(desk: Desk, orders: list[Standing], language: str) -> tuple[Prepared, ...]:
    """What the patient does for these orders, as they were answered."""
    answers: dict[str, str] = {}
    for one in orders[:ORDERS_READ_MAX]:
        answers |= coded_answers(desk.record, load(desk.record, r4.ServiceRequest, one.id))
    codes = list(dict.fromkeys(one.test for one in orders if one.status == "active"))
    return preparation_for(codes, answers, package_catalogue(), "es" if language.startswith("es") else "en")


@screen("patients", methods=("GET",))
def instructions(desk: Desk, number: str) -> HttpResponse:
    """Give the sheet for the patient, to print: `?lang=en` or `es`, else both, the patient's own first."""
    orders = orders_of_requisition(desk.record, number)
    if not orders:
        raise Http404("There is no such requisition.")
    patient = desk.patient(orders[0].patient)
    asked = desk.request.GET.get("lang", "")
    languages = (asked,) if asked in ("en", "es") else ("en", "es")
    sheets: list[tuple[str, str, tuple[Prepared, ...]]] = []
    for language in languages:
        with translation.override(language):  # the sheet is in the patient's language, not the reader's
            sheets.append((language, _("Before your tests"), _instructions(desk, orders, language)))
    values = {
        "page": desk.page(_("Before your tests")),
        "patient": patient,
        "sheets": sheets,
        "timed": sorted({one.timed_at for one in orders if one.timed_at is not None}),
        "number": number,
    }
    return render(desk.request, "laboratory/instructions.html", values)


@screen("patients", methods=("POST",), roles=("clinician",))
def take_back(desk: Desk, number: str) -> HttpResponse:
    """Cancel every order of a requisition that is still open: at once after sending, or later with a reason."""
    orders = orders_of_requisition(desk.record, number)
    if not orders:
        raise Http404("There is no such requisition.")
    patient = f"Patient/{orders[0].patient}"
    form = desk.form(f"cancel-requisition:{number}", patient=patient)
    reason = desk.request.POST.get("reason", "").strip() or "taken back right after ordering"
    outcome = desk.act(form, lambda performance: cancel_requisition(performance, number, reason), patient=patient)
    back = reverse("requisition", args=[number])
    if outcome.refused:
        words = " ".join(f"{one.words} {one.remedy}" for one in outcome.reasons) or " ".join(one.message for one in outcome.form.errors)
        return desk.done(back, notice=words, tone="danger")
    return desk.done(back, notice=_("Taken back: everything of this requisition that was open is cancelled."))
