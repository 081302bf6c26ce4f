"""A view followed commit by commit has the rows it would have if it were made anew; so has the index."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchside.fhir import r4
from benchside.record import Record, RecordRefusal
from benchside.record.engine import Engine
from benchside.record.joined import JoinedRow, JoinedView, Summary
from benchside.record.policy import Policy
from benchside.record.reindexing import reindex_all
from benchside.record.upkeep import bring_up_to_date, rebuild_views
from benchside.record.views import View, ViewRegistry, ViewRow
from tests.record.conftest import MORNING, WHO, heart_rate, patient


def name_rows(resource: r4.Patient) -> list[ViewRow]:
    return [(name.family, len(name.given or ())) for name in resource.name or ()]


def pulse_rows(resource: r4.Observation) -> list[ViewRow]:
    quantity = resource.valueQuantity
    value = float(quantity.value) if quantity is not None and quantity.value is not None else None
    return [(resource.status, value)]


def family_pulses(engine: Engine, keys: Sequence[str]) -> list[JoinedRow]:
    marks = ",".join("?" * len(keys))
    return [
        (row[0], row[1], row[2])
        for row in engine.rows(
            "SELECT p.id, length(p.family), count(o.person) FROM view_test_person p LEFT JOIN view_test_owner o ON o.person = p.id "
            f"WHERE p.id IN ({marks}) GROUP BY p.id, p.family",
            keys,
        )
    ]


PERSONS = View(
    "view_test_person",
    frozenset({"Patient"}),
    {"id": "TEXT NOT NULL", "family": "TEXT NOT NULL"},
    lambda p: [(p.id or "", (p.name or [r4.HumanName()])[0].family or "")],
    [["id"]],
)
OWNERS = View(
    "view_test_owner",
    frozenset({"Observation"}),
    {"person": "TEXT NOT NULL"},
    lambda o: [((o.subject.reference or "").partition("/")[2] if o.subject else "",)],
    [["person"]],
)
JOINED = JoinedView(
    "view_test_joined",
    {"view_test_person": "id", "view_test_owner": "person"},
    {"person": "TEXT NOT NULL", "letters": "INTEGER NOT NULL", "pulses": "INTEGER NOT NULL"},
    family_pulses,
    [["letters"]],
    summary=Summary("view_test_summary", "letters"),
)
NAMES = View("view_test_name", frozenset({"Patient"}), {"family": "TEXT", "given": "INTEGER NOT NULL"}, name_rows, [["family"]])
PULSES = View("view_test_pulse", frozenset({"Observation"}), {"status": "TEXT NOT NULL", "beats": "REAL"}, pulse_rows)
POLICY = Policy(views=ViewRegistry([NAMES, PULSES]))
WITH_JOINED = Policy(views=ViewRegistry([NAMES, PULSES, PERSONS, OWNERS, JOINED]))
TABLES = ("view_test_name", "view_test_pulse", "record_token", "record_date", "record_quantity", "record_text")

people = st.sampled_from(["ana", "bea", "eva"])
writes = st.one_of(
    st.tuples(st.just("patient"), people, st.sampled_from(["Silva", "Souza", "Nuñez"])),
    st.tuples(st.just("pulse"), st.sampled_from(["h1", "h2", "h3"]), people),
    st.tuples(st.just("delete"), st.sampled_from(["Patient", "Observation"]), st.sampled_from(["ana", "bea", "h1", "h2"])),
)
days = st.lists(st.lists(writes, min_size=1, max_size=4), max_size=8)


def rows(record: Record, *more: str) -> dict[str, list[tuple[Any, ...]]]:
    return {table: sorted(record.engine.rows(f"SELECT * FROM {table}"), key=repr) for table in (*TABLES, *more)}


def write(record: Record, commits: list[list[tuple[str, str, str]]]) -> int:
    done = 0
    for number, commit_writes in enumerate(commits):
        try:
            with record.commit(WHO, at=datetime(2026, 3, 2, 8, number, tzinfo=UTC)) as commit:
                for kind, one, other in commit_writes:
                    if kind == "patient":
                        commit.update(patient(one, other))
                    elif kind == "pulse":
                        commit.update(heart_rate(one, other, f"2026-03-0{number + 1}"))
                    else:
                        commit.delete(one, other)
            done += 1
        except RecordRefusal:
            continue  # refused commits are part of the play
    return done


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commits=days)
def test_rebuilding_gives_the_rows_that_following_gave(database: str, commits: list[list[tuple[str, str, str]]]) -> None:
    del database
    record = Record(policy=WITH_JOINED)
    bring_up_to_date(record)
    write(record, commits)
    followed = rows(record, JOINED.table)
    rebuild_views(record, WITH_JOINED.views.views)
    with record.engine.writing():
        reindex_all(record.engine, WITH_JOINED.zone)
    rebuilt = rows(record, JOINED.table)
    words = {(row[0], row[1]) for row in rebuilt["record_text"]}
    followed["record_text"] = [row for row in followed["record_text"] if (row[0], row[1]) in words]
    assert followed == rebuilt


def test_a_view_of_another_shape_is_made_anew_and_one_of_the_same_is_left(record: Record) -> None:
    with record.commit(WHO, at=MORNING) as commit:
        commit.update(patient())
    first = Record(policy=POLICY)
    assert bring_up_to_date(first) == ["view_test_name", "view_test_pulse"]
    assert bring_up_to_date(first) == []
    assert first.engine.rows("SELECT family, given FROM view_test_name") == [("Silva", 1)]
    wider = View(NAMES.table, NAMES.resource_types, {**NAMES.columns, "more": "TEXT"}, lambda p: [(*r, "x") for r in name_rows(p)])
    changed = Record(policy=Policy(views=ViewRegistry([wider])))
    assert bring_up_to_date(changed) == ["view_test_name"]
    assert changed.engine.rows("SELECT family, given, more FROM view_test_name") == [("Silva", 1, "x")]


def test_a_summary_is_forgotten_as_soon_as_anything_behind_it_changes(record: Record) -> None:
    joined = Record(policy=WITH_JOINED)
    assert bring_up_to_date(joined)[-1] == "view_test_joined"

    def sum_up() -> None:
        for letters in (5, 6):
            joined.engine.run("DELETE FROM view_test_summary WHERE letters = ?", (letters,))
            joined.engine.run("INSERT INTO view_test_summary (letters, content, detail) VALUES (?, '', '')", (letters,))

    def summed() -> list[int]:
        return [row[0] for row in joined.engine.rows("SELECT letters FROM view_test_summary ORDER BY letters")]

    write(joined, [[("patient", "ana", "Silva"), ("patient", "bea", "Garcia")]])
    sum_up()
    write(joined, [[("pulse", "h1", "ana")]])
    assert summed() == [6], "a pulse of somebody with five letters"
    sum_up()
    write(joined, [[("patient", "ana", "Nuñezz")]])
    assert summed() == [], "from five letters to six: both"


def test_a_joined_view_is_made_anew_with_what_it_is_made_of(record: Record) -> None:
    joined = Record(policy=WITH_JOINED)
    bring_up_to_date(joined)
    write(joined, [[("patient", "ana", "Silva"), ("pulse", "h1", "ana")]])
    other = View(OWNERS.table, OWNERS.resource_types, OWNERS.columns, lambda o: [], OWNERS.indexes, version=2)
    changed = Record(policy=Policy(views=ViewRegistry([NAMES, PULSES, PERSONS, other, JOINED])))
    assert bring_up_to_date(changed) == ["view_test_owner", "view_test_joined"]
    assert changed.engine.rows("SELECT person, letters, pulses FROM view_test_joined") == [("ana", 5, 0)]


def test_another_time_zone_rebuilds_the_index(record: Record) -> None:
    from zoneinfo import ZoneInfo

    bring_up_to_date(record)
    with record.commit(WHO, at=MORNING) as commit:
        commit.update(patient())
        commit.update(heart_rate("h", "ana", "2026-03-02"))
    before = record.engine.rows("SELECT start FROM record_date")
    elsewhere = Record(policy=Policy(zone=ZoneInfo("America/New_York")))
    assert bring_up_to_date(elsewhere) == ["search index"]
    assert record.engine.rows("SELECT start FROM record_date") == [(before[0][0] + 5 * 3600 * 1_000_000,)]
