"""Who stands before us, for a form that measures: kept on the task, or told in the form itself."""

from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from benchside.fhir import r4
from benchside.pages.shapes import FieldError
from benchside.readiness.facts import PatientIdentification
from benchside.readiness.gathering.identification import identification_of, identity_of
from benchside.readiness.gathering.patients import PatientFacts
from benchside.readiness.identity import Identity, compare_identity
from benchside.workplace import Desk

FIELDS: Final = ("wristband", "birth_date", "family", "given")


def of_task(desk: Desk, task: r4.Task | None, act: str) -> PatientIdentification | None:
    """The identification kept on a task while it holds for this act, or None."""
    if task is None:
        return None
    rule = desk.requirements.act(act).identification
    found = identification_of(desk.record, task)
    if found is None or (rule is not None and desk.now - found.at > timedelta(minutes=rule.valid_min)):
        return None
    return found


def told(desk: Desk, patient: PatientFacts) -> PatientIdentification | None:
    """What the form says: a wristband, a birth date, a name, compared with the record; None when nothing was entered."""
    posted = desk.request.POST
    given = {name: posted.get(name, "").strip()[:120] for name in FIELDS}
    if not any(given.values()):
        return None
    found = Identity(given["family"], given["given"], _day(given["birth_date"]), given["wristband"])
    compared = compare_identity(identity_of(patient), found)
    return PatientIdentification(desk.now, patient.reference, compared.matched, compared.differed)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def asked_again() -> tuple[FieldError, ...]:
    """What to say when nobody was identified."""
    return (FieldError(field="wristband", message=_("Scan the wristband and enter the birth date the patient says.")),)
