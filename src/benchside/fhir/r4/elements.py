"""The element definitions of every R4 type, for code that walks any resource: validation, XML, FHIRPath, summaries.

Read from `elements.json` (written by tools/generate_r4.py) when first asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec

from benchside.fhir.primitives import PRIMITIVES


@dataclass(frozen=True, slots=True)
class ElementType:
    """One type an element may have: a class name of `r4`, or a primitive in FHIR's words (`dateTime`)."""

    code: str
    targets: tuple[str, ...]
    """Resource types a Reference may point at; empty: any."""
    profiles: tuple[str, ...]
    """Profiles the value must meet, such as `SimpleQuantity`."""

    @property
    def primitive(self) -> bool:
        """Say whether this is a primitive type."""
        return self.code in PRIMITIVES


@dataclass(frozen=True, slots=True)
class ElementDefinition:
    """One element of a type."""

    name: str
    """FHIR name without `[x]`: `status`, `value`."""
    min: int
    max: int | None
    """1, or None for any number."""
    choice: bool
    """Whether the name ends in `[x]`: one of several types, at most one at a time."""
    types: tuple[ElementType, ...]
    binding: str | None
    """Canonical URL of the value set, without version."""
    strength: str | None
    """`required`, `extensible`, `preferred` or `example`."""
    summary: bool
    modifier: bool
    companion: bool
    """Whether a primitive value may carry an id and extensions (`_birthDate`)."""

    @property
    def targets(self) -> frozenset[str]:
        """Collect the resource types that references in this element may point at; empty: any, or no reference."""
        return frozenset(target for use in self.types for target in use.targets)

    @property
    def properties(self) -> tuple[tuple[str, ElementType], ...]:
        """List the JSON properties this element may appear as, each with its type."""
        if not self.choice:
            return ((self.name, self.types[0]),)
        return tuple(
            (self.name + use.code[0].upper() + use.code[1:], use) for use in self.types
        )


class _Row(msgspec.Struct):
    kind: str
    path: str
    base: str
    elements: list[list[object]]


@cache
def _table() -> dict[str, _Row]:
    raw = files("benchside.fhir.r4").joinpath("elements.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, _Row])


def _element_type(raw: object) -> ElementType:
    if isinstance(raw, str):
        return ElementType(raw, (), ())
    code, targets, *profiles = msgspec.convert(raw, list[str | list[str]])
    return ElementType(
        str(code), tuple(targets), tuple(profiles[0]) if profiles else ()
    )


def _definition(raw: list[object]) -> ElementDefinition:
    name, minimum, maximum, flags, types, *bound = raw
    binding, strength = (
        msgspec.convert(bound, tuple[str, str]) if bound else (None, None)
    )
    marks = str(flags)
    return ElementDefinition(
        name=str(name),
        min=msgspec.convert(minimum, int),
        max=1 if maximum == "1" else None,
        choice="c" in marks,
        types=tuple(
            _element_type(item) for item in msgspec.convert(types, list[object])
        ),
        binding=binding,
        strength=strength,
        summary="s" in marks,
        modifier="m" in marks,
        companion="x" in marks,
    )


@cache
def elements(type_name: str) -> Mapping[str, ElementDefinition]:
    """Map each element of a type (class name of `r4`) by FHIR name, inherited ones first; raises KeyError for an unknown type."""
    row = _table()[type_name]
    inherited = elements(row.base) if row.base else {}
    own = (_definition(raw) for raw in row.elements)
    return MappingProxyType(
        {**inherited, **{definition.name: definition for definition in own}}
    )


@cache
def properties(type_name: str) -> Mapping[str, tuple[ElementDefinition, ElementType]]:
    """Map each JSON property a type may have to its element and its type (`valueQuantity` to `value` and Quantity)."""
    return MappingProxyType(
        {
            name: (definition, use)
            for definition in elements(type_name).values()
            for name, use in definition.properties
        }
    )


def kind(type_name: str) -> str:
    """Tell whether a type is a `resource`, a `datatype` or a `group` inside one; raises KeyError for an unknown type."""
    return _table()[type_name].kind


def path(type_name: str) -> str:
    """Tell the path of a type: `Observation.component` for `ObservationComponent`."""
    return _table()[type_name].path


def base(type_name: str) -> str | None:
    """Tell which type a type specialises, None for the roots `Element` and `Resource`."""
    return _table()[type_name].base or None
