"""One datatype of one parameter becomes rows of the search index; the generated extraction calls these.

Every function appends to `rows` under the parameter's `number`. Source: https://hl7.org/fhir/R4/search.html, the
tables of datatypes under each kind of parameter.
"""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Final

from benchside.fhir.search.soundex import soundex
from benchside.fhir.search.values import INSTANT_MAX, INSTANT_MIN, LONGITUDE_OFFSET, IndexValues, Part
from benchside.terms.instant import span

if TYPE_CHECKING:
    from benchside.fhir.r4 import (
        Address,
        Age,
        AnyResource,
        CodeableConcept,
        Coding,
        ContactPoint,
        HumanName,
        Identifier,
        LocationPosition,
        Money,
        Period,
        Quantity,
        Range,
        Reference,
        SampledData,
        Timing,
    )

BOOLEAN_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/special-values"
CURRENCY_SYSTEM: Final = "urn:iso:std:iso:4217"

# Tokens


def boolean(rows: IndexValues, number: int, value: bool) -> None:  # noqa: FBT001 - the value itself
    """A boolean as the token true or false."""
    rows.tokens.append((number, BOOLEAN_SYSTEM, "true" if value else "false"))


def coding(rows: IndexValues, number: int, value: Coding) -> None:
    """A Coding: one token, and its display for `:text`."""
    rows.tokens.append((number, value.system or "", value.code or ""))
    if value.display is not None:
        rows.token_texts.append((number, value.display))


def concept(rows: IndexValues, number: int, value: CodeableConcept) -> None:
    """A CodeableConcept: a token for each coding, and all its words for `:text`."""
    if value.coding is None:
        rows.tokens.append((number, "", ""))
    else:
        for each in value.coding:
            rows.tokens.append((number, each.system or "", each.code or ""))
            if each.display is not None:
                rows.token_texts.append((number, each.display))
    if value.text is not None:
        rows.token_texts.append((number, value.text))


def identifier(rows: IndexValues, number: int, value: Identifier) -> None:
    """An Identifier: one token, its type for `:of-type`, its type's text for `:text`."""
    rows.tokens.append((number, value.system or "", value.value or ""))
    kind = value.type
    if kind is None:
        return
    if kind.text is not None:
        rows.token_texts.append((number, kind.text))
    if kind.coding is not None and value.value is not None:
        for each in kind.coding:
            rows.identifier_types.append((number, each.system or "", each.code or "", value.value))


def contact(rows: IndexValues, number: int, value: ContactPoint) -> None:
    """A ContactPoint: its value, in the system phone, email ..."""
    rows.tokens.append((number, value.system or "", value.value or ""))


# Strings


def human_name(rows: IndexValues, number: int, value: HumanName) -> None:
    """Each part of a name."""
    before = len(rows.strings)
    for text in _name_parts(value):
        rows.strings.append((number, text))
    if len(rows.strings) == before:
        rows.strings.append((number, ""))


def _name_parts(value: HumanName) -> list[str]:
    parts = [text for text in (value.text, value.family) if text is not None]
    for several in (value.given, value.prefix, value.suffix):
        if several is not None:
            parts.extend([text for text in several if text is not None])
    return parts


def address(rows: IndexValues, number: int, value: Address) -> None:
    """Each part of an address."""
    strings = rows.strings
    before = len(strings)
    for text in (value.text, value.city, value.district, value.state, value.postalCode, value.country):
        if text is not None:
            strings.append((number, text))
    if value.line is not None:
        strings.extend([(number, text) for text in value.line if text is not None])
    if len(strings) == before:
        strings.append((number, ""))


def phonetic_text(rows: IndexValues, number: int, value: str) -> None:
    """How a text sounds: the Soundex code of each of its words."""
    codes = {code for word in value.split() if (code := soundex(word))}
    rows.strings.extend([(number, code) for code in sorted(codes)] or [(number, "")])


def phonetic_name(rows: IndexValues, number: int, value: HumanName) -> None:
    """How a name sounds: the Soundex code of each word of its parts."""
    phonetic_text(rows, number, " ".join(_name_parts(value)))


# References


def reference(rows: IndexValues, number: int, value: Reference) -> None:
    """A Reference: where it points, without and with version, and its identifier for `:identifier`."""
    text = value.reference
    rows.references.append((number, "" if text is None else text))
    if text is not None and "/_history/" in text:
        rows.references.append((number, text.partition("/_history/")[0]))
    known = value.identifier
    if known is not None:
        rows.reference_identifiers.append((number, known.system or "", known.value or ""))


def reference_to(rows: IndexValues, number: int, value: Reference, resource_type: str) -> None:
    """A Reference, when it points to a resource of `resource_type`."""
    text = value.reference or ""
    if value.type == resource_type or text.startswith(f"{resource_type}/") or f"/{resource_type}/" in text:
        reference(rows, number, value)


def canonical(rows: IndexValues, number: int, value: str) -> None:
    """A canonical or uri that names a resource: without version, and with it."""
    rows.references.append((number, value))
    rows.canonicals.append((number, value))
    url, found, _ = value.partition("|")
    if found:
        rows.references.append((number, url))


def resource(rows: IndexValues, number: int, value: AnyResource) -> None:
    """A resource inside a Bundle, as the reference it would have outside."""
    rows.references.append((number, "" if value.id is None else f"{type(value).__name__}/{value.id}"))


# Dates


def date(rows: IndexValues, number: int, value: str, zone: tzinfo) -> None:
    """A date, dateTime or instant."""
    start, stop = span(value, zone)
    rows.dates.append((number, start, stop))


