"""What every test may ask for: an engine, a fresh database on it, and where the reference data is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Databases, NoPostgreSQL

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
