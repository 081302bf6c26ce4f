"""Due work as the worklist shows it: bounded queries on the views, then one stop for each patient."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal

from benchside.areas.laboratory.catalogue import NotInCatalogue, package_catalogue
from benchside.areas.laboratory.order_of_draw import NoTubeFits, TooManyTests, plan_collections
from benchside.areas.laboratory.tubes import package_tubes
from benchside.readiness.gathering.patient_search import search_patients
from benchside.readiness.gathering.places import place_names
from benchside.record import Record
from benchside.record.keys import microseconds, moment
from benchside.terms.folding import fold
from benchside.workplace.places import HANDS

WORK_MAX: Final = 60
"""Tasks on one page; more are said to be more, and filters narrow them."""
FOUND_PATIENTS_MAX: Final = 20
ORDERS_MAX: Final = 1200

Whose = Literal["mine", "here", "all"]
_COLUMNS = "id, version, patient, kind, status, priority, owner, location, requisition, authored_us, due_us, reason, words, part_of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is asked for. `here`: what nobody has, at `place` when one is named; `text` goes before `whose`."""

    whose: Whose = "all"
    person: str = ""
    place: str = ""
    kind: str = ""
    priority: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order of a task."""

    id: str
    test: str
    name: str
    loinc: str
    timed: datetime | None


@dataclass(frozen=True, slots=True)
class DueWork:
    """One task that is open."""

    id: str
    version: int
    patient: str
    kind: str
    status: str
    priority: int
    owner: str
    location: str
    requisition: str
    authored: datetime
    due: datetime | None
    reason: str
    words: str
    part_of: str
    orders: tuple[OrderLine, ...] = ()

    @property
    def urgency(self) -> tuple[int, int]:
        """Sorts the most pressing first."""
        return self.priority, microseconds(self.due) if self.due else 2**62


@dataclass(frozen=True, slots=True)
class Stop:
    """One patient, and everything due there: one visit. `notes` are the patient's own."""

    patient: str
    work: tuple[DueWork, ...]
    place: str

    @property
    def urgency(self) -> tuple[int, int]:
        """The most pressing of its work."""
        return min(work.urgency for work in self.work)


@dataclass(frozen=True, slots=True)
class Worklist:
    """The stops in the order to make them, how many tasks they hold, whether there are more, and names of places by id."""

    stops: tuple[Stop, ...]
    shown: int
    more: bool
    places: dict[str, str] = field(default_factory=dict[str, str])


def _conditions(filters: Filters) -> tuple[str, list[Any]]:
    parts, values = ["open = 1"], list[Any]()
    if filters.text:
        pass
    elif filters.whose == "mine":
        parts.append("owner = ?")
        values.append(filters.person)
    elif filters.whose == "here":
        parts.append("owner = ''")
    if filters.place and filters.whose != "mine":
        parts.append("location = ?")
        values.append(filters.place)
    if filters.priority is not None:
        parts.append("priority = ?")
        values.append(filters.priority)
    return " AND ".join(parts), values


def _found_by_text(record: Record, text: str) -> tuple[str, list[Any]]:
    """The condition that a search text makes: a label, a requisition, else patients."""
    specimens = record.engine.rows(
        "SELECT w.work FROM specimen_row s JOIN specimen_order o ON o.specimen = s.id JOIN work_order w ON w.order_id = o.order_id "
        "AND w.open = 1 WHERE s.accession = ? LIMIT 50",
        (text,),
    )
    if specimens:
        return f"id IN ({','.join('?' * len(specimens))})", [row[0] for row in specimens]
    numbered = record.engine.rows("SELECT id FROM patient_row WHERE record_number_folded = ? LIMIT 5", (fold(text),))
    patients = [row[0] for row in numbered] or [found.id for found in search_patients(record, text, limit=FOUND_PATIENTS_MAX)]
    asked = "requisition = ?"
    return (f"({asked} OR patient IN ({','.join('?' * len(patients))}))", [text, *patients]) if patients else (asked, [text])


