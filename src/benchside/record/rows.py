"""From what a resource is found by (fhir.search) to rows of the search index.

Values that are compared whole become hashes (keys.py). A second kind of value under the same parameter (its texts,
its identifiers, a composite's last part beside its first parts) is kept under a key of its own: `keys.variant`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

from benchside.fhir.search.case import CASE_SENSITIVE, compared, has_case
from benchside.fhir.search.generated.kinds import IDENTIFIERS
from benchside.fhir.search.values import IndexValues, Part
from benchside.record.engine import Engine
from benchside.record.keys import NO_TIME, system_word, variant, word
from benchside.terms.folding import fold
from benchside.terms.quantity import UCUM_SYSTEM, USUAL_UNITS, canonical

PREFIX_LENGTH = 100
_USUAL = frozenset(USUAL_UNITS)
TOKEN = "record_token"  # noqa: S105 - a table, not a password
TOKEN_COLUMNS = ("parameter", "value", "patient", "start", "resource", "system", "stop")
TEXT_COLUMNS = ("parameter", "value", "prefix", "folded")
DATE_COLUMNS = ("parameter", "start", "stop", "patient", "resource")
QUANTITY_COLUMNS = (
    "parameter",
    "value",
    "resource",
    "system",
    "code",
    "unit",
    "patient",
)


@dataclass(slots=True)
class IndexRows:
    """Index rows of one resource before its key and its patient's key are known."""

    tokens: set[tuple[int, int, int]] = field(default_factory=set[tuple[int, int, int]])
    """(parameter, value, system)"""
    texts: set[tuple[int, int, str, str]] = field(default_factory=set[tuple[int, int, str, str]])
    dates: set[tuple[int, int, int]] = field(default_factory=set[tuple[int, int, int]])
    quantities: set[tuple[int, float, int, int, int]] = field(default_factory=set[tuple[int, float, int, int, int]])
    start: int = NO_TIME
    stop: int = NO_TIME


def text_row(parameter: int, text: str, folded: str) -> tuple[int, int, str, str]:
    """The dictionary row of a text under `parameter`."""
    return (parameter, word(text), folded[:PREFIX_LENGTH], folded)


def reference_type(reference: str) -> int:
    """The hash of the type a reference points to, where the reference says it; else 0."""
    head, slash, _ = reference.partition("/")
    return system_word(head) if slash and head.isalpha() else 0


def index_rows(values: IndexValues) -> IndexRows:
    """Turn index values into rows; equal rows fall together."""
    rows = IndexRows()
    if values.moment is not None:
        rows.start, rows.stop = values.moment
    tokens = rows.tokens
    _add_codes(rows, values)
    for number, reference in values.references:
        tokens.add((number, word(reference), reference_type(reference)))
    if values.canonicals or values.known_as:
        _add_canonicals(rows, values)
    for number, system, value in values.reference_identifiers:
        tokens.add((variant(number, "identifier"), word(value), system_word(system)))
    for number, system, code, value in values.identifier_types:
        tokens.add(
            (
                variant(number, "of-type"),
                word(f"{compared(system, code)}\x1f{value}"),
                system_word(system),
            )
        )
    for number, uri in values.uris:
        tokens.add((number, word(uri), 0))
        rows.texts.add(text_row(number, uri, uri))
    for number, text in values.strings:
        tokens.add((number, word(text), 0))
        rows.texts.add(text_row(number, text, fold(text)))
    for number, text in values.token_texts:
        key = variant(number, "text")
        tokens.add((key, word(text), 0))
        rows.texts.add(text_row(key, text, fold(text)))
    rows.dates.update(values.dates)
    rows.quantities.update([(number, float(value), 0, 0, 0) for number, value in values.numbers])
    for number, value, system, code, unit in values.quantities:
        _add_quantity(rows, number, value, system, code, unit)
    for number, parts in values.composites:
        _add_composite(rows, number, parts)
    return rows


def _add_codes(rows: IndexRows, values: IndexValues) -> None:
    for number, system, code in values.tokens:
        form = code if number in IDENTIFIERS else compared(system, code)
        rows.tokens.add((number, word(form), system_word(system)))
        if ";" in form and "/" in form:  # a MIME type with parameters, for :below
            rows.tokens.add((variant(number, "below"), word(form.partition(";")[0].strip()), 0))


def _add_canonicals(rows: IndexRows, values: IndexValues) -> None:
    for number, text in values.canonicals:
        rows.tokens.add((variant(number, "canonical"), word(text), 0))
        rows.tokens.update([(variant(number, "below"), word(part), 0) for part in version_parts(text)])
    rows.tokens.update([(variant(number, "known-as"), word(text), 0) for number, text in values.known_as])


