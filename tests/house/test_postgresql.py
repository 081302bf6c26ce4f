"""A kept connection to PostgreSQL: not asked needlessly, and not trusted when the server has closed it."""

import psycopg
import pytest
from django.db import close_old_connections, connection

from benchside.accounts.models import Person

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def use() -> None:
    """Run a statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@pytest.mark.usefixtures("database")
def test_a_quiet_connection_is_kept_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    use()
    kept = connection.connection
    asked: list[str] = []
    monkeypatch.setattr("django.db.backends.postgresql.base.DatabaseWrapper.is_usable", lambda _: asked.append("asked") or True)
    close_old_connections()
    use()
    assert connection.connection is kept
    assert asked == []


def test_a_connection_that_the_server_closed_is_made_anew(database: str) -> None:
    use()
    kept = connection.connection
    process = kept.info.backend_pid
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (process,))
    close_old_connections()
    assert Person.objects.count() == 0
    assert connection.connection is not kept
