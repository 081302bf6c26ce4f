"""The demo's day, played fast on each engine: the record holds what the day says it left, and everything can be told from it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchside.demo.clinic import past_resources, play_day
from benchside.demo.incidents import EventfulDay
from benchside.demo.patients import profiles
from benchside.demo.watching import Pace, StoppedWatching, begin_of, summary
from benchside.fhir import r4
from benchside.readiness.models import Evidence, OverriddenAct, RefusedAct
from benchside.record import Attribution, Record
from benchside.record.site import site_record
from tests.databases import Databases

BEGIN = datetime(2026, 5, 11, 7, 30, tzinfo=UTC)
SETUP = Attribution(author="Device/setup", act="test.setup")


def opened(begin: datetime = BEGIN) -> Record:
    """A demo clinic without its past: house, people and patients."""
    record = site_record()
    resources = past_resources(profiles(20_260_302, begin.date()), begin)
    kept: list[r4.AnyResource] = []
    for resource in resources:
        if isinstance(resource, r4.Encounter):
            break
        kept.append(resource)
    with record.commit(SETUP, at=begin) as commit:
        for resource in kept:
            commit.create(resource, id=resource.id)
    return record


def rows(record: Record, sql: str) -> list[tuple[Any, ...]]:
    return record.engine.rows(sql)


def count(record: Record, sql: str) -> int:
    return int(rows(record, sql)[0][0])


def play(record: Record, seed: int = 1) -> tuple[EventfulDay, list[str]]:
    lines: list[str] = []
    day = play_day(
        BEGIN, seed, lambda at, text: lines.append(f"{at:%H:%M} {text}"), lambda at: None, hours=9, until=BEGIN + timedelta(hours=24)
    )
    assert record.engine.rows("SELECT 1 FROM work_row LIMIT 1")
    return day, lines


@pytest.mark.usefixtures("database")
def test_a_day_leaves_the_numbers_it_says() -> None:
    record = opened()
    day, lines = play(record)
    left = day.tally
    # One of each incident, by the script.
    assert (left.called, left.rejected, left.recollected, left.amended) == (1, 1, 1, 1)
    assert (left.overridden, left.messages, left.unable) == (2, 1, 2)
    assert left.cancelled == count(record, "SELECT count(*) FROM order_row WHERE status = 'revoked'") > 0
    assert left.cosigned == count(record, "SELECT count(*) FROM work_row WHERE kind = 'cosign' AND status = 'completed'") > 1
    assert left.refused == 5
    # The record says the same.
    assert count(record, "SELECT count(*) FROM order_row") == left.orders
    states = Counter(dict(rows(record, "SELECT state, count(*) FROM specimen_row GROUP BY state")))
    assert states["received"] + states["collected"] + states["rejected"] == left.tubes
    assert states["collected"] == left.tubes - left.received == 0
    assert count(record, "SELECT count(*) FROM report_row WHERE status IN ('final', 'corrected')") == left.verified - 1, (
        "the report of the rejected tube was verified in two parts"
    )
    assert count(record, "SELECT count(*) FROM work_row WHERE kind = 'review-result' AND status = 'completed'") == left.acknowledged
    assert rows(record, "SELECT kind, status, count(*) FROM work_row WHERE kind = 'call-critical' GROUP BY kind, status") == [
        ("call-critical", "completed", 1)
    ]
    assert rows(record, "SELECT value, status FROM result_row WHERE status = 'corrected'") == [("181", "corrected")]
    assert RefusedAct.objects.values("attempt").distinct().count() == left.refused
    assert set(RefusedAct.objects.values_list("code", flat=True)) == {
        "competence.lapsed",
        "lot.expired",
        "collection.tube.expired",
        "second-person.same",
        "supervision.none",
        "equipment.qc-due",
    }
    assert OverriddenAct.objects.filter(reviewed_at__isnull=False).count() == left.overridden == OverriddenAct.objects.count()
    assert Evidence.objects.filter(act="collect_specimen").count() == count(
        record, "SELECT count(*) FROM work_row WHERE kind = 'collect' AND status = 'completed'"
    )
    # What is open in the evening: the report nobody read, the message nobody answered, the EKGs without a recorder.
    still = Counter(dict(rows(record, "SELECT kind, count(*) FROM work_row WHERE open = 1 GROUP BY kind")))
    assert set(still) == {"review-result", "message", "ekg"}
    assert len(lines) > 200
    assert any("reads the critical potassium" in line for line in lines)


def test_the_same_seed_is_the_same_day(databases: Databases, django_db_blocker: Any) -> None:
    told: list[list[str]] = [[], []]
    for lines in told:
        with django_db_blocker.unblock(), databases.fresh("sqlite"):
            everybody = profiles(20_260_302, BEGIN.date())
            EventfulDay(opened(), everybody, 3, BEGIN, say=lambda at, text, lines=lines: lines.append(f"{at} {text}")).run(
                BEGIN + timedelta(hours=2)
            )
    assert told[0] == told[1]
    assert len(told[0]) > 20


def test_a_day_ends_when_the_wall_says_so_and_can_be_paused() -> None:
    now = BEGIN + timedelta(hours=9)
    assert begin_of(now, 9, 1) == now, "at the wall's own speed it begins now"
    assert begin_of(now, 9, 60) == now - timedelta(hours=9) + timedelta(minutes=9)
    slept: list[float] = []
    asked: list[bool] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            raise KeyboardInterrupt

    pace = Pace(BEGIN, 60, lambda: not asked.append(True), sleep)
    pace(BEGIN + timedelta(minutes=1))
    pace(BEGIN + timedelta(minutes=3))
    pace(BEGIN + timedelta(minutes=2))
    assert slept == [1.0, 2.0]
    assert asked == [True]
    with pytest.raises(StoppedWatching):
        Pace(BEGIN, 60, lambda: False, lambda seconds: (_ for _ in ()).throw(KeyboardInterrupt))(BEGIN + timedelta(minutes=1))


@pytest.mark.usefixtures("sqlite_database")
def test_what_a_day_left_is_told_in_numbers() -> None:
    record = opened()
    day = EventfulDay(record, profiles(20_260_302, BEGIN.date()), 1, BEGIN)
    day.run(BEGIN + timedelta(hours=1))
    assert f"{day.tally.orders:5d}  orders" in summary(day.tally)
