"""Reasons of an order: ICD-10-CM, the frequent ones first, by their usual names in English and Spanish (reasons.yaml)."""

from collections.abc import Mapping
from functools import cache

import msgspec

from benchside.fhir.terminology.icd10cm import diagnosis, find_diagnoses
from benchside.terms.folding import fold
from benchside.terms.package_data import package_table

FOUND_MAX = 12


class Frequent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frequent reason: its Spanish name, and what else people call it in both languages."""

    es: str
    also: tuple[str, ...] = ()


@cache
def package_reasons() -> Mapping[str, Frequent]:
    """Return the frequent reasons by ICD-10-CM code."""
    return package_table("benchside.areas.laboratory", "reasons.yaml", dict[str, Frequent])


def reason_name(code: str, language: str) -> str:
    """What a reason is called; English where there is no Spanish name, the code itself when it is not known."""
    if language == "es" and code in package_reasons():
        return package_reasons()[code].es
    known = diagnosis(code)
    return known.name if known is not None else code


@cache
def _words() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The folded words by which each frequent reason is found."""
    return tuple(
        (code, tuple(fold(f"{reason_name(code, 'en')} {one.es} {' '.join(one.also)} {code}").replace("(", " ").replace(",", " ").split()))
        for code, one in package_reasons().items()
    )


def find_reasons(typed: str, language: str) -> list[tuple[str, str]]:
    """(code, name) that fit, at most FOUND_MAX: the frequent ones first, then every other code."""
    words = fold(typed[:80]).split()
    if not words:
        return []
    found: dict[str, None] = {}
    for code, parts in _words():
        if all(any(part.startswith(word) for part in parts) for word in words):
            found[code] = None
    if len(found) < FOUND_MAX:
        found |= dict.fromkeys(one.code for one in find_diagnoses(typed, limit=FOUND_MAX))
    return [(code, reason_name(code, language)) for code in list(found)[:FOUND_MAX]]
