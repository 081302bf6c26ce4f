"""Identification at the patient's side: two identifiers told or scanned, compared with the record; a mismatch stops everything.

The page shows no answer before the question is asked: no birth date, no record number, no given names.
"""

from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import identify_patient, send_message
from benchside.areas.laboratory.screens.rows import what_of
from benchside.areas.laboratory.screens.task import task_of
from benchside.areas.laboratory.screens.wording import WORK
from benchside.pages.codes import N_
from benchside.pages.shapes import Column, FieldError
from benchside.readiness.gathering.identification import identity_of
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.gathering.places import place_names
from benchside.readiness.identity import Identity, mismatch_report
from benchside.readiness.staff import staff_with_role
from benchside.terms.folding import fold
from benchside.workplace import Desk, screen

ITEMS = {"name": N_("name"), "birth-date": N_("birth date"), "record-number": N_("record number"), "phone": N_("phone")}


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def found_identity(desk: Desk) -> tuple[Identity, str]:
    """What the patient said or the wristband says, and how it was asked: `scanned` or `asked`."""
    posted = desk.request.POST
    band = posted.get("wristband", "").strip()[:80]
    found = Identity(
        family=posted.get("family", "").strip()[:120],
        given=posted.get("given", "").strip()[:120],
        birth_date=_date(posted.get("birth_date", "")),
        record_number=band,
    )
    return found, "scanned" if band else "asked"


def _missing(found: Identity) -> tuple[FieldError, ...]:
    """What must still be asked before anything can be compared."""
    errors: list[FieldError] = []
    if found.birth_date is None:
        errors.append(FieldError(field="birth_date", message=_("Ask the patient for their birth date and enter it.")))
    if not found.record_number and not (found.family and found.given):
        errors.append(FieldError(field="wristband", message=_("Scan the wristband, or ask for the full name and enter it.")))
    return tuple(errors)


def _others(desk: Desk, found: Identity, patient_id: str) -> str | None:
    """Where the work of the patient who is really there is found, when the wristband names one."""
    if not found.record_number:
        return None
    rows = desk.record.engine.rows(
        "SELECT id FROM patient_row WHERE record_number_folded = ? AND active = 1 LIMIT 2", (fold(found.record_number),)
    )
    if len(rows) != 1 or rows[0][0] == patient_id:
        return None
    return f"{reverse('worklist')}?{urlencode({'q': found.record_number, 'place': ''})}"


@screen("worklist", roles=("technician", "clinician"))
def identify(desk: Desk, task_id: str) -> HttpResponse:
    """Ask, compare, and go on; or stop and say what differed."""
    work = task_of(desk, task_id)
    desk.patient(work.patient)  # nothing of it is shown, but whoever may not read patients is stopped, and the look is kept
    patient = patient_facts(desk.record, work.patient, desk.now)
    form = desk.form(f"identify:Task/{task_id}", patient=patient.reference)
    values: dict[str, object] = {"reasons": (), "differed": (), "others_url": None}
    status = 200
    if desk.request.method == "POST":
        found, method = found_identity(desk)
        outcome = desk.act(
            form, lambda performance: identify_patient(performance, task_id, found, method=method), patient=patient.reference
        )
        if not outcome.refused:
            return desk.done(reverse("next-step", args=[task_id]), notice=_("Identified."))
        missing = _missing(found)
        differed = mismatch_report(identity_of(patient), found)
        form, status = outcome.form, outcome.status
        values["reasons"] = outcome.reasons
        if missing and not differed:
            form = replace(form, errors=(*form.errors, *missing))
            values["reasons"] = tuple(reason for reason in outcome.reasons if not reason.code.startswith("identification."))
        values["differed"] = [(_(ITEMS[line.item]), line.record, line.found) for line in differed]
        values["others_url"] = _others(desk, found, work.patient)
    values |= {
        "page": desk.page(_("Identify")),
        "form": form,
        "what": what_of(work),
        "kind": _(WORK.get(work.kind, work.kind)),
        "family": patient.family,
        "place": place_names(desk.record, [work.location]).get(work.location),
        "back_url": reverse("work", args=[task_id]),
        "unable_url": reverse("unable", args=[task_id]) if work.kind == "collect" else None,
        "lead_form": desk.form(f"tell-lead:{task_id}", action=reverse("tell-lead", args=[task_id]), prefix="lead"),
        "wristband_url": reverse("wristband", args=[work.patient]),
        "most": desk.now.date().isoformat(),
        "again_url": desk.request.path,
        "columns": [Column(text=_("Item")), Column(text=_("The record says")), Column(text=_("You found"))],
    }
    return render(desk.request, "laboratory/identify.html", values, status=status)


@screen("worklist", methods=("POST",), roles=("technician", "clinician"))
def tell_lead(desk: Desk, task_id: str) -> HttpResponse:
    """Tell every lead on duty that the patient of this task could not be identified."""
    work = task_of(desk, task_id)
    leads = [who for who in staff_with_role(desk.record, "lead_technician", desk.now) if who != desk.principal.author]
    if not leads:
        return desk.done(reverse("identify", args=[task_id]), notice=_("Nobody is on duty as lead. Tell your supervisor."), tone="warning")
    place = place_names(desk.record, [work.location]).get(work.location) or _("no room yet")
    text = _("The patient at %(place)s could not be identified for %(what)s. Please come.") % {"place": place, "what": what_of(work)}
    form = desk.form(f"tell-lead:{task_id}")
    outcome = desk.act(
        form,
        lambda performance: send_message(
            performance, leads, text, about=f"Task/{task_id}", patient_id=work.patient, ask=True, priority="urgent"
        ),
    )
    if outcome.refused:
        return desk.done(reverse("identify", args=[task_id]), notice=_("The message could not be sent. Call your lead."), tone="danger")
    return desk.done(reverse("identify", args=[task_id]), notice=_("Your lead has been told."))
