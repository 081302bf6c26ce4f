"""`turnaround_row`: how long each order took, stage by stage; and the same of a whole day in one text, for the board.

Rules T1 and T2 of docs/clinical/turnaround.md, from what the record holds now: the tubes that were not rejected count, so a
recollection begins the stages anew; the first verification is the result, whatever was corrected later.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final

import msgspec

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.turnaround import STAGES, Event, stage_minutes
from benchside.record import Record
from benchside.record.engine import Engine
from benchside.record.joined import JoinedRow, JoinedView, Summary
from benchside.record.keys import moment

STAGE_NAMES: Final = tuple(STAGES)
NOT_YET: Final = -1
"""In a day's text: this stage has not ended, this hour has not come."""

DAYS_AT_ONCE: Final = 60
PRIORITY_COUNT: Final = 4
_COLUMNS: Final[Mapping[str, str]] = {
    "order_id": "TEXT NOT NULL",
    "day": "INTEGER NOT NULL",
    "hour": "INTEGER NOT NULL",
    "test": "TEXT NOT NULL",
    "name": "TEXT NOT NULL",
    "priority": "INTEGER NOT NULL",
    "location": "TEXT NOT NULL",
    "cancelled": "INTEGER NOT NULL",
    "collected_hour": "INTEGER",
    "received_hour": "INTEGER",
    "resulted_hour": "INTEGER",
    "collect_min": "INTEGER",
    "receive_min": "INTEGER",
    "result_min": "INTEGER",
    "acknowledge_min": "INTEGER",
    "total_min": "INTEGER",
    "rejections": "INTEGER NOT NULL",
    "cause": "TEXT NOT NULL",
    "redraws": "INTEGER NOT NULL",
}


@dataclass(slots=True)
class _Steps:
    """What happened to one order, as the sources' rows tell it; times in microseconds."""

    collected: list[int | None] = field(default_factory=list[int | None])
    received: list[int | None] = field(default_factory=list[int | None])
    causes: list[str] = field(default_factory=list[str])
    resulted: int | None = None
    acknowledged: int | None = None
    redraws: int = 0

    def last(self, times: Sequence[int | None]) -> int | None:
        """When the last of an order's tubes got there; None while one has not."""
        known = [at for at in times if at is not None]
        return max(known) if known and len(known) == len(times) else None


def _steps(engine: Engine, keys: Sequence[str]) -> dict[str, _Steps]:
    marks = ",".join("?" * len(keys))
    found: dict[str, _Steps] = defaultdict(_Steps)
    for order, state, collected, received, cause in engine.rows(
        "SELECT o.order_id, s.state, s.collected_us, s.received_us, s.rejection FROM specimen_order o JOIN specimen_row s ON s.resource = o.resource "
        f"WHERE o.order_id IN ({marks}) AND s.parent = '' ORDER BY o.order_id, s.accession",
        keys,
    ):
        if cause:
            found[order].causes.append(cause)
        if state not in ("rejected", "cancelled"):
            found[order].collected.append(collected)
            found[order].received.append(received)
    for order, issued in engine.rows(
        "SELECT order_id, min(issued_us) FROM report_row WHERE status IN ('final', 'amended', 'corrected', 'appended') "
        f"AND order_id IN ({marks}) GROUP BY order_id",
        keys,
    ):
        found[order].resulted = issued
    for order, kind, status, authored, ended, part_of in engine.rows(
        "SELECT o.order_id, w.kind, w.status, w.authored_us, w.ended_us, w.part_of FROM work_order o JOIN work_row w ON w.resource = o.resource "
        f"WHERE o.order_id IN ({marks}) AND w.kind IN ('collect', 'review-result') ORDER BY o.order_id, w.authored_us",
        keys,
    ):
        steps = found[order]
        if kind == "collect":
            steps.redraws += bool(part_of)
            continue
        if authored is not None:  # the first verification put it into an inbox
            steps.resulted = authored if steps.resulted is None else min(steps.resulted, authored)
        if status == "completed" and ended is not None:
            steps.acknowledged = ended if steps.acknowledged is None else min(steps.acknowledged, ended)
    return found


