"""The databases that tests stand on: fresh each time, and set up as the product sets them up."""

import pytest
from django.db import connection

from benchside.accounts.models import Person


@pytest.mark.parametrize("round_number", [1, 2])
def test_every_test_gets_an_empty_database(database: str, round_number: int) -> None:
    assert not Person.objects.exists(), f"round {round_number} sees what another test left at {database}"
    Person.objects.add("maria", "Maria", roles=[], password=None)
    assert Person.objects.count() == 1


def test_sqlite_survives_a_power_cut(sqlite_database: str) -> None:
    """WAL with synchronous FULL (2): what was committed is on the disk."""
    assert sqlite_database.endswith(".sqlite3")
    with connection.cursor() as cursor:
        answers = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert answers == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_engine_is_what_it_says(database: str, engine: str) -> None:
    assert connection.vendor == engine
    assert database.startswith(engine)
