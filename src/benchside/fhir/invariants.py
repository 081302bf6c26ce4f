"""Invariants of R4 that are written by hand: the ones asked most often, and those that look through a whole resource.

All others are compiled from HL7's FHIRPath into the modules of `r4`. Functions take any struct with the fields they read, and return
whether the invariant holds; None when the data do not tell.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Invariant:
    """One invariant, as the structs enforce it."""

    owner: str
    """Class of `r4` that checks it."""
    element: str | None
    """Struct field whose values it is asked of; None: of the struct itself."""
    key: str
    """HL7's key, such as `obs-6`."""
    human: str
    """HL7's words."""
    holds: Callable[[Any, Any, Any], bool | None]
    """Takes the value, its resource and the outermost resource."""
    undecided_fails: bool
    """Whether "unknown" breaks it too; usually it does not (two dates of different precision, two units without conversion)."""


def in_order(start: str | None, end: str | None) -> bool | None:
    """per-1: a period does not end before it starts."""
    if start is None or end is None:
        return True
    if len(start) == len(end) and start[19:] == end[19:]:
        return start <= end  # The same precision and the same offset: text order is time order.
    from benchside.fhir.fhirpath.runtime import compare_dates  # loaded only when offsets differ

    order = compare_dates(start, end)
    return None if order is None else order <= 0


def full_urls_differ(bundle: Any) -> bool:
    """bdl-7: no two entries have one fullUrl, unless they are different versions or the bundle is a history."""
    if bundle.type == "history":
        return True
    seen: set[tuple[str, str]] = set()
    for entry in bundle.entry or ():
        if entry.fullUrl is not None:
            meta = entry.resource.meta if entry.resource is not None else None
            key = (entry.fullUrl, (meta.versionId or "") if meta is not None else "")
            if key in seen:
                return False
            seen.add(key)
    return True


def first_entry_is(bundle: Any, kind: str, resource_type: str) -> bool:
    """bdl-11, bdl-12: a document begins with a Composition, a message with a MessageHeader."""
    if bundle.type != kind:
        return True
    first = bundle.entry[0].resource if bundle.entry else None
    return first is not None and first.resourceType == resource_type


def _all_different(values: Iterator[str]) -> bool:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return False
        seen.add(value)
    return True


def _link_ids(items: Any) -> Iterator[str]:
    for item in items or ():
        if item.linkId is not None:
            yield item.linkId
        yield from _link_ids(item.item)


def link_ids_differ(questionnaire: Any) -> bool:
    """que-2: every linkId within a questionnaire is its own."""
    return _all_different(_link_ids(questionnaire.item))


def _codes(concepts: Any) -> Iterator[str]:
    for concept in concepts or ():
        if concept.code is not None:
            yield concept.code
        yield from _codes(concept.concept)


def concept_codes_differ(code_system: Any) -> bool:
    """csd-1: every code within a code system is its own."""
    return _all_different(_codes(code_system.concept))


_OBSERVATION_VALUES = attrgetter(
    "valueQuantity", "valueCodeableConcept", "valueString", "valueBoolean", "valueInteger", "valueRange", "valueRatio", "valueSampledData",
    "valueTime", "valueDateTime", "valuePeriod", "valueString_element", "valueBoolean_element", "valueInteger_element",
    "valueTime_element", "valueDateTime_element",
)  # fmt: skip  # one name a line would be a page


def components_differ(observation: Any) -> bool:
    """obs-7: a result with a value of its own has no component with the very code of the whole."""
    if observation.code is None or all(value is None for value in _OBSERVATION_VALUES(observation)):
        return True
    own = observation.code.coding or ()
    return not any(
        coding in own for component in observation.component or () if component.code is not None for coding in component.code.coding or ()
    )
