"""Registering a patient, and correcting who they are. Likely duplicates are shown side by side before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.reception.acts import GENDERS, NewPatient, as_registered, correct_patient, register_patient
from benchside.fhir import r4
from benchside.pages.codes import N_
from benchside.pages.shapes import Form, Option
from benchside.readiness.gathering.kept import load, version_of
from benchside.readiness.gathering.patient_search import FoundPatient, likely_duplicates
from benchside.workplace import Desk, screen

ALIKE_MAX: Final = 5
GENDER_WORDS: Final = {"female": N_("Female"), "male": N_("Male"), "other": N_("Other"), "unknown": N_("Unknown")}
LANGUAGES: Final = {
    "en": "English",
    "es": "Español",
    "zh": "中文",
    "vi": "Tiếng Việt",
    "tl": "Tagalog",
    "ar": "العربية",
    "ko": "한국어",
    "fr": "Français",
    "ru": "Русский",
    "ht": "Kreyòl ayisyen",
    "pt": "Português",
    "hi": "हिन्दी",
    "so": "Soomaali",
    "ase": "American Sign Language",
}
"""Languages by their own names, for the person who is asked to point at theirs."""
FIELDS: Final = ("family", "given", "birth_date", "gender", "phone", "language")


@dataclass(frozen=True, slots=True)
class Likeness:
    """A patient who may be the same: what is written of both, and whether it agrees."""

    patient: FoundPatient
    lines: tuple[tuple[str, str, str, bool], ...]
    """What, theirs, the new one's, the same."""


def entered(posted: Mapping[str, str]) -> NewPatient:
    """What a form says; a birth date that is none stays empty, and the rules say so."""
    try:
        birth = date.fromisoformat(posted.get("birth_date", ""))
    except ValueError:
        birth = None
    language = posted.get("language", "")
    return NewPatient(
        posted.get("family", "").strip(),
        tuple(posted.get("given", "").split()),
        birth,
        posted.get("gender", "") or "unknown",
        posted.get("phone", "").strip(),
        language if language in LANGUAGES else "",
    )


@screen("patients", roles=("front-desk", "clinician", "technician", "administrator"))
def register(desk: Desk) -> HttpResponse:
    """Show and take the registration. A likely duplicate is shown beside it; "this is another person" goes on."""
    known = desk.request.GET
    form = desk.form("register-patient", values={name: known.get(name, "") for name in FIELDS})
    reasons, alike, status = (), [], 200
    if desk.request.method == "POST":
        new, confirmed = entered(desk.request.POST), desk.request.POST.get("confirmed") == "yes"
        outcome = desk.act(form, lambda performance: register_patient(performance, new, confirmed=confirmed))
        if outcome.answer is not None and not outcome.refused:
            return desk.done(
                reverse("patient", args=[outcome.answer.patient]),
                notice=_("Registered: record number %(number)s.") % {"number": outcome.answer.record_number},
            )
        form, status = outcome.form, outcome.status
        alike = _alike(desk, new)
        reasons = tuple(reason for reason in outcome.reasons if reason.code != "registration.duplicate" or not alike)
    values = {"page": desk.page(_("Register a patient")), "form": form, "reasons": reasons, "alike": alike, **_choices()}
    return render(desk.request, "reception/register.html", values, status=status)


def _choices() -> dict[str, object]:
    return {
        "gender_options": tuple(Option(value=code, text=_(GENDER_WORDS[code])) for code in GENDERS),
        "language_options": tuple(Option(value=code, text=name) for code, name in LANGUAGES.items()),
    }


def _alike(desk: Desk, new: NewPatient) -> list[Likeness]:
    birth = new.birth_date.isoformat() if new.birth_date is not None else ""
    found = likely_duplicates(desk.record, family=new.family, given=" ".join(new.given), birth_date=birth, phone=new.phone)
    return [_likeness(one, new) for one in found[:ALIKE_MAX]]


def _likeness(one: FoundPatient, new: NewPatient) -> Likeness:
    pairs = (
        (_("Family name"), one.family, new.family),
        (_("Given names"), one.given, " ".join(new.given)),
        (_("Birth date"), one.birth_date, new.birth_date.isoformat() if new.birth_date is not None else ""),
        (_("Administrative gender"), _(GENDER_WORDS.get(one.sex, "Unknown")), _(GENDER_WORDS.get(new.gender, "Unknown"))),
        (_("Phone"), one.phone, new.phone),
    )
    return Likeness(one, tuple((what, theirs, ours, theirs.casefold() == ours.casefold()) for what, theirs, ours in pairs))


@screen("patients", roles=("front-desk", "clinician", "technician", "administrator"))
def correct(desk: Desk, patient_id: str) -> HttpResponse:
    """Show and take a correction of who a patient is, with its reason."""
    patient = desk.patient(patient_id)
    kept = load(desk.record, r4.Patient, patient_id)
    now = as_registered(kept)
    held = {
        "family": now.family,
        "given": " ".join(now.given),
        "birth_date": now.birth_date.isoformat() if now.birth_date is not None else "",
        "gender": now.gender,
        "phone": now.phone,
        "language": now.language,
        "version": str(version_of(kept)),
    }
    form = desk.form(f"correct:{patient.reference}", patient=patient.reference, values=held)
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        seen = int(posted["version"]) if posted.get("version", "").isdigit() else None
        outcome = desk.act(
            form,
            lambda performance: correct_patient(performance, patient_id, entered(posted), posted.get("reason", ""), seen_version=seen),
            patient=patient.reference,
        )
        if not outcome.refused:
            return desk.done(reverse("patient", args=[patient_id]), notice=_("Registration corrected."))
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    values = {
        "page": desk.page(_("Correct registration")),
        "patient": patient,
        "form": form,
        "reasons": reasons,
        "version": _version(form),
        **_choices(),
    }
    return render(desk.request, "reception/correct.html", values, status=status)


def _version(form: Form) -> str:
    return form.value("version")
