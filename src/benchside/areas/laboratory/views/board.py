"""What the lead's board counts: turnaround over a period, and how work, calls, reports, refusals and overrides stand.

Percentiles are exact over whole minutes (rule T3): equal minutes are counted together first, so that a month is read in
milliseconds. No figure names a patient.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import compress
from typing import Any, Final

from django.db.models import Count

from benchside.areas.laboratory.turnaround import Priority, package_turnaround
from benchside.areas.laboratory.views.turnaround import (
    NOT_YET,
    PRIORITY_COUNT,
    STAGE_NAMES,
    DayOfOrders,
    DaySummary,
    days_of,
    summary_of,
)
from benchside.readiness.models import OverriddenAct, RefusedAct
from benchside.record import Record
from benchside.record.keys import microseconds

PERIOD_DAYS_MAX: Final = 92
ROWS_MAX: Final = 12
OVERDUE_MAX: Final = 12
CALLS_MAX: Final = 5000
SHIFTS: Final[Mapping[str, range]] = {"day": range(7, 15), "evening": range(15, 23), "night": range(7)}
"""Hours of each shift at the site; an hour in none of the others (23) is the night's."""

LIMIT_OF: Final[tuple[Priority, ...]] = ("stat", "urgent", "urgent", "routine")
"""Which limits a priority of the views has: 0 stat, 1 asap, 2 urgent, 3 routine."""


def shift_of(hour: int) -> str:
    """The shift an hour belongs to."""
    return next((name for name, hours in SHIFTS.items() if hour in hours), "night")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is left in: a test's code, a priority's number, a location's id, a shift; "" and None leave everything in."""

    test: str = ""
    priority: int | None = None
    location: str = ""
    shift: str = ""

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return bool(self.test or self.location or self.shift) or self.priority is not None


@dataclass(frozen=True, slots=True)
class Times:
    """Minutes of one stage over some orders: how many ended it, their percentiles, and how many took longer than the limit."""

    count: int = 0
    p10: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    over: int = 0

    @property
    def within_percent(self) -> float | None:
        """How many of a hundred kept the limit."""
        return None if not self.count else 100 * (self.count - self.over) / self.count


def times_of(counts: Iterable[tuple[int, Mapping[int, int]]], stage: str) -> Times:
    """The figures of one stage from minutes counted by priority: (priority, {minutes: how many})."""
    together: Counter[int] = Counter()
    over = 0
    for priority, minutes in counts:
        limit = package_turnaround().overdue_min[LIMIT_OF[priority]][stage]
        together.update(minutes)
        over += sum(many for taken, many in minutes.items() if taken > limit)
    total = sum(together.values())
    if not total:
        return Times()
    ordered = sorted(together.items())
    p10, p50, p90, p95 = (percentile_of_counts(ordered, total, percent) for percent in (10, 50, 90, 95))
    return Times(total, p10, p50, p90, p95, over)


def percentile_of_counts(ordered: Sequence[tuple[int, int]], total: int, percent: float) -> float:
    """T3 from (value, how many) in ascending order: linear interpolation between ranks."""
    place = (total - 1) * percent / 100
    low, rest = int(place), place - int(place)
    passed, first = 0, None
    for value, many in ordered:
        passed += many
        if first is None and passed > low:
            first = value
            if passed > low + 1 or not rest:
                return float(value)
        elif first is not None:
            return first + (value - first) * rest
    return float(ordered[-1][0])


@dataclass(slots=True)
class Turnaround:
    """Everything the board says about a period's orders."""

    orders: int = 0
    cancelled: int = 0
    resulted: int = 0
    rejected: int = 0
    redraws: int = 0
    stages: dict[str, Times] = field(default_factory=dict[str, Times])
    by: list[tuple[str, Times]] = field(default_factory=list[tuple[str, Times]])
    days: list[tuple[date, Times]] = field(default_factory=list[tuple[date, Times]])
    causes: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    ordered_at: list[int] = field(default_factory=lambda: [0] * 24)
    collected_at: list[int] = field(default_factory=lambda: [0] * 24)
    received_at: list[int] = field(default_factory=lambda: [0] * 24)
    resulted_at: list[int] = field(default_factory=lambda: [0] * 24)
    tests: Counter[str] = field(default_factory=Counter[str])
    locations: Counter[str] = field(default_factory=Counter[str])
    names: dict[str, str] = field(default_factory=dict[str, str])


