"""Open work as start pages and lists show it: bounded reads of the views, the most pressing first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from benchside.record import Record
from benchside.record.keys import microseconds, moment

COUNTED_MAX: Final = 100
ORDERS_MAX: Final = 400
_COLUMNS: Final = "id, patient, kind, status, priority, owner, requester, location, focus, authored_us, due_us, words"


@dataclass(frozen=True, slots=True)
class OpenWork:
    """One open task. References are `Type/id`, ids stand alone; `priority` as in the views (0 stat); `orders` are (code, name)."""

    id: str
    patient: str
    kind: str
    status: str
    priority: int
    owner: str
    requester: str
    location: str
    focus: str
    authored: datetime | None
    due: datetime | None
    words: str
    orders: tuple[tuple[str, str], ...] = ()


def own_work(record: Record, person: str, kinds: Sequence[str], limit: int) -> list[OpenWork]:
    """Return open work that this person has."""
    return _found(record, [(kind, "AND owner = ?", (person,)) for kind in kinds], limit)


def free_work(record: Record, kinds: Sequence[str], limit: int) -> list[OpenWork]:
    """Return open work that nobody has."""
    return _found(record, [(kind, "AND owner = ''", ()) for kind in kinds], limit)


def open_work(record: Record, kinds: Sequence[str], limit: int) -> list[OpenWork]:
    """Return open work, whoever has it."""
    return _found(record, [(kind, "", ()) for kind in kinds], limit)


def overdue_count(record: Record, kinds: Sequence[str], at: datetime) -> int:
    """Count open work of these kinds that was due before `at`, to COUNTED_MAX a kind."""
    parts = [
        f"SELECT count(*) AS late FROM (SELECT 1 AS one FROM work_row WHERE open = 1 AND kind = ? AND due_us < ? LIMIT {COUNTED_MAX}) AS k{number}"
        for number, _kind in enumerate(kinds)
    ]
    values = [value for kind in kinds for value in (kind, microseconds(at))]
    return sum(row[0] for row in record.engine.rows(" UNION ALL ".join(parts), tuple(values)))


def report_count(record: Record, statuses: Sequence[str]) -> int:
    """Count open reports in these states, to COUNTED_MAX a state."""
    parts = [
        f"SELECT count(*) AS waiting FROM (SELECT 1 AS one FROM report_row WHERE open = 1 AND status = ? LIMIT {COUNTED_MAX}) AS s{number}"
        for number, _status in enumerate(statuses)
    ]
    return sum(row[0] for row in record.engine.rows(" UNION ALL ".join(parts), tuple(statuses)))


def _found(record: Record, wanted: Sequence[tuple[str, str, tuple[Any, ...]]], limit: int) -> list[OpenWork]:
    """Read the most pressing of each kind, then of all; with the orders they are for."""
    parts = [
        f"SELECT * FROM (SELECT {_COLUMNS} FROM work_row WHERE open = 1 AND kind = ? {whose} ORDER BY priority, due_us LIMIT {limit:d}) AS k{number}"
        for number, (_kind, whose, _values) in enumerate(wanted)
    ]
    values = [value for kind, _whose, more in wanted for value in (kind, *more)]
    found = [
        OpenWork(*row[:9], authored=_moment(row[9]), due=_moment(row[10]), words=row[11])
        for row in record.engine.rows(" UNION ALL ".join(parts), tuple(values))
    ]
    found.sort(key=lambda work: (work.priority, work.due is None, work.due.timestamp() if work.due else 0.0, work.id))
    return _with_orders(record, found[:limit])


def _with_orders(record: Record, found: list[OpenWork]) -> list[OpenWork]:
    if not found:
        return found
    marks = ",".join("?" * len(found))
    orders: dict[str, list[tuple[str, str]]] = {}
    for work, code, name in record.engine.rows(
        f"SELECT j.work, o.test, o.name FROM work_order j JOIN order_row o ON o.id = j.order_id WHERE j.work IN ({marks}) LIMIT {ORDERS_MAX}",
        tuple(work.id for work in found),
    ):
        orders.setdefault(work, []).append((code, name))
    return [replace(work, orders=tuple(orders.get(work.id, ()))) for work in found]


def _moment(us: int | None) -> datetime | None:
    return None if us is None else moment(us)


def names_of_people(record: Record, people: Iterable[str]) -> dict[str, str]:
    """Return what to call each `Practitioner/id`, in one read."""
    ids = [who.partition("/")[2] for who in set(people) if who.startswith("Practitioner/")]
    if not ids:
        return {}
    marks = ",".join("?" * len(ids))
    rows = record.engine.rows(f"SELECT practitioner, name FROM staff_role WHERE kind = 'person' AND practitioner IN ({marks})", tuple(ids))
    return {f"Practitioner/{own}": name for own, name in rows if name}
