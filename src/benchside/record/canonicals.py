"""References by canonical url: the index keys at their two ends.

A resource is known as its url, and as its url with its version; a canonical reference is kept as it stands. So one
without a version meets every version, one with a version that version alone.
Source: https://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from benchside.fhir.search.generated.kinds import CANONICALS
from benchside.fhir.search.parameters import CANONICAL_TYPES, parameters
from benchside.record.keys import variant
from benchside.record.parameter_numbers import answering


@dataclass(frozen=True, slots=True)
class CanonicalKeys:
    """`sources`: under which a reference parameter keeps its canonicals; `targets`: under which their targets are known."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]


@lru_cache(maxsize=4096)
def canonical_keys(source_type: str, parameter: str, target_types: tuple[str, ...]) -> CanonicalKeys | None:
    """The keys by which `parameter` of `source_type` leads to `target_types` by canonical url; None where it never does."""
    numbers = [row.number for row in answering(parameters(source_type)[parameter]) if row.number in CANONICALS]
    return _keys(numbers, target_types)


def keys_of_numbers(numbers: Iterable[int], target_types: Iterable[str]) -> CanonicalKeys | None:
    """The same for numbers of several parameters."""
    return _keys([number for number in numbers if number in CANONICALS], target_types)


def _keys(numbers: list[int], target_types: Iterable[str]) -> CanonicalKeys | None:
    targets = tuple(variant(parameters(each)["url"].number, "known-as") for each in target_types if each in CANONICAL_TYPES)
    if not numbers or not targets:
        return None
    return CanonicalKeys(tuple(variant(number, "canonical") for number in numbers), targets)
