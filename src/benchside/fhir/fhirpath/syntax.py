"""The parts of a parsed FHIRPath expression, each a frozen dataclass.

Source: http://hl7.org/fhirpath/N1 (grammar), https://hl7.org/fhir/R4/fhirpath.html (FHIR's additions).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


class FHIRPathError(ValueError):
    """The expression is not FHIRPath, asks for what is not supported, or fails on this data."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `type` is Boolean, String, Integer, Decimal, Date, DateTime or Time of System."""

    value: bool | str | int | Decimal
    type: str


@dataclass(frozen=True, slots=True)
class QuantityLiteral:
    """`4 'mg'` or `3 days`."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class EmptySet:
    """`{}`."""


@dataclass(frozen=True, slots=True)
class This:
    """`$this`, `$index` or `$total`."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """`%resource`, `%ucum` ..."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`target.name`; target None is the input of the expression (or the name of its type)."""

    target: Expression | None
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """`target.name(arguments)`; target None is the input of the expression."""

    target: Expression | None
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """`target[index]`."""

    target: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Polarity:
    """`-operand` or `+operand`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    """`left operator right` for every operator but `is` and `as`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class TypeOperation:
    """`operand is Type` or `operand as Type`; a namespace in front of the type is dropped."""

    operator: str
    operand: Expression
    type: str


Expression: TypeAlias = (
    Literal | QuantityLiteral | EmptySet | This | Constant | Member | Call | Index | Polarity | Operation | TypeOperation
)


def operands(expression: Expression) -> tuple[Expression, ...]:
    """The expressions right below `expression`."""
    match expression:
        case Member(target, _):
            return () if target is None else (target,)
        case Call(target, _, arguments):
            return arguments if target is None else (target, *arguments)
        case Index(target, index):
            return (target, index)
        case Polarity(_, operand) | TypeOperation(_, operand, _):
            return (operand,)
        case Operation(_, left, right):
            return (left, right)
        case _:
            return ()


def depth(expression: Expression) -> int:
    """How many levels of expressions lie in each other."""
    level, deepest = [expression], 0
    while level:
        deepest += 1
        level = [below for each in level for below in operands(each)]
    return deepest


def text(expression: Expression) -> str:
    """Write the expression out again, with parentheses around every operation."""
    match expression:
        case Member(target, name):
            return f"{_before(target)}{_quoted(name, '`')}"
        case Call(target, name, arguments):
            return f"{_before(target)}{name}({', '.join(text(argument) for argument in arguments)})"
        case Index(target, index):
            return f"{text(target)}[{text(index)}]"
        case Polarity(operator, operand):
            return f"({operator}{text(operand)})"
        case Operation(operator, left, right):
            return f"({text(left)} {operator} {text(right)})"
        case TypeOperation(operator, operand, kind):
            return f"({text(operand)} {operator} {kind})"
        case _:
            return _constant_text(expression)


def _constant_text(expression: Literal | QuantityLiteral | EmptySet | This | Constant) -> str:
    match expression:
        case Literal(value, "String"):
            return _quoted(str(value), "'")
        case Literal(value, "Boolean"):
            return "true" if value else "false"
        case Literal(value, kind):
            mark = {"Date": "@", "DateTime": "@", "Time": "@T"}.get(kind, "")
            tail = "T" if kind == "DateTime" and "T" not in str(value) else ""
            return f"{mark}{value}{tail}"
        case QuantityLiteral(value, unit):
            return f"{value} {_quoted(unit, chr(39))}"
        case EmptySet():
            return "{}"
        case This(name):
            return name
        case Constant(name):
            return f"%{_quoted(name, '`')}"


def _before(target: Expression | None) -> str:
    return "" if target is None else f"{text(target)}."


def _quoted(name: str, mark: str) -> str:
    escaped = name.replace("\\", "\\\\").replace(mark, f"\\{mark}")
    return f"{mark}{escaped}{mark}"