def open_work(record: Record, filters: Filters) -> tuple[list[DueWork], bool]:
    """The tasks asked for, most pressing first, at most WORK_MAX, and whether there are more. Reads as much as it shows."""
    condition, values = _conditions(filters)
    if filters.text:
        found, more_values = _found_by_text(record, filters.text)
        condition, values = f"{condition} AND {found}", [*values, *more_values]
    kinds = [filters.kind] if filters.kind in HANDS else list(HANDS)
    each = (
        f"SELECT * FROM (SELECT {_COLUMNS} FROM work_row WHERE {condition} AND kind = ? "
        f"ORDER BY priority, due_us, id LIMIT {WORK_MAX + 1}) AS of_{{}}"
    )
    statement = " UNION ALL ".join(each.format(place) for place in range(len(kinds)))
    rows = record.engine.rows(statement, tuple(value for kind in kinds for value in (*values, kind)))
    work = sorted((_work(row) for row in rows), key=lambda one: (one.urgency, one.id))
    return with_orders(record, work[:WORK_MAX]), len(work) > WORK_MAX


def _work(row: Sequence[Any]) -> DueWork:
    return DueWork(
        row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8],
        moment(row[9] or 0), None if row[10] is None else moment(row[10]), row[11], row[12], row[13],
    )  # fmt: skip


def one_work(record: Record, work_id: str) -> DueWork | None:
    """One task with its orders, whatever its state; None when there is none."""
    rows = record.engine.rows(f"SELECT {_COLUMNS} FROM work_row WHERE id = ?", (work_id,))
    return with_orders(record, [_work(rows[0])])[0] if rows else None


def with_orders(record: Record, work: Iterable[DueWork]) -> list[DueWork]:
    """The same tasks, each with its orders; one query."""
    listed = list(work)
    if not listed:
        return []
    marks = ",".join("?" * len(listed))
    lines: dict[str, list[OrderLine]] = {}
    for own, *line in record.engine.rows(
        f"SELECT w.work, o.id, o.test, o.name, o.loinc, o.timed_us FROM work_order w JOIN order_row o ON o.id = w.order_id "
        f"WHERE w.work IN ({marks}) AND o.status IN ('active', 'completed') ORDER BY w.work, o.authored_us, o.id LIMIT {ORDERS_MAX}",
        tuple(one.id for one in listed),
    ):
        timed = None if line[4] is None else moment(line[4])
        lines.setdefault(own, []).append(OrderLine(line[0], line[1], line[2], line[3], timed))
    return [replace(one, orders=tuple(lines.get(one.id, ()))) for one in listed]


def worklist(record: Record, filters: Filters, *, by_place: bool = False) -> Worklist:
    """The stops that are due, most pressing first, or place by place."""
    work, more = open_work(record, filters)
    stops: dict[tuple[str, str], list[DueWork]] = {}
    for one in work:
        stops.setdefault((one.patient or one.id, one.location), []).append(one)
    made = [Stop(own[0].patient, tuple(own), place) for (_, place), own in stops.items()]
    names = place_names(record, [stop.place for stop in made])
    made.sort(key=lambda stop: ((names.get(stop.place, "\uffff") if by_place else ""), stop.urgency))
    return Worklist(tuple(made), len(work), more, names)


@lru_cache(maxsize=4096)
def caps_of(tests: tuple[str, ...]) -> tuple[str, ...]:
    """The tubes that these tests or panels take, in order of draw; nothing when they cannot be planned together."""
    if not tests:
        return ()
    try:
        ways = plan_collections(tests, package_catalogue(), package_tubes())
    except (NotInCatalogue, NoTubeFits, TooManyTests):
        return ()
    return tuple(tube.tube for plan in ways.values() for tube in plan.tubes)


def head_number(record: Record) -> int:
    """The number of the newest commit: while it stands, nothing that a list shows has changed."""
    return int(record.engine.rows("SELECT number FROM record_head")[0][0])
