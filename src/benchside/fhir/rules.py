"""Checks that the generated structs call, for what an annotation cannot say.

Each raises ValueError in few words: the caller only learns that the struct is refused. `reading.py` then looks at the document again and
says everything that is wrong with it, in words for a person.
"""

import re
from binascii import a2b_base64
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from benchside.fhir.r4.names import RESOURCE_NAMES

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


def type_referred_to(reference: str) -> str | None:
    """Tell which resource type a literal reference names; None when it names none (a urn, a contained resource, some other URL)."""
    found = _RELATIVE.match(reference)
    if found:
        return found.group(1)
    found = _ABSOLUTE.match(reference)
    return found.group(1) if found and found.group(1) in RESOURCE_NAMES else None


def check_reference(reference: "Reference", targets: Targets) -> None:
    """Raise ValueError when the reference names a type that is not allowed here."""
    text = reference.reference
    if text is not None:
        named = type_referred_to(text)
        if named is not None and named not in targets.names:
            raise ValueError("reference to a type not allowed here")


def is_base64(text: str) -> bool:
    """Say whether a text is base64 with its padding; white space may stand anywhere."""
    try:
        a2b_base64(text, strict_mode=True)
    except ValueError:
        packed = "".join(text.split())
        if len(packed) == len(text) or not packed:
            return False
        return is_base64(packed)
    return True


def check_base64(text: str) -> None:
    """Raise ValueError when a text is not base64."""
    if not is_base64(text):
        raise ValueError("not base64")


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


__all__ = ["Targets", "astuple", "check_base64", "check_choice", "check_concept", "check_reference", "is_base64", "type_referred_to"]
