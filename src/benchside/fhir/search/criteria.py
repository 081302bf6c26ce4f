"""A search as data: what `query.parse_search` understood, for the record to answer.

Criteria are met by a resource or not; all of `Search.criteria` must be met (AND). A criterion is about resources of
its own `type`: in a search over several types each parameter becomes an `AnyOf` with one criterion a type. A negative
clause (`:not`, `:not-in`, `:missing=true`) is met by every resource without such a value, those of other types
included; over several types there is one for each, all of which must be met. `_lastUpdated` is asked once, of any type.
Source: https://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
"""Comparisons of number, date and quantity values."""


@dataclass(frozen=True, slots=True)
class TokenValue:
    """`[system]|[code]`: system None is any system, "" is no system; code None is any code of the system."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class TypedIdentifierValue:
    """`:of-type`: an Identifier of type `system|code` with this value."""

    system: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class TokenSetValue:
    """`:in` and `:not-in`: the codes of a value set, already resolved; a code whose system is None is of any system."""

    url: str
    codes: tuple[TokenValue, ...]


@dataclass(frozen=True, slots=True)
class DateValue:
    """A date with its precision: microseconds since 1970 UTC, `start` and `stop` both inclusive.

    With R the resource's [start, stop] and V this one (R4, Prefixes):
    eq R within V; ne not eq; gt R.stop > V.stop; lt R.start < V.start; ge gt or eq; le lt or eq;
    sa R.start > V.stop; eb R.stop < V.start; ap R overlaps V (V is already widened by a tenth of its distance to now).
    """

    prefix: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class NumberValue:
    """A number with the range its digits imply: eq is low <= v < high, ne the opposite, ap the same with a wider range.

    gt, lt, ge, le, sa and eb compare with `value` itself (sa is gt, eb is lt).
    """

    prefix: str
    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class QuantityValue:
    """`[number]|[system]|[code]`: compared as NumberValue.

    code None: any unit. system None with a code: the row's code or its unit equals `code`.
    """

    prefix: str
    value: Decimal
    low: Decimal
    high: Decimal
    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class StringValue:
    """Text to be found; how, says the modifier (none: at the start, without case and accents)."""

    text: str


@dataclass(frozen=True, slots=True)
class UriValue:
    """A uri to be found: equal without modifier, `:above` a parent of it, `:below` a child of it."""

    text: str


@dataclass(frozen=True, slots=True)
class ReferenceValue:
    """`Type/id`, a bare id (type None: any of the parameter's targets) or an absolute url, urn or canonical."""

    type: str | None
    id: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class CompositeValue:
    """One value for each component, all met by the same index row."""

    parts: tuple[PartValue, ...]


@dataclass(frozen=True, slots=True)
class MissingValue:
    """`:missing=true|false`: whether the resource has no row for the parameter."""

    missing: bool


PartValue: TypeAlias = TokenValue | DateValue | NumberValue | QuantityValue | StringValue | UriValue | ReferenceValue
Value: TypeAlias = PartValue | CompositeValue | MissingValue | TypedIdentifierValue | TokenSetValue


@dataclass(frozen=True, slots=True)
class Clause:
    """`parameter[:modifier]=value,value`: met when one of the values is (OR); `:not` and `:not-in` when none is.

    `Location.near` becomes two clauses of NumberValue, one for the latitude and one for the longitude (rows.position).

    `parameter` is the code as asked, which may be an alias (`Parameter.alias_of`). For `:identifier` the values are
    TokenValue over `reference_identifiers`; a `:[type]` modifier has already become the type of each ReferenceValue.
    """

    type: str
    parameter: str
    modifier: str | None
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Chained:
    """`subject:Patient.name=x`: a reference of `parameter` points to a resource that meets `criterion`.

    The criterion is about the one type in `target_types`; several targets make an AnyOf of Chained.
    """

    type: str
    parameter: str
    target_types: tuple[str, ...]
    criterion: Criterion


@dataclass(frozen=True, slots=True)
class Reverse:
    """`_has:Observation:patient:code=x`: a `source_type` resource meets `criterion` and points here by `parameter`."""

    type: str
    source_type: str
    parameter: str
    criterion: Criterion


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Met when one of the criteria is."""

    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Met when every one of the criteria is: one of several searches of which any will do."""

    criteria: tuple[Criterion, ...]


Criterion: TypeAlias = Clause | Chained | Reverse | AnyOf | AllOf


@dataclass(frozen=True, slots=True)
class Include:
    """`_include` or `_revinclude`: `source_type:parameter[:target_type]`; parameter None is every reference (`*`)."""

    source_type: str
    parameter: str | None
    target_type: str | None
    iterate: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of `_sort`; the first is the most significant."""

    parameter: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Search:
    """A whole search, understood and within the site's limits."""

    types: tuple[str, ...]
    criteria: tuple[Criterion, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int = 20
    """Matches a page; 0 asks for the total only (as `_summary=count`)."""
    includes: tuple[Include, ...] = ()
    revincludes: tuple[Include, ...] = ()
    total: str | None = None
    """none, estimate, accurate, or None when not asked."""
    summary: str | None = None
    """true, text, data, count, or None when whole resources are asked (`false`)."""
    elements: tuple[str, ...] = ()
    compartment: tuple[str, str] | None = None
    """("Patient", "123") for a search in a compartment."""
    cursor: str | None = None
    """Opaque place in the result, from an earlier page (`_cursor`)."""
    ignored: tuple[str, ...] = ()
    """Names of unknown parameters that lenient handling left out."""
    pairs: tuple[tuple[str, str], ...] = ()
    """The parameters that were used, as asked, for the self link."""
    include_depth: int = 4
    """Rounds of `_include:iterate` and `_revinclude:iterate`, the first one counted."""
    included_max: int = 1000
    """Resources that may be included with one page."""
    period: tuple[int, int] | None = None
    """Only what has no clinical time, or one that meets this span: first and last microsecond since 1970 UTC."""
    read_max: int = 10_000
    """Resources that may be read one by one for what no index answers (words, orders by codes, composites by ranges)."""
