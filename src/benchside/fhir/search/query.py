"""Read the parameters of a FHIR search into a `Search`, or say everything that is wrong with them.

Source: https://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from benchside.fhir.search.criteria import (
    AnyOf,
    Chained,
    Clause,
    CompositeValue,
    Criterion,
    DateValue,
    Include,
    MissingValue,
    NumberValue,
    QuantityValue,
    ReferenceValue,
    Reverse,
    Search,
    Sort,
    StringValue,
    TokenSetValue,
    TokenValue,
    TypedIdentifierValue,
    UriValue,
    Value,
)

__all__ = [
    "AnyOf",
    "Chained",
    "Clause",
    "CompositeValue",
    "Criterion",
    "DateValue",
    "Include",
    "MissingValue",
    "NumberValue",
    "QuantityValue",
    "ReferenceValue",
    "Reverse",
    "Search",
    "SearchLimits",
    "Sort",
    "StringValue",
    "TokenSetValue",
    "TokenValue",
    "TypedIdentifierValue",
    "UriValue",
    "Value",
    "parse_search",
]

CodesOf = Callable[[str], Sequence[tuple[str | None, str]] | None]
"""Codes (system, code) of the value set with this canonical url; None when the site does not have it."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How much one search may ask for; each has a setting of the same name in the site's limits."""

    clauses_max: int = 50
    """Parameters of one search that filter."""
    values_max: int = 200
    """Values of one parameter, separated by commas."""
    value_length_max: int = 4096
    """Characters of one parameter's value."""
    chain_depth_max: int = 4
    """Steps of a chain or nested `_has`."""
    include_max: int = 20
    """`_include` and `_revinclude` together."""
    sort_max: int = 5
    """Keys of `_sort`."""
    count_max: int = 1000
    """Matches a page; more is cut to this, as R4 allows."""
    count_default: int = 20
    """Matches a page when `_count` is not given."""


def parse_search(
    resource_types: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    *,
    limits: SearchLimits,
    strict: bool,
    zone: tzinfo,
    compartment: tuple[str, str] | None = None,
    codes_of: CodesOf | None = None,
) -> Search:
    """Understand `pairs` (name, value as decoded from the query) as a search over `resource_types`.

    An empty `resource_types` is every type (system level; `_type` narrows it). `zone` gives dates without an offset
    their meaning; `codes_of` resolves `:in` and `:not-in`. Raises InvalidSearch with every fault. When not `strict`,
    unknown parameters are left out and named in `Search.ignored`; known ones that are malformed are refused always.
    """
    raise NotImplementedError((resource_types, pairs, limits, strict, zone, compartment, codes_of))
