"""Pieces of SQL that carry their values along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL with `?` marks and the values for them, in order."""

    text: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: Sql | str) -> Sql:
        if isinstance(other, str):
            return Sql(self.text + other, self.values)
        return Sql(self.text + other.text, self.values + other.values)


def sql(text: str, *values: Any) -> Sql:
    """`text` with one value for each `?` in it."""
    return Sql(text, values)


def joined(word: str, pieces: Iterable[Sql]) -> Sql:
    """The pieces with `word` between them, each in brackets."""
    found = list(pieces)
    text = f" {word} ".join(f"({piece.text})" for piece in found)
    return Sql(text, tuple(value for piece in found for value in piece.values))


def all_of(pieces: Iterable[Sql]) -> Sql:
    """Every one of the conditions; true when there is none."""
    found = list(pieces)
    return joined("AND", found) if found else Sql("1 = 1")


def any_of(pieces: Iterable[Sql]) -> Sql:
    """At least one of the conditions; false when there is none."""
    found = list(pieces)
    return joined("OR", found) if found else Sql("1 = 0")


def members(column: str, values: Iterable[Any]) -> Sql:
    """`column IN (values)`; false when there is none."""
    found = tuple(values)
    if not found:
        return Sql("1 = 0")
    if len(found) == 1:
        return Sql(f"{column} = ?", found)
    return Sql(f"{column} IN ({','.join('?' * len(found))})", found)
