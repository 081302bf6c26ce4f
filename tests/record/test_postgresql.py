"""Statements to PostgreSQL by `record/postgresql.py`: every kind of value, failures in a journey, a connection that is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from django.core.signals import request_started
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.record import postgresql
from benchside.record.engine import Engine
from tests.databases import Databases, NoPostgreSQL

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"))
CELLS = st.tuples(
    st.integers(-(2**63), 2**63 - 1) | st.none(), TEXT | st.none(), st.binary() | st.none(), st.floats(allow_nan=False) | st.none()
)
KINDS = ("bigint", "text", "bytea", "double precision")
COLUMNS = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def engine(databases: Databases, django_db_blocker: object) -> Iterator[Engine]:
    try:
        databases.postgresql()
    except NoPostgreSQL as absence:
        pytest.skip(str(absence))
    with django_db_blocker.unblock(), databases.fresh("postgresql"):  # type: ignore[attr-defined]  # untyped fixture
        engine = Engine()
        engine.run("CREATE TABLE scratch (a BIGINT, b TEXT, c BYTEA, d DOUBLE PRECISION)")
        engine.run("CREATE TABLE once (a BIGINT PRIMARY KEY)")
        yield engine


@given(st.lists(CELLS, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_what_is_inserted_comes_back(engine: Engine, rows: list[tuple[object, ...]]) -> None:
    engine.run("DELETE FROM scratch")
    engine.insert("scratch", COLUMNS, rows, kinds=KINDS)
    found = engine.rows("SELECT a, b, c, d FROM scratch")
    assert [(a, b, None if c is None else bytes(c), d) for a, b, c, d in found] == rows


def test_an_aware_time_goes_and_comes(engine: Engine) -> None:
    moment = datetime(2026, 3, 2, 8, 30, 1, 123456, UTC)
    assert engine.rows("SELECT CAST(? AS TIMESTAMPTZ)", (moment,))[0][0] == moment


def test_other_values_are_refused(engine: Engine) -> None:
    with pytest.raises(TypeError, match="complex"):
        engine.rows("SELECT ?", (1j,))


def test_a_text_with_a_zero_is_refused_and_nothing_is_cut(engine: Engine) -> None:
    with pytest.raises(psycopg.DataError):
        engine.rows("SELECT CAST(? AS TEXT)", ("a\x00b",))
    assert engine.rows("SELECT 1") == [(1,)]


def test_a_failure_in_a_journey_undoes_all_of_it(engine: Engine) -> None:
    engine.run("DELETE FROM once")
    with pytest.raises(psycopg.errors.UniqueViolation), engine.writing(), engine.together():
        engine.insert("once", ("a",), [(1,)])
        engine.insert("once", ("a",), [(1,)])
        engine.insert("once", ("a",), [(2,)])
    assert engine.rows("SELECT a FROM once") == []


def test_a_failed_commit_of_writing_once_leaves_nothing_open(engine: Engine) -> None:
    engine.run("DELETE FROM once")
    with pytest.raises(psycopg.errors.UniqueViolation), engine.writing_once():
        engine.rows_of_each([("SELECT 1", ()), ("SELECT 2", ())])
        with engine.together(last=True):
            engine.insert("once", ("a",), [(1,), (1,)])
    assert engine.rows("SELECT a FROM once") == []
    with engine.writing_once():
        assert engine.rows_of_each([("SELECT 1", ())]) == [[(1,)]]
        with engine.together(last=True):
            engine.insert("once", ("a",), [(3,)])
    assert engine.rows("SELECT a FROM once") == [(3,)]


def test_writing_once_within_a_transaction_leaves_the_commit_to_it(engine: Engine) -> None:
    engine.run("DELETE FROM once")
    with pytest.raises(RuntimeError), transaction.atomic():
        with engine.writing_once():
            engine.rows_of_each([("SELECT 1", ())])
            with engine.together(last=True):
                engine.insert("once", ("a",), [(4,)])
        raise RuntimeError
    assert engine.rows("SELECT a FROM once") == []


def test_many_different_statements_are_let_go(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "PREPARED_MAX", 3)
    for number in range(40):
        assert engine.rows(f"SELECT {number} + CAST(? AS BIGINT)", (1,)) == [(number + 1,)]


def test_a_connection_that_the_server_closed_is_made_anew_with_the_next_request(engine: Engine, databases: Databases) -> None:
    (process,) = engine.rows("SELECT pg_backend_pid()")[0]
    databases.postgresql().execute("SELECT pg_terminate_backend(%s)", (process,))
    with pytest.raises(psycopg.OperationalError):
        for _ in range(50):
            engine.rows("SELECT 1")
    request_started.send(sender=None)
    assert Engine().rows("SELECT 1") == [(1,)]


def test_a_journey_larger_than_the_sockets_buffers(engine: Engine) -> None:
    engine.run("DELETE FROM scratch")
    with engine.together():
        for number in range(40):
            engine.insert("scratch", COLUMNS, [(number, "x" * 200_000, b"", 0.0)])
    assert engine.rows("SELECT count(*), sum(length(b)) FROM scratch") == [(40, 8_000_000)]
