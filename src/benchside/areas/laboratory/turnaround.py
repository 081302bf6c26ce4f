"""How long orders take, stage by stage, with percentiles; and what is overdue now. Rules T1 to T6, docs/clinical/turnaround.md."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

import msgspec

from benchside.terms.package_data import package_table

EventName = Literal["ordered", "due", "collected", "received", "resulted", "acknowledged", "rejected", "cancelled"]
Priority = Literal["stat", "urgent", "routine", "timed"]

STAGES: Mapping[str, tuple[EventName, EventName]] = {
    "order-to-collect": ("ordered", "collected"),
    "collect-to-receive": ("collected", "received"),
    "receive-to-result": ("received", "resulted"),
    "result-to-acknowledge": ("resulted", "acknowledged"),
    "order-to-result": ("ordered", "resulted"),
}


class TurnaroundTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of turnaround.yaml; minutes."""

    stages: tuple[str, ...]
    overdue_min: dict[Priority, dict[str, int]]
    warn_pct: int


@cache
def package_turnaround() -> TurnaroundTable:
    """Return the limits that ship with the product."""
    return package_table("benchside.areas.laboratory", "turnaround.yaml", TurnaroundTable)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an order, with its moment."""

    name: EventName
    at: datetime


def reached(events: Iterable[Event]) -> Mapping[EventName, datetime]:
    """T1: the moment of each stage that counts. A rejection undoes collection and receipt: the recollection counts.

    Of several results the first counts (an amendment does not make the first one late); of several collections the last.
    """
    moments: dict[EventName, datetime] = {}
    for event in sorted(events, key=lambda item: item.at):
        if event.name == "rejected":
            moments.pop("collected", None)
            moments.pop("received", None)
        elif event.name in ("resulted", "acknowledged", "ordered"):
            moments.setdefault(event.name, event.at)
        else:
            moments[event.name] = event.at
    return moments


def stage_minutes(events: Iterable[Event]) -> Mapping[str, float]:
    """T2: minutes of every stage whose two ends are known and in order; a timed order starts when it is due."""
    moments = dict(reached(events))
    if "due" in moments:
        moments["ordered"] = moments["due"]
    found: dict[str, float] = {}
    for stage, (start, end) in STAGES.items():
        if start in moments and end in moments and moments[end] >= moments[start]:
            found[stage] = (moments[end] - moments[start]) / timedelta(minutes=1)
    return found


def percentile(values: Sequence[float], percent: float) -> float | None:
    """T3: the percentile by linear interpolation between ranks (Hyndman and Fan type 7, as spreadsheets do); None of nothing.

    Raises ValueError outside 0 to 100.
    """
    if not 0 <= percent <= 100:
        raise ValueError("A percentile lies between 0 and 100.")
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class StageSummary:
    """A stage over many orders: how many, median, 90th and 95th percentile in minutes, and how many were over the limit."""

    stage: str
    count: int
    median: float | None
    p90: float | None
    p95: float | None
    over_limit: int


def summarise(orders: Iterable[tuple[Priority, Sequence[Event]]], table: TurnaroundTable) -> tuple[StageSummary, ...]:
    """T4: summarise every stage of many orders; cancelled orders do not count."""
    minutes: dict[str, list[float]] = {stage: [] for stage in table.stages}
    over = dict.fromkeys(table.stages, 0)
    for priority, events in orders:
        if any(event.name == "cancelled" for event in events):
            continue
        for stage, taken in stage_minutes(events).items():
            minutes[stage].append(taken)
            over[stage] += taken > table.overdue_min[priority][stage]
    return tuple(
        StageSummary(stage, len(values), percentile(values, 50), percentile(values, 90), percentile(values, 95), over[stage])
        for stage, values in minutes.items()
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where an open order waits: the stage, since when, when it becomes overdue, and how it stands now."""

    stage: str
    since: datetime
    overdue_at: datetime
    state: Literal["in-time", "soon", "overdue"]


_NEXT: tuple[tuple[str, EventName, EventName], ...] = tuple(
    (stage, start, end) for stage, (start, end) in STAGES.items() if stage != "order-to-result"
)


def waiting(priority: Priority, events: Sequence[Event], at: datetime, table: TurnaroundTable) -> Waiting | None:
    """T5, T6: say where an order waits and whether it is overdue (after the limit, not on it); None when closed or not begun.

    `soon` from `warn_pct` percent of the limit on. A timed order waits from the moment it is due.
    """
    if any(event.name == "cancelled" for event in events):
        return None
    moments = dict(reached(events))
    if "due" in moments:
        moments["ordered"] = moments["due"]
    for stage, start, end in _NEXT:
        if end in moments or start not in moments:
            continue
        limit = timedelta(minutes=table.overdue_min[priority][stage])
        since = moments[start]
        state: Literal["in-time", "soon", "overdue"] = "in-time"
        if at > since + limit:
            state = "overdue"
        elif at >= since + limit * table.warn_pct / 100:
            state = "soon"
        return Waiting(stage, since, since + limit, state)
    return None
