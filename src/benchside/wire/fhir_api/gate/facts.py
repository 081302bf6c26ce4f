"""What the gate is told about a write: from the resource itself, from others of the same commit, and from the record.

A program says what a form would ask in extensions of ours on the resource it writes (docs/fhir_api.md): how the patient was
identified, who supervises, which precautions were seen, which lots were used.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from benchside.areas.bedside.vitals import Reading, contradictions, package_vitals, read_signs
from benchside.areas.laboratory.acts.arriving import analyte_code
from benchside.areas.laboratory.acts.arriving_orders import is_resulted
from benchside.areas.laboratory.acts.results_kept import value_of
from benchside.areas.laboratory.acts.working import own_work_refusals, work_order
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.results import read_value
from benchside.areas.laboratory.views.specimens import tube_of
from benchside.fhir import r4
from benchside.readiness.facts import Equipment, Facts, Lot, Order, PatientIdentification, Performer, Supervisor
from benchside.readiness.gathering.equipment import equipment_of, lots_of
from benchside.readiness.gathering.identification import identification_of, identity_of
from benchside.readiness.gathering.kept import (
    COMPETENCE,
    LOINC,
    WAY,
    code_of,
    extension_values,
    id_of,
    load,
    moment,
    target_of,
    whole_date,
)
from benchside.readiness.gathering.lots import as_it_stands
from benchside.readiness.gathering.orders import order_fact, worst_order
from benchside.readiness.gathering.patients import PatientFacts, patient_facts
from benchside.readiness.identity import Identity, compare_identity
from benchside.readiness.performing import Performance
from benchside.readiness.requirements import Requirements
from benchside.readiness.staff import performer_of
from benchside.record import Gone, NotFound
from benchside.terms.quantity import Quantity
from benchside.terms.refusal import Refusal
from benchside.wire.fhir_api.gate.change import Change

BASED_ON = {"Observation": "basedOn", "DiagnosticReport": "basedOn", "Specimen": "request", "Task": "basedOn", "Procedure": "basedOn"}
SUBJECT = {"Observation": "subject", "DiagnosticReport": "subject", "Specimen": "subject"}
ORDERS_MAX = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """One write with the facts the gate is asked with, and what rules of the area found against it."""

    facts: Facts
    further: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Gathers the facts of the writes of one commit; `changes` are all of them by `Type/id`."""

    performance: Performance
    performer: Performer
    requirements: Requirements
    today: date
    changes: Mapping[str, Change]

    def asked(self, act: str, change: Change) -> Asked:
        """The facts of one write that amounts to `act`."""
        rule, resource = self.requirements.act(act), change.either
        found = Facts(self.performer, self.today, equipment=self.equipment(resource), lots=self.lots(resource))
        if self.performer.profession == "system" and "system" in rule.roles:
            return Asked(found)  # a system's own acts ask about the device and the lots alone: spared reads
        found = replace(found, supervisor=self._supervisor(resource), reason=self._reason(change))
        if rule.order == "active" and change.type != "Task":
            found = replace(found, order=self._order(change))
        patient = self._patient(resource) if change.type in SUBJECT else None
        if patient is not None and (rule.identification is not None or rule.precautions):
            seen = frozenset(mark.valueCode for mark in extension_values(resource, "precautions-seen") if mark.valueCode)
            found = replace(
                found,
                identification=self._identification(resource, patient),
                precautions=patient.precautions,
                precautions_acknowledged=seen,
            )
        more = _MORE.get(act)
        return more(self, change, found) if more is not None else Asked(found)

    def equipment(self, resource: Any) -> tuple[Equipment, ...]:
        """The device a resource names, when it is equipment of ours: a foreign device has no state here to ask about."""
        named = getattr(resource, "device", None)
        own = id_of(named, "Device") if isinstance(named, r4.Reference) else ""
        if not own:
            return ()
        measured = analyte_code(resource.code) if isinstance(resource, r4.Observation) else ""
        try:
            device = equipment_of(self.performance.record, own, tests=(measured,) if measured else ())
        except (NotFound, Gone):
            return ()
        return (device,) if device.kind else ()

    def lots(self, resource: Any) -> tuple[Lot, ...]:
        """The lots a resource names, as the register knows them; one whose last day cannot be read counts as not named."""
        if not getattr(resource, "extension", None):
            return ()
        try:
            named = lots_of(resource)
        except ValueError:
            return ()
        return tuple(as_it_stands(self.performance.record, lot) for lot in named)

    def _supervisor(self, resource: Any) -> Supervisor | None:
        marks = extension_values(resource, "supervisor") if hasattr(resource, "extension") else []
        own = id_of(marks[0].valueReference, "Practitioner") if marks else ""
        if not own:
            return None
        try:
            return Supervisor(performer_of(self.performance.record, own, self.performance.at, self.requirements), present=True)
        except NotFound:
            return None

    def _reason(self, change: Change) -> str:
        """Why: a note that is new, a Task's reason, or a Provenance of the same commit about it."""
        notes = list(getattr(change.after, "note", None) or ())
        known = [note.text for note in getattr(change.before, "note", None) or ()]
        words = [note.text for note in notes if note.text and note.text not in known]
        status = getattr(change.after, "statusReason", None)
        words += [status.text] if isinstance(status, r4.CodeableConcept) and status.text else []
        for other in self.changes.values():
            if isinstance(other.after, r4.Provenance) and any(target_of(one) == change.place for one in other.after.target):
                words += [reason.text for reason in other.after.reason or () if reason.text]
        return words[-1] if words else ""

    def find(self, type_: Any, own: str) -> Any:
        """A resource as this commit will leave it, or as it stands; None when there is none."""
        change = self.changes.get(f"{type_.resourceType}/{own}")
        if change is not None:
            return change.after
        try:
            return load(self.performance.record, type_, own)
        except (NotFound, Gone):
            return None

    def orders(self, resource: Any) -> list[r4.ServiceRequest]:
        """The orders that a resource says it carries out."""
        name = BASED_ON.get(type(resource).resourceType, "")
        named = [id_of(one, "ServiceRequest") for one in getattr(resource, name, None) or ()][:ORDERS_MAX] if name else []
        return [order for own in named if own and (order := self.find(r4.ServiceRequest, own)) is not None]

    def _order(self, change: Change) -> Order | None:
        zone = self.performance.record.policy.zone
        if change.type == "ServiceRequest":
            return order_fact(change.before, zone, done=is_resulted(self.performance.record, change.id)) if change.before else None
        done = self._collected_already(change) if change.type == "Specimen" else False
        return worst_order([order_fact(order, zone, done=done) for order in self.orders(change.either)])

    def _collected_already(self, change: Change) -> bool:
        """Whether another tube of the same kind was collected for one of the orders."""
        tube = tube_of(change.after) if change.after is not None else ""
        return any(
            row[0] == tube
            for order in self.orders(change.either)
            for row in self.performance.record.engine.rows(
                "SELECT s.tube FROM specimen_order o JOIN specimen_row s ON s.id = o.specimen "
                "WHERE o.order_id = ? AND o.state IN ('collected', 'received') AND o.specimen <> ? LIMIT 50",
                (order.id or "", change.id),
            )
        )

    def _patient(self, resource: Any) -> PatientFacts | None:
        own = id_of(getattr(resource, SUBJECT[type(resource).resourceType]), "Patient")
        try:
            return patient_facts(self.performance.record, own, self.performance.at) if own else None
        except (NotFound, Gone):
            return None

    def _identification(self, resource: Any, patient: PatientFacts) -> PatientIdentification | None:
        """What the sender compared, compared once more here; else the identification kept on the work for the same order."""
        orders = self.orders(resource)
        of_order = next((target_of(order.subject) for order in orders if target_of(order.subject) != patient.reference), patient.reference)
        marks = extension_values(resource, "identification")
        if marks:
            parts = {part.url: part for part in marks[-1].extension or ()}
            given = {name: part.valueString or part.valueDate or "" for name, part in parts.items()}
            at = moment(parts["at"].valueDateTime, self.performance.record.policy.zone) if "at" in parts else None
            names = Identity(
                given.get("family", ""),
                given.get("given", ""),
                whole_date(given.get("birth-date")),
                given.get("record-number", ""),
                given.get("phone", ""),
            )
            compared = compare_identity(identity_of(patient), names)
            return PatientIdentification(at or self.performance.at, patient.reference, compared.matched, compared.differed, of_order)
        kept = [one for order in orders for one in self._kept_identifications(order.id or "")]
        newest = max(kept, key=lambda one: one.at, default=None)
        return replace(newest, patient=patient.reference, order_patient=of_order) if newest is not None else None

    def _kept_identifications(self, order_id: str) -> list[PatientIdentification]:
        record = self.performance.record
        rows = record.engine.rows("SELECT work FROM work_order WHERE order_id = ? ORDER BY work LIMIT 20", (order_id,))
        found = (identification_of(record, load(record, r4.Task, row[0])) for row in rows)
        return [one for one in found if one is not None]


