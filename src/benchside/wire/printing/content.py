"""What a label says, read from the record: a Specimen or a Patient as `benchside.wire.labels` takes it."""

from datetime import datetime

from benchside.areas.laboratory.acts.tubes_kept import accession_of, specimens_of, work_of
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.tubes import package_tubes
from benchside.areas.laboratory.views.specimens import tests_of_specimen, tube_of
from benchside.fhir import r4
from benchside.readiness.gathering.kept import id_of, load, moment, target_of
from benchside.readiness.gathering.patients import PatientFacts, alerts_of, patient_facts
from benchside.readiness.gathering.places import place_names
from benchside.readiness.staff import staff_name
from benchside.record import Record
from benchside.wire.labels import PersonName, SpecimenLabel, WristbandLabel

HANDLING_ON_LABEL = {"on-ice": "ICE", "dark": "DARK", "keep-stoppered": "KEEP SHUT"}
"""The handling that whoever carries the tube must see; the rest is for the collector's screen."""


def _name(patient: PatientFacts) -> PersonName:
    return PersonName(family=patient.family, given=tuple(patient.given.split()))


def _birth_date(record: Record, patient_id: str) -> str:
    return load(record, r4.Patient, patient_id).birthDate or ""


def specimen_label(record: Record, specimen_id: str, at: datetime) -> SpecimenLabel:
    """The label of one tube, from the record as it stands. Raises NotFound."""
    specimen = load(record, r4.Specimen, specimen_id)
    patient = patient_facts(record, id_of(specimen.subject, "Patient"), at)
    orders = [load(record, r4.ServiceRequest, own) for asked in specimen.request or () if (own := id_of(asked, "ServiceRequest"))]
    number, of = _place(record, specimen)
    tests, catalogue = tests_of_specimen(specimen), package_catalogue()
    handling = {item for test in tests if test in catalogue.tests for item in catalogue.tests[test].definition.handling}
    collection = specimen.collection
    place = id_of(orders[0].locationReference[0], "Location") if orders and orders[0].locationReference else ""
    return SpecimenLabel(
        patient_name=_name(patient),
        birth_date=_birth_date(record, patient.id),
        record_number=patient.record_number,
        accession=accession_of(specimen),
        barcode=accession_of(specimen),
        collected=moment(collection.collectedDateTime, record.policy.zone) if collection is not None else None,
        collector=staff_name(record, target_of(collection.collector)) if collection is not None else None,
        tests=tuple(tests),
        tube=_tube_words(specimen),
        priority=_priority(orders),
        container_number=number,
        container_count=of,
        sex=load(record, r4.Patient, patient.id).gender,
        location=place_names(record, [place]).get(place) or None,
        handling=tuple(HANDLING_ON_LABEL[item] for item in HANDLING_ON_LABEL if item in handling),
    )


def _priority(orders: list[r4.ServiceRequest]) -> str:
    ranks = ("stat", "asap", "urgent", "routine")
    return min(
        (order.priority or "routine" for order in orders), key=lambda code: ranks.index(code) if code in ranks else 3, default="routine"
    )


def _place(record: Record, specimen: r4.Specimen) -> tuple[int, int]:
    work = work_of(specimen)
    if not work:
        return 1, 1
    own = [one.id for one in specimens_of(record, load(record, r4.Task, work))]
    return (own.index(specimen.id) + 1, len(own)) if specimen.id in own else (1, 1)


def _tube_words(specimen: r4.Specimen) -> str | None:
    tube = package_tubes().tubes.get(tube_of(specimen))
    if tube is None:
        return None
    capacity = specimen.container[0].capacity if specimen.container else None
    volume = f" {capacity.value.normalize():f} mL" if capacity is not None and capacity.value is not None else ""
    return f"{tube.cap.en.upper()}{volume}"


def wristband_label(record: Record, patient_id: str, at: datetime, facility: str) -> WristbandLabel:
    """The wristband of a patient; what must be seen at once (allergies, precautions, arms) stands on it. Raises NotFound."""
    patient = patient_facts(record, patient_id, at)
    alerts = alerts_of(record, patient_id, ("allergy", "precaution", "arm"), at)
    return WristbandLabel(
        patient_name=_name(patient),
        birth_date=_birth_date(record, patient_id),
        record_number=patient.record_number,
        barcode=patient.record_number,
        sex=load(record, r4.Patient, patient_id).gender,
        facility=facility or None,
        alerts=tuple((words or code).upper() for _, code, words in alerts)[:6],
    )
