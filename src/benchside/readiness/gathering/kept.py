"""How things are kept: the product's code systems, and short ways to write and read the FHIR types that acts use."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final, TypeVar

from benchside.fhir import r4, read
from benchside.record import Record, Stored
from benchside.terms.instant import moment_of, span

BASE: Final = "https://benchside.org/fhir"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
ICD10: Final = "http://hl7.org/fhir/sid/icd-10-cm"
INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
REJECTION: Final = "http://terminology.hl7.org/CodeSystem/v2-0490"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
IDENTIFIER_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"

ROLE, COMPETENCE, CREDENTIAL = f"{BASE}/CodeSystem/role", f"{BASE}/CodeSystem/competence", f"{BASE}/CodeSystem/credential"
WORK, TEST, TUBE, WAY = f"{BASE}/CodeSystem/work", f"{BASE}/CodeSystem/test", f"{BASE}/CodeSystem/tube", f"{BASE}/CodeSystem/way"
PRECAUTION, ARM, ALERT = f"{BASE}/CodeSystem/precaution", f"{BASE}/CodeSystem/arm-restriction", f"{BASE}/CodeSystem/alert"
EQUIPMENT, MESSAGE, REASON = f"{BASE}/CodeSystem/equipment", f"{BASE}/CodeSystem/message", f"{BASE}/CodeSystem/reason"
WORK_FACT: Final = f"{BASE}/CodeSystem/work-fact"
RECORD_NUMBER, ACCESSION, REQUISITION = f"{BASE}/record-number", f"{BASE}/accession", f"{BASE}/requisition"
REFUSAL: Final = f"{BASE}/CodeSystem/refusal"
"""The codes of reasons why something may not be done (terms/refusal_words)."""

T = TypeVar("T")


def extension_url(name: str) -> str:
    """The address of one of the product's extensions."""
    return f"{BASE}/StructureDefinition/{name}"


def reference(target: str, display: str | None = None) -> r4.Reference:
    """A reference to `Type/id`."""
    return r4.Reference(reference=target, display=display or None)


def id_of(found: r4.Reference | None, resource_type: str = "") -> str:
    """The id a reference names, "" when there is none or it names another type than `resource_type`."""
    if found is None or not found.reference:
        return ""
    kind, _, rest = found.reference.partition("/")
    return rest.partition("/")[0] if rest and resource_type in ("", kind) else ""


def target_of(found: r4.Reference | None) -> str:
    """`Type/id` of a reference, "" when there is none."""
    return (found.reference or "") if found is not None else ""


def concept(system: str, code: str, display: str | None = None, text: str | None = None) -> r4.CodeableConcept:
    """A concept with one coding."""
    return r4.CodeableConcept(coding=[r4.Coding(system=system, code=code, display=display or None)], text=text or None)


def code_of(found: r4.CodeableConcept | Sequence[r4.CodeableConcept] | None, system: str) -> str:
    """The first code of `system` in a concept or several, "" when there is none."""
    return next(iter(codes_of(found, system)), "")


def codes_of(found: r4.CodeableConcept | Sequence[r4.CodeableConcept] | None, system: str) -> list[str]:
    """Every code of `system` in a concept or several."""
    concepts: Iterable[r4.CodeableConcept] = () if found is None else [found] if isinstance(found, r4.CodeableConcept) else found
    return [coding.code for one in concepts for coding in one.coding or () if coding.system == system and coding.code]


def words_of(found: r4.CodeableConcept | None) -> str:
    """What a concept is called: its text, a display or a code; "" when there is none."""
    if found is None:
        return ""
    return found.text or next((coding.display or coding.code or "" for coding in found.coding or ()), "")


def date_time(at: datetime) -> str:
    """A FHIR dateTime in UTC, to the second, or to the millisecond where there is one."""
    utc = at.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S") + (f".{utc.microsecond // 1000:03d}Z" if utc.microsecond >= 1000 else "Z")


def start_us(text: str | None, zone: tzinfo) -> int | None:
    """First microsecond of a FHIR date or dateTime; None of nothing."""
    return span(text, zone)[0] if text else None


def end_us(text: str | None, zone: tzinfo) -> int | None:
    """First microsecond after a FHIR date or dateTime; None of nothing."""
    return span(text, zone)[1] + 1 if text else None


def moment(text: str | None, zone: tzinfo) -> datetime | None:
    """The UTC moment a FHIR date or dateTime begins; None of nothing."""
    return moment_of(span(text, zone)[0]) if text else None


def ends(period: r4.Period | None) -> tuple[str | None, str | None]:
    """Start and end of a period as they are written; nothing of no period."""
    return (None, None) if period is None else (period.start, period.end)


def whole_date(text: str | None) -> date | None:
    """A FHIR date that names a day; None of a year or month alone."""
    return date.fromisoformat(text) if text and len(text) == 10 else None


def version_of(resource: Any) -> int:
    """The version a resource says it is."""
    return int(resource.meta.versionId) if resource.meta is not None and resource.meta.versionId else 0


def load(record: Record, resource_type: type[T], id_: str) -> T:
    """The current version of a resource as its struct. Raises NotFound, Gone."""
    name: str = resource_type.resourceType  # type: ignore[attr-defined]  # every R4 resource has it
    return as_struct(record.read(name, id_), resource_type)  # pyright: ignore[reportUnknownArgumentType] # T is a resource


def as_struct(stored: Stored, resource_type: type[T]) -> T:
    """A stored version as its struct."""
    found = read(stored.content)
    assert isinstance(found, resource_type)  # our own invariant: the record keeps what its type says
    return found


def add_fact(task: r4.Task, name: str, **value: Any) -> None:
    """Note on a task what was found while it was done: an output named in the product's `work-fact` codes."""
    task.output = [*(task.output or ()), r4.TaskOutput(type=concept(WORK_FACT, name), **value)]


def facts_named(task: r4.Task, name: str) -> list[r4.TaskOutput]:
    """The outputs of that name, in the order they were noted."""
    return [output for output in task.output or () if code_of(output.type, WORK_FACT) == name]


def inputs_named(task: r4.Task, name: str) -> list[r4.TaskInput]:
    """The inputs of that name."""
    return [given for given in task.input or () if code_of(given.type, WORK_FACT) == name]


def extension_values(resource: Any, name: str) -> list[r4.Extension]:
    """The extensions of that name on a resource."""
    url = extension_url(name)
    return [extension for extension in resource.extension or () if extension.url == url]
