"""At the bedside: vital signs and point-of-care tests, charted as they are measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from benchside.areas.bedside.vitals import Reading, contradictions, package_vitals, read_signs
from benchside.fhir import r4
from benchside.readiness.facts import Lot, Order, PatientIdentification
from benchside.readiness.gathering.equipment import equipment_of, lot_extension
from benchside.readiness.gathering.kept import (
    CATEGORY,
    LOINC,
    TEST,
    UCUM,
    code_of,
    concept,
    date_time,
    id_of,
    load,
    reference,
)
from benchside.readiness.gathering.orders import OPEN_WORK, order_fact, order_ids_of, worst_order
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.gathering.tasks import end
from benchside.readiness.performing import Performance, act, facts_for, perform
from benchside.terms.refusal import Refusal

VITAL_SIGNS = concept(CATEGORY, "vital-signs", "Vital Signs")
PRESSURE = "85354-9"
"""LOINC of the blood pressure panel, as the FHIR vital-signs profile has it."""
CONFIRMABLE = frozenset({"vitals.pressure.narrow", "vitals.weight.changed", "vitals.height.changed", "vitals.weight.unlikely"})
"""What may be true all the same, once somebody measured again: the others cannot be."""


@dataclass(frozen=True, slots=True)
class RecordedVitals:
    """The observations that were made, in the order of the signs; the blood pressure is one."""

    observations: tuple[str, ...]


def _quantity(sign: str, value: Decimal) -> r4.Quantity:
    unit = package_vitals().signs[sign].unit
    return r4.Quantity(value=value, unit=unit, system=UCUM, code=unit)


@act("record_vitals")
def record_vitals(
    performance: Performance,
    patient_id: str,
    readings: Sequence[Reading],
    identification: PatientIdentification,
    *,
    work_id: str = "",
    devices: Sequence[str] = (),
    precautions_seen: Sequence[str] = (),
    confirmed: Sequence[str] = (),
) -> RecordedVitals:
    """Chart vital signs of an identified patient.

    `work_id` is the task they were asked by; `confirmed` the codes of contradictions that were measured again. Raises ActRefused
    (N1 to N6 and the gate), NotFound.
    """
    record, at = performance.record, performance.at
    patient = patient_facts(record, patient_id, at)
    values, refusals = read_signs(readings, package_vitals())
    adult = patient.birth_date is None or (at.date() - patient.birth_date).days >= 16 * 365
    doubts = [one for one in contradictions(values, adult=adult) if not (one.code in CONFIRMABLE and one.code in confirmed)]
    further = [*refusals, *doubts, *([] if readings else [Refusal("vitals.nothing")])]
    task = load(record, r4.Task, work_id) if work_id else None
    if task is not None and id_of(task.for_, "Patient") != patient_id:
        further.append(Refusal("identification.other-patient"))
    facts = facts_for(
        performance,
        identification=identification,
        precautions=patient.precautions,
        precautions_acknowledged=frozenset(precautions_seen),
        equipment=tuple(equipment_of(record, own) for own in devices),
    )
    with perform(
        performance, "record_vitals", facts, further=further, patient=patient.reference, focus=f"Task/{work_id}" if work_id else ""
    ) as performed:
        made: list[str] = []
        orders = order_ids_of(task) if task is not None else []
        for sign, value in values.items():
            if sign in ("systolic", "diastolic") and {"systolic", "diastolic"} <= values.keys():
                continue
            made.append(
                performed.create(_observation(performance, patient_id, sign, orders, devices, valueQuantity=_quantity(sign, value)))
            )
        if {"systolic", "diastolic"} <= values.keys():
            made.append(performed.create(_pressure(performance, patient_id, values["systolic"], values["diastolic"], orders, devices)))
        if task is not None:
            task.owner = reference(performance.author)
            end(task, at)
            performed.update(task)
            for own in orders:
                order = load(record, r4.ServiceRequest, own)
                order.status = "completed"
                performed.update(order)
    return RecordedVitals(tuple(one.partition("/")[2] for one in made))


def _observation(
    performance: Performance, patient_id: str, sign: str, orders: Sequence[str], devices: Sequence[str], **value: r4.Quantity
) -> r4.Observation:
    entry = package_vitals().signs[sign]
    return r4.Observation(
        status="final",
        category=[VITAL_SIGNS],
        code=r4.CodeableConcept(coding=[r4.Coding(system=LOINC, code=entry.loinc, display=entry.en)], text=entry.en),
        subject=reference(f"Patient/{patient_id}"),
        effectiveDateTime=date_time(performance.at),
        issued=date_time(performance.at),
        performer=[reference(performance.author)],
        basedOn=[reference(f"ServiceRequest/{own}") for own in orders] or None,
        device=reference(f"Device/{devices[0]}") if devices else None,
        **value,  # type: ignore[arg-type]  # only valueQuantity is given
    )


def _pressure(
    performance: Performance, patient_id: str, systolic: Decimal, diastolic: Decimal, orders: Sequence[str], devices: Sequence[str]
) -> r4.Observation:
    signs = package_vitals().signs
    parts = [
        r4.ObservationComponent(code=concept(LOINC, signs[name].loinc, signs[name].en), valueQuantity=_quantity(name, value))
        for name, value in (("systolic", systolic), ("diastolic", diastolic))
    ]
    return r4.Observation(
        status="final",
        category=[VITAL_SIGNS],
        code=concept(LOINC, PRESSURE, "Blood pressure", "blood pressure"),
        subject=reference(f"Patient/{patient_id}"),
        effectiveDateTime=date_time(performance.at),
        issued=date_time(performance.at),
        performer=[reference(performance.author)],
        component=parts,
        basedOn=[reference(f"ServiceRequest/{own}") for own in orders] or None,
        device=reference(f"Device/{devices[0]}") if devices else None,
    )


@dataclass(frozen=True, slots=True)
class PointOfCareResult:
    """The observation, preliminary until the meter's result is verified by whoever the site says; final for a waived test."""

    observation: str