def _rows(engine: Engine, keys: Sequence[str], zone: tzinfo) -> Iterator[JoinedRow]:
    steps = _steps(engine, keys)
    for own, test, name, priority, location, status, authored, timed in engine.rows(
        "SELECT id, test, name, priority, location, status, authored_us, timed_us FROM order_row "
        f"WHERE id IN ({','.join('?' * len(keys))}) AND status <> 'entered-in-error' ORDER BY id",
        keys,
    ):
        if authored is not None and _is_laboratory(test):
            yield _row(own, test, name, priority, location, status, authored, timed, steps[own], zone)


def _is_laboratory(test: str) -> bool:
    """Whether an order is for something that is collected; what came from outside without a code of ours counts too."""
    catalogue = package_catalogue()
    if test in catalogue.tests:
        return catalogue.tests[test].definition.kind != "point_of_care"
    return not test or test in catalogue.panels


def _row(
    own: str, test: str, name: str, priority: int, location: str, status: str, authored: int, timed: int | None, steps: _Steps, zone: tzinfo
) -> JoinedRow:
    def local(at: int | None) -> datetime | None:
        return None if at is None else moment(at).astimezone(zone)

    start, cancelled = local(timed or authored), status == "revoked"
    assert start is not None  # our own invariant: a requested order says when
    times = {
        "ordered": authored,
        "due": timed,
        "collected": steps.last(steps.collected),
        "received": steps.last(steps.received),
        "resulted": steps.resulted,
        "acknowledged": steps.acknowledged,
    }
    events = [Event(step, moment(at)) for step, at in times.items() if at is not None]  # type: ignore[arg-type]  # our own names
    taken = {} if cancelled else stage_minutes(events)
    hours = [None if (at := local(times[step])) is None else at.hour for step in ("collected", "received", "resulted")]
    minutes = [int(taken[stage] + 0.5) if stage in taken else None for stage in STAGE_NAMES]
    return (
        own, start.toordinal(), start.hour, test or name, name, priority, location, int(cancelled), *hours, *minutes,
        len(steps.causes), steps.causes[0] if steps.causes else "", steps.redraws,
    )  # fmt: skip


def turnaround_view(zone: tzinfo) -> JoinedView:
    """The view; it stands behind those of orders, work, specimens and reports."""
    return JoinedView(
        "turnaround_row",
        {"order_row": "id", "specimen_order": "order_id", "report_row": "order_id", "work_order": "order_id"},
        _COLUMNS,
        lambda engine, keys: _rows(engine, keys, zone),
        [["day"]],
        version=3,
        summary=Summary("turnaround_day", "day"),
    )


class DayOfOrders(msgspec.Struct):
    """Orders column by column, in the order of `order_id`. `taken`: by stage, minutes and priority in one number (`coded`)."""

    test: list[str] = []
    name: list[str] = []
    priority: list[int] = []
    location: list[str] = []
    hour: list[int] = []
    cancelled: list[int] = []
    collected_hour: list[int] = []
    received_hour: list[int] = []
    resulted_hour: list[int] = []
    taken: list[list[int]] = msgspec.field(default_factory=lambda: [[] for _ in STAGE_NAMES])
    rejections: list[int] = []
    cause: list[str] = []
    redraws: list[int] = []


class DaySummary(msgspec.Struct):
    """What a day's orders come to. `stages`: by stage how often each coded length of time occurred; `hours`: ordered, collected, received, resulted."""

    orders: int = 0
    cancelled: int = 0
    resulted: int = 0
    rejected: int = 0
    redraws: int = 0
    stages: list[dict[int, int]] = msgspec.field(default_factory=lambda: [{} for _ in STAGE_NAMES])
    hours: list[dict[int, int]] = msgspec.field(default_factory=lambda: [{} for _ in range(4)])
    causes: dict[str, int] = {}
    tests: dict[str, int] = {}
    locations: dict[str, int] = {}
    names: dict[str, str] = {}


def coded(minutes: int, priority: int) -> int:
    """Minutes and priority (0 to 3) in one number, so that a month of them is counted at once."""
    return minutes * PRIORITY_COUNT + priority


