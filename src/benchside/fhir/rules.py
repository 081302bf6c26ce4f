"""Checks that the generated structs call, for what an annotation cannot say.

Each raises ValueError in few words: the caller only learns that the struct is refused. `reading.py` then looks at the document again and
says everything that is wrong with it, in words for a person.
"""

import re
import threading
from binascii import a2b_base64
from collections import deque
from decimal import Decimal
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from benchside.fhir.invariants import (
    Invariant,
    components_differ,
    concept_codes_differ,
    first_entry_is,
    full_urls_differ,
    in_order,
    link_ids_differ,
)
from benchside.fhir.invariants_of_definitions import (
    binding_has_bound_type,
    constraints_differ,
    defaults_only_in_specialization,
    differential_ids_differ,
    differential_paths_begin_with_type,
    documents_differ,
    first_path_is_type,
    groupings_exist,
    hl7_has_no_defaults,
    hl7_types_are_simple,
    is_maximum,
    is_positive_maximum,
    maximum_allows_minimum,
    no_meal_moment,
    paths_differ,
    preferred_identifiers_differ,
    resource_types_differ,
    root_has_no_slice,
    root_is_plain,
    search_parameters_differ,
    snapshot_ids_differ,
    snapshot_paths_begin_with_type,
    types_differ,
    versions_are_of_guide,
    whole_number,
)
from benchside.fhir.narrative import check_narrative
from benchside.fhir.primitives import CODE_PATTERN
from benchside.fhir.r4.names import RESOURCE_NAMES

if TYPE_CHECKING:
    from benchside.fhir.r4 import CodeableConcept, Extension, Reference

DECIMAL_EXPONENT_MAX = 6_144
"""The range of IEEE 754 decimal128. A larger number would be cheap to send and ruinous to calculate with."""

_ID = r"[A-Za-z0-9.\-]{1,64}"
_RELATIVE = re.compile(rf"([A-Z][A-Za-z]+)(?:/{_ID}(?:/_history/{_ID})?|\?.+)\Z")
_ABSOLUTE = re.compile(rf"[a-z][a-z0-9+.\-]*://.*/([A-Z][A-Za-z]+)/{_ID}(?:/_history/{_ID})?\Z", re.DOTALL)
_CODE = re.compile(CODE_PATTERN)

LOCAL_REFERENCES_MAX = 10_000
"""A document with more references to contained resources than this is always looked at twice."""


class Notes:
    """What structs note about the document that is being decoded, because no struct can judge it alone."""

    __slots__ = ("doubted", "local", "restricted")

    def __init__(self) -> None:
        """Begin with nothing noted."""
        self.doubted = False
        """Something rare is in it that only a second, slower look can judge."""
        self.local: deque[str] = deque(maxlen=LOCAL_REFERENCES_MAX)
        """The references beginning with `#`; an empty text for each resource that contains others, and for each entry that should."""
        self.restricted: deque[tuple[str, frozenset[str]]] = deque(maxlen=LOCAL_REFERENCES_MAX)
        """Those of them that may only point at certain types, with the types."""

    def clear(self) -> None:
        """Forget everything, before a document is decoded."""
        self.doubted = False
        self.local.clear()
        self.restricted.clear()


class _Thread(threading.local):
    """A thread decodes one document at a time, without pause: its notes are of that document."""

    def __init__(self) -> None:
        self.notes = Notes()


_thread = _Thread()


def notes() -> Notes:
    """Give the notes of this thread."""
    return _thread.notes


def doubt() -> None:
    """Note that the document needs a second look."""
    _thread.notes.doubted = True


def note_local(reference: str) -> None:
    """Note a reference beginning with `#`; an empty text says that a resource contains others."""
    _thread.notes.local.append(reference)


def end_local() -> None:
    """Note the end of an entry of a Bundle, when it refers to contained resources and contains none."""
    local = _thread.notes.local
    if local and local[-1]:
        local.append("")


def check_aligned(values: "list[Any] | None", companions: "list[Any] | None") -> None:
    """Raise ValueError unless each null among primitive values has something to say beside it (`_given`), and both lists are as long."""
    if values is None:
        values = [None] * len(companions or ())
    if companions is None:
        companions = [None] * len(values)
    if len(values) != len(companions):
        raise ValueError("lists of values and of their extensions differ in length")
    for value, companion in zip(values, companions, strict=True):
        if value is None and (companion is None or companion.extension is None):
            raise ValueError("null without extensions")


class Targets:
    """The resource types one element's references may point at; `prefixes` begin the references that need no closer look."""

    __slots__ = ("names", "prefixes")

    def __init__(self, *names: str) -> None:
        """Take the names of the types."""
        self.names = frozenset(names)
        self.prefixes = (*(f"{name}/" for name in names), "urn:")


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
    if text is None:
        return
    if text[0] == "#":
        _thread.notes.restricted.append((text, targets.names))
    else:
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


