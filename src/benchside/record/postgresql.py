"""Statements to PostgreSQL over libpq, as psycopg opens it: prepared once, values in binary, many in one journey.

A statement through psycopg's cursor costs this process about 65 µs and two changes of thread; the same statement here 30 µs and one,
and a commit's dozen of statements travel together (libpq's pipeline mode). docs/decisions/0014 has the measurements.
"""

from __future__ import annotations

import select
import struct
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, count
from typing import Any, Final
from weakref import WeakKeyDictionary

from psycopg import Connection, OperationalError, errors
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus

from benchside.record.engine import Row, Statement

PREPARED_MAX: Final = 500
_DONE: Final = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY})
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_INT8, _FLOAT8, _TEXT, _BYTEA, _TIMESTAMPTZ = 20, 701, 25, 17, 1184
_ARRAY_OF: Final = {_INT8: 1016, _FLOAT8: 1022, _TEXT: 1009, _BYTEA: 1001}
_KINDS: Final = {"bigint": _INT8, "double precision": _FLOAT8, "text": _TEXT, "bytea": _BYTEA}


class Column(list[Any]):
    """Values of one column on their way into a table: a list, and its PostgreSQL type (a key of `_KINDS`)."""

    __slots__ = ("kind",)

    def __init__(self, kind: str, values: Sequence[Any]) -> None:
        super().__init__(values)
        self.kind = kind


def arrays(rows: Sequence[Sequence[Any]], kinds: Sequence[str] | None) -> tuple[str, list[Column]]:
    """What `unnest` takes to give these rows: its marks, and a value for each column. Without `kinds` the first row tells them."""
    types = kinds or [_kind(value) for value in rows[0]]
    marks = ", ".join(f"?::{kind}[]" for kind in types)
    return marks, [Column(kind, column) for kind, column in zip(types, zip(*rows, strict=True), strict=True)]


def _kind(value: str | bytes | float) -> str:
    match value:
        case int():
            return "bigint"
        case str():
            return "text"
        case bytes():
            return "bytea"
        case float():
            return "double precision"


