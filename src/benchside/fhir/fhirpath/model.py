"""What FHIRPath must know of R4's types: which elements a type has, of which types, and what it specialises."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from benchside.fhir.primitives import PRIMITIVES
from benchside.fhir.r4 import elements
from benchside.fhir.r4.names import RESOURCE_NAMES


@dataclass(frozen=True, slots=True)
class Choice:
    """One type an element may have, and the struct field that holds it: ("valueQuantity", "Quantity")."""

    field: str
    type: str


@dataclass(frozen=True, slots=True)
class Child:
    """One element of a type; more than one choice when it is `value[x]`.

    `companion` says whether a primitive may have an id and extensions of its own.
    """

    name: str
    choices: tuple[Choice, ...]
    many: bool
    companion: bool


@dataclass(frozen=True, slots=True)
class TypeModel:
    """R4's types: `children` by type and element name, `base` by type.

    Backbone elements have the names of their structs: ObservationComponent.
    """

    children: Mapping[str, Mapping[str, Child]]
    base: Mapping[str, str]
    primitives: frozenset[str]

    def is_a(self, type_name: str, ancestor: str) -> bool:
        """Whether `type_name` is `ancestor` or specialises it; System types equal FHIR's of the same name."""
        wanted = ancestor if ancestor in self.children else ancestor[:1].lower() + ancestor[1:]
        current: str | None = type_name
        while current is not None:
            if current in (ancestor, wanted):
                return True
            current = self.base.get(current)
        return False

    def is_resource(self, type_name: str) -> bool:
        """Whether `type_name` is a type of resource."""
        return self.is_a(type_name, "Resource")


def field_name(name: str) -> str:
    """The struct field of a FHIR element: Python's keywords get an underscore (`class_`)."""
    return f"{name}_" if keyword.iskeyword(name) else name


def companion_name(field: str) -> str:
    """The struct field that holds a primitive's id and extensions: `birthDate_element` (JSON `_birthDate`)."""
    return f"{field.rstrip('_')}_element"


_PRIMITIVE_BASE: Final = {
    **dict.fromkeys(("code", "id", "markdown"), "string"),
    **dict.fromkeys(("url", "canonical", "oid", "uuid"), "uri"),
    **dict.fromkeys(("positiveInt", "unsignedInt"), "integer"),
}


@cache
def _children(type_name: str) -> Mapping[str, Child]:
    if type_name in PRIMITIVES:
        return {}
    return {
        name: Child(
            name,
            tuple(Choice(field_name(held), use.code) for held, use in definition.properties),
            definition.max is None,
            definition.companion,
        )
        for name, definition in elements.elements(type_name).items()
    }


class _Children(Mapping[str, Mapping[str, Child]]):
    """Children by type, each read when first asked for."""

    def __getitem__(self, type_name: str) -> Mapping[str, Child]:
        return _children(type_name)

    def __iter__(self) -> Iterator[str]:
        return iter((*RESOURCE_NAMES, *PRIMITIVES))

    def __len__(self) -> int:
        return len(RESOURCE_NAMES) + len(PRIMITIVES)


class _Base(Mapping[str, str]):
    """The type each type specialises, each read when first asked for."""

    def __getitem__(self, type_name: str) -> str:
        if type_name in PRIMITIVES:
            return _PRIMITIVE_BASE.get(type_name, "Element")
        found = elements.base(type_name)
        if found is None:
            raise KeyError(type_name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter((*RESOURCE_NAMES, *PRIMITIVES))

    def __len__(self) -> int:
        return len(RESOURCE_NAMES) + len(PRIMITIVES)


R4: Final = TypeModel(_Children(), _Base(), PRIMITIVES)
"""The types of R4 4.0.1."""
