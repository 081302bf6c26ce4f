"""The order of a search's matches, and the cursor that goes on from the last one of a page.

What is missing sorts lowest. The last key is always the resource's own, so that no match is skipped or repeated,
whatever is written between two pages. Orders the index does not hold (a code's, a reference's) are made in memory
(in_memory.py).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from benchside.fhir.search.criteria import Search, Sort, TokenValue
from benchside.fhir.search.parameters import parameters
from benchside.record.criteria_sql import is_primary_date
from benchside.record.errors import RecordRefusal
from benchside.record.keys import NO_TIME
from benchside.record.parameter_numbers import answering
from benchside.record.sql_text import Sql, any_of, members, sql

_LOWEST_NUMBER = -1.7e308


def id_value(id_: str) -> TokenValue:
    """The value of an `_id` clause."""
    return TokenValue(None, id_)


class BadCursor(RecordRefusal):
    """The page address is not one this server gave. Begin again at the first page."""


@dataclass(frozen=True, slots=True)
class Order:
    """ORDER BY of a search. `columns` are the sort values, `falling` says which of them go down."""

    columns: tuple[str, ...]
    falling: tuple[bool, ...]
    values: tuple[tuple[Any, ...], ...]
    """For each column, the values of its `?` marks."""

    @property
    def by(self) -> str:
        """The ORDER BY list."""
        return ", ".join(f"{c} {'DESC' if down else 'ASC'}" for c, down in zip(self.columns, self.falling, strict=True))

    @property
    def select_values(self) -> tuple[Any, ...]:
        """Values of the columns where they are selected."""
        return tuple(value for column in self.values for value in column)

    by_values = select_values

    def after(self, cursor: str) -> Sql:
        """The condition that leaves only what comes after the cursor."""
        last = place(cursor)
        if len(last) != len(self.columns):
            raise BadCursor(BadCursor.__doc__)
        if len(set(self.falling)) == 1:
            marks = ", ".join("?" * len(last))
            values = (*self.select_values, *last)
            return Sql(
                f"({', '.join(self.columns)}) {'<' if self.falling[0] else '>'} ({marks})",
                values,
            )
        steps: list[Sql] = []
        same = Sql("1 = 1")
        for column, down, own, value in zip(self.columns, self.falling, self.values, last, strict=True):
            further = Sql(f"{column} {'<' if down else '>'} ?", (*own, value))
            steps.append(same + Sql(" AND ") + further)
            same = same + Sql(f" AND {column} = ?", (*own, value))
        return any_of(steps)


def cursor(last: Sequence[Any]) -> str:
    """The place after a match, from its sort values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(last))).decode().rstrip("=")


def place(cursor: str) -> list[Any]:
    """The sort values in a cursor. Raises BadCursor."""
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, msgspec.DecodeError, ValueError, UnicodeEncodeError):
        raise BadCursor(BadCursor.__doc__) from None
    if not isinstance(place, list) or not all(isinstance(value, int | float | str) for value in place):  # pyright: ignore[reportUnknownVariableType] # what a stranger sent
        raise BadCursor(BadCursor.__doc__)
    return place  # pyright: ignore[reportUnknownVariableType] # checked above


def by_clinical_time(search: Search) -> bool:
    """Whether the first sort key is the clinical time of every type searched."""
    return bool(search.sort) and bool(search.types) and all(is_primary_date(type_, search.sort[0].parameter) for type_ in search.types)


def order_of(search: Search, *, in_posting: bool) -> Order | None:
    """The order as SQL; None when it must be made in memory.

    Without `_sort` the order is that of the index begun with; a cursor keeps the order it was made in.
    """
    if not search.sort:
        by_patient = in_posting if search.cursor is None else len(place(search.cursor)) == len(_POSTING_ORDER)
        columns = _POSTING_ORDER if by_patient else _POSTING_ORDER[1:]
        return _begun_with(
            Order(columns, (False,) * len(columns), ((),) * len(columns)),
            in_posting=in_posting,
        )
    columns_: list[Sql] = []
    for key in search.sort:
        column = _column(search.types, key)
        if column is None:
            return None
        columns_.append(column)
    falling = [key.descending for key in search.sort]
    columns_.append(Sql("r.key"))
    falling.append(falling[-1])
    order = Order(
        tuple(c.text for c in columns_),
        tuple(falling),
        tuple(c.values for c in columns_),
    )
    return _begun_with(order, in_posting=in_posting)


_POSTING_ORDER = ("r.patient", "r.start", "r.key")
_POSTING_NAMES = {"r.patient": "p.patient", "r.start": "p.start", "r.key": "p.resource"}


def _begun_with(order: Order, *, in_posting: bool) -> Order:
    """Name the columns as the posting has them, so that the engine sees they come in its order."""
    if not in_posting:
        return order
    return Order(
        tuple(_POSTING_NAMES.get(c, c) for c in order.columns),
        order.falling,
        order.values,
    )


def _column(types: tuple[str, ...], key: Sort) -> Sql | None:
    if key.parameter == "_id":
        return Sql("r.id")
    if key.parameter == "_lastUpdated":
        return Sql("r.recorded")
    if types and all(is_primary_date(type_, key.parameter) for type_ in types):
        return Sql("r.start")
    found = [p for type_ in types if (p := parameters(type_).get(key.parameter)) is not None]
    kinds = {parameter.kind for parameter in found}
    if len(kinds) != 1:
        return None
    kind = kinds.pop()
    end = "max" if key.descending else "min"
    numbers = members(
        "x.parameter",
        [row.number for parameter in found for row in answering(parameter)],
    )
    where = Sql("WHERE x.resource = r.key AND ") + numbers
    if kind == "date":
        inner = Sql(f"(SELECT {end}(x.start) FROM record_date x ") + where + ")"
        return Sql("COALESCE(") + inner + sql(", ?)", NO_TIME)
    if kind in ("number", "quantity"):
        inner = Sql(f"(SELECT {end}(x.value) FROM record_quantity x ") + where + ")"
        return Sql("COALESCE(") + inner + sql(", ?)", _LOWEST_NUMBER)
    if kind in ("string", "uri"):
        text = "JOIN record_text w ON w.parameter = x.parameter AND w.value = x.value "
        return Sql(f"COALESCE((SELECT {end}(w.folded) FROM record_token x {text}") + where + "), '')"
    return None
