"""SQLite and PostgreSQL under one small surface: statements with `?`, one writer at a time.

Django owns the connections; the record speaks to the driver beneath it, because a page of search results or an
import of a million rows has no use for an ORM.
"""

import fcntl
import os
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from django.db import connections, transaction

if TYPE_CHECKING:
    from benchside.record.postgresql import Wire

Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Any]]
"""SQL with `?`, and its values."""
_WRITE_LOCK: Final = 0x42656E63
"""PostgreSQL advisory lock of the chain: "Benc" in ASCII."""
_OPENING: Final[Sequence[Statement]] = (("BEGIN", ()), ("SELECT pg_advisory_xact_lock(?)", (_WRITE_LOCK,)))
_CLOSING: Final[Sequence[Statement]] = (("COMMIT", ()),)

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


class Engine:
    """One thread's way to the database behind a Django connection alias."""

    def __init__(self, alias: str = "default") -> None:
        self.alias = alias
        self.connection: Any = connections[alias]
        self.postgresql: bool = self.connection.vendor == "postgresql"
        self._waiting: list[Statement] | None = None
        self._once = False
        self._unopened = False
        """A transaction of `writing_once` that has not begun yet."""

    def _driver(self) -> Any:
        connection = self.connection
        connection.close_if_health_check_failed()
        if connection.connection is None:
            connection.ensure_connection()
        return connection.connection

    def _wire(self) -> "Wire":
        from benchside.record.postgresql import wire_of

        return wire_of(self._driver())

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        if self._waiting:  # what waits goes first, on the same journey
            statements, self._waiting = [*self._waiting, (sql, values)], []
            return self._wire().journey(statements)[-1]
        if self.postgresql:
            return self._wire().rows((sql, values))
        return self._driver().execute(sql, values).fetchall()

    def rows_of_each(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Run statements one after the other, on PostgreSQL in one journey, and give the rows of each."""
        if not self.postgresql:
            return [self.rows(*statement) for statement in statements]
        opening = _OPENING if self._unopened else ()
        self._unopened = False
        return self._wire().journey([*opening, *statements])[len(opening) :]

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement that gives no rows; the number of rows it touched (0 inside `together`)."""
        if self._waiting is not None:
            self._waiting.append((sql, values))
            return 0
        if self.postgresql:
            return self._wire().touched((sql, values))
        touched: int = self._driver().execute(sql, values).rowcount
        return touched

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row of values."""
        if not self.postgresql:
            self._driver().executemany(sql, rows)
            return
        with self.together():
            for row in rows:
                self.run(sql, row)

    @contextmanager
    def together(self, *, last: bool = False) -> Generator[None]:
        """Statements that are run inside, and whose result nobody waits for, go to PostgreSQL in one journey at the end.

        `last`: nothing follows in the transaction; one of `writing_once` is committed on the same journey.
        """
        if not self.postgresql or self._waiting is not None:
            yield
            return
        self._waiting = []
        try:
            yield
            self._wire().journey([*self._waiting, *(_CLOSING if last and self._once else ())])
        finally:
            self._waiting = None

    def stream(self, sql: str, values: Sequence[Any] = (), *, size: int = 1000) -> Iterator[Row]:
        """Run one statement and give its rows without holding them all in memory."""
        if self.postgresql:
            cursor = self._driver().cursor(name="benchside_stream")
            cursor.itersize = size
            cursor.execute(sql.replace("%", "%%").replace("?", "%s"), values)
        else:
            cursor = self._driver().cursor()
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
        kinds: Sequence[str] | None = None,
    ) -> None:
        """Insert many rows in one statement. `ignore` leaves out those whose key is already there.

        `kinds` are the columns' PostgreSQL types, needed where cells may be empty; else the first row tells them.
        """
        if not rows:
            return
        into = f"INSERT INTO {table} ({', '.join(columns)})"
        tail = " ON CONFLICT DO NOTHING" if ignore else ""
        marks = f"VALUES ({', '.join('?' * len(columns))})"
        if len(rows) == 1:
            self.run(f"{into} {marks}{tail}", rows[0])
        elif self.postgresql:
            from benchside.record.postgresql import arrays

            marks, values = arrays(rows, kinds)
            self.run(f"{into} SELECT * FROM unnest({marks}){tail}", values)
        else:
            self._driver().executemany(f"{into} {marks}{tail}", rows)

    @contextmanager
    def writing(self) -> Generator[None]:
        """A transaction that alone may write the record, from its first statement to its commit.

        SQLite lets one connection write at a time and makes the others poll; a file lock beside the database
        wakes the next writer at once instead, across processes. PostgreSQL has an advisory lock for it.
        """
        if self.postgresql:
            with transaction.atomic(using=self.alias):
                self._wire().journey(_OPENING[self._wire().in_transaction :])
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

    @contextmanager
    def writing_once(self) -> Generator[None]:
        """`writing` for exactly one `rows_of_each` and then one `together(last=True)`.

        On PostgreSQL the first begins the transaction and takes the lock, the second commits it: two journeys in all, and the
        lock is held no longer than the record needs. Inside another transaction it is `writing`.
        """
        if not self.postgresql or self.connection.in_atomic_block:
            with self.writing():
                yield
            return
        self._once = self._unopened = True
        try:
            with transaction.atomic(using=self.alias):
                yield
        finally:
            self._once = self._unopened = False


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
