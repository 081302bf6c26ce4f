"""Checks that the generated structs call, for what an annotation cannot say.

Each raises ValueError in few words: the caller only learns that the struct is refused. `reading.py` then looks at the document again and
says everything that is wrong with it, in words for a person.
"""

import re
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

if TYPE_CHECKING:
    from benchside.fhir.r4 import CodeableConcept, Reference

_ID = r"[A-Za-z0-9.\-]{1,64}"
_RELATIVE = re.compile(rf"([A-Z][A-Za-z]+)(?:/{_ID}(?:/_history/{_ID})?|\?.+)\Z")
_ABSOLUTE = re.compile(rf"[a-z][a-z0-9+.\-]*://.*/([A-Z][A-Za-z]+)/{_ID}(?:/_history/{_ID})?\Z", re.DOTALL)


class Targets:
    """The resource types one element's references may point at."""

    __slots__ = ("names", "prefixes")

    def __init__(self, *names: str) -> None:
        """Take the names of the types."""
        self.names = frozenset(names)
        self.prefixes = tuple(f"{name}/" for name in names)


def type_referred_to(reference: str, known: "frozenset[str] | None" = None) -> str | None:
    """Tell which resource type a literal reference names, relative or absolute; None when it names none (urn, contained)."""
    found = _RELATIVE.match(reference) or _ABSOLUTE.match(reference)
    return found.group(1) if found else None


def check_reference(reference: "Reference", targets: Targets) -> None:
    """Raise ValueError when the reference names a type that is not allowed here."""
    text = reference.reference
    if text is not None:
        named = type_referred_to(text)
        if named is not None and named not in targets.names:
            raise ValueError("reference to a type not allowed here")


def check_concept(concept: "CodeableConcept", codes: frozenset[tuple[str, str]]) -> None:
    """Raise ValueError unless one coding of the concept is among `codes`, pairs of system and code."""
    for coding in concept.coding or ():
        if (coding.system, coding.code) in codes:
            return
    raise ValueError("no coding of the required value set")


def check_choice(struct: Any, start: int, stop: int, *, required: bool) -> None:
    """Raise ValueError unless at most one type of a choice element is given (exactly one when required).

    The choice takes fields `start` to `stop` of the struct; a primitive and its extensions are one.
    """
    names: tuple[str, ...] = struct.__struct_fields__[start:stop]
    values = astuple(struct)[start:stop]
    chosen = {name.removesuffix("_element") for name, value in zip(names, values, strict=True) if value is not None}
    if len(chosen) > 1 or (required and not chosen):
        raise ValueError("only one type of a choice may be given")


__all__ = ["Targets", "astuple", "check_choice", "check_concept", "check_reference", "type_referred_to"]
