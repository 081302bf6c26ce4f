"""Invariants of the resources that define others (StructureDefinition, CapabilityStatement ...), written by hand.

HL7's expressions for them look through hundreds of elements; compiled or interpreted they would take longer than reading the resource.
Functions take any struct with the fields they read, and return whether the invariant holds.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from msgspec.structs import astuple

_NUMBER = re.compile(r"[+-]?[0-9]+\Z")
_SIMPLE_TYPE = re.compile(r"[a-zA-Z0-9]+\Z|http://hl7\.org/fhirpath/System\.[A-Z][A-Za-z]+\Z")
_DOTTED_TYPE = re.compile(r"[a-zA-Z0-9.]+\Z|http://hl7\.org/fhirpath/System\.[A-Z][A-Za-z]+\Z")
_HL7 = "http://hl7.org/fhir/StructureDefinition"
_BOUND_TYPES = frozenset(("code", "Coding", "CodeableConcept", "Quantity", "string", "uri"))


def all_different(values: Iterable[str | None]) -> bool:
    """Say whether no value, absent ones aside, occurs twice."""
    given = [value for value in values if value is not None]
    return len(set(given)) == len(given)


def documents_differ(statement: Any) -> bool:
    """cpb-7: each profile and mode of documents once."""
    return all_different(f"{item.profile or ''} {item.mode or ''}" for item in statement.document or ())


def resource_types_differ(rest: Any) -> bool:
    """cpb-9: each resource type once."""
    return all_different(item.type for item in rest.resource or ())


def search_parameters_differ(resource: Any) -> bool:
    """cpb-12: each search parameter once."""
    return all_different(item.name for item in resource.searchParam or ())


def maximum_allows_minimum(definition: Any) -> bool | None:
    """eld-2: min is not above max."""
    if definition.min is None or definition.max is None or definition.max == "*":
        return True
    return definition.min <= int(definition.max) if _NUMBER.match(definition.max) else None


def is_maximum(maximum: str) -> bool | None:
    """eld-3: max is a number or `*`."""
    if maximum == "*":
        return True
    return int(maximum) >= 0 if _NUMBER.match(maximum) else None


def is_positive_maximum(focus: Any) -> bool | None:
    """md-1: max is a number above zero or `*`."""
    if focus.max is None or focus.max == "*":
        return True
    return int(focus.max) > 0 if _NUMBER.match(focus.max) else None


def binding_has_bound_type(definition: Any) -> bool:
    """eld-11: only coded types are bound. As HL7's expression has it, any type with a code will do."""
    types = [item.code for item in definition.type or () if item.code is not None]
    return definition.binding is None or not types or any(code is not None for code in types)


def types_differ(definition: Any) -> bool:
    """eld-13: each type once."""
    return all_different(item.code for item in definition.type or ())


def constraints_differ(definition: Any) -> bool:
    """eld-14: each constraint once."""
    return all_different(item.key for item in definition.constraint or ())


def groupings_exist(definition: Any) -> bool:
    """ig-1: a resource belongs to a grouping that is there."""
    known = {item.id for item in definition.grouping or ()}
    return all(item.groupingId in known for item in definition.resource or () if item.groupingId is not None)


def versions_are_of_guide(guide: Any) -> bool:
    """ig-2: a resource is of a version that the guide is for."""
    known = set(guide.fhirVersion or ())
    listed = guide.definition.resource if guide.definition is not None else None
    return all(version in known for item in listed or () for version in item.fhirVersion or ())


def preferred_identifiers_differ(system: Any) -> bool:
    """nsd-2: one preferred identifier of each type."""
    return all_different(item.type for item in system.uniqueId or () if item.preferred)


def no_meal_moment(repeat: Any) -> bool:
    """tim-9: an offset goes with a moment of the day that is no meal."""
    if repeat.offset is None and repeat.offset_element is None:
        return True
    return repeat.when is not None and not any(moment in ("C", "CM", "CD", "CV") for moment in repeat.when)


def whole_number(count: Any) -> bool:
    """cnt-3: a count is a whole number without unit, `1` in UCUM."""
    ucum = count.system is None or count.system == "http://unitsofmeasure.org"
    coded = count.code is not None or count.value is None
    whole = count.value is None or "." not in str(count.value)
    return ucum and coded and (count.code is None or count.code == "1") and whole