def period(rows: IndexValues, number: int, value: Period, zone: tzinfo) -> None:
    """A Period; an open end reaches INSTANT_MIN or INSTANT_MAX."""
    found = period_span(value, zone)
    if found is not None:
        rows.dates.append((number, *found))


def period_span(value: Period, zone: tzinfo) -> tuple[int, int] | None:
    """First and last microsecond of a Period; None when it has neither start nor end."""
    if value.start is None and value.end is None:
        return None
    start = INSTANT_MIN if value.start is None else span(value.start, zone)[0]
    stop = INSTANT_MAX if value.end is None else span(value.end, zone)[1]
    return start, stop


def timing(rows: IndexValues, number: int, value: Timing, zone: tzinfo) -> None:
    """A Timing: from the first to the last of its events and bounds; nothing when it has none."""
    spans = [span(event, zone) for event in value.event or () if event is not None]
    if value.repeat is not None and value.repeat.boundsPeriod is not None:
        bounds = period_span(value.repeat.boundsPeriod, zone)
        spans.extend([bounds] if bounds is not None else [])
    if spans:
        rows.dates.append((number, min(start for start, _ in spans), max(stop for _, stop in spans)))


# Numbers and quantities


def number_range(rows: IndexValues, number: int, value: Range) -> None:
    """A Range as a number: its low and its high."""
    for limit in (value.low, value.high):
        if limit is not None and limit.value is not None:
            rows.numbers.append((number, limit.value))


def quantity(rows: IndexValues, number: int, value: Quantity | Age) -> None:
    """A Quantity or one of its kind; nothing when it has no value."""
    if value.value is not None:
        rows.quantities.append((number, value.value, value.system or "", value.code or "", value.unit or ""))


def quantity_range(rows: IndexValues, number: int, value: Range) -> None:
    """A Range: its low and its high."""
    if value.low is not None:
        quantity(rows, number, value.low)
    if value.high is not None:
        quantity(rows, number, value.high)


def sampled_data(rows: IndexValues, number: int, value: SampledData) -> None:
    """SampledData: its origin, which also says the unit of the samples."""
    quantity(rows, number, value.origin)


def money(rows: IndexValues, number: int, value: Money) -> None:
    """Money, in its currency."""
    if value.value is not None:
        code = value.currency or ""
        rows.quantities.append((number, value.value, CURRENCY_SYSTEM if code else "", code, code))


# Composites


def composite(rows: IndexValues, number: int, *parts: list[Part]) -> None:
    """Every combination of the parts, one from each list."""
    rows.composites.extend([(number, combination) for combination in product(*parts)])


def position(rows: IndexValues, number: int, value: LocationPosition) -> None:
    """Latitude, and longitude plus LONGITUDE_OFFSET, in degrees (WGS84): a location has one of each."""
    if value.latitude is not None and value.longitude is not None:
        rows.numbers.append((number, value.latitude))
        rows.numbers.append((number, value.longitude + LONGITUDE_OFFSET))


def concept_parts(parts: list[Part], value: CodeableConcept) -> None:
    """The codings of a CodeableConcept."""
    parts.extend([("token", each.system or "", each.code or "") for each in value.coding or ()])


def boolean_parts(parts: list[Part], value: bool) -> None:  # noqa: FBT001 - the value itself
    """A boolean as token."""
    parts.append(("token", BOOLEAN_SYSTEM, "true" if value else "false"))


def coding_parts(parts: list[Part], value: Coding) -> None:
    """A Coding."""
    parts.append(("token", value.system or "", value.code or ""))


def quantity_parts(parts: list[Part], value: Quantity) -> None:
    """A Quantity with a value."""
    if value.value is not None:
        parts.append(("quantity", value.value, value.system or "", value.code or "", value.unit or ""))


def range_parts(parts: list[Part], value: Range) -> None:
    """Low and high of a Range."""
    for limit in (value.low, value.high):
        if limit is not None:
            quantity_parts(parts, limit)


def date_parts(parts: list[Part], value: str, zone: tzinfo) -> None:
    """A date, dateTime or instant."""
    start, stop = span(value, zone)
    parts.append(("date", start, stop))


def period_parts(parts: list[Part], value: Period, zone: tzinfo) -> None:
    """A Period with a start or an end."""
    found = period_span(value, zone)
    if found is not None:
        parts.append(("date", *found))


def reference_parts(parts: list[Part], value: Reference) -> None:
    """Where a Reference points."""
    if value.reference is not None:
        parts.append(("reference", value.reference))


def string_parts(parts: list[Part], value: str) -> None:
    """A text."""
    parts.append(("string", value))


def number_parts(parts: list[Part], value: int | Decimal) -> None:
    """A number."""
    parts.append(("number", Decimal(value)))


# What is said of the whole resource


def known_as(rows: IndexValues, number: int, url: str | None, version: str | None) -> None:
    """The canonical url of a resource, without and with its version."""
    if url is not None:
        rows.known_as.append((number, url))
        if version is not None:
            rows.known_as.append((number, f"{url}|{version}"))


def one_patient(rows: IndexValues, number: int) -> str | None:
    """Id of the only Patient the rows of a reference parameter point to; None for none or several."""
    found: str | None = None
    for row in rows.references:
        if row[0] == number and row[1].startswith("Patient/"):
            patient = row[1][8:].partition("/")[0]
            if found is not None and found != patient:
                return None
            found = patient
    return found


def moment(rows: IndexValues, number: int) -> tuple[int, int] | None:
    """From the first to the last microsecond of a date parameter's rows; None without rows."""
    found: tuple[int, int] | None = None
    for row in rows.dates:
        if row[0] == number:
            found = (row[1], row[2]) if found is None else (min(found[0], row[1]), max(found[1], row[2]))
    return found
