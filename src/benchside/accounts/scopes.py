"""SMART v2 scopes: what a string such as `user/Observation.rs` allows, and the one function that every door asks.

Source: SMART App Launch 2.2, "Scopes for requesting FHIR Resources"
(https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from benchside.accounts.principal import Principal
from benchside.fhir.r4.names import RESOURCE_NAMES

Interaction = Literal["c", "r", "u", "d", "s"]
Reach = Literal["none", "patient", "all"]

EVERY_TYPE: Final = "*"
SCOPES_CACHED_MAX: Final = 1024
_SCOPE: Final = re.compile(r"(?P<context>patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]+)\.(?P<letters>c?r?u?d?s?)")


class UnknownScope(ValueError):
    """The text is not a scope that Benchside grants. Write it like user/Observation.rs, letters in the order c r u d s."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope: in which context, on which resource type ("*" is all), which of the letters c r u d s."""

    context: Literal["patient", "user", "system"]
    resource_type: str
    letters: str

    def __str__(self) -> str:
        return f"{self.context}/{self.resource_type}.{self.letters}"


def parse_scope(text: str) -> Scope:
    """Read one scope; raises UnknownScope.

    A scope with a search part (`?category=...`) is refused rather than widened: granting it whole would give more than asked.
    """
    match = _SCOPE.fullmatch(text)
    if match is None or not match["letters"]:
        raise UnknownScope(text)
    if match["type"] != EVERY_TYPE and match["type"] not in RESOURCE_NAMES:
        raise UnknownScope(f"{text}: R4 has no resource named {match['type']}")
    context = match["context"]
    if context == "patient":
        return Scope("patient", match["type"], match["letters"])
    return Scope("user" if context == "user" else "system", match["type"], match["letters"])


@lru_cache(maxsize=SCOPES_CACHED_MAX)
def _granted(scopes: frozenset[str]) -> dict[tuple[str, str], Reach]:
    """Spread scopes out into (resource type, letter) -> how far it reaches."""
    granted: dict[tuple[str, str], Reach] = {}
    for scope in map(parse_scope, sorted(scopes)):
        for letter in scope.letters:
            key = (scope.resource_type, letter)
            if scope.context != "patient":
                granted[key] = "all"
            else:
                granted.setdefault(key, "patient")
    return granted


def reach(principal: Principal, resource_type: str, interaction: Interaction | str) -> Reach:
    """Say how far `principal` may go: "all" resources of the type, those of their own "patient" only, or "none".

    A door that gets "patient" confines what it does to the compartment of `principal.patient`.
    """
    granted = _granted(principal.scopes)
    found = {granted.get((resource_type, interaction), "none"), granted.get((EVERY_TYPE, interaction), "none")}
    if "all" in found:
        return "all"
    return "patient" if "patient" in found and principal.patient else "none"


def permits(principal: Principal, resource_type: str, interaction: Interaction | str) -> bool:
    """Say whether `principal` may do `interaction` (c create, r read, u update, d delete, s search) on `resource_type` at all.

    Access to a patient's own data is permitted too, and then confined: see `reach`.
    """
    return reach(principal, resource_type, interaction) != "none"


def narrowed(scopes: frozenset[str], by: Iterable[str]) -> frozenset[str]:
    """Return those parts of `scopes` that `by` also allows; a token can take away from its owner's roles, never add.

    `patient/` in `by` confines a `user/` or `system/` right to one patient. Raises UnknownScope.
    """
    granted = _granted(scopes)
    kept: set[str] = set()
    for wish in map(parse_scope, by):
        for resource_type in _named_types(granted, wish.resource_type):
            for letter in wish.letters:
                whole = _reach_of(granted, resource_type, letter)
                if whole == "all":
                    kept.add(f"{wish.context}/{resource_type}.{letter}")
                elif whole == "patient":
                    kept.add(f"patient/{resource_type}.{letter}")
    return frozenset(kept)


def _reach_of(granted: dict[tuple[str, str], Reach], resource_type: str, letter: str) -> Reach:
    found = {granted.get((resource_type, letter), "none"), granted.get((EVERY_TYPE, letter), "none")}
    return "all" if "all" in found else "patient" if "patient" in found else "none"


def _named_types(granted: dict[tuple[str, str], Reach], wished: str) -> Iterable[str]:
    """For a wish for every type, the types that the owner was given by name, and "*" itself."""
    return {resource_type for resource_type, _ in granted} if wished == EVERY_TYPE else (wished,)
