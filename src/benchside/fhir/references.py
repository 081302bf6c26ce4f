"""Find every Reference inside a resource, by way of what its types say, not by looking at every element."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, get_args, get_type_hints

import msgspec

from benchside.fhir import r4

Step = tuple[str, bool]
"""An element that can lead to a reference, and whether it repeats."""


def _structs(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for argument in get_args(annotation):
        yield from _structs(argument)


@lru_cache(maxsize=1)
def _leading() -> dict[type[msgspec.Struct], tuple[Step, ...]]:
    """For each struct, its elements through which a Reference can be reached without passing an Extension."""
    children: dict[type[msgspec.Struct], dict[str, tuple[bool, frozenset[type[msgspec.Struct]]]]] = {}
    waiting: list[type[msgspec.Struct]] = list(r4.RESOURCES.values())
    while waiting:
        struct = waiting.pop()
        if struct in children:
            continue
        hints = get_type_hints(struct)
        found: dict[str, tuple[bool, frozenset[type[msgspec.Struct]]]] = {}
        for name in struct.__struct_fields__:
            kinds = frozenset(_structs(hints[name]))
            if kinds and name not in ("extension", "modifierExtension"):
                found[name] = ("list[" in str(hints[name]), kinds)
                waiting.extend(kinds)
        children[struct] = found
    reaching: set[type[msgspec.Struct]] = {r4.Reference}
    grown = True
    while grown:
        more = {s for s, found in children.items() if s not in reaching and any(k & reaching for _, k in found.values())}
        grown = bool(more)
        reaching |= more
    return {
        struct: tuple((name, repeats) for name, (repeats, kinds) in found.items() if kinds & reaching) for struct, found in children.items()
    }


def references(node: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every Reference in `node` (a resource or a part of one) with its FHIRPath, those in extensions and contained too.

    `path` is how paths begin; by default the resource's type name. Order is the order of definition.
    """
    found: list[tuple[str, Any]] = []
    _collect(node, path or type(node).__name__, _leading(), found)
    return found


def _collect(
    node: Any,
    path: str,
    leading: dict[Any, tuple[Step, ...]],
    found: list[tuple[str, Any]],
) -> None:
    for name in ("extension", "modifierExtension"):
        for place, extension in enumerate(getattr(node, name, None) or ()):
            where = f"{path}.{name}[{place}]"
            if extension.valueReference is not None:
                found.append((f"{where}.valueReference", extension.valueReference))
            _collect(extension, where, leading, found)
    for name, repeats in leading.get(type(node), ()):
        value = getattr(node, name)
        if value is None:
            continue
        if not repeats:
            if type(value) is r4.Reference:
                found.append((f"{path}.{name}", value))
            _collect(value, f"{path}.{name}", leading, found)
            continue
        for place, item in enumerate(value):
            where = f"{path}.{name}[{place}]"
            if type(item) is r4.Reference:
                found.append((where, item))
            if item is not None:
                _collect(item, where, leading, found)