def version_parts(text: str) -> list[str]:
    """What `:below` may ask of a canonical with a version: its url with the version, cut at each "." and "-"."""
    url, bar, version = text.partition("|")
    if not bar:
        return []
    ends = [place for place, character in enumerate(version) if character in ".-" and place]
    return [f"{url}|{version[:end]}" for end in (*ends, len(version))]


def _add_quantity(rows: IndexRows, key: int, value: Decimal, system: str, code: str, unit: str) -> None:
    """A quantity as it stands; and, where its unit is known but not usual, in base units under a key of its own."""
    rows.quantities.add((key, float(value), system_word(system), word(code), word(unit)))
    if system == UCUM_SYSTEM and code not in _USUAL:
        base = canonical(value, code)
        if base is not None:
            rows.quantities.add((variant(key, "canonical"), float(base[0]), 0, word(base[1]), 0))


def forms(part: Part) -> tuple[str, ...]:
    """The exact words a composite's leading part can be asked by: a token with and without its system."""
    match part:
        case ("token", str(system), str(code)):
            form = compared(system, code)
            return (leading_code(form, exact=system in CASE_SENSITIVE), f"{system}|{form}")
        case _:
            return (str(part[1]),)


def leading_code(form: str, *, exact: bool) -> str:
    """A code without its system as the leading part of a composite; one that is compared with its case (`exact`) is marked."""
    return f"={form}" if exact and has_case(form) else form


def composite_key(number: int, leading: tuple[str, ...]) -> int:
    """The key under which the last part of a composite is kept, for these words of its leading parts."""
    return variant(number, "composite\x1f" + "\x1f".join(leading))


def _composite_keys(number: int, parts: tuple[Part, ...]) -> Iterator[int]:
    for leading in product(*(forms(part) for part in parts[:-1])):
        yield composite_key(number, leading)


def _add_composite(rows: IndexRows, number: int, parts: tuple[Part, ...]) -> None:
    rows.tokens.add((number, 0, 0))  # presence, for :missing
    for key in _composite_keys(number, parts):
        match parts[-1]:
            case ("token", str(system), str(code)):
                rows.tokens.add((key, word(compared(system, code)), system_word(system)))
            case ("quantity", Decimal() as value, str(system), str(code), str(unit)):
                _add_quantity(rows, key, value, system, code, unit)
            case ("number", Decimal() as value):
                rows.quantities.add((key, float(value), 0, 0, 0))
            case ("date", int(start), int(stop)):
                rows.dates.add((key, start, stop))
            case ("reference", str(reference)):
                rows.tokens.add((key, word(reference), reference_type(reference)))
            case ("string", str(text)):
                rows.tokens.add((key, word(text), 0))
                rows.texts.add(text_row(key, text, fold(text)))
            case (_, uri):
                rows.tokens.add((key, word(str(uri)), 0))
                rows.texts.add(text_row(key, str(uri), str(uri)))
            case _:
                message = f"A composite cannot end in {parts[-1][0]}."
                raise AssertionError(message)


@dataclass(slots=True)
class IndexBatch:
    """Rows of many resources, written together: one statement a table."""

    tokens: list[tuple[int, int, int, int, int, int, int]] = field(default_factory=list[tuple[int, int, int, int, int, int, int]])
    texts: set[tuple[int, int, str, str]] = field(default_factory=set[tuple[int, int, str, str]])
    dates: list[tuple[int, int, int, int, int]] = field(default_factory=list[tuple[int, int, int, int, int]])
    quantities: list[tuple[int, float, int, int, int, int, int]] = field(default_factory=list[tuple[int, float, int, int, int, int, int]])

    def add(self, rows: IndexRows, key: int, patient: int) -> None:
        """Take the rows of the resource with this key, belonging to the patient with that key (0: to none)."""
        start, stop = rows.start, rows.stop
        self.tokens += [(p, value, patient, start, key, system, stop) for p, value, system in rows.tokens]
        self.texts |= rows.texts
        self.dates += [(p, begin, end, patient, key) for p, begin, end in rows.dates]
        self.quantities += [(p, v, key, system, code, unit, patient) for p, v, system, code, unit in rows.quantities]

    def write(self, engine: Engine) -> None:
        """Insert everything. Sorted first: neighbours in the index are then written while their page is at hand."""
        self.tokens.sort()
        self.dates.sort()
        self.quantities.sort()
        engine.insert(TOKEN, TOKEN_COLUMNS, self.tokens)
        engine.insert("record_text", TEXT_COLUMNS, sorted(self.texts), ignore=True)
        engine.insert("record_date", DATE_COLUMNS, self.dates)
        engine.insert("record_quantity", QUANTITY_COLUMNS, self.quantities)
