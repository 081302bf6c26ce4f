"""What the compiler knows of a part of an expression: how many values, of which types, and the source that gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchside.fhir.fhirpath.node import BOOLEAN_TYPES, DATE_TYPES, NUMBER_TYPES, STRING_TYPES, TIME_TYPES
from benchside.fhir.fhirpath.syntax import Call, Expression, Member

KEEP_EMPTY: Final = frozenset({"where", "select", "trace", "first", "last", "tail", "as", "ofType", "distinct", "resolve"})
"""Functions that give nothing for nothing."""


@dataclass(frozen=True, slots=True)
class One:
    """At most one value of a known type: `source` is None when it is absent.

    `companion` is an expression that is true when a primitive has an id or extensions.
    """

    source: str
    type: str
    companion: str | None = None
    sure: bool = False
    """The value is never absent."""


@dataclass(frozen=True, slots=True)
class Choice:
    """At most one value, of one of several types."""

    options: tuple[One, ...]


@dataclass(frozen=True, slots=True)
class Many:
    """Any number of values of a known type: `source` is a list, never None.

    For primitives, which may be without value but still there, `present` is an expression that is true when there is one.
    """

    source: str
    type: str
    present: str | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """A Boolean: True, False, or None when unknown (`sure`: never None)."""

    source: str
    sure: bool


Compiled = One | Choice | Many | Truth


def negated(truth: Truth) -> Truth:
    """Not: unknown stays unknown. The source of an unsure truth must be a name."""
    if truth.sure:
        return Truth(f"(not {truth.source})", True)
    return Truth(f"(None if {truth.source} is None else not {truth.source})", False)


def kind(type_name: str) -> str:
    """string, number, boolean, date, time, quantity or struct."""
    for name, names in (
        ("string", STRING_TYPES),
        ("number", NUMBER_TYPES),
        ("boolean", BOOLEAN_TYPES),
        ("date", DATE_TYPES),
        ("time", TIME_TYPES),
    ):
        if type_name in names:
            return name
    return "quantity" if type_name in ("Quantity", "Age", "Duration") else "struct"


def head(expression: Expression) -> str | None:
    """The first element of a path that ends in `empty()` or `exists()`, when nothing of it means nothing at the end."""
    if not isinstance(expression, Call) or expression.name not in ("empty", "exists") or expression.target is None:
        return None
    current: Expression | None = expression.target
    while True:
        match current:
            case Member(None, name):
                return name
            case Member(target, _):
                current = target
            case Call(target, name, _) if name in KEEP_EMPTY and target is not None:
                current = target
            case _:
                return None