def _elements(view: Any) -> list[Any]:
    return (view.element or []) if view is not None else []


def _roots(definition: Any) -> Iterator[Any]:
    for view in (definition.snapshot, definition.differential):
        for element in _elements(view):
            if element.path is not None and "." not in element.path:
                yield element


@cache
def _default_values(fields: tuple[str, ...]) -> tuple[int, int]:
    places = [place for place, name in enumerate(fields) if name.startswith("defaultValue")]
    return places[0], places[-1] + 1


def _has_default(element: Any) -> bool:
    start, stop = _default_values(element.__struct_fields__)
    return astuple(element)[start:stop].count(None) != stop - start


def paths_differ(definition: Any) -> bool:
    """sdf-1: element paths are unique unless the definition is a constraint."""
    if definition.derivation == "constraint":
        return True
    return all_different(element.path for element in _elements(definition.snapshot))


def root_is_plain(definition: Any) -> bool:
    """sdf-9: the first element has no label, code or requirements."""
    return all(root.label is None and root.code is None and root.requirements is None for root in _roots(definition))


def first_path_is_type(definition: Any) -> bool:
    """sdf-11: the first path is the type, unless the model is logical."""
    if definition.kind == "logical" or definition.snapshot is None:
        return True
    found = _elements(definition.snapshot)
    return not found or found[0].path == definition.type


def snapshot_ids_differ(definition: Any) -> bool:
    """sdf-16: every element of the snapshot has an id of its own."""
    ids = [element.id for element in _elements(definition.snapshot)]
    return None not in ids and all_different(ids)


def differential_ids_differ(definition: Any) -> bool:
    """sdf-17: every element of the differential has an id of its own."""
    ids = [element.id for element in _elements(definition.differential)]
    return None not in ids and all_different(ids)


def hl7_types_are_simple(definition: Any) -> bool:
    """sdf-19: definitions of HL7 use only the types of FHIR."""
    if definition.url is None or not definition.url.startswith(_HL7):
        return True
    return all(
        pattern.match(use.code)
        for view, pattern in ((definition.differential, _SIMPLE_TYPE), (definition.snapshot, _DOTTED_TYPE))
        for element in _elements(view)
        for use in element.type or ()
        if use.code is not None
    )


def defaults_only_in_specialization(definition: Any) -> bool | None:
    """sdf-21: default values only when the definition is a specialization."""
    if not any(_has_default(element) for element in _elements(definition.differential)):
        return True
    return None if definition.derivation is None else definition.derivation == "specialization"


def hl7_has_no_defaults(definition: Any) -> bool:
    """sdf-22: FHIR's own definitions have no default values."""
    if definition.url is None or not definition.url.startswith(_HL7):
        return True
    views = (definition.snapshot, definition.differential)
    return not any(_has_default(element) for view in views for element in _elements(view))


def root_has_no_slice(definition: Any) -> bool:
    """sdf-23: the first element has no slice name."""
    return all(root.sliceName is None for root in _roots(definition))


def _all_begin_with(elements: list[Any], beginning: str) -> bool:
    return all(element.path is None or element.path.startswith(beginning) for element in elements)


def snapshot_paths_begin_with_type(snapshot: Any, definition: Any) -> bool:
    """sdf-8: in a snapshot every path begins with the first, which is the type unless the model is logical."""
    found = _elements(snapshot)
    if not found:
        return True
    first = found[0].path
    if definition.kind != "logical" and None not in (first, definition.type) and first != definition.type:
        return False
    return _all_begin_with(found[1:], f"{first or ''}.")


def differential_paths_begin_with_type(differential: Any, definition: Any) -> bool:
    """sdf-8a: in a differential every path begins with the root of the first, which begins with the type unless logical."""
    found = _elements(differential)
    if not found:
        return True
    first = found[0].path
    if definition.kind != "logical" and None not in (first, definition.type) and not first.startswith(definition.type):
        return False
    return _all_begin_with(found[1:], (first or "").partition(".")[0] + ".")
