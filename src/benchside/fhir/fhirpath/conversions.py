"""FHIRPath's conversions between its own types. Source: http://hl7.org/fhirpath/N1, section "Conversion"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from benchside.fhir.fhirpath.node import Node, QuantityValue, kind_of, quantity_parts

_TRUE: Final = frozenset({"true", "t", "yes", "y", "1", "1.0"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0", "0.0"})
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)
_TIME = re.compile(r"\d\d(:\d\d(:\d\d(\.\d+)?)?)?", re.ASCII)
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)(?:\s+(?:'([^']+)'|([a-zA-Z]+)))?", re.ASCII)


def plain_text(node: Node) -> str | None:
    """The text of a primitive as FHIR writes it, or None for anything else."""
    if kind_of(node) == "boolean":
        return "true" if node.value else "false"
    if kind_of(node) == "quantity":
        value, unit = quantity_parts(node)
        return None if value is None else f"{value} '{unit}'"
    if node.is_struct or node.value is None:
        return None
    return format(node.value, "f") if isinstance(node.value, Decimal) else str(node.value)


def _to_string(node: Node) -> Node | None:
    text = plain_text(node)
    return None if text is None else Node(text, "String")


def _to_boolean(node: Node) -> Node | None:
    text = (plain_text(node) or "").lower()
    if kind_of(node) == "number":
        text = text if node.value not in (0, 1) else str(int(node.value))
    if text in _TRUE:
        return Node(True, "Boolean")
    return Node(False, "Boolean") if text in _FALSE else None


def _to_integer(node: Node) -> Node | None:
    if kind_of(node) == "boolean":
        return Node(int(node.value), "Integer")
    text = plain_text(node)
    return Node(int(text), "Integer") if text is not None and _INTEGER.fullmatch(text) else None


def _to_decimal(node: Node) -> Node | None:
    if kind_of(node) == "boolean":
        return Node(Decimal(int(node.value)), "Decimal")
    text = plain_text(node)
    return Node(Decimal(text), "Decimal") if text is not None and _DECIMAL.fullmatch(text) else None


def _shaped(shape: re.Pattern[str], type_name: str) -> Callable[[Node], Node | None]:
    def convert(node: Node) -> Node | None:
        text = node.value if isinstance(node.value, str) else ""
        return Node(text, type_name) if shape.fullmatch(text) else None

    return convert


def _to_date(node: Node) -> Node | None:
    text = node.value.partition("T")[0] if isinstance(node.value, str) else ""
    return Node(text, "Date") if _DATE.fullmatch(text) else None


def _to_quantity(node: Node) -> Node | None:
    if kind_of(node) == "quantity":
        value, unit = quantity_parts(node)
        return None if value is None else Node(QuantityValue(value, unit), "Quantity")
    if kind_of(node) == "number":
        return Node(QuantityValue(Decimal(node.value), "1"), "Quantity")
    match = _QUANTITY.fullmatch(node.value) if isinstance(node.value, str) else None
    if match is None:
        return None
    return Node(QuantityValue(Decimal(match[1]), match[2] or match[3] or "1"), "Quantity")


CONVERSIONS: Final[Mapping[str, Callable[[Node], Node | None]]] = {
    "Boolean": _to_boolean,
    "Integer": _to_integer,
    "Decimal": _to_decimal,
    "String": _to_string,
    "Date": _to_date,
    "DateTime": _shaped(_DATE_TIME, "DateTime"),
    "Time": _shaped(_TIME, "Time"),
    "Quantity": _to_quantity,
}
"""By the name of the type converted to; each gives None when the value has no such form."""