def _vitals(gatherer: Gatherer, change: Change, facts: Facts) -> Asked:
    """N1 to N3 of the bedside: what is possible, and what contradicts itself."""
    signs = {sign.loinc: name for name, sign in package_vitals().signs.items()}
    readings: list[Reading] = []
    for part in (change.after, *(change.after.component or ())) if change.after is not None else ():
        name, value = signs.get(code_of(part.code, LOINC)), part.valueQuantity
        if name is not None and value is not None and value.value is not None:
            readings.append(Reading(name, value.value, value.code or value.unit or ""))
    values, refusals = read_signs(readings, package_vitals())
    patient = gatherer.find(r4.Patient, id_of(change.either.subject, "Patient"))
    born = whole_date(patient.birthDate) if patient is not None else None
    adult = born is None or (gatherer.today - born).days >= 16 * 365
    return Asked(facts, (*refusals, *contradictions(values, adult=adult)))


def _result(_gatherer: Gatherer, change: Change, facts: Facts) -> Asked:
    """R1 to R5 of the laboratory on a value a person sends."""
    further: list[Refusal] = []
    code = analyte_code(change.either.code) if change.type == "Observation" else ""
    value = value_of(change.after) if code and change.after is not None else None
    if isinstance(value, Quantity):
        text = f"{value.comparator or ''}{value.value:f}"
        further += read_value(text, package_catalogue().analyte(code), unit=value.unit)[1]
    return Asked(facts, tuple(further))