def _kept(day: DayOfOrders, filters: Filters) -> DayOfOrders:
    """A day's orders that the filters leave in."""
    hours = None if not filters.shift else {hour for hour in range(24) if shift_of(hour) == filters.shift}
    mask = [
        (not filters.test or test == filters.test)
        and (filters.priority is None or priority == filters.priority)
        and (not filters.location or location == filters.location)
        and (hours is None or hour in hours)
        for test, priority, location, hour in zip(day.test, day.priority, day.location, day.hour, strict=True)
    ]

    def left(column: list[Any]) -> list[Any]:
        return list(compress(column, mask))

    return DayOfOrders(
        left(day.test), left(day.name), left(day.priority), left(day.location), left(day.hour), left(day.cancelled),
        left(day.collected_hour), left(day.received_hour), left(day.resulted_hour), [left(column) for column in day.taken],
        left(day.rejections), left(day.cause), left(day.redraws),
    )  # fmt: skip


GROUPS: Final[Mapping[str, Callable[[DayOfOrders], list[Any]]]] = {
    "priority": lambda day: day.priority,
    "test": lambda day: day.test,
    "location": lambda day: day.location,
    "shift": lambda day: [shift_of(hour) for hour in day.hour],
}
"""By what a stage's times may be shown side by side."""


