"""Point-of-care tests: the meter and its control, the strip's lot, the value; refused with every reason when one is not right."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from benchside.areas.bedside.acts import perform_point_of_care_test
from benchside.areas.bedside.acts.point_of_care import sign_of
from benchside.areas.bedside.screens.identification import of_task
from benchside.areas.bedside.screens.vitals import number
from benchside.areas.bedside.vitals import package_vitals
from benchside.fhir import r4
from benchside.pages.request import again
from benchside.pages.shapes import FieldError, Form, Option
from benchside.readiness.explanation import names
from benchside.readiness.facts import Equipment, Lot
from benchside.readiness.gathering.equipment import equipment_of
from benchside.readiness.gathering.kept import LOINC, code_of, id_of, load, words_of
from benchside.readiness.gathering.orders import order_ids_of
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.gathering.places import devices_of_kind
from benchside.record import Gone, NotFound
from benchside.terms.gs1 import read_marked
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language
from benchside.workplace.places import address

STRIP_KEY: Final = "bedside.strip"
METER_COOKIE: Final = "benchside_meter"
COOKIE_AGE: Final = 365 * 24 * 60 * 60
METERS_MAX: Final = 30


def control_words(meter: Equipment, at: datetime) -> str:
    """What the gate will say of a meter's control and calibration, in a few words."""
    if not meter.in_service:
        return _("Out of service: %(why)s") % {"why": meter.out_of_service_reason or _("no reason given")}
    if meter.calibration_failed:
        return _("Calibration failed")
    if meter.calibration_due is not None and meter.calibration_due <= at:
        return _("Calibration overdue")
    if meter.qc == "failed":
        return _("Control failed")
    if meter.qc == "due" or (meter.qc == "passed" and meter.qc_valid_until is not None and meter.qc_valid_until <= at):
        return _("Control due: run it before you measure a patient")
    if meter.qc == "passed" and meter.qc_valid_until is not None:
        return _("Control passed, valid until %(time)s") % {"time": timezone.localtime(meter.qc_valid_until).strftime("%Y-%m-%d %H:%M")}
    return _("Ready")


def _meters(desk: Desk) -> list[Option]:
    found: list[Option] = []
    for own, name, _status in devices_of_kind(desk.record, "point_of_care_meter")[:METERS_MAX]:
        meter = equipment_of(desk.record, own)
        words = control_words(meter, desk.now)
        good = words == _("Ready") or words.startswith(_("Control passed, valid until %(time)s").partition("%")[0])
        found.append(Option(value=own, text=name, hint=words, tone="neutral" if good else "danger"))
    return found


def _task(desk: Desk, task_id: str) -> r4.Task:
    try:
        return load(desk.record, r4.Task, task_id)
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent


def _order(desk: Desk, task: r4.Task) -> r4.ServiceRequest | None:
    orders = [load(desk.record, r4.ServiceRequest, own) for own in order_ids_of(task)]
    return next((one for one in orders if one.status == "active"), None)


def _strip(desk: Desk) -> tuple[Lot, tuple[FieldError, ...]]:
    posted = desk.request.POST
    marked = read_marked(posted.get("strip", "").strip())
    lot, expires = posted.get("lot", "").strip()[:40], posted.get("expires", "")
    if marked is not None and marked.expires_on is not None:
        return Lot("test_strip", marked.lot or "-", marked.expires_on), ()
    try:
        return Lot("test_strip", lot or "-", date.fromisoformat(expires)), ()
    except ValueError:
        return Lot("test_strip", "-", date.min), (FieldError(field="expires", message=_("Scan the strips' box, or enter its last day.")),)


def _value(desk: Desk, loinc: str) -> tuple[Decimal, str, tuple[FieldError, ...]]:
    """The value and its comparator: LO and HI stand for the meter's own limits."""
    posted, sign = desk.request.POST, package_vitals().signs.get(sign_of(loinc))
    low, high = sign.hard if sign is not None else (Decimal(0), Decimal(100_000))
    if posted.get("beyond") == "lo":
        return number(posted.get("limit", "")) or low, "<", ()
    if posted.get("beyond") == "hi":
        return number(posted.get("limit", "")) or high, ">", ()
    value = number(posted.get("value", ""))
    if value is None:
        return Decimal(0), "", (FieldError(field="value", message=_("Enter the value the meter shows.")),)
    return value, "", ()


