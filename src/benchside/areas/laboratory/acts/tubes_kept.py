"""A tube as it is kept (Specimen) and as the rules see it."""

from collections.abc import Iterable
from decimal import Decimal

from benchside.areas.laboratory import reception
from benchside.areas.laboratory.order_of_draw import PlannedTube
from benchside.areas.laboratory.tubes import TubeTable
from benchside.areas.laboratory.views.specimens import tests_of_specimen, tube_of
from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    ACCESSION,
    TUBE,
    UCUM,
    concept,
    extension_url,
    extension_values,
    facts_named,
    id_of,
    load,
    moment,
    reference,
)
from benchside.record import Record

ACCESSION_DIGITS = 7
MATERIAL = "http://terminology.hl7.org/CodeSystem/v2-0487"
_MATERIALS = {
    "URINE_CUP": ("UR", "Urine"),
    "URINE_TUBE": ("UR", "Urine"),
    "SWAB": ("SWA", "Swab"),
    "STOOL_CUP": ("STL", "Stool"),
    "CSF_TUBE": ("CSF", "Cerebral spinal fluid"),
}


def millilitres(value: Decimal) -> r4.Quantity:
    """A volume in mL."""
    return r4.Quantity(value=value, unit="mL", system=UCUM, code="mL")


def labelled_tube(planned: PlannedTube, table: TubeTable, *, accession: str, patient: str, orders: Iterable[str], work: str) -> r4.Specimen:
    """The Specimen of a planned tube, labelled and not yet collected (`unavailable`)."""
    tube = table.tubes[planned.tube]
    material, name = _MATERIALS.get(planned.tube, ("BLD", "Whole blood") if tube.blood else ("ORH", "Other"))
    return r4.Specimen(
        status="unavailable",
        accessionIdentifier=r4.Identifier(system=ACCESSION, value=accession),
        type=concept(MATERIAL, material, name),
        subject=reference(f"Patient/{patient}"),
        request=[reference(f"ServiceRequest/{order}") for order in orders],
        container=[
            r4.SpecimenContainer(
                type=concept(TUBE, planned.tube, tube.cap.en),
                capacity=millilitres(planned.volume_ml),
                additiveCodeableConcept=r4.CodeableConcept(text=tube.additive.en),
            )
        ],
        extension=[
            *(r4.Extension(url=extension_url("specimen-test"), valueCode=test) for test in planned.tests),
            r4.Extension(url=extension_url("work"), valueReference=reference(f"Task/{work}")),
        ],
    )


def accession_of(specimen: r4.Specimen) -> str:
    """What is on its label."""
    return (specimen.accessionIdentifier.value or "") if specimen.accessionIdentifier is not None else ""


def work_of(specimen: r4.Specimen) -> str:
    """The id of the collection it was labelled for, "" when it came another way."""
    found = extension_values(specimen, "work")
    return id_of(found[0].valueReference, "Task") if found else ""


def specimens_of(record: Record, task: r4.Task) -> list[r4.Specimen]:
    """The tubes labelled for a collection, in the order of their labels."""
    return [load(record, r4.Specimen, own) for fact in facts_named(task, "specimen") if (own := id_of(fact.valueReference, "Specimen"))]


def specimen_by_label(record: Record, scanned: str) -> r4.Specimen | None:
    """The tube with this label, or None."""
    rows = record.engine.rows("SELECT id FROM specimen_row WHERE accession = ? LIMIT 2", (scanned,))
    return load(record, r4.Specimen, rows[0][0]) if len(rows) == 1 else None


def as_rule_sees(
    specimen: r4.Specimen,
    record: Record,
    *,
    conditions: frozenset[str] = reception.KEPT_AS_ASKED,
    fill_pct: Decimal | None = None,
    volume_ml: Decimal | None = None,
) -> reception.Specimen:
    """The tube as reception's rules ask for it. Separated once it was spun; its volume as told, else as collected."""
    zone = record.policy.zone
    collection = specimen.collection
    spun = next((moment(step.timeDateTime, zone) for step in specimen.processing or () if step.timeDateTime), None)
    quantity = collection.quantity.value if collection is not None and collection.quantity is not None else None
    return reception.Specimen(
        accession_of(specimen),
        tube_of(specimen),
        tuple(tests_of_specimen(specimen)),
        moment(collection.collectedDateTime, zone) if collection is not None else None,
        conditions,
        place="room" if spun else "unspun",
        placed_at=spun,
        spun_at=spun,
        fill_pct=fill_pct,
        volume_ml=volume_ml if volume_ml is not None else quantity,
    )
