"""What every test may ask for: an engine, a fresh database on it, and where the reference data is."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest

from tests.databases import POSTGRESQL_DEFAULT, Databases, NoPostgreSQL

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Where fresh databases come from: migrated once, copied for each test."""
    source = Databases(tmp_path_factory.mktemp("databases"))
    yield source
    source.close()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, databases: Databases) -> str:
    """Run the test on each engine: "sqlite", "postgresql". Without a reachable PostgreSQL the second is skipped, aloud."""
    name = str(request.param)
    if name == "postgresql":
        try:
            databases.postgresql()
        except NoPostgreSQL as absence:
            pytest.skip(str(absence))
    return name


@pytest.fixture
def database(engine: str, databases: Databases, django_db_blocker: object) -> Iterator[str]:
    """Give the test a fresh, migrated database of `engine` behind the connection alias "default"; its address is the value.

    Commits are real (no wrapping transaction), other threads see them, and another process may open the address
    through BENCHSIDE_DATABASE_URL.
    """
    with django_db_blocker.unblock(), databases.fresh(engine) as url:  # type: ignore[attr-defined]  # untyped fixture
        yield url


@pytest.fixture
def sqlite_database(databases: Databases, django_db_blocker: object) -> Iterator[str]:
    """Like `database`, for tests where the engine makes no difference."""
    with django_db_blocker.unblock(), databases.fresh("sqlite") as url:  # type: ignore[attr-defined]  # untyped fixture
        yield url


@pytest.fixture(autouse=True, scope="session")
def django_db_setup() -> None:
    """Keep pytest-django from making databases: ours come from `database`."""


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return Path(__file__).resolve().parent.parent


def pytest_report_header() -> list[str]:
    """Say on which engines tests run, and what is absent that some tests need."""
    lines = [f"engines: {', '.join(_engines())}"]
    absent = [what for what, there in _needs().items() if not there]
    return [*lines, f"absent: {'; '.join(absent) or 'nothing'} (tests that need it are skipped)"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it again where it is read: above the closing line."""
    terminalreporter.write_line(f"Ran on: {', '.join(_engines())}.")
    for what, there in _needs().items():
        if not there:
            terminalreporter.write_line(f"Absent, its tests skipped: {what}.")


@cache
def _engines() -> tuple[str, ...]:
    try:
        with psycopg.connect(os.environ.get("BENCHSIDE_TEST_POSTGRESQL", POSTGRESQL_DEFAULT)) as connection:
            number = connection.info.server_version
    except psycopg.OperationalError:
        return (f"SQLite {sqlite3.sqlite_version}", "no PostgreSQL answered (name one in BENCHSIDE_TEST_POSTGRESQL)")
    return (f"SQLite {sqlite3.sqlite_version}", f"PostgreSQL {number // 10000}.{number % 10000}")


@cache
def _needs() -> dict[str, bool]:
    root = Path(__file__).resolve().parent.parent
    data = Path(os.environ.get("BENCHSIDE_DATA", root.parent / "shared" / "data"))
    return {
        f"reference data at {data}": data.is_dir(),
        "node, for JavaScript clients": shutil.which("node") is not None,
        "Chromium, for pages in a browser": any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")),
    }
