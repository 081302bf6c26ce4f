"""Point-of-care tests: a meter's result charted where the patient is, with the meter's control and the strip's lot asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from benchside.areas.bedside.acts.observing import call_for, mark_critical, task_refusals
from benchside.areas.bedside.vitals import critical_signs, package_vitals
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
    words_of,
)
from benchside.readiness.gathering.orders import order_fact, order_ids_of, settled_series, worst_order
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.gathering.tasks import end
from benchside.readiness.performing import Performance, act, facts_for, perform
from benchside.terms.refusal import Refusal


@dataclass(frozen=True, slots=True)
class PointOfCareResult:
    """The final observation, and the task of calling it when it is critical ("" when it is not)."""

    observation: str
    call: str = ""


def sign_of(loinc: str) -> str:
    """The sign of vitals.yaml that a meter measures under this LOINC code, "" when there is none."""
    return next((name for name, sign in package_vitals().signs.items() if sign.loinc == loinc), "")


def _implausible(loinc: str, value: Decimal, plausible: tuple[Decimal, Decimal] | None) -> list[Refusal]:
    sign = package_vitals().signs.get(sign_of(loinc))
    bounds = plausible or (sign.hard if sign is not None else None)
    if bounds is None or bounds[0] <= value <= bounds[1]:
        return []
    return [Refusal("results.value.implausible", {"value": value, "lowest": bounds[0], "highest": bounds[1]})]


def _observation(
    performance: Performance, order: r4.ServiceRequest, loinc: str, quantity: r4.Quantity, meter: str, strip: Lot
) -> r4.Observation:
    at = date_time(performance.at)
    return r4.Observation(
        status="final",
        category=[concept(CATEGORY, "laboratory")],
        code=order.code or concept(TEST, loinc),
        subject=order.subject,
        basedOn=[reference(f"ServiceRequest/{order.id}")],
        effectiveDateTime=at,
        issued=at,
        performer=[reference(performance.author)],
        device=reference(f"Device/{meter}"),
        valueQuantity=quantity,
        extension=[lot_extension(strip)],
    )


def _alarm(loinc: str, value: Decimal, birth_date: date | None, on: date) -> str | None:
    sign = sign_of(loinc)
    return critical_signs({sign: value}, birth_date, on, package_vitals()).get(sign)


@act("perform_point_of_care_test")
def perform_point_of_care_test(
    performance: Performance,
    work_id: str,
    loinc: str,
    value: Decimal,
    unit: str,
    identification: PatientIdentification | None,
    *,
    meter: str,
    strip: Lot,
    precautions_seen: Sequence[str] = (),
    plausible: tuple[Decimal, Decimal] | None = None,
    comparator: str = "",
) -> PointOfCareResult:
    """Chart a meter's result for a point-of-care order; a critical one begins its call.

    The gate asks about the meter's control and the strip's lot. `plausible` are the bounds outside which an entry is a slip;
    `comparator` is `<` or `>` where the meter said LO or HI. Raises ActRefused, NotFound.
    """
    record, at = performance.record, performance.at
    task = load(record, r4.Task, work_id)
    orders = [load(record, r4.ServiceRequest, own) for own in order_ids_of(task)]
    order = next((one for one in orders if code_of(one.code, LOINC) == loinc), None)
    patient = patient_facts(record, id_of(task.for_, "Patient"), at)
    further = [*task_refusals(record, task, patient.id, performance.author), *_implausible(loinc, value, plausible)]
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
        compared = comparator if comparator in ("<", ">") else None
        quantity = r4.Quantity(value=value, unit=unit, system=UCUM, code=unit, comparator=compared)  # type: ignore[arg-type]  # one of FHIR's
        observation = _observation(performance, order, loinc, quantity, meter, strip)
        alarm = _alarm(loinc, value, patient.birth_date, at.astimezone(record.policy.zone).date())
        mark_critical(observation, alarm)
        made = performed.create(observation)
        call = ""
        if alarm is not None:
            name, own = words_of(order.code), [order.id or ""]
            call = call_for(
                performed, performance, made, patient=patient.id, name=name, value=value, unit=unit, comparator=comparator, orders=own
            )
        order.status = "completed"
        for changed in (order, *settled_series(record, [order])):
            performed.update(changed)
        if all(one.id == order.id or one.status != "active" for one in orders):
            task.owner = reference(performance.author)
            end(task, at)
            performed.update(task)
    return PointOfCareResult(made.partition("/")[2], call)
