"""Turnaround: T1 to T6 of docs/clinical/turnaround.md."""

import statistics
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.areas.laboratory.turnaround import (
    STAGES,
    Event,
    package_turnaround,
    percentile,
    reached,
    stage_minutes,
    summarise,
    waiting,
)

TABLE = package_turnaround()
T0 = datetime(2026, 5, 10, 8, 0, tzinfo=UTC)


def events(**minutes: float) -> list[Event]:
    """Events from keyword minutes; a trailing number tells repeats apart (`collected2=40`)."""
    return [Event(name.rstrip("0123456789"), T0 + timedelta(minutes=at)) for name, at in minutes.items()]  # type: ignore[arg-type]  # names are event names


WHOLE = events(ordered=0, collected=20, received=35, resulted=80, acknowledged=95)


@pytest.mark.parametrize(
    ("given_events", "expected"),
    [
        pytest.param(
            WHOLE,
            {"order-to-collect": 20, "collect-to-receive": 15, "receive-to-result": 45, "result-to-acknowledge": 15, "order-to-result": 80},
            id="T2-whole",
        ),
        pytest.param(events(ordered=0, collected=20), {"order-to-collect": 20}, id="T2-only-what-is-known"),
        pytest.param(events(due=60, ordered=0, collected=70), {"order-to-collect": 10}, id="T2-a-timed-order-starts-when-due"),
        pytest.param(events(due=60, ordered=0, collected=50), {}, id="T2-drawn-before-due-has-no-stage"),
        pytest.param(
            events(ordered=0, collected=20, received=30, rejected=31, collected2=60, received2=70, resulted=90),
            {"order-to-collect": 60, "collect-to-receive": 10, "receive-to-result": 20, "order-to-result": 90},
            id="T1-the-recollection-counts",
        ),
        pytest.param(events(ordered=0, collected=20, received=30, rejected=31), {}, id="T1-rejected-and-not-yet-drawn-again"),
        pytest.param(
            events(ordered=0, collected=20, received=30, resulted=60, resulted2=600),
            {"order-to-collect": 20, "collect-to-receive": 10, "receive-to-result": 30, "order-to-result": 60},
            id="T1-an-amendment-is-not-late",
        ),
    ],
)
def test_stages(given_events: list[Event], expected: dict[str, float]) -> None:
    assert stage_minutes(given_events) == expected
    assert stage_minutes(list(reversed(given_events))) == expected, "the order of telling does not matter"


@given(st.lists(st.floats(min_value=0, max_value=10_000), min_size=2, max_size=50), st.integers(1, 99))
def test_T3_percentiles_as_the_standard_library_counts_them(values: list[float], percent: int) -> None:
    expected = statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
    assert percentile(values, percent) == pytest.approx(expected)


def test_T3_edges() -> None:
    assert percentile([], 50) is None
    assert [percentile([7.0], percent) for percent in (0, 50, 100)] == [7.0, 7.0, 7.0]
    assert percentile([1, 2, 3, 4], 50) == 2.5
    with pytest.raises(ValueError, match="0 and 100"):
        percentile([1.0], 101)


def test_T4_summary_counts_what_was_over_its_limit_and_leaves_cancelled_out() -> None:
    orders = [
        ("stat", WHOLE),
        ("routine", WHOLE),
        ("stat", events(ordered=0, collected=16)),
        ("stat", events(ordered=0, collected=900, cancelled=901)),
    ]
    by_stage = {summary.stage: summary for summary in summarise(orders, TABLE)}  # type: ignore[arg-type]  # literals above
    assert set(by_stage) == set(STAGES)
    collect = by_stage["order-to-collect"]
    assert (collect.count, collect.median, collect.over_limit) == (3, 20, 2)
    assert (by_stage["order-to-result"].count, by_stage["order-to-result"].over_limit) == (2, 1)
    empty = {summary.stage: summary for summary in summarise([], TABLE)}["order-to-result"]
    assert (empty.count, empty.median, empty.p90, empty.p95) == (0, None, None, None)


@pytest.mark.parametrize(
    ("priority", "given_events", "minute", "expected"),
    [
        # STAT: 15 minutes to collect, 15 to receive, 45 to result, 30 to acknowledge; "soon" from 75 %.
        pytest.param("stat", events(ordered=0), 11, ("order-to-collect", "in-time"), id="T5-in-time"),
        pytest.param("stat", events(ordered=0), 11.25, ("order-to-collect", "soon"), id="T5-soon"),
        pytest.param("stat", events(ordered=0), 15, ("order-to-collect", "soon"), id="T5-on-the-limit"),
        pytest.param("stat", events(ordered=0), 15.1, ("order-to-collect", "overdue"), id="T5-overdue"),
        pytest.param("routine", events(ordered=0), 15.1, ("order-to-collect", "in-time"), id="T5-routine-has-time"),
        pytest.param("stat", events(ordered=0, collected=10), 20, ("collect-to-receive", "in-time"), id="T5-next-stage"),
        pytest.param(
            "stat",
            events(ordered=0, collected=10, received=20, resulted=60),
            91,
            ("result-to-acknowledge", "overdue"),
            id="T5-nobody-looked",
        ),
        pytest.param(
            "stat",
            events(ordered=0, collected=10, received=20, rejected=21),
            22,
            ("order-to-collect", "overdue"),
            id="T6-rejected-waits-for-collection-again",
        ),
        pytest.param("timed", events(due=60, ordered=0), 61, ("order-to-collect", "in-time"), id="T6-timed-from-when-it-is-due"),
        pytest.param("stat", WHOLE, 200, None, id="T6-closed"),
        pytest.param("stat", events(ordered=0, cancelled=5), 200, None, id="T6-cancelled"),
        pytest.param("stat", [], 200, None, id="T6-not-begun"),
    ],
)
def test_waiting(priority: str, given_events: list[Event], minute: float, expected: tuple[str, str] | None) -> None:
    found = waiting(priority, given_events, T0 + timedelta(minutes=minute), TABLE)  # type: ignore[arg-type]  # literals above
    assert (None if found is None else (found.stage, found.state)) == expected


def test_every_priority_has_every_limit() -> None:
    assert set(TABLE.stages) == set(STAGES)
    for limits in TABLE.overdue_min.values():
        assert set(limits) == set(STAGES)
    assert reached([]) == {}


def test_T4_on_the_limit_is_not_over_it_and_a_stage_may_take_no_time() -> None:
    by_stage = {summary.stage: summary for summary in summarise([("stat", events(ordered=0, collected=15, received=15))], TABLE)}
    assert (by_stage["order-to-collect"].count, by_stage["order-to-collect"].over_limit) == (1, 0)
    assert (by_stage["collect-to-receive"].count, by_stage["collect-to-receive"].median) == (1, 0)