def _by_priority(counts: Mapping[int, int]) -> dict[int, dict[int, int]]:
    """Coded lengths of time apart: {priority: {minutes: how many}}."""
    found: dict[int, dict[int, int]] = {}
    for code, many in counts.items():
        found.setdefault(code % PRIORITY_COUNT, {})[code // PRIORITY_COUNT] = many
    return found


def _add(into: dict[Any, int], counts: Mapping[Any, int]) -> None:
    for key, many in counts.items():
        into[key] = into.get(key, 0) + many


def turnaround(
    record: Record, first: date, last: date, filters: Filters, *, by: str = "priority", stage: str = "order-to-result"
) -> Turnaround:
    """Work out a period's turnaround: by stage, of one `stage` by `by`, day by day, hour by hour. At most PERIOD_DAYS_MAX days."""
    assert (last - first).days < PERIOD_DAYS_MAX  # our own invariant: the screen bounds the period
    found, chosen, total = Turnaround(), STAGE_NAMES.index(stage), STAGE_NAMES.index("order-to-result")
    stages: list[dict[int, int]] = [{} for _ in STAGE_NAMES]
    groups: dict[str, dict[int, int]] = {}
    causes: dict[str, int] = {}
    for day in days_of(record, first, last):
        _add(found.tests, day.summary.tests)
        _add(found.locations, day.summary.locations)
        found.names |= day.summary.names
        orders = _kept(day.orders(), filters) if filters.any else None
        summary = day.summary if orders is None else summary_of(orders)
        for into, counts in zip(stages, summary.stages, strict=True):
            _add(into, counts)
        if by != "priority":
            looked_at = orders or day.orders()
            for (key, code), many in Counter(zip(GROUPS[by](looked_at), looked_at.taken[chosen], strict=True)).items():
                if code != NOT_YET:
                    _add(groups.setdefault(str(key), {}), {code: many})
        found.days.append((day.date, times_of(_by_priority(summary.stages[total]).items(), "order-to-result")))
        _count(found, summary)
        _add(causes, summary.causes)
    found.stages = {name: times_of(_by_priority(counts).items(), name) for name, counts in zip(STAGE_NAMES, stages, strict=True)}
    if by == "priority":
        apart = _by_priority(stages[chosen])
        found.by = [(str(priority), times_of([(priority, apart[priority])], stage)) for priority in sorted(apart)]
    else:
        rows = [(key, times_of(_by_priority(counts).items(), stage)) for key, counts in groups.items()]
        found.by = sorted(rows, key=lambda row: (-row[1].count, row[0]))[:ROWS_MAX]
    found.causes = sorted(causes.items(), key=lambda row: (-row[1], row[0]))[:ROWS_MAX]
    return found


def _count(found: Turnaround, summary: DaySummary) -> None:
    found.orders += summary.orders
    found.cancelled += summary.cancelled
    found.resulted += summary.resulted
    found.rejected += summary.rejected
    found.redraws += summary.redraws
    for into, counts in zip((found.ordered_at, found.collected_at, found.received_at, found.resulted_at), summary.hours, strict=True):
        for hour, many in counts.items():
            into[hour] += many


@dataclass(frozen=True, slots=True)
class Overdue:
    """One task that should have ended by now."""

    id: str
    kind: str
    priority: int
    location: str
    owner: str
    due_us: int


@dataclass(frozen=True, slots=True)
class Now:
    """Open work as it stands: by kind (open, overdue, STAT overdue), and what has waited longest."""

    kinds: dict[str, tuple[int, int, int]]
    longest: tuple[Overdue, ...]

    @property
    def overdue(self) -> int:
        """How many tasks are overdue."""
        return sum(late for _, late, _ in self.kinds.values())

    @property
    def stat_overdue(self) -> int:
        """How many STAT tasks are overdue."""
        return sum(stat for _, _, stat in self.kinds.values())


def work_now(record: Record, at: datetime) -> Now:
    """How open work stands."""
    now = microseconds(at)
    rows = record.engine.rows(
        "SELECT kind, count(*), coalesce(sum(CASE WHEN due_us < ? THEN 1 ELSE 0 END), 0), "
        "coalesce(sum(CASE WHEN due_us < ? AND priority = 0 THEN 1 ELSE 0 END), 0) FROM work_row WHERE open = 1 GROUP BY kind ORDER BY kind",
        (now, now),
    )
    longest = record.engine.rows(
        f"SELECT id, kind, priority, location, owner, due_us FROM work_row WHERE open = 1 AND due_us < ? ORDER BY due_us, id LIMIT {OVERDUE_MAX}",
        (now,),
    )
    return Now({row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}, tuple(Overdue(*row) for row in longest))


def call_minutes(record: Record, first: datetime, last: datetime) -> list[float]:
    """Minutes from a critical value being known to its being read back, of the calls that ended in the period, at most CALLS_MAX."""
    rows = record.engine.rows(
        "SELECT authored_us, ended_us FROM work_row WHERE kind = 'call-critical' AND ended_us >= ? AND ended_us < ? AND status = 'completed' "
        f"ORDER BY ended_us DESC LIMIT {CALLS_MAX}",
        (microseconds(first), microseconds(last)),
    )
    return [(ended - authored) / 60_000_000 for authored, ended in rows if authored is not None]


def refusals(record: Record, first: datetime, last: datetime) -> list[tuple[str, int]]:
    """How often each reason stood against an act in the period, the commonest first; nothing says on whom."""
    found = RefusedAct.objects.using(record.engine.alias).filter(at__gte=first, at__lt=last)
    return [(row["code"], row["many"]) for row in found.values("code").annotate(many=Count("id")).order_by("-many", "code")[:ROWS_MAX]]


def overrides(record: Record, first: datetime, last: datetime) -> tuple[list[tuple[str, int]], int]:
    """How often acts were done in spite of reasons, by coded reason, the commonest first; and how many wait for their review now."""
    every = OverriddenAct.objects.using(record.engine.alias)
    found = every.filter(at__gte=first, at__lt=last)
    rows = [
        (row["reason"], row["many"]) for row in found.values("reason").annotate(many=Count("id")).order_by("-many", "reason")[:ROWS_MAX]
    ]
    return rows, every.filter(reviewed_at__isnull=True).count()


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """One person's work: claimed, begun, overdue of these, ended today."""

    person: str
    claimed: int
    begun: int
    overdue: int
    done: int


def load_of_everybody(record: Record, at: datetime, kinds: Sequence[str]) -> list[PersonLoad]:
    """Everybody who has open work of these kinds or ended some today, the busiest first."""
    now, midnight = microseconds(at), at.astimezone(record.policy.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    marks = ",".join("?" * len(kinds))
    found: dict[str, list[int]] = {}
    for owner, status, many, late in record.engine.rows(
        "SELECT owner, status, count(*), coalesce(sum(CASE WHEN due_us < ? THEN 1 ELSE 0 END), 0) FROM work_row "
        f"WHERE open = 1 AND owner > '' AND kind IN ({marks}) GROUP BY owner, status",
        (now, *kinds),
    ):
        row = found.setdefault(owner, [0, 0, 0, 0])
        row[1 if status == "in-progress" else 0] += int(many)
        row[2] += int(late)
    for owner, many in record.engine.rows(
        f"SELECT owner, count(*) FROM work_row WHERE kind IN ({marks}) AND ended_us >= ? AND status = 'completed' AND owner <> '' GROUP BY owner",
        (*kinds, microseconds(midnight)),
    ):
        found.setdefault(owner, [0, 0, 0, 0])[3] = int(many)
    loads = [PersonLoad(owner, *numbers) for owner, numbers in found.items() if owner.startswith("Practitioner/")]
    return sorted(loads, key=lambda one: (-(one.claimed + one.begun), -one.overdue, one.person))


def period_of(first: date, last: date, record: Record) -> tuple[datetime, datetime]:
    """From the first moment of the first day to the last of the last, at the site."""
    zone = record.policy.zone
    begin = datetime(first.year, first.month, first.day, tzinfo=zone)
    after = last + timedelta(days=1)
    return begin, datetime(after.year, after.month, after.day, tzinfo=zone)