def summary_of(day: DayOfOrders) -> DaySummary:
    """Sum up a day's orders."""

    def counted(column: list[int]) -> dict[int, int]:
        found = Counter(column)
        found.pop(NOT_YET, None)
        return dict(found)

    causes = Counter(day.cause)
    causes.pop("", None)
    return DaySummary(
        len(day.test),
        sum(day.cancelled),
        len(day.resulted_hour) - day.resulted_hour.count(NOT_YET),
        len(day.rejections) - day.rejections.count(0),
        len(day.redraws) - day.redraws.count(0),
        [counted(column) for column in day.taken],
        [counted(column) for column in (day.hour, day.collected_hour, day.received_hour, day.resulted_hour)],
        dict(causes),
        dict(Counter(day.test)),
        dict(Counter(day.location)),
        dict(zip(day.test, day.name, strict=True)),
    )


_summary: Final = msgspec.json.Decoder(DaySummary)
_orders: Final = msgspec.json.Decoder(DayOfOrders)


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its sum, and its orders for whoever must look at each."""

    date: date
    summary: DaySummary
    orders: Callable[[], DayOfOrders]


_SELECT: Final = (
    "SELECT test, name, priority, location, hour, cancelled, coalesce(collected_hour, -1), coalesce(received_hour, -1), coalesce(resulted_hour, -1), "
    "coalesce(collect_min * 4 + priority, -1), coalesce(receive_min * 4 + priority, -1), coalesce(result_min * 4 + priority, -1), "
    "coalesce(acknowledge_min * 4 + priority, -1), coalesce(total_min * 4 + priority, -1), "
    "rejections, cause, redraws FROM turnaround_row WHERE day = ? ORDER BY order_id"
)


def _read(record: Record, day: int) -> DayOfOrders:
    rows = record.engine.rows(_SELECT, (day,))
    c: list[Any] = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(17)]
    return DayOfOrders(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9:14], c[14], c[15], c[16])


def days_of(record: Record, first: date, last: date) -> Iterator[Day]:
    """Each day from `first` to `last`: summed-up days from their texts, the rest from their rows."""
    known = dict(
        record.engine.rows(
            "SELECT day, content FROM turnaround_day WHERE day >= ? AND day <= ? ORDER BY day", (first.toordinal(), last.toordinal())
        )
    )
    for number in range(first.toordinal(), last.toordinal() + 1):
        content = known.get(number)
        if content is None:
            read = _read(record, number)
            yield Day(date.fromordinal(number), summary_of(read), lambda read=read: read)
        else:
            yield Day(date.fromordinal(number), _summary.decode(content), lambda number=number: _detail(record, number))


def _detail(record: Record, day: int) -> DayOfOrders:
    """A past day's orders from its second text; from its rows when something changed meanwhile."""
    rows = record.engine.rows("SELECT detail FROM turnaround_day WHERE day = ?", (day,))
    return _orders.decode(rows[0][0]) if rows else _read(record, day)


def sum_up_days(record: Record, at: datetime, *, back: int = 400) -> int:
    """Write the texts of past days that have none, the newest first, at most DAYS_AT_ONCE; how many. The worker does it."""
    today = at.astimezone(record.policy.zone).date()
    first = (today - timedelta(days=back)).toordinal()
    lacking = record.engine.rows(
        f"SELECT DISTINCT r.day FROM turnaround_row r LEFT JOIN turnaround_day d ON d.day = r.day WHERE r.day >= ? AND r.day < ? AND d.day IS NULL "
        f"ORDER BY r.day DESC LIMIT {DAYS_AT_ONCE}",
        (first, today.toordinal()),
    )
    for (day,) in lacking:
        with record.serialised():  # nothing of the day changes between reading and writing
            orders = _read(record, day)
            texts = [msgspec.json.encode(one).decode() for one in (summary_of(orders), orders)]
            record.engine.run("DELETE FROM turnaround_day WHERE day = ?", (day,))
            record.engine.run("INSERT INTO turnaround_day (day, content, detail) VALUES (?, ?, ?)", (day, *texts))
    return len(lacking)
