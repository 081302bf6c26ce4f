"""The values FHIRPath works on, and how they compare.

Source: http://hl7.org/fhirpath/N1, sections "Equality", "Comparison" and "Math".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import Any, Final

import msgspec

from benchside.fhir.fhirpath.syntax import FHIRPathError
from benchside.terms.instant import span

Raw = Any  # A struct of any R4 type, or one of its primitive values.


@dataclass(frozen=True, slots=True)
class QuantityValue:
    """A quantity of FHIRPath itself: a number with a UCUM or calendar unit ("1" for none)."""

    value: Decimal
    unit: str


class Node:
    """One item of a collection: a value, its type, and where it hangs in the resource.

    `element` is a primitive's Element (its id and extensions); a primitive may have only that and no value. `parent`,
    `field` and `index` say where the value is held; they are None for computed values.
    """

    __slots__ = ("element", "field", "index", "name", "parent", "type", "value")

    def __init__(
        self,
        value: Raw,
        type_name: str,
        *,
        element: Raw = None,
        parent: Node | None = None,
        name: str = "",
        field: str = "",
        index: int | None = None,
    ) -> None:
        """Hold `value` of `type_name`."""
        self.value: Raw = value
        self.type = type_name
        self.element: Raw = element
        self.parent = parent
        self.name = name
        self.field = field
        self.index = index

    @property
    def is_struct(self) -> bool:
        """Whether the value has elements (a data type or resource), rather than being a primitive."""
        return isinstance(self.value, msgspec.Struct)

    @property
    def path(self) -> str:
        """The FHIRPath that leads here from the resource: `Patient.name[0].given[1]`."""
        if self.parent is None:
            return self.type
        place = "" if self.index is None else f"[{self.index}]"
        return f"{self.parent.path}.{self.name}{place}"

    def __repr__(self) -> str:
        """Type and value, for failing tests."""
        return f"Node({self.type}, {self.value!r})"


STRING_TYPES: Final = frozenset(
    {"string", "code", "id", "uri", "url", "canonical", "oid", "uuid", "markdown", "base64Binary", "xhtml", "String"}
)
NUMBER_TYPES: Final = frozenset({"integer", "positiveInt", "unsignedInt", "decimal", "Integer", "Decimal"})
DATE_TYPES: Final = frozenset({"date", "dateTime", "instant", "Date", "DateTime"})
TIME_TYPES: Final = frozenset({"time", "Time"})
BOOLEAN_TYPES: Final = frozenset({"boolean", "Boolean"})

_KIND: Final = {
    **dict.fromkeys(STRING_TYPES, "string"),
    **dict.fromkeys(NUMBER_TYPES, "number"),
    **dict.fromkeys(DATE_TYPES, "date"),
    **dict.fromkeys(TIME_TYPES, "time"),
    **dict.fromkeys(BOOLEAN_TYPES, "boolean"),
}
_QUANTITIES: Final = frozenset({"Quantity", "Age", "Count", "Distance", "Duration", "Money", "SimpleQuantity"})


def kind_of(node: Node) -> str:
    """string, number, date, time, boolean, quantity or struct; "absent" when a primitive has no value."""
    if isinstance(node.value, QuantityValue) or node.type in _QUANTITIES:
        return "quantity"
    if node.value is None:
        return "absent"
    return _KIND.get(node.type, "struct")


def boolean(value: bool | None) -> list[Node]:  # noqa: FBT001 - the value itself
    """A collection of one Boolean, or the empty collection for None (unknown)."""
    return [] if value is None else [Node(value, "Boolean")]


def string(value: str) -> list[Node]:
    """A collection of one String."""
    return [Node(value, "String")]


def number(value: int | Decimal) -> list[Node]:
    """A collection of one Integer or Decimal."""
    return [Node(value, "Integer" if isinstance(value, int) else "Decimal")]


def truth(nodes: list[Node]) -> bool | None:
    """Three-valued truth of a collection: None when empty, a single other value is true.

    Raises FHIRPathError for more than one item.
    """
    if not nodes:
        return None
    if len(nodes) > 1:
        raise FHIRPathError(f"Expected one true or false value, found {len(nodes)}.")
    if nodes[0].type in BOOLEAN_TYPES:
        value: bool | None = nodes[0].value
        return value
    return True


def single(nodes: list[Node], where: str) -> Node | None:
    """The only item, or None when there is none; raises FHIRPathError for more than one."""
    if len(nodes) > 1:
        raise FHIRPathError(f"{where} works on one value, found {len(nodes)}.")
    return nodes[0] if nodes else None


def text_of(nodes: list[Node], where: str) -> str | None:
    """The only item as text, or None; raises FHIRPathError when it is not a string."""
    node = single(nodes, where)
    if node is None or node.value is None:
        return None
    if not isinstance(node.value, str):
        raise FHIRPathError(f"{where} works on text, found {node.type}.")
    return node.value


def integer_of(nodes: list[Node], where: str) -> int | None:
    """The only item as a whole number, or None; raises FHIRPathError when it is not one."""
    node = single(nodes, where)
    if node is None or node.value is None:
        return None
    if not isinstance(node.value, int) or isinstance(node.value, bool):
        raise FHIRPathError(f"{where} works on a whole number, found {node.type}.")
    return node.value


def quantity_parts(node: Node) -> tuple[Decimal | None, str]:
    """Value and unit ("1" for none) of a FHIRPath or FHIR quantity."""
    held = node.value
    if isinstance(held, QuantityValue):
        return held.value, held.unit
    unit = getattr(held, "code", None) or getattr(held, "unit", None) or getattr(held, "currency", None) or "1"
    return held.value, unit


def compare_dates(left: str, right: str, zone: tzinfo = UTC) -> int | None:
    """-1, 0 or 1; None when the precisions differ and one span overlaps the other.

    `zone` is used for dates without an offset.
    """
    try:
        first, second = span(left, zone), span(right, zone)
    except ValueError as error:
        raise FHIRPathError(str(error)) from error
    if first[1] < second[0]:
        return -1
    if first[0] > second[1]:
        return 1
    if _date_precision(left) == _date_precision(right):
        return (first[0] > second[0]) - (first[0] < second[0])
    return None


def _date_precision(text: str) -> int:
    """1 year, 2 month, 3 day, 5 minute, 6 second or finer."""
    day, found, time = text.partition("T")
    if not found:
        return day.count("-") + 1
    return 4 + min(time[:8].count(":"), 2)


def compare_times(left: str, right: str) -> int | None:
    """-1, 0 or 1 for times of day; None when the precisions differ and the shorter begins the longer."""
    if left == right:
        return 0
    if left[:8].count(":") != right[:8].count(":") and (left.startswith(right) or right.startswith(left)):
        return None
    return -1 if left < right else 1


def compare(left: Node, right: Node, zone: tzinfo = UTC) -> int | None:
    """-1, 0 or 1; None when it cannot be known. Raises FHIRPathError when the types have no order."""
    kinds = kind_of(left), kind_of(right)
    if "absent" in kinds:
        return None
    if kinds[0] != kinds[1] or kinds[0] in ("struct", "boolean"):
        raise FHIRPathError(f"{left.type} and {right.type} cannot be compared.")
    if kinds[0] == "date":
        return compare_dates(left.value, right.value, zone)
    if kinds[0] == "time":
        return compare_times(left.value, right.value)
    if kinds[0] == "quantity":
        (first, unit), (second, other) = quantity_parts(left), quantity_parts(right)
        if first is None or second is None or unit != other:
            return None
        return (first > second) - (first < second)
    return (left.value > right.value) - (left.value < right.value)


def equal(left: Node, right: Node, zone: tzinfo = UTC) -> bool | None:
    """Equality of two items; None when it cannot be known (dates of different precision)."""
    kinds = kind_of(left), kind_of(right)
    if kinds[0] != kinds[1]:
        return None if "absent" in kinds else False
    if kinds[0] in ("date", "time", "quantity"):
        if left.value == right.value:
            return True
        order = compare(left, right, zone)
        return None if order is None else order == 0
    if kinds[0] == "absent":
        return left.element == right.element
    if isinstance(left.value, bool) != isinstance(right.value, bool):
        return False
    return bool(left.value == right.value)


def equal_collections(left: list[Node], right: list[Node], zone: tzinfo = UTC) -> bool | None:
    """The `=` of FHIRPath: None when either is empty, else pairwise in order."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    found = [equal(a, b, zone) for a, b in zip(left, right, strict=True)]
    if False in found:
        return False
    return None if None in found else True