def _verification(gatherer: Gatherer, change: Change, facts: Facts) -> Asked:
    """Who wrote the result that is verified, and with which device and lots each of a report's results was made."""
    me, authors, made = gatherer.performance.author, set[str](), [change]
    if change.type == "DiagnosticReport":
        places = [target_of(line) for line in change.either.result or ()]
        made = [gatherer.changes.get(place) or _standing(gatherer, place) for place in places] or [change]
    devices, lots = dict.fromkeys(facts.equipment), dict.fromkeys(facts.lots)
    for one in made:
        authors |= _authors(gatherer, one)
        if isinstance(one.either, r4.Observation):
            devices |= dict.fromkeys(gatherer.equipment(one.either))
            lots |= dict.fromkeys(gatherer.lots(one.either))
    entered = {"enter_result": me if me in authors else next(iter(sorted(authors)), "")}
    return _result(gatherer, change, replace(facts, earlier=entered, equipment=tuple(devices), lots=tuple(lots)))


def _standing(gatherer: Gatherer, place: str) -> Change:
    own = place.partition("/")[2]
    found = gatherer.find(r4.Observation, own) if place.startswith("Observation/") else None
    return Change("update", "Observation", own, before=found, after=found)


def _authors(gatherer: Gatherer, change: Change) -> set[str]:
    """Who wrote the versions of a result: the record says it, whatever the resource says of its performer."""
    found = set(gatherer.performance.record.authors(change.type, change.id)) if change.before is not None else {gatherer.performance.author}
    if isinstance(change.before, r4.Observation):
        found |= {target_of(one) for one in change.before.performer or ()}
    return found


def _collection(_gatherer: Gatherer, change: Change, facts: Facts) -> Asked:
    how = change.after.collection.method if change.after is not None and change.after.collection is not None else None
    return Asked(replace(facts, variant=code_of(how, WAY) or None))


def _staff(_gatherer: Gatherer, change: Change, facts: Facts) -> Asked:
    resource = change.either
    subject = f"Practitioner/{change.id}" if change.type == "Practitioner" else target_of(resource.practitioner)
    competence = code_of(resource.code, COMPETENCE) if change.type == "PractitionerRole" else ""
    return Asked(replace(facts, subject=subject, competence_in_question=competence or None))


def _work(gatherer: Gatherer, change: Change, facts: Facts) -> Asked:
    record, me = gatherer.performance.record, gatherer.performance.author
    further = own_work_refusals(record, change.before, me)
    return Asked(replace(facts, order=work_order(record, change.before)), further)


def _assignment(gatherer: Gatherer, change: Change, facts: Facts) -> Asked:
    record, owner = gatherer.performance.record, id_of(change.after.owner, "Practitioner")
    try:
        fit = performer_of(record, owner, gatherer.performance.at, gatherer.requirements).active if owner else False
    except NotFound:
        fit = False
    further = () if fit else (Refusal("work.colleague-not-active"),)
    return Asked(replace(facts, order=work_order(record, change.before)), further)


_MORE: Mapping[str, Callable[[Gatherer, Change, Facts], Asked]] = {
    "record_vitals": _vitals,
    "enter_result": _result,
    "perform_point_of_care_test": _result,
    "verify_result": _verification,
    "collect_specimen": _collection,
    "sign_off_competence": _staff,
    "manage_staff": _staff,
    "claim_work": _work,
    "hand_over_work": _work,
    "assign_work": _assignment,
}
