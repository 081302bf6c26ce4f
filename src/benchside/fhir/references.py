"""Find every Reference inside a resource, by way of what its types say, not by looking at every element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from operator import attrgetter
from typing import Any, get_args, get_type_hints

import msgspec

from benchside.fhir import r4

Step = tuple[str, bool]
"""An element that can lead to a reference, and whether it repeats."""

_ANY_RESOURCE = len(r4.RESOURCES)
"""An element that may hold so many kinds of struct holds any resource."""


def _structs(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for argument in get_args(annotation):
        yield from _structs(argument)


@cache
def _children(struct: type[msgspec.Struct]) -> tuple[tuple[str, bool, frozenset[type[msgspec.Struct]]], ...]:
    """The elements of a struct that hold structs, extensions left out: name, whether it repeats, which structs."""
    hints = get_type_hints(struct)
    held = ((name, hints[name]) for name in struct.__struct_fields__ if name not in ("extension", "modifierExtension"))
    return tuple((name, "list[" in str(hint), kinds) for name, hint in held if (kinds := frozenset(_structs(hint))))


@cache
def _reaches(struct: type[msgspec.Struct]) -> bool:
    """Whether a Reference can be reached from `struct` without passing an Extension; where any resource may stand, it can."""
    met, waiting = {struct}, [struct]
    while waiting:
        one = waiting.pop()
        if one is r4.Reference:
            return True
        for _, _, kinds in _children(one):
            if len(kinds) >= _ANY_RESOURCE:
                return True
            waiting += [kind for kind in kinds if kind not in met]
            met |= kinds
    return False


def _leading(struct: type[msgspec.Struct]) -> tuple[Step, ...]:
    """The elements of a struct through which a Reference can be reached without passing an Extension.

    Asked of one struct at a time, since a process meets few of the thousand there are.
    """
    return tuple(
        (name, repeats)
        for name, repeats, kinds in _children(struct)
        if len(kinds) >= _ANY_RESOURCE or any(_reaches(kind) for kind in kinds)
    )


Getter = Callable[[Any], tuple[Any, ...]]
"""Gives several elements of a struct at once."""


def _getter(names: tuple[str, ...]) -> Getter:
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda _: ()
    one = attrgetter(*names)
    return lambda struct: (one(struct),)


@cache
def _leads(struct: type[msgspec.Struct]) -> tuple[Getter, tuple[Step, ...]]:
    """How to get, at once, all elements of a struct that may lead to a reference, and their names and whether they repeat."""
    own = [(name, True) for name in ("extension", "modifierExtension") if name in struct.__struct_fields__]
    steps = [*own, *_leading(struct)]
    if struct is r4.Extension:
        steps.append(("valueReference", False))
    return _getter(tuple(name for name, _ in steps)), tuple(steps)


@cache
def _leads_by_number(struct: type[msgspec.Struct]) -> tuple[Getter, Getter]:
    """How to get the elements of `_leads` that do not repeat, and those that do."""
    _, steps = _leads(struct)
    return _getter(tuple(name for name, repeats in steps if not repeats)), _getter(tuple(name for name, repeats in steps if repeats))


def references(node: Any, path: str = "") -> list[tuple[str, r4.Reference]]:
    """Every Reference in `node` (a resource or a part of one) with its FHIRPath, those in contained resources too.

    References in extensions are found at the resource, its backbone elements, and wherever the way to another
    reference leads. `path` is how paths begin; by default the resource's type name.
    """
    found: list[tuple[str, r4.Reference]] = []
    _collect(node, path or type(node).__name__, found)
    return found


def _collect(node: Any, path: str, found: list[tuple[str, r4.Reference]]) -> None:
    getter, steps = _leads(type(node))  # pyright: ignore[reportUnknownArgumentType] # any struct
    for (name, repeats), value in zip(steps, getter(node), strict=True):
        if value is None:
            continue
        for place, item in enumerate(value if repeats else (value,)):
            if item is None:
                continue
            where = f"{path}.{name}[{place}]" if repeats else f"{path}.{name}"
            if type(item) is r4.Reference:
                found.append((where, item))
            _collect(item, where, found)


def reference_elements(node: Any) -> list[r4.Reference]:
    """The References that `references` finds, without their paths and several times faster, in no promised order."""
    found: list[r4.Reference] = []
    waiting: list[Any] = [node]
    while waiting:
        item = waiting.pop()
        if type(item) is r4.Reference:
            found.append(item)
            if item.identifier is None and item.extension is None:
                continue
        single, repeated = _leads_by_number(type(item))  # pyright: ignore[reportUnknownArgumentType] # any struct
        waiting.extend(filter(None, single(item)))
        for several in filter(None, repeated(item)):
            waiting.extend(filter(None, several))
    return found