@act("perform_point_of_care_test")
def perform_point_of_care_test(
    performance: Performance,
    work_id: str,
    loinc: str,
    value: Decimal,
    unit: str,
    identification: PatientIdentification,
    *,
    meter: str,
    strip: Lot,
    precautions_seen: Sequence[str] = (),
    plausible: tuple[Decimal, Decimal] | None = None,
) -> PointOfCareResult:
    """Chart a meter's result for a point-of-care order.

    The gate asks about the meter's control and the strip's lot. `plausible` are the bounds outside which an entry is a slip.
    Raises ActRefused, NotFound.
    """
    record, at = performance.record, performance.at
    task = load(record, r4.Task, work_id)
    orders = [load(record, r4.ServiceRequest, own) for own in order_ids_of(task)]
    order = next((one for one in orders if code_of(one.code, LOINC) == loinc), None)
    patient = patient_facts(record, id_of(task.for_, "Patient"), at)
    further = [] if task.status in OPEN_WORK else [Refusal("work.not-open", {"status": f"task-status:{task.status}"})]
    if plausible is not None and not plausible[0] <= value <= plausible[1]:
        further.append(Refusal("results.value.implausible", {"value": value, "lowest": plausible[0], "highest": plausible[1]}))
    asked: Order | None = order_fact(order, record.policy.zone) if order is not None else worst_order([])
    facts = facts_for(
        performance,
        identification=identification,
        order=asked,
        precautions=patient.precautions,
        precautions_acknowledged=frozenset(precautions_seen),
        equipment=(equipment_of(record, meter),),
        lots=(strip,),
    )
    with perform(
        performance, "perform_point_of_care_test", facts, further=further, patient=patient.reference, focus=f"Task/{work_id}"
    ) as performed:
        assert order is not None  # no order was refused
        code = order.code or concept(TEST, loinc)
        made = performed.create(
            r4.Observation(
                status="final",
                category=[concept(CATEGORY, "laboratory")],
                code=code,
                subject=order.subject,
                basedOn=[reference(f"ServiceRequest/{order.id}")],
                effectiveDateTime=date_time(at),
                issued=date_time(at),
                performer=[reference(performance.author)],
                device=reference(f"Device/{meter}"),
                valueQuantity=r4.Quantity(value=value, unit=unit, system=UCUM, code=unit),
                extension=[lot_extension(strip)],
            )
        )
        order.status = "completed"
        performed.update(order)
        if all(one.id == order.id or one.status != "active" for one in orders):
            task.owner = reference(performance.author)
            end(task, at)
            performed.update(task)
    return PointOfCareResult(made.partition("/")[2])
