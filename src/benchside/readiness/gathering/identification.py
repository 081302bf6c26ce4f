"""The record's side of an identification, and the one that was kept on a task."""

from benchside.fhir import r4
from benchside.readiness.facts import PatientIdentification
from benchside.readiness.gathering.kept import facts_named, id_of, moment
from benchside.readiness.gathering.patients import PatientFacts
from benchside.readiness.identity import Identity
from benchside.record import Record


def identity_of(patient: PatientFacts) -> Identity:
    """The record's side of the comparison."""
    return Identity(patient.family, patient.given, patient.birth_date, patient.record_number, patient.phone)


def identification_of(record: Record, task: r4.Task) -> PatientIdentification | None:
    """The last identification kept on a task, as the gate asks for it."""
    times, by = facts_named(task, "identified"), facts_named(task, "identified-by")
    if not times or not by:
        return None
    at = moment(times[-1].valueDateTime, record.policy.zone)
    patient = f"Patient/{id_of(task.for_, 'Patient')}"
    return None if at is None else PatientIdentification(at, patient, frozenset((by[-1].valueString or "").split()), (), patient)