@screen("worklist", roles=("technician", "clinician"))
def perform(desk: Desk, task_id: str) -> HttpResponse:
    """Ask for meter, strip and value, and chart the result."""
    task = _task(desk, task_id)
    patient = patient_facts(desk.record, id_of(task.for_, "Patient"), desk.now)
    order = _order(desk, task)
    if order is None:
        return HttpResponseRedirect(reverse("work", args=[task_id]))
    known = of_task(desk, task, "perform_point_of_care_test")
    if known is None:
        return HttpResponseRedirect(reverse("identify", args=[task_id]))
    loinc = code_of(order.code, LOINC)
    unit = package_vitals().signs[sign_of(loinc)].unit if sign_of(loinc) else "1"
    form = _first_form(desk, task_id, patient.reference)
    reasons, status = (), 200
    if desk.request.method == "POST":
        (strip, strip_errors), (value, comparator, value_errors) = _strip(desk), _value(desk, loinc)
        meter = desk.request.POST.get("meter", "")
        errors = (*strip_errors, *value_errors, *_meter_errors(meter))
        if errors:
            form, status = _again(form, desk, errors), 422
        else:
            outcome = desk.act(
                form,
                lambda performance: perform_point_of_care_test(
                    performance,
                    task_id,
                    loinc,
                    value,
                    unit,
                    known,
                    meter=meter,
                    strip=strip,
                    precautions_seen=desk.request.POST.getlist("precautions"),
                    comparator=comparator,
                ),
                patient=patient.reference,
            )
            if outcome.answer is not None:
                return _after(desk, outcome.answer.call, strip, meter)
            form, reasons, status = outcome.form, outcome.reasons, outcome.status
    names_known = names(desk.requirements, reader_language())
    values = {
        "page": desk.page(_("Point-of-care test")),
        "patient": desk.patient(patient.id),
        "form": form,
        "reasons": reasons,
        "test": names_known.get(f"sign:{sign_of(loinc)}", "").capitalize() or words_of(order.code),
        "unit": unit,
        "meters": _meters(desk),
        "beyond_options": [Option(value="lo", text="LO"), Option(value="hi", text="HI")],
        "precaution_options": [
            Option(value=code, text=names_known.get(f"precaution:{code}", code).capitalize()) for code in sorted(patient.precautions)
        ],
        "supervisors": desk.supervisors("perform_point_of_care_test") if "technician.junior" in desk.principal.roles else (),
        "back_url": reverse("work", args=[task_id]),
    }
    return render(desk.request, "bedside/point_of_care.html", values, status=status)


def _first_form(desk: Desk, task_id: str, patient: str) -> Form:
    lot, expires = desk.request.session.get(STRIP_KEY, ("", ""))
    first = {"meter": desk.request.COOKIES.get(METER_COOKIE, ""), "lot": lot, "expires": expires}
    return desk.form(f"point-of-care:Task/{task_id}", patient=patient, values=first)


def _meter_errors(meter: str) -> tuple[FieldError, ...]:
    return () if meter else (FieldError(field="meter", message=_("Choose the meter you measured with.")),)


def _again(form: Form, desk: Desk, errors: tuple[FieldError, ...]) -> Form:
    return again(form, desk.request.POST, errors)


def _after(desk: Desk, call: str, strip: Lot, meter: str) -> HttpResponse:
    desk.request.session[STRIP_KEY] = (strip.number, strip.expires_on.isoformat())
    if call:
        answer = desk.done(
            address("call", call) or reverse("worklist"), notice=_("Charted. The value is critical: tell the clinician now."), tone="danger"
        )
    else:
        answer = desk.done(reverse("worklist"), notice=_("Result charted."))
    answer.set_cookie(METER_COOKIE, meter, max_age=COOKIE_AGE, samesite="Lax", httponly=True, secure=desk.request.is_secure())
    return answer