def is_code(text: str) -> bool:
    """Say whether a text is a code: no white space around it, none but single blanks inside."""
    return _CODE.match(text) is not None


def check_code(text: str) -> None:
    """Raise ValueError when a text is not a code."""
    if not is_code(text):
        raise ValueError("not a code")


def check_uri(text: str) -> None:
    """Raise ValueError: called only for a text that has white space in it."""
    raise ValueError(f"white space in the URI {text[:40]!r}")


def is_usable(number: Decimal) -> bool:
    """Say whether a number lies in the range that can be calculated with."""
    return -DECIMAL_EXPONENT_MAX <= number.adjusted() <= DECIMAL_EXPONENT_MAX


def check_decimal(number: Decimal) -> None:
    """Raise ValueError when a number is outside the range that can be calculated with."""
    if not -DECIMAL_EXPONENT_MAX <= number.adjusted() <= DECIMAL_EXPONENT_MAX:
        raise ValueError("number out of range")


def check_concept(concept: "CodeableConcept", codes: frozenset[tuple[str, str]]) -> None:
    """Raise ValueError unless one coding of the concept is among `codes`, pairs of system and code.

    A concept without any coding may give its reason for that as an extension on itself.
    """
    if concept.coding is None and concept.extension is not None and concept.text is None:
        return
    for coding in concept.coding or ():
        if (coding.system, coding.code) in codes:
            return
    raise ValueError("no coding of the required value set")


def chosen(struct: Any, start: int, stop: int) -> set[str]:
    """List the types given for a choice element that takes fields `start` to `stop`; a primitive and its extensions are one."""
    names: tuple[str, ...] = struct.__struct_fields__[start:stop]
    values = astuple(struct)[start:stop]
    return {name.removesuffix("_element") for name, value in zip(names, values, strict=True) if value is not None}


def check_choice(struct: Any, start: int, stop: int, *, required: bool) -> None:
    """Raise ValueError unless at most one type of a choice element is given (exactly one when required)."""
    given = len(chosen(struct, start, stop))
    if given > 1 or (required and not given):
        raise ValueError("only one type of a choice may be given")


def check_extension(extension: "Extension") -> None:
    """Raise ValueError unless the extension has one value or extensions of its own, not both (ext-1)."""
    fields = extension.__struct_fields__
    given = len(chosen(extension, fields.index("url") + 1, len(fields)))
    if given > 1 or (given == 1) == (extension.extension is not None):
        raise ValueError("ext-1")


@cache
def _fhirpath() -> ModuleType:
    """Load the language when an invariant first needs it."""
    from benchside.fhir.fhirpath import runtime

    return runtime


def compare_dates(left: str, right: str) -> int | None:
    """Order two dates or times: below zero, zero or above; None when their precision does not say."""
    return _fhirpath().compare_dates(left, right)


def matches(text: str, pattern: str) -> bool:
    """FHIRPath `matches()`."""
    return _fhirpath().matches(text, pattern)


def quantity_order(left: Any, right: Any) -> int | None:
    """Order two quantities: below zero, zero or above; None when their units cannot be compared."""
    return _fhirpath().quantity_order(left, right)


def truth_of(expression: str, type_name: str, this: Any, resource: Any, root: Any) -> bool | None:
    """Evaluate an invariant that could not be compiled."""
    return _fhirpath().truth_of(expression, type_name, this, resource, root)


__all__ = [
    "DECIMAL_EXPONENT_MAX",
    "Invariant",
    "Notes",
    "Targets",
    "astuple",
    "binding_has_bound_type",
    "check_aligned",
    "check_base64",
    "check_choice",
    "check_code",
    "check_concept",
    "check_decimal",
    "check_extension",
    "check_narrative",
    "check_reference",
    "check_uri",
    "chosen",
    "compare_dates",
    "components_differ",
    "concept_codes_differ",
    "constraints_differ",
    "defaults_only_in_specialization",
    "differential_ids_differ",
    "differential_paths_begin_with_type",
    "documents_differ",
    "doubt",
    "end_local",
    "first_entry_is",
    "first_path_is_type",
    "full_urls_differ",
    "groupings_exist",
    "hl7_has_no_defaults",
    "hl7_types_are_simple",
    "in_order",
    "is_base64",
    "is_code",
    "is_maximum",
    "is_positive_maximum",
    "is_usable",
    "link_ids_differ",
    "matches",
    "maximum_allows_minimum",
    "no_meal_moment",
    "note_local",
    "notes",
    "paths_differ",
    "preferred_identifiers_differ",
    "quantity_order",
    "resource_types_differ",
    "root_has_no_slice",
    "root_is_plain",
    "search_parameters_differ",
    "snapshot_ids_differ",
    "snapshot_paths_begin_with_type",
    "truth_of",
    "type_referred_to",
    "types_differ",
    "versions_are_of_guide",
    "whole_number",
]
