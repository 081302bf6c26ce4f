"""Ordering: one requisition of one or more orders, and the work they make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from benchside.areas.laboratory.acts.order_rules import (
    DUPLICATE_WITHIN,
    PROCEDURES,
    EarlierOrder,
    OrderItem,
    kind_of_work,
    order_refusals,
)
from benchside.areas.laboratory.catalogue import Catalogue, package_catalogue
from benchside.areas.laboratory.collection import FASTING_HOURS_DEFAULT
from benchside.areas.laboratory.turnaround import Priority, package_turnaround
from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    BASE,
    ICD10,
    LOINC,
    REASON,
    REQUISITION,
    TEST,
    concept,
    date_time,
    load,
    reference,
)
from benchside.readiness.gathering.numbers import next_number
from benchside.readiness.gathering.orders import open_work_for, order_fact, order_ids_of
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.gathering.tasks import end, new_task
from benchside.readiness.performing import Performance, act, facts_for, perform
from benchside.record import Record
from benchside.record.keys import microseconds, moment

ORDER_DETAIL = f"{BASE}/CodeSystem/order-detail"
REQUISITION_DIGITS = 7


@dataclass(frozen=True, slots=True)
class PlacedOrders:
    """What an order made: ids of the orders in the order of the items, ids of the tasks, and the number all share."""

    requisition: str
    orders: tuple[str, ...]
    work: tuple[str, ...]


def earlier_orders(record: Record, patient_id: str, at: datetime) -> list[EarlierOrder]:
    """Open orders of a patient, and results of the last hours, for the warning of duplicates."""
    rows = record.engine.rows(
        "SELECT test, authored_us FROM order_row WHERE patient = ? AND status = 'active' AND test <> '' ORDER BY authored_us DESC LIMIT 200",
        (patient_id,),
    )
    found = [EarlierOrder(row[0], moment(row[1] or 0), open=True) for row in rows]
    rows = record.engine.rows(
        "SELECT test, effective_us FROM result_row WHERE patient = ? AND effective_us >= ? AND effective_us <= ? AND test <> '' "
        "AND status IN ('preliminary', 'final', 'amended', 'corrected') ORDER BY effective_us DESC LIMIT 500",
        (patient_id, microseconds(at - DUPLICATE_WITHIN), microseconds(at)),
    )
    return [*found, *(EarlierOrder(row[0], moment(row[1]), open=False) for row in rows)]


def turnaround_priority(priority: str | None) -> Priority:
    """The priority as the turnaround limits know it."""
    return cast("Priority", {"stat": "stat", "asap": "urgent", "urgent": "urgent"}.get(priority or "", "routine"))


def stage_due(stage: str, priority: str | None, since: datetime) -> datetime:
    """When a stage of an order that began at `since` becomes overdue."""
    return since + timedelta(minutes=package_turnaround().overdue_min[turnaround_priority(priority)][stage])


def _request(item: OrderItem, catalogue: Catalogue, performance: Performance, patient_id: str, requisition: str) -> r4.ServiceRequest:
    code = item.code
    if code in PROCEDURES:
        _, loinc, name, _ = PROCEDURES[code]
        codings = [r4.Coding(system=TEST, code=code, display=name), r4.Coding(system=LOINC, code=loinc)]
    else:
        entry = catalogue.tests.get(code) if code in catalogue.tests else None
        loinc = entry.facts.loinc if entry is not None else catalogue.panels[code].definition.loinc or ""
        name = entry.name.en if entry is not None else catalogue.panels[code].name.en
        codings = [r4.Coding(system=TEST, code=code, display=name), *([r4.Coding(system=LOINC, code=loinc)] if loinc else [])]
    hours = FASTING_HOURS_DEFAULT
    return r4.ServiceRequest(
        status="active",
        intent="order",
        code=r4.CodeableConcept(coding=codings, text=name),
        subject=reference(f"Patient/{patient_id}"),
        requester=reference(performance.on_behalf_of or performance.author),
        authoredOn=date_time(performance.at),
        requisition=r4.Identifier(system=REQUISITION, value=requisition),
        orderDetail=[concept(ORDER_DETAIL, "fasting")] if item.fasting else None,
        patientInstruction=f"No food for {hours[0]} to {hours[1]} hours before; water is allowed." if item.fasting else None,
        note=[r4.Annotation(text=item.note)] if item.note else None,
    )


def _say_when_where_and_why(
    request: r4.ServiceRequest, priority: str, timed: datetime | None, reasons: Sequence[str], location: str, encounter: str
) -> None:
    request.priority = priority  # type: ignore[assignment]  # one of PRIORITIES, or it was refused
    request.occurrenceDateTime = date_time(timed) if timed else None
    request.reasonCode = [concept(ICD10, code) for code in reasons] or None
    request.locationReference = [reference(f"Location/{location}")] if location else None
    request.encounter = reference(f"Encounter/{encounter}") if encounter else None


def _next_requisition(record: Record, at: datetime) -> str:
    prefix = f"R{at.astimezone(record.policy.zone):%y}-"
    return f"{prefix}{next_number(record, 'order_row', 'requisition', prefix, REQUISITION_DIGITS):0{REQUISITION_DIGITS}d}"


@act("order")
def place_order(
    performance: Performance,
    patient_id: str,
    items: Sequence[OrderItem],
    *,
    priority: str = "routine",
    timed: datetime | None = None,
    reasons: Sequence[str] = (),
    location: str = "",
    encounter: str = "",
    confirmed: Sequence[str] = (),
) -> PlacedOrders:
    """Order tests and procedures for a patient.

    `reasons` are ICD-10-CM codes; `location` and `encounter` ids; `confirmed` the codes wanted in spite of a duplicate. Raises
    ActRefused, NotFound.
    """
    record, at, catalogue = performance.record, performance.at, package_catalogue()
    patient = patient_facts(record, patient_id, at)
    further = order_refusals(
        items,
        earlier_orders(record, patient_id, at),
        catalogue,
        at=at,
        priority=priority,
        timed=timed,
        reasons=reasons,
        confirmed=frozenset(confirmed),
        deceased=patient.deceased,
        active=patient.active,
    )
    with perform(performance, "order", facts_for(performance), further=further, patient=patient.reference) as performed:
        requisition = _next_requisition(record, at)
        orders: list[str] = []
        works: dict[str, list[str]] = {}
        for item in items:
            request = _request(item, catalogue, performance, patient_id, requisition)
            _say_when_where_and_why(request, priority, timed, reasons, location, encounter)
            own = performed.create(request).partition("/")[2]
            orders.append(own)
            works.setdefault(kind_of_work(item.code, catalogue) or "", []).append(own)
        due = stage_due("order-to-collect", priority, timed or at)
        tasks = [
            performed.create(
                new_task(
                    kind,
                    at,
                    requester=performance.author,
                    patient=patient_id,
                    orders=own,
                    priority=priority,
                    due=due,
                    location=location,
                    requisition=requisition,
                )
            ).partition("/")[2]
            for kind, own in works.items()
        ]
    return PlacedOrders(requisition, tuple(orders), tuple(tasks))


@dataclass(frozen=True, slots=True)
class CancelledOrder:
    """The order that was cancelled, and the tasks that ended with it."""

    order: str
    work: tuple[str, ...]


@act("cancel_order")
def cancel_order(performance: Performance, order_id: str, reason: str) -> CancelledOrder:
    """Revoke an order that nothing was resulted for; work that was only for it ends. Raises ActRefused, NotFound."""
    record, at = performance.record, performance.at
    order = load(record, r4.ServiceRequest, order_id)
    done = bool(
        record.engine.rows(
            "SELECT 1 FROM result_row WHERE order_id = ? AND status IN ('final', 'amended', 'corrected') LIMIT 1", (order_id,)
        )
    )
    facts = facts_for(performance, order=order_fact(order, record.policy.zone, done=done))
    ended: list[str] = []
    with perform(performance, "cancel_order", facts, reason=reason, focus=f"ServiceRequest/{order_id}") as performed:
        order.status = "revoked"
        performed.update(order)
        for kind in ("collect", "point-of-care", "vital-signs", "ekg", "procedure", "receive"):
            for own in open_work_for(record, [order_id], kind):
                task = load(record, r4.Task, own)
                rest = [other for other in order_ids_of(task) if other != order_id]
                task.basedOn = [reference(f"ServiceRequest/{other}") for other in rest] or task.basedOn
                if not rest:
                    end(task, at, "cancelled", concept(REASON, "order-cancelled", text=reason))
                    ended.append(own)
                performed.update(task)
    return CancelledOrder(order_id, tuple(ended))
