"""Fresh databases for tests: each engine is migrated once per test process and copied for each test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benchside.site.databases import database_settings

POSTGRESQL_DEFAULT = "postgresql://127.0.0.1:5432/test?connect_timeout=3"


class NoPostgreSQL(RuntimeError):
    """No PostgreSQL answered. Name one in BENCHSIDE_TEST_POSTGRESQL, with the right to create databases."""


class Databases:
    """Makes, hands out and removes scratch databases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = os.environ.get("BENCHSIDE_TEST_POSTGRESQL", POSTGRESQL_DEFAULT)
        self.prefix = f"benchside_test_{os.getpid()}_{uuid4().hex[:6]}"
        self._sqlite: Path | None = None
        self._postgresql: psycopg.Connection | None = None
        self._template = ""
        self._absence = ""

    def postgresql(self) -> psycopg.Connection:
        """Return the connection that makes databases; raises NoPostgreSQL, at once from the second call on."""
        if self._absence:
            raise NoPostgreSQL(self._absence)
        if self._postgresql is None:
            try:
                self._postgresql = psycopg.connect(self.address, autocommit=True)
            except psycopg.OperationalError as error:
                self._absence = f"no PostgreSQL answered: {str(error).strip().splitlines()[0]}"
                raise NoPostgreSQL(self._absence) from error
        return self._postgresql

    @contextmanager
    def fresh(self, engine: str) -> Iterator[str]:
        """Put a fresh migrated database of `engine` behind the alias "default"; yield its address, and remove it after."""
        url = self._sqlite_copy() if engine == "sqlite" else self._postgresql_copy()
        with self.behind_default(url):
            yield url
        if engine == "sqlite":
            name = Path(url.removeprefix("sqlite:///"))
            for file in name.parent.glob(f"{name.name}*"):
                file.unlink(missing_ok=True)
        else:
            self._drop(str(conninfo_to_dict(url)["dbname"]))

    @contextmanager
    def behind_default(self, url: str) -> Iterator[None]:
        """Let the alias "default" mean the database at `url`, in every thread that has not connected yet."""
        before = connections.settings["default"]
        connections["default"].close()
        del connections["default"]
        connections.settings["default"] = {**_django_defaults(), **database_settings(url, self.folder)}
        try:
            yield
        finally:
            connections["default"].close()
            del connections["default"]
            connections.settings["default"] = before

    def close(self) -> None:
        """Remove what is left."""
        if self._postgresql is not None:
            if self._template:
                self._drop(self._template)
            self._postgresql.close()

    def _sqlite_copy(self) -> str:
        if self._sqlite is None:
            path = self.folder / "template.sqlite3"
            with self.behind_default(f"sqlite:///{path}"):
                call_command("migrate", verbosity=0)
                with connections["default"].cursor() as cursor:
                    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._sqlite = path
        copy = self.folder / f"{uuid4().hex}.sqlite3"
        shutil.copyfile(self._sqlite, copy)
        return f"sqlite:///{copy}"

    def _postgresql_copy(self) -> str:
        server = self.postgresql()
        if not self._template:
            self._template = f"{self.prefix}_template"
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self._template)))
            with self.behind_default(self._address_of(self._template)):
                call_command("migrate", verbosity=0)
        name = f"{self.prefix}_{uuid4().hex[:8]}"
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(self._template)))
        return self._address_of(name)

    def _address_of(self, name: str) -> str:
        parts = conninfo_to_dict(make_conninfo(self.address, dbname=name))
        credentials = ":".join(str(parts[key]) for key in ("user", "password") if parts.get(key))
        place = f"{parts.get('host', '')}:{parts['port']}" if parts.get("port") else str(parts.get("host", ""))
        return f"postgresql://{credentials}{'@' if credentials else ''}{place}/{name}"

    def _drop(self, name: str) -> None:
        self.postgresql().execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _django_defaults() -> dict[str, object]:
    """Return what Django itself fills in for a connection, so that ours are whole."""
    whole = connections.settings["default"]
    kept = ("ATOMIC_REQUESTS", "AUTOCOMMIT", "CONN_HEALTH_CHECKS", "TIME_ZONE", "TEST")
    blank: dict[str, object] = dict.fromkeys(("USER", "PASSWORD", "HOST", "PORT"), "")
    return {**blank, **{name: whole[name] for name in kept}}
