"""Resources shown in part: `_summary`, `_elements`, `_pretty`. What is left out is said so by the tag SUBSETTED.

A resource is taken apart into the bytes of its elements and put together again: values that stay are never decoded.
Sources: https://hl7.org/fhir/R4/search.html#summary, #elements
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import msgspec

from benchside.fhir.r4.elements import elements
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.negotiation import Presentation
from benchside.wire.fhir_api.problems import BadRequest

SUBSETTED: Final = b'{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}'
ALWAYS: Final = frozenset({"resourceType", "id", "meta"})
PRETTY_INDENT: Final = 2

_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class _Element:
    """One JSON property of a type: what it is called in FHIR, the type of its value if it is made of elements, its marks."""

    name: str
    kind: str | None
    summary: bool
    needed: bool
    modifier: bool


@cache
def _properties(kind: str) -> Mapping[str, _Element]:
    """The JSON properties of a type, those of primitive extensions (`_birthDate`) too."""
    found: dict[str, _Element] = {}
    for definition in elements(kind).values():
        for name, use in definition.properties:
            row = _Element(
                definition.name, None if use.primitive else use.code, definition.summary, definition.min > 0, definition.modifier
            )
            found[name] = row
            if definition.companion:
                found["_" + name] = row
    return found


def presented(call: Call, answer: Answer) -> Answer:
    """Apply what the call asks to be shown, unless the handler has done so; `_pretty` is applied to every JSON answer."""
    shown = call.presentation
    if not shown.whole and answer.content and not answer.presented:
        answer.content = present(answer.content, answer.resource_type, shown)
    if shown.pretty and answer.content and answer.content_type.startswith("application/fhir+json"):
        answer.content = msgspec.json.format(answer.content, indent=PRETTY_INDENT)
    return answer


def present(content: bytes, resource_type: str, shown: Presentation) -> bytes:
    """The parts of a resource that `shown` asks for; raises BadRequest for `_summary=count`, which only a search can answer."""
    if shown.summary == "count":
        raise BadRequest("_summary=count counts the matches of a search; it can't be asked for one resource.")
    parts = _decode_object(content)
    if shown.elements:
        wanted = _wanted(resource_type, shown.elements)
        parts = {name: value for name, value in parts.items() if name in wanted}
    elif shown.summary == "true":
        parts = _summary(parts, resource_type, top=True)
    elif shown.summary == "text":
        rows = _properties(resource_type)
        parts = {name: value for name, value in parts.items() if name in ALWAYS or name == "text" or rows[name].needed}
    elif shown.summary == "data":
        parts.pop("text", None)
    parts["meta"] = _subsetted(parts.get("meta"))
    return _encode(parts)


@lru_cache(maxsize=256)
def _wanted(resource_type: str, names: tuple[str, ...]) -> frozenset[str]:
    """The properties that `_elements` asks for, with those that must not be missing: mandatory and modifier elements."""
    rows = _properties(resource_type)
    asked: set[str] = set()
    for name in names:
        first, _, rest = name.partition(".")
        if first[:1].isupper():  # "Patient.name" speaks of patients alone
            asked |= {rest.partition(".")[0]} if first == resource_type else set()
        else:
            asked.add(first)
    return ALWAYS | {key for key, row in rows.items() if key in asked or row.name in asked or row.needed or row.modifier}


def _summary(parts: dict[str, msgspec.Raw], kind: str, *, top: bool) -> dict[str, msgspec.Raw]:
    rows = _properties(kind)
    kept: dict[str, msgspec.Raw] = {}
    for name, value in parts.items():
        row = rows.get(name)
        if top and name in ALWAYS:
            kept[name] = value
        elif row is not None and (row.summary or row.needed):
            kept[name] = value if row.kind is None or name.startswith("_") else _summary_value(value, row.kind)
    return kept


def _summary_value(value: msgspec.Raw, kind: str) -> msgspec.Raw:
    """The summary of a value made of elements, or of each in a list; a resource inside a resource stays whole."""
    if kind in {"Resource", "Extension", "xhtml"}:
        return value
    first = bytes(value)[:1]
    if first == b"[":
        return msgspec.Raw(_encode([_summary_value(item, kind) for item in _decode_list(value)]))
    if first != b"{":
        return value
    return msgspec.Raw(_encode(_summary(_decode_object(value), kind, top=False)))


def _subsetted(meta: msgspec.Raw | None) -> msgspec.Raw:
    parts = _decode_object(meta) if meta is not None else {}
    tags = _decode_list(parts["tag"]) if "tag" in parts else []
    parts["tag"] = msgspec.Raw(_encode([*tags, msgspec.Raw(SUBSETTED)]))
    return msgspec.Raw(_encode(parts))
