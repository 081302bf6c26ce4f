"""Contained resources and the references to them: dom-2 to dom-5, ref-1, and the types such references may point at.

These rules look at a resource as a whole, so no struct can check them for itself. They are asked only of documents that contain
resources, or references beginning with `#`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from keyword import iskeyword
from typing import Any

import msgspec

from benchside.fhir.fault import Fault
from benchside.fhir.r4.elements import ElementType, elements
from benchside.fhir.r4.names import RESOURCE_NAMES
from benchside.fhir.rules import Notes

_URIS = frozenset(("uri", "url", "canonical"))
_ANY_RESOURCE = "Resource"


@dataclass(frozen=True, slots=True)
class _Step:
    """A field that may lead to a resource, or hold something that refers to one."""

    field: str
    json_name: str
    many: bool
    kind: str  # "resource", "reference", "uri" or "struct"
    targets: frozenset[str]


def _field(json_name: str) -> str:
    return json_name + "_" if iskeyword(json_name) else json_name


def _kind(use: ElementType) -> str | None:
    if use.code == _ANY_RESOURCE:
        return "resource"
    if use.code == "Reference":
        return "reference"
    if use.primitive:
        return "uri" if use.code in _URIS else None
    return "struct"


@cache
def _steps(type_name: str) -> tuple[_Step, ...]:
    found: list[_Step] = []
    for definition in elements(type_name).values():
        for json_name, use in definition.properties:
            kind = _kind(use)
            if kind:
                targets = frozenset[str]() if _ANY_RESOURCE in use.targets else frozenset(use.targets)
                found.append(_Step(_field(json_name), json_name, definition.max is None, kind, targets))
            if use.primitive and definition.companion:
                found.append(_Step(json_name + "_element", "_" + json_name, definition.max is None, "struct", frozenset()))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Found:
    """Something met on a walk: a nested resource, a reference or a URI."""

    path: str
    kind: str
    value: Any
    targets: frozenset[str]


def _walk(struct: Any, path: str) -> Iterator[_Found]:
    """Go through one resource or element without entering the resources inside it."""
    for step in _steps(type(struct).__name__):
        held = getattr(struct, step.field)
        if held is None:
            continue
        for place, value in enumerate(held) if step.many else ((None, held),):
            if value is None:
                continue
            here = f"{path}.{step.json_name}" + ("" if place is None else f"[{place}]")
            if step.kind == "struct":
                yield from _walk(value, here)
                continue
            yield _Found(here, step.kind, value, step.targets)
            if step.kind == "reference":
                yield from _walk(value, here)


def _meta_faults(resource: Any, path: str) -> Iterator[Fault]:
    if getattr(resource, "contained", None):
        yield Fault(path, "invariant", "a contained resource must not contain others; move them up beside it", "dom-2")
    meta = resource.meta
    if meta is None:
        return
    if meta.versionId is not None or meta.lastUpdated is not None:
        words = "a contained resource has no versions of its own; leave out meta.versionId and meta.lastUpdated"
        yield Fault(f"{path}.meta", "invariant", words, "dom-4")
    if meta.security is not None:
        yield Fault(f"{path}.meta.security", "invariant", "a contained resource has no security label of its own", "dom-5")


def _reference_faults(found: _Found, root: Any, contained: dict[str, Any]) -> Iterator[Fault]:
    text: str | None = found.value.reference
    if text is None or not text.startswith("#"):
        return
    meant = root if text == "#" else contained.get(text[1:])
    path = f"{found.path}.reference"
    if meant is None:
        words = f"there is no contained resource with the id '{text[1:][:64]}'; contain it, or refer to it where it is"
        yield Fault(path, "invariant", words, "ref-1")
    elif found.targets and type(meant).__name__ not in found.targets:
        allowed = ", ".join(sorted(found.targets))
        yield Fault(path, "value", f"must refer to one of {allowed}; '{text[:64]}' is a {type(meant).__name__}")


def _one(root: Any, path: str) -> Iterator[Fault]:
    """Check one resource that is nobody's part, with what it contains."""
    inside: list[Any] = list(getattr(root, "contained", None) or ())
    contained = {resource.id: resource for resource in inside if resource.id is not None}
    referred: set[str] = set()
    to_root = [False] * len(inside)
    nested: list[_Found] = []
    walks: list[tuple[int | None, Any, str]] = [(None, root, path)]
    walks += [(place, resource, f"{path}.contained[{place}]") for place, resource in enumerate(inside)]
    for owner, resource, where in walks:
        for found in _walk(resource, where):
            if found.kind == "resource":
                nested.append(found)
                continue
            text = found.value.reference if found.kind == "reference" else found.value
            if text is not None and text.startswith("#"):
                referred.add(text[1:])
                if owner is not None and text == "#":
                    to_root[owner] = True
            if found.kind == "reference":
                yield from _reference_faults(found, root, contained)
    for place, resource in enumerate(inside):
        here = f"{path}.contained[{place}]"
        yield from _meta_faults(resource, here)
        if resource.id not in referred and not to_root[place]:
            words = "a contained resource must be referred to ('#' and its id) by the resource around it, or refer to it ('#')"
            yield Fault(here, "invariant", words, "dom-3")
    for found in nested:
        if not found.path.startswith(f"{path}.contained["):
            yield from _one(found.value, found.path)


def _containing(resource: Any) -> list[Any]:
    """Find the resources that contain others: a resource itself, or the entries of a Bundle in their order."""
    if type(resource).__name__ != "Bundle":
        return [resource]
    carried = [entry.resource for entry in resource.entry or ()]
    return [each for each in carried if getattr(each, "contained", None) is not None]


def _plainly_contained(resource: Any) -> dict[str, str] | None:
    """Give the type of each contained resource by its `#id`; None when something about them is rare."""
    types: dict[str, str] = {}
    listed: list[Any] = getattr(resource, "contained", None) or []
    for inside in listed:
        if inside.meta is not None or inside.id is None or getattr(inside, "contained", None) is not None:
            return None
        if not hasattr(inside, "contained"):
            return None
        types["#" + inside.id] = type(inside).__name__
    return types if len(types) == len(listed) else None


def is_plainly_sound(resource: Any, noted: Notes) -> bool:
    """Say, from what was noted while it was decoded, whether a resource and what it contains refer to each other as they should.

    So it is when exactly the contained resources are referred to, each by `#id` and with an allowed type; in a Bundle so for each entry.
    False may also mean that only `contained_faults` can tell: for Parameters, for references to the whole (`#`), and rare forms.
    """
    around = _containing(resource)
    if len(noted.local) == noted.local.maxlen or noted.local.count("") != len(around):
        return False
    found: dict[str, set[str]] = {}
    rest = iter(noted.local)
    for each in around:
        types = _plainly_contained(each)
        # An empty text was noted at the end of each resource that contains others, after all references in it. One that refers to
        # contained resources and has none was noted with an empty text too, and the counts above differ.
        if types is None or set(iter(rest.__next__, "")) != types.keys():
            return False
        for text, name in types.items():
            found.setdefault(text, set()).add(name)
    if next(rest, None) is not None:
        return False
    return all(found[text] <= allowed for text, allowed in noted.restricted)


def contained_faults(resource: msgspec.Struct, path: str | None = None) -> tuple[Fault, ...]:
    """Tell what is wrong with contained resources and references to them, in a resource and those it carries (Bundle, Parameters)."""
    name = type(resource).__name__
    assert name in RESOURCE_NAMES
    return tuple(_one(resource, path or name))
