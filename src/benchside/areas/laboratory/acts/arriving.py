"""What another program writes through the FHIR API, as the laboratory sees it: which test, which result, which order of ours.

A write at the API is a resource already; these functions say what our catalogue calls it, and collect what must follow in
the same commit (`arriving_orders`, `arriving_results`). The caller holds the write lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from benchside.areas.laboratory.acts.order_rules import PROCEDURES
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.fhir import r4
from benchside.readiness.gathering.kept import CATEGORY, LOINC, TEST, code_of, codes_of, id_of, load, whole_date
from benchside.readiness.gathering.patients import PatientFacts, patient_facts
from benchside.readiness.gathering.tasks import new_task
from benchside.readiness.performing import Performance, Performed
from benchside.record import Gone, NotFound

DIAGNOSTIC_SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
ORDER_INTENTS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
"""Intents that ask for something to be done, not only propose or plan it."""
ENDED = ("revoked", "entered-in-error", "completed")

T = TypeVar("T")


@cache
def _orderables() -> Mapping[str, str]:
    catalogue = package_catalogue()
    found = {test.facts.loinc: code for code, test in catalogue.tests.items()}
    found |= {panel.definition.loinc: code for code, panel in catalogue.panels.items() if panel.definition.loinc}
    return found | {loinc: code for code, (_, loinc, _, _) in PROCEDURES.items()}


@cache
def _analytes() -> Mapping[str, str]:
    return {analyte.loinc: code for code, analyte in package_catalogue().analytes.items()}


def _known(concept: r4.CodeableConcept | None, own: "set[str]", by_loinc: Mapping[str, str]) -> str:
    code = code_of(concept, TEST)
    if code in own:
        return code
    return next((by_loinc[loinc] for loinc in codes_of(concept, LOINC) if loinc in by_loinc), "")


def orderable(concept: r4.CodeableConcept | None) -> str:
    """What our catalogue calls an ordered test, panel or procedure, by our own code or by LOINC; "" when it does not know it."""
    catalogue = package_catalogue()
    return _known(concept, {*catalogue.tests, *catalogue.panels, *PROCEDURES}, _orderables())


def analyte_code(concept: r4.CodeableConcept | None) -> str:
    """What our catalogue calls a result, by our own code or by LOINC; "" when it does not know it."""
    return _known(concept, set(package_catalogue().analytes), _analytes())


def is_laboratory(resource: r4.Observation | r4.DiagnosticReport) -> bool:
    """Whether a result or report is the laboratory's: it says so, it names a tube, or the catalogue knows its code."""
    if "laboratory" in codes_of(resource.category, CATEGORY) or "LAB" in codes_of(resource.category, DIAGNOSTIC_SECTION):
        return True
    if isinstance(resource, r4.Observation):
        return resource.specimen is not None or bool(analyte_code(resource.code))
    return bool(resource.specimen) or orderable(resource.code) not in ("", *PROCEDURES)


def name_it(concept: r4.CodeableConcept | None, code: str) -> None:
    """Add our own code to what the sender called it, so that worklists and checks find it; theirs stays."""
    if concept is None or not code or code_of(concept, TEST):
        return
    catalogue = package_catalogue()
    if code in PROCEDURES:
        name = PROCEDURES[code][2]
    elif code in catalogue.analytes:
        name = catalogue.analytes[code].name.en
    else:
        name = catalogue.tests[code].name.en if code in catalogue.tests else catalogue.panels[code].name.en
    concept.coding = [*(concept.coding or ()), r4.Coding(system=TEST, code=code, display=name)]
    concept.text = concept.text or name


@dataclass(slots=True)
class Arriving:
    """What comes in one commit: each resource as it will be kept, and as it was (`Type/id`).

    What follows is written by `put` and `create`: into the sender's own resource where the same one is in the commit.
    """

    performance: Performance
    performed: Performed
    after: Mapping[str, Any]
    before: Mapping[str, Any]
    _opened: dict[str, Any] = field(default_factory=dict[str, Any])

    def of_type(self, kind: type[T]) -> list[T]:
        """The resources of a type that are written, in their order."""
        return [one for one in self.after.values() if isinstance(one, kind)]

    def earlier(self, resource: Any) -> Any:
        """The resource as it stands before this commit, or None."""
        return self.before.get(f"{resource.resourceType}/{resource.id}")

    def find(self, kind: type[T], id_: str) -> T | None:
        """A resource as it will stand after this commit so far; None when there is none."""
        place = f"{kind.resourceType}/{id_}"  # type: ignore[attr-defined]  # every R4 resource has it
        if place in self.after:
            found = self.after[place]
            return found if isinstance(found, kind) else None
        if place not in self._opened:
            try:
                self._opened[place] = load(self.performance.record, kind, id_)
            except (NotFound, Gone):
                return None
        found = self._opened[place]
        return found if isinstance(found, kind) else None

    def put(self, resource: Any) -> None:
        """Have a resource from `find` written, once, at the end."""
        self._changed[f"{resource.resourceType}/{resource.id}"] = resource

    def create(self, resource: Any) -> str:
        """Write a new resource; its id."""
        return self.performed.create(resource).partition("/")[2]

    def write(self) -> None:
        """Write everything that was `put` and is not the sender's own."""
        for place, resource in self._changed.items():
            if place not in self.after:
                self.performed.update(resource)

    _changed: dict[str, Any] = field(default_factory=dict[str, Any])

    def patient(self, id_: str) -> PatientFacts | None:
        """The patient as the rules ask about them, also one who comes in the same commit; None when there is none."""
        sent = self.after.get(f"Patient/{id_}")
        if not isinstance(sent, r4.Patient):
            try:
                return patient_facts(self.performance.record, id_, self.performance.at)
            except (NotFound, Gone):
                return None
        sex = sent.gender if sent.gender in ("female", "male") else None
        deceased = sent.deceasedDateTime is not None or sent.deceasedBoolean is True
        born = whole_date(sent.birthDate)
        return PatientFacts(id_, "", "", born, sex, "", "", deceased, sent.active is not False, frozenset(), ())

    def task(self, kind: str, order: r4.ServiceRequest, **more: Any) -> r4.Task:
        """A new task about an order, asked for by whoever ordered."""
        requester = local(order.requester) or self.performance.author
        patient = id_of(order.subject, "Patient")
        return new_task(kind, self.performance.at, requester=requester, patient=patient, priority=order.priority or "routine", **more)


def local(found: r4.Reference | None) -> str:
    """`Type/id` of a reference into this record; "" for contained, outside and logical ones."""
    text = (found.reference or "") if found is not None else ""
    return text if text and text[0] != "#" and ":" not in text and "/" in text else ""
