"""What one resource is found by: the rows of the search index, before any database.

`IndexValues` is filled by `benchside.fhir.search.extraction.index_values` and written by the record. Each list holds
plain tuples whose first item is `Parameter.number`; an aliased parameter (`Parameter.alias_of`) has no rows, nor have
the parameters the record answers from the resource's own row (`parameters.ROW_PARAMETERS`).

Presence: an element that exists but has nothing to be found by (a Reference with only `display`, a CodeableConcept
with only `text`) still gives one row whose values are empty strings, so that `:missing` is answered by "has no row".
An empty string is never searched for: the query reader refuses empty values.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeAlias

from benchside.terms.instant import INSTANT_MAX, INSTANT_MIN

__all__ = ["INSTANT_MAX", "INSTANT_MIN", "LONGITUDE_OFFSET", "IndexValues", "Part"]

LONGITUDE_OFFSET: Final = Decimal(1000)
"""Added to a longitude so that it shares a parameter with a latitude without being taken for one (`rows.position`)."""

Part: TypeAlias = (
    tuple[str, str, str]  # ("token", system, code)
    | tuple[str, Decimal, str, str, str]  # ("quantity", value, system, code, unit)
    | tuple[str, int, int]  # ("date", start, stop)
    | tuple[str, str]  # ("string", text), ("reference", reference), ("uri", uri)
    | tuple[str, Decimal]  # ("number", value)
)
"""One part of a composite row, named by its kind first."""


class IndexValues:
    """The search index rows of one resource.

    | list | row after the parameter's number |
    |---|---|
    | tokens | system, code ("" where absent) of Coding, CodeableConcept, Identifier, code, boolean, ContactPoint, id, string |
    | token_texts | words for `:text`: CodeableConcept.text, Coding.display, Identifier.type.text |
    | strings | original text; HumanName and Address give one row for each part |
    | uris | the uri as it stands |
    | canonicals | a canonical reference as it stands, `|version` included (its rows in `references` tell versions apart no more) |
    | known_as | for a resource with a canonical url: the url, and the url with `|version`; the number is that of its `url` |
    | references | "Type/id" for a local reference, else the absolute url or urn; a canonical with a version gives one row without and one with it; "#id" for a contained resource |
    | reference_identifiers | system, value of Reference.identifier, for `:identifier` |
    | identifier_types | type system, type code, value, for `:of-type` |
    | dates | start, stop: microseconds since 1970 UTC, both inclusive |
    | numbers | value |
    | quantities | value, system, code, unit |
    | composites | the parts, in the order of `Parameter.components` |
    """

    __slots__ = (
        "canonicals",
        "composites",
        "dates",
        "identifier_types",
        "known_as",
        "moment",
        "numbers",
        "patient",
        "quantities",
        "reference_identifiers",
        "references",
        "strings",
        "token_texts",
        "tokens",
        "uris",
    )

    patient: str | None
    """Id of the one Patient this resource is or belongs to; None when it belongs to none, or to several."""
    moment: tuple[int, int] | None
    """Start and stop (inclusive, microseconds since 1970 UTC) of the type's primary date (`parameters.PRIMARY_DATE`)."""
    tokens: list[tuple[int, str, str]]
    token_texts: list[tuple[int, str]]
    strings: list[tuple[int, str]]
    uris: list[tuple[int, str]]
    references: list[tuple[int, str]]
    canonicals: list[tuple[int, str]]
    known_as: list[tuple[int, str]]
    reference_identifiers: list[tuple[int, str, str]]
    identifier_types: list[tuple[int, str, str, str]]
    dates: list[tuple[int, int, int]]
    numbers: list[tuple[int, Decimal]]
    quantities: list[tuple[int, Decimal, str, str, str]]
    composites: list[tuple[int, tuple[Part, ...]]]

    def __init__(self) -> None:
        """Start with no row at all."""
        self.patient = None
        self.moment = None
        self.tokens = []
        self.token_texts = []
        self.strings = []
        self.uris = []
        self.references = []
        self.canonicals = []
        self.known_as = []
        self.reference_identifiers = []
        self.identifier_types = []
        self.dates = []
        self.numbers = []
        self.quantities = []
        self.composites = []