class Wire:
    """The statements of one connection. Values: int, float, str, bytes, aware datetime, None, and columns of the first four."""

    def __init__(self, driver: Connection[Any]) -> None:
        self._driver = driver
        self._names: OrderedDict[tuple[str, tuple[int, ...]], bytes] = OrderedDict()
        self._numbers = count(1)
        self._reader = Transformer(driver)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open on the server."""
        return self._driver.pgconn.transaction_status != TransactionStatus.IDLE

    def rows(self, statement: Statement) -> list[Row]:
        """Run one statement and give all its rows."""
        return self._loaded(self._one(statement))

    def touched(self, statement: Statement) -> int:
        """Run one statement; how many rows it touched."""
        return self._one(statement).command_tuples or 0

    def journey(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Send all statements at once and wait once; the rows of each. An error undoes none of those before it by itself."""
        if len(statements) < 2:
            return [self.rows(statement) for statement in statements]
        if statements[0][0] != "BEGIN":
            self._begin_where_none()
        prepared = [self._prepared(statement) for statement in statements]
        link = self._driver.pgconn
        link.enter_pipeline_mode()
        try:
            for name, values in prepared:
                link.send_query_prepared(name, values, [Format.BINARY] * len(values), Format.BINARY)
            link.pipeline_sync()
            results = [self._next_result() for _ in prepared]
            self._await_sync()
        finally:
            link.exit_pipeline_mode()
        for result in results:
            self._checked(result)
        return [self._loaded(result) for result in results]

    # One statement

    def _one(self, statement: Statement) -> Any:
        self._begin_where_none()
        name, values = self._prepared(statement)
        given: Any = values  # psycopg's types leave out that a value may be None
        return self._checked(self._driver.pgconn.exec_prepared(name, given, [Format.BINARY] * len(values), Format.BINARY))

    def _begin_where_none(self) -> None:
        """Django opens a transaction by switching autocommit off; the BEGIN itself is ours to send."""
        if not self._driver.autocommit and not self.in_transaction:
            self._checked(self._driver.pgconn.exec_(b"BEGIN"))

    def _prepared(self, statement: Statement) -> tuple[bytes, list[bytes | None]]:
        sql, values = statement
        dumped = [_dump(value) for value in values]
        key = (sql, tuple(oid for oid, _ in dumped))
        name = self._names.get(key)
        if name is None:
            name = self._prepare(key)
        else:
            self._names.move_to_end(key)
        return name, [data for _, data in dumped]

    def _prepare(self, key: tuple[str, tuple[int, ...]]) -> bytes:
        link = self._driver.pgconn
        if len(self._names) >= PREPARED_MAX:
            _, oldest = self._names.popitem(last=False)
            self._checked(link.exec_(b"DEALLOCATE " + oldest))
        name = b"benchside_%d" % next(self._numbers)
        self._checked(link.prepare(name, _numbered(key[0]), key[1]))
        self._names[key] = name
        return name

    # What comes back

    def _loaded(self, result: Any) -> list[Row]:
        if not result.nfields:
            return []
        self._reader.set_pgresult(result)
        return self._reader.load_rows(0, result.ntuples, tuple)

    def _checked(self, result: Any) -> Any:
        if result.status not in _DONE:
            if self._driver.pgconn.transaction_status == TransactionStatus.UNKNOWN:
                raise OperationalError("the connection to PostgreSQL is lost")
            raise errors.error_from_result(result, self._driver.info.encoding)
        return result

    def _next_result(self) -> Any:
        """The result of the next statement of a pipeline, waiting for it without holding Python's lock."""
        self._await_input()
        result = self._driver.pgconn.get_result()
        if result is None:
            raise OperationalError("the connection to PostgreSQL is lost")
        self._await_input()
        self._driver.pgconn.get_result()  # None: the end of this statement's results
        return result

    def _await_sync(self) -> None:
        self._await_input()
        self._driver.pgconn.get_result()

    def _await_input(self) -> None:
        link = self._driver.pgconn
        unsent = link.flush()
        while unsent or link.is_busy():
            poll = select.poll()
            poll.register(link.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
            poll.poll()
            link.consume_input()
            unsent = link.flush()


_wires: WeakKeyDictionary[Connection[Any], Wire] = WeakKeyDictionary()


def wire_of(driver: Connection[Any]) -> Wire:
    """The wire of this connection, made on first use."""
    wire = _wires.get(driver)
    if wire is None:
        wire = _wires[driver] = Wire(driver)
    return wire


@lru_cache(maxsize=4096)
def _numbered(sql: str) -> bytes:
    """The statement with `$1`, `$2` ... for its marks."""
    pieces = sql.split("?")
    numbered = chain.from_iterable((piece, f"${place}") for place, piece in enumerate(pieces[:-1], 1))
    return ("".join(numbered) + pieces[-1]).encode()


def _dump(value: Any) -> tuple[int, bytes | None]:
    """The type and the binary form of a value; every int is a bigint, so that one statement has one form."""
    match value:
        case int():
            return _INT8, value.to_bytes(8, "big", signed=True)
        case str():
            return _TEXT, value.encode()
        case None:
            return 0, None
        case bytes():
            return _BYTEA, value
        case float():
            return _FLOAT8, struct.pack(">d", value)
        case Column():
            oid = _KINDS[value.kind]
            return _ARRAY_OF[oid], _array(oid, value)
        case datetime():
            return _TIMESTAMPTZ, ((value - _EPOCH) // _MICROSECOND).to_bytes(8, "big", signed=True)
        case _:
            message = f"A {type(value).__name__} has no place in a statement of the record."
            raise TypeError(message)


_MICROSECOND = datetime.resolution


def _array(oid: int, values: Sequence[Any]) -> bytes:
    """A one-dimensional array as PostgreSQL's array_recv reads it."""
    if not values:
        return struct.pack(">iii", 0, 0, oid)
    head = struct.pack(">iiiii", 1, 1, oid, len(values), 1)
    if oid in (_INT8, _FLOAT8) and None not in values:
        code = "iq" if oid == _INT8 else "id"
        return head + struct.pack(f">{code * len(values)}", *chain.from_iterable((8, value) for value in values))
    return head + b"".join(_element(oid, value) for value in values)


def _element(oid: int, value: Any) -> bytes:
    if value is None:
        return b"\xff\xff\xff\xff"
    if oid == _INT8:
        return struct.pack(">iq", 8, value)
    if oid == _FLOAT8:
        return struct.pack(">id", 8, value)
    data = value.encode() if oid == _TEXT else value
    return len(data).to_bytes(4, "big") + data
