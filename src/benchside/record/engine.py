"""SQLite and PostgreSQL under one small surface: statements with `?`, one writer at a time.

Django owns the connections; the record speaks to the driver beneath it, because a page of search results or an
import of a million rows has no use for an ORM.
"""

import fcntl
import os
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from django.db import connections, transaction

Row = tuple[Any, ...]
_WRITE_LOCK: Final = 0x42656E63
"""PostgreSQL advisory lock of the chain: "Benc" in ASCII."""

_POSTGRESQL_WORDS: Final = (
    (" STRICT, WITHOUT ROWID", ""),
    (" STRICT", ""),
    ("INTEGER", "BIGINT"),
    ("BLOB", "BYTEA"),
    ("REAL", "DOUBLE PRECISION"),
    ("x''", "''"),
    ("TEXT", 'TEXT COLLATE "C"'),
)


def in_dialect(vendor: str, sql: str) -> str:
    """Write a table definition in the words of `vendor` ("sqlite" or "postgresql")."""
    if vendor == "postgresql":
        for ours, theirs in _POSTGRESQL_WORDS:
            sql = sql.replace(ours, theirs)
    return sql


def schema_statements(vendor: str) -> list[str]:
    """The statements of sql/schema.sql in the dialect of `vendor`, in order."""
    text = resources.files("benchside.record").joinpath("sql/schema.sql").read_text(encoding="utf-8")
    lines = [line.split("--", 1)[0] for line in text.splitlines()]
    statements = "\n".join(lines).split(";")
    return [in_dialect(vendor, statement.strip()) for statement in statements if statement.strip()]


@lru_cache(maxsize=4096)
def _with_percent(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


class Engine:
    """One thread's way to the database behind a Django connection alias."""

    def __init__(self, alias: str = "default") -> None:
        self.alias = alias
        self.connection: Any = connections[alias]
        self.postgresql: bool = self.connection.vendor == "postgresql"

    def _cursor(self) -> Any:
        self.connection.ensure_connection()
        driver = self.connection.connection
        if not self.postgresql:
            return driver.cursor()
        import psycopg

        return psycopg.Cursor(driver)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        cursor = self._cursor()
        if self.postgresql:
            cursor.execute(_with_percent(sql), values, prepare=True)
        else:
            cursor.execute(sql, values)
        try:
            return cursor.fetchall()
        finally:
            cursor.close()

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement that gives no rows; the number of rows it touched."""
        cursor = self._cursor()
        if self.postgresql:
            cursor.execute(_with_percent(sql), values, prepare=True)
        else:
            cursor.execute(sql, values)
        touched: int = cursor.rowcount
        cursor.close()
        return touched

    def stream(self, sql: str, values: Sequence[Any] = (), *, size: int = 1000) -> Iterator[Row]:
        """Run one statement and give its rows without holding them all in memory."""
        if self.postgresql:
            cursor = self.connection.connection.cursor(name="benchside_stream")
            cursor.itersize = size
            cursor.execute(_with_percent(sql), values)
        else:
            cursor = self._cursor()
            cursor.arraysize = size
            cursor.execute(sql, values)
        try:
            while chunk := cursor.fetchmany(size):
                yield from chunk
        finally:
            cursor.close()

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        ignore: bool = False,
    ) -> None:
        """Insert many rows in one statement. `ignore` leaves out those whose key is already there."""
        if not rows:
            return
        names = ", ".join(columns)
        tail = " ON CONFLICT DO NOTHING" if ignore else ""
        if not self.postgresql:
            marks = ", ".join("?" * len(columns))
            cursor = self._cursor()
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks}){tail}", rows)
            cursor.close()
            return
        marks = ", ".join(f"%s::{_array_type(value)}[]" for value in rows[0])
        arrays = [list(column) for column in zip(*rows, strict=True)]
        cursor = self._cursor()
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT * FROM unnest({marks}){tail}",
            arrays,
            prepare=True,
        )
        cursor.close()

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row of values."""
        if rows:
            cursor = self._cursor()
            cursor.executemany(_with_percent(sql) if self.postgresql else sql, rows)
            cursor.close()

    @contextmanager
    def writing(self) -> Generator[None]:
        """A transaction that alone may write the record, from its first statement to its commit.

        SQLite lets one connection write at a time and makes the others poll; a file lock beside the database
        wakes the next writer at once instead, across processes. PostgreSQL has an advisory lock for it.
        """
        if self.postgresql:
            with transaction.atomic(using=self.alias):
                self.run("SELECT pg_advisory_xact_lock(?)", (_WRITE_LOCK,))
                yield
        elif self.connection.in_atomic_block:
            with transaction.atomic(using=self.alias):
                yield
        else:
            with (
                _file_turn(str(self.connection.settings_dict["NAME"])),
                transaction.atomic(using=self.alias),
            ):
                yield


_turns = threading.local()


@contextmanager
def _file_turn(database: str) -> Generator[None]:
    """Wait for this process's and this thread's turn to write the SQLite file `database`."""
    if database == ":memory:" or database.startswith("file:"):
        yield
        return
    files: dict[str, tuple[int, int]] = _turns.__dict__.setdefault("files", {})
    known = files.get(database)
    if known is None or known[0] != os.getpid():
        known = (
            os.getpid(),
            os.open(f"{database}.turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600),
        )
        files[database] = known
    fcntl.flock(known[1], fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(known[1], fcntl.LOCK_UN)


def _array_type(value: str | bytes | float) -> str:
    match value:
        case int():
            return "bigint"
        case str():
            return "text"
        case bytes():
            return "bytea"
        case float():
            return "double precision"
