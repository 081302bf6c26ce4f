"""The value sets Benchside ships: `$expand` and `$validate-code` as pure functions.

What is shipped and from where: tools/generate_terminology.py. A value set may be open for a system (SNOMED CT, LOINC, UCUM ...): it takes
codes of that system by a rule, and none of them, or only some, are listed here. It cannot be expanded, and a code of an open system is
neither confirmed nor refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

from benchside.fhir import r4
from benchside.fhir.primitives import MIME_TYPE_PATTERN

EXPANSION_CONCEPTS_MAX = 5_000
"""An expansion returns at most this many concepts at once; ask for the rest with an offset."""


_MIME_TYPE = re.compile(MIME_TYPE_PATTERN)
_TIMESTAMP = "2019-11-01T09:29:23+11:00"
"""The contents are those of R4 4.0.1, published then; the clock has no part in them."""


class TerminologyError(ValueError):
    """A value set cannot be used in the way that was asked."""

    code = "not-supported"
    """FHIR issue type for an OperationOutcome."""


class UnknownValueSetError(TerminologyError):
    """No value set with this URL is shipped here; load it into the site's terminology, or ask another server."""

    code = "not-found"


class NotExpandableError(TerminologyError):
    """The value set takes codes of a terminology that is not shipped here, so it cannot be listed as a whole."""

    code = "too-costly"


@dataclass(frozen=True, slots=True)
class Concept:
    """One code of one system, with the words people see."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class ValueSet:
    """One shipped value set."""

    url: str
    version: str
    name: str
    title: str
    concepts: tuple[Concept, ...]
    open: frozenset[str]
    """Systems of which it holds more codes than are listed."""


@dataclass(frozen=True, slots=True)
class Validation:
    """Whether a code is in a value set."""

    result: bool | None
    """None when it cannot be told here: the system is one the value set is open for."""
    message: str | None
    display: str | None
    """The words that belong to the code, when it is known."""


class _Row(msgspec.Struct):
    name: str
    version: str
    title: str
    open: list[str]
    systems: dict[str, list[list[str]]]


@cache
def _rows() -> dict[str, _Row]:
    raw = files("benchside.fhir.terminology").joinpath("value_sets.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, _Row])


def urls() -> tuple[str, ...]:
    """List the canonical URLs of every value set shipped."""
    return tuple(_rows())


@cache
def value_set(url: str) -> ValueSet:
    """Give a shipped value set by canonical URL, with or without `|version`; raises UnknownValueSetError."""
    plain, _, version = url.partition("|")
    row = _rows().get(plain)
    if row is None or (version and version != row.version):
        raise UnknownValueSetError(f"the value set {url} is not shipped with Benchside")
    concepts = tuple(
        Concept(system, item[0], item[1] if len(item) > 1 else item[0]) for system, items in row.systems.items() for item in items
    )
    return ValueSet(plain, row.version, row.name, row.title, concepts, frozenset(row.open))


def shipped_concepts(system: str) -> Iterator[Concept]:
    """The codes of a system that are in any value set shipped here: not always all that the system has."""
    for url, row in _rows().items():
        if system in row.systems:
            yield from (concept for concept in value_set(url).concepts if concept.system == system)


@cache
def _by_code(url: str) -> dict[tuple[str, str], Concept]:
    return {(concept.system, concept.code): concept for concept in value_set(url).concepts}


def expand(url: str, filter: str | None = None, offset: int = 0, count: int | None = None) -> r4.ValueSet:
    """Expand a value set: the concepts whose code or display holds `filter` (case does not matter), from `offset`, at most `count`.

    Raises UnknownValueSetError, NotExpandableError, or ValueError for a negative offset or count.
    """
    if offset < 0 or (count is not None and count < 0):
        raise ValueError("offset and count must not be negative")
    found = value_set(url)
    if found.open:
        systems = ", ".join(sorted(found.open))
        raise NotExpandableError(f"{found.url} takes codes of {systems}, which is not shipped with Benchside, and cannot be listed")
    wanted = filter.casefold().split() if filter else []
    chosen = [
        concept
        for concept in found.concepts
        if all(word in concept.display.casefold() or word in concept.code.casefold() for word in wanted)
    ]
    size = EXPANSION_CONCEPTS_MAX if count is None else min(count, EXPANSION_CONCEPTS_MAX)
    contains = [
        r4.ValueSetExpansionContains(system=concept.system or None, code=concept.code, display=concept.display)
        for concept in chosen[offset : offset + size]
    ]
    expansion = r4.ValueSetExpansion(timestamp=_TIMESTAMP, total=len(chosen), offset=offset, contains=contains or None)
    return r4.ValueSet(
        url=found.url,
        version=found.version or None,
        name=found.name or None,
        title=found.title or None,
        status="active",
        expansion=expansion,
    )


def validate_code(url: str, system: str | None, code: str, display: str | None = None) -> Validation:
    """Say whether a code is in a value set, and whether `display` is one of its words; raises UnknownValueSetError.

    Without a system the code must stand for one concept of the set alone, as an element of type `code` does.
    """
    found = value_set(url)
    if "urn:ietf:bcp:13" in found.open and system in (None, "urn:ietf:bcp:13"):
        return _mime_type(code)
    concepts = _by_code(found.url)
    if system is None:
        matching = [concept for concept in found.concepts if concept.code == code]
        concept = matching[0] if len(matching) == 1 else None
        if len(matching) > 1:
            systems = ", ".join(item.system for item in matching)
            return Validation(False, f"the code '{code}' is in more than one system ({systems}); name the system", None)
    else:
        concept = concepts.get((system, code))
    if concept is None:
        if system in found.open or (system is None and found.open):
            known = system or ", ".join(sorted(found.open))
            return Validation(None, f"{known} is not shipped with Benchside; whether '{code}' belongs here cannot be told", None)
        named = f"'{code}' of {system}" if system else f"'{code}'"
        return Validation(False, f"{named} is not in the value set {found.title or found.name} ({found.url})", None)
    if display is not None and display.casefold().split() != concept.display.casefold().split():
        return Validation(False, f"the display of '{code}' is '{concept.display}', not '{display}'", concept.display)
    return Validation(True, None, concept.display)


def _mime_type(code: str) -> Validation:
    if _MIME_TYPE.match(code):
        return Validation(True, None, code)
    return Validation(False, f"'{code}' is not a MIME type", None)
