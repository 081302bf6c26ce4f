"""Identifying the patient: two identifiers compared with the record; a difference stops everything and says what differed."""

from dataclasses import dataclass
from datetime import datetime

from benchside.areas.laboratory.acts.working import own_work_refusals
from benchside.fhir import r4
from benchside.readiness.gathering.identification import identity_of
from benchside.readiness.gathering.kept import add_fact, date_time, id_of, load, reference
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.gathering.tasks import begin
from benchside.readiness.identity import Identity, compare_identity
from benchside.readiness.performing import Performance, act, facts_for, perform, site_requirements
from benchside.terms.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Identified:
    """The patient who was identified, by what, and when."""

    patient: str
    matched: tuple[str, ...]
    at: datetime


def identification_refusals(expected: Identity, found: Identity, needed: int) -> tuple[Refusal, ...]:
    """I1: nothing differs; I2: at least `needed` identifiers agree. Pure."""
    comparison = compare_identity(expected, found)
    refusals: list[Refusal] = []
    if comparison.differed:
        refusals.append(Refusal("identification.mismatch", {"differed": ", ".join(f"identifier:{item}" for item in comparison.differed)}))
    if len(comparison.matched) < needed:
        refusals.append(Refusal("identification.too-few", {"number": needed, "matched": len(comparison.matched)}))
    return tuple(refusals)


@act("identify_patient")
def identify_patient(performance: Performance, work_id: str, found: Identity, *, method: str = "asked") -> Identified:
    """Compare what the patient said, or the wristband says (`method` `scanned`), with the patient of this work.

    Kept on the task, which is begun by it; it holds for the minutes that the act it serves allows. Raises ActRefused
    (`identification.mismatch` names what differed: `identity.mismatch_report` shows both sides), NotFound.
    """
    record, at = performance.record, performance.at
    task = load(record, r4.Task, work_id)
    patient = patient_facts(record, id_of(task.for_, "Patient"), at)
    rule = site_requirements(record).act("collect_specimen").identification
    expected = identity_of(patient)
    further = (
        *own_work_refusals(record, task, performance.author),
        *identification_refusals(expected, found, rule.identifiers_min if rule else 2),
    )
    matched = tuple(sorted(compare_identity(expected, found).matched))
    with perform(
        performance, "identify_patient", facts_for(performance, variant=method), further=further, patient=patient.reference
    ) as performed:
        task.owner = reference(performance.author)
        begin(task, at)
        add_fact(task, "identified", valueDateTime=date_time(at))
        add_fact(task, "identified-by", valueString=" ".join(matched))
        performed.update(task)
    return Identified(patient.id, matched, at)