def equivalent(left: Node, right: Node, zone: tzinfo = UTC) -> bool:
    """The `~` of two items: text without case and spacing, numbers to the lesser precision, never unknown."""
    kinds = kind_of(left), kind_of(right)
    if kinds == ("string", "string"):
        return " ".join(left.value.split()).casefold() == " ".join(right.value.split()).casefold()
    if kinds == ("number", "number"):
        digits = min(_decimals(left.value), _decimals(right.value))
        return bool(round(Decimal(left.value), digits) == round(Decimal(right.value), digits))
    if kinds == ("date", "date") and _date_precision(left.value) != _date_precision(right.value):
        return False
    return bool(equal(left, right, zone))


def _decimals(value: int | Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent if isinstance(value, Decimal) else 0
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def key_of(node: Node) -> tuple[str, object] | None:
    """Something hashable that equal primitives share, or None for structs and other values without such a key."""
    kind = kind_of(node)
    return (kind, node.value) if kind in ("string", "number", "boolean") else None


def distinct(nodes: Iterable[Node], zone: tzinfo = UTC) -> list[Node]:
    """The items without their repetitions, in order of first appearance."""
    seen: set[tuple[str, object]] = set()
    others: list[Node] = []
    kept: list[Node] = []
    for node in nodes:
        key = key_of(node)
        if key is None:
            if any(equal(node, other, zone) for other in others):
                continue
            others.append(node)
        elif key in seen:
            continue
        else:
            seen.add(key)
        kept.append(node)
    return kept


def contains(nodes: list[Node], item: Node, zone: tzinfo = UTC) -> bool:
    """Whether one of `nodes` equals `item`."""
    return any(equal(node, item, zone) for node in nodes)
