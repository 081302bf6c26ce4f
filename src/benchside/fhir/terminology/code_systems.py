"""Code systems: what a CodeSystem resource says of a code, and which codes stand above and below it.

A hierarchy is the nesting of `CodeSystem.concept` where `hierarchyMeaning` is is-a or is not said.
Source: https://hl7.org/fhir/R4/codesystem.html#hierarchy and codesystem-operation-validate-code.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from benchside.fhir import r4
from benchside.fhir.terminology import Concept, Validation, shipped_concepts

Line = tuple[r4.CodeSystemConcept, ...]
"""A concept and those above it, the highest first."""


def _lines(concepts: list[r4.CodeSystemConcept] | None, above: Line = ()) -> Iterator[Line]:
    for concept in concepts or ():
        line = (*above, concept)
        yield line
        yield from _lines(concept.concept, line)


def _same(system: r4.CodeSystem, one: str | None, other: str) -> bool:
    return one == other if system.caseSensitive else one is not None and one.casefold() == other.casefold()


def related(system: r4.CodeSystem, code: str, direction: str) -> list[str] | None:
    """`code` and what stands "above" or "below" it; None when the system has no such code or its nesting is not is-a."""
    if system.hierarchyMeaning not in (None, "is-a"):
        return None
    lines = list(_lines(system.concept))
    own = [line for line in lines if _same(system, line[-1].code, code)]
    if not own:
        return None
    if direction == "above":
        return [concept.code for line in own for concept in line if concept.code is not None]
    top = own[0][-1]
    below = [line[-1].code for line in lines if any(concept is top for concept in line)]
    return [each for each in below if each is not None]


@cache
def _shipped(system: str) -> dict[str, Concept]:
    return {concept.code: concept for concept in shipped_concepts(system)}


def validate_code(url: str, system: r4.CodeSystem | None, code: str, display: str | None = None) -> Validation:
    """Say whether the code system `url` has `code`, and whether `display` is its display.

    `system` is its resource, where the site has one; otherwise the codes shipped with the product are looked at, and
    the result is None for a code that is not among them.
    """
    if system is not None:
        found = next((line[-1] for line in _lines(system.concept) if _same(system, line[-1].code, code)), None)
        if found is None and system.content != "complete":
            return Validation(None, f"of {url} only a part is here; whether it has '{code}' cannot be told", None)
        if found is None:
            return Validation(False, f"'{code}' is not in {url}", None)
        return _with_display(code, found.display, display, [one.value for one in found.designation or ()])
    shipped = _shipped(url)
    if code in shipped:
        return _with_display(code, shipped[code].display, display, [])
    words = "is not shipped with Benchside" if not shipped else "is shipped with Benchside in part"
    return Validation(None, f"{url} {words}; whether it has '{code}' cannot be told", None)


def _with_display(code: str, known: str | None, given: str | None, others: list[str | None]) -> Validation:
    right = [words.casefold().split() for words in (known, *others) if words is not None]
    if given is not None and right and given.casefold().split() not in right:
        return Validation(False, f"the display of '{code}' is '{known}', not '{given}'", known)
    return Validation(True, None, known)
