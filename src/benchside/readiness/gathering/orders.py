"""Orders and the work they make: views of ServiceRequest and Task, and what acts ask of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Final

from benchside.fhir import r4
from benchside.readiness.facts import Order
from benchside.readiness.gathering.kept import (
    LOINC,
    REQUISITION,
    TEST,
    WORK,
    code_of,
    end_us,
    ends,
    id_of,
    inputs_named,
    load,
    start_us,
    target_of,
    version_of,
    words_of,
)
from benchside.readiness.gathering.view_rows import zoned_view
from benchside.record import Record
from benchside.record.views import View, ViewRow

PRIORITIES: Final[Mapping[str, int]] = {"stat": 0, "asap": 1, "urgent": 2, "routine": 3}
"""Request priorities of FHIR, most pressing first; a missing one is routine."""

SERIES: Final = "original-order"
"""Intent of a repeated order: what is done are the dated orders based on it, so it is in no view."""

OPEN_WORK: Final = ("requested", "received", "accepted", "ready", "in-progress", "on-hold")


def _requisition(found: r4.Identifier | None) -> str:
    return (found.value or "") if found is not None and found.system in (REQUISITION, None) else ""


def _order_rows(order: r4.ServiceRequest, zone: tzinfo) -> Iterator[ViewRow]:
    if order.intent == SERIES:
        return
    timed = order.occurrenceDateTime or (order.occurrencePeriod.start if order.occurrencePeriod else None)
    yield (
        order.id or "",
        version_of(order),
        id_of(order.subject, "Patient"),
        order.status or "",
        order.intent or "",
        code_of(order.code, TEST),
        code_of(order.code, LOINC),
        words_of(order.code),
        PRIORITIES.get(order.priority or "routine", 3),
        _requisition(order.requisition),
        start_us(order.authoredOn, zone),
        start_us(timed, zone),
        target_of(order.requester),
        id_of(order.locationReference[0], "Location") if order.locationReference else "",
        id_of(order.encounter, "Encounter"),
        series_of(order),
    )


def series_of(order: r4.ServiceRequest) -> str:
    """Id of the repeated order that a dated order belongs to, "" when it stands alone."""
    if order.intent != "instance-order":
        return ""
    return next((own for based in order.basedOn or () if (own := id_of(based, "ServiceRequest"))), "")


def _work_rows(task: r4.Task, zone: tzinfo) -> Iterator[ViewRow]:
    due = task.restriction.period.end if task.restriction and task.restriction.period else None
    ended = task.executionPeriod.end if task.executionPeriod else None
    yield (
        task.id or "",
        version_of(task),
        id_of(task.for_, "Patient"),
        code_of(task.code, WORK),
        task.status or "",
        int(task.status in OPEN_WORK),
        PRIORITIES.get(task.priority or "routine", 3),
        target_of(task.owner),
        target_of(task.requester),
        id_of(task.location, "Location"),
        (task.groupIdentifier.value or "") if task.groupIdentifier else "",
        target_of(task.focus),
        id_of(task.partOf[0], "Task") if task.partOf else "",
        start_us(task.authoredOn, zone),
        start_us(due, zone),
        start_us(ended, zone),
        words_of(task.reasonCode) or words_of(task.statusReason),
        task.description or "",
    )


def _work_order_rows(task: r4.Task, _zone: tzinfo) -> Iterator[ViewRow]:
    for based in task.basedOn or ():
        if order := id_of(based, "ServiceRequest"):
            yield task.id or "", code_of(task.code, WORK), int(task.status in OPEN_WORK), order


_ORDER: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "patient": "TEXT NOT NULL",
    "status": "TEXT NOT NULL",
    "intent": "TEXT NOT NULL",
    "test": "TEXT NOT NULL",
    "loinc": "TEXT NOT NULL",
    "name": "TEXT NOT NULL",
    "priority": "INTEGER NOT NULL",
    "requisition": "TEXT NOT NULL",
    "authored_us": "INTEGER",
    "timed_us": "INTEGER",
    "requester": "TEXT NOT NULL",
    "location": "TEXT NOT NULL",
    "encounter": "TEXT NOT NULL",
    "series": "TEXT NOT NULL",
}
_WORK_COLUMNS: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "patient": "TEXT NOT NULL",
    "kind": "TEXT NOT NULL",
    "status": "TEXT NOT NULL",
    "open": "INTEGER NOT NULL",
    "priority": "INTEGER NOT NULL",
    "owner": "TEXT NOT NULL",
    "requester": "TEXT NOT NULL",
    "location": "TEXT NOT NULL",
    "requisition": "TEXT NOT NULL",
    "focus": "TEXT NOT NULL",
    "part_of": "TEXT NOT NULL",
    "authored_us": "INTEGER",
    "due_us": "INTEGER",
    "ended_us": "INTEGER",
    "reason": "TEXT NOT NULL",
    "words": "TEXT NOT NULL",
}


def order_views(zone: tzinfo) -> list[View]:
    """`order_row` of ServiceRequest (but for series), `work_row` of Task, `work_order`: which orders a task is for. Smaller priority, more pressing."""
    return [
        zoned_view(
            "order_row",
            ("ServiceRequest",),
            _ORDER,
            _order_rows,
            [
                ["id"],
                ["patient", "authored_us"],
                ["patient", "test", "status"],
                ["requisition"],
                ["status", "priority", "authored_us"],
                ["requester", "authored_us"],
                ["series", "timed_us"],
            ],
            zone,
        ),
        zoned_view(
            "work_row",
            ("Task",),
            _WORK_COLUMNS,
            _work_rows,
            [
                ["id"],
                ["open", "kind", "priority", "due_us"],
                ["open", "owner", "priority", "due_us"],
                ["open", "owner", "kind", "priority", "due_us"],
                ["open", "location", "priority", "due_us"],
                ["patient", "kind", "open"],
                ["focus", "kind"],
                ["kind", "ended_us"],
                ["open", "due_us"],
                ["requisition"],
            ],
            zone,
        ),
        zoned_view(
            "work_order",
            ("Task",),
            {"work": "TEXT NOT NULL", "kind": "TEXT NOT NULL", "open": "INTEGER NOT NULL", "order_id": "TEXT NOT NULL"},
            _work_order_rows,
            [["order_id", "kind", "open"], ["work"]],
            zone,
        ),
    ]


def order_fact(order: r4.ServiceRequest, zone: tzinfo, *, done: bool = False) -> Order:
    """The order as the gate asks about it: not before its period begins, not after it ends."""
    from benchside.terms.instant import moment_of

    first, last = ends(order.occurrencePeriod)
    begin, end = start_us(first, zone), end_us(last, zone)
    return Order(
        f"ServiceRequest/{order.id}",
        order.status or "unknown",
        done,
        None if begin is None else moment_of(begin),
        None if end is None else moment_of(end),
    )


def settled_series(record: Record, orders: Sequence[r4.ServiceRequest]) -> list[r4.ServiceRequest]:
    """The repeated orders that end because these dated orders of theirs do: nothing else of them is open.

    `orders` have their new status already; the series come back with theirs, to be written in the same commit.
    """
    found: list[r4.ServiceRequest] = []
    for own in dict.fromkeys(series for order in orders if (series := series_of(order))):
        ending = {order.id: order.status for order in orders if series_of(order) == own}
        kept = dict(record.engine.rows("SELECT id, status FROM order_row WHERE series = ? LIMIT 500", (own,)))
        states = {**kept, **ending}.values()
        whole = load(record, r4.ServiceRequest, own)
        if whole.status == "active" and not {"active", "on-hold", "draft"} & set(states):
            whole.status = "completed" if "completed" in states else "revoked"
            found.append(whole)
    return found


def worst_order(orders: list[Order]) -> Order | None:
    """The order that most stands against an act done for several: one that is not active, else one done, else the first."""
    return min(orders, key=lambda order: (order.status == "active", not order.done), default=None)


def open_work_for(record: Record, order_ids: list[str], kind: str) -> list[str]:
    """Ids of the open tasks of a kind for any of these orders."""
    if not order_ids:
        return []
    marks = ",".join("?" * len(order_ids))
    return [
        row[0]
        for row in record.engine.rows(
            f"SELECT DISTINCT work FROM work_order WHERE order_id IN ({marks}) AND kind = ? AND open = 1 ORDER BY work LIMIT 200",
            (*order_ids, kind),
        )
    ]


def open_work_on(record: Record, focus: str, kind: str) -> list[str]:
    """Ids of the open tasks of a kind whose focus is `Type/id`."""
    return [
        row[0]
        for row in record.engine.rows(
            "SELECT id FROM work_row WHERE focus = ? AND kind = ? AND open = 1 ORDER BY authored_us, id LIMIT 200",
            (focus, kind),
        )
    ]


def order_ids_of(task: r4.Task) -> list[str]:
    """The orders a task is for."""
    return [own for based in task.basedOn or () if (own := id_of(based, "ServiceRequest"))]


def tests_asked(task: r4.Task) -> list[str]:
    """The tests a task is limited to (a recollection of part of an order); empty: all of its orders."""
    return [given.valueCode for given in inputs_named(task, "test") if given.valueCode]
