"""The search parameters of R4: what each resource type can be searched by.

The rows come from HL7's own definitions through `tools/generate_search.py` (`search/generated/parameter_table.py`).
Source: https://hl7.org/fhir/R4/searchparameter-registry.html and https://hl7.org/fhir/R4/compartmentdefinition.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from benchside.fhir.search.generated import parameter_table


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a composite parameter: the parameter it stands for, and its kind."""

    code: str
    kind: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter as used on one resource type.

    `number` names it in the index: crc32 of "Type.code", 31 bits. An alias carries the number of the first parameter
    it stands for; look its rows up under the numbers of all `alias_of`.
    """

    type: str
    """Resource type it is used on: "Observation"."""
    code: str
    """Its name in a query: "value-quantity"."""
    kind: str
    """number, date, string, token, reference, composite, quantity, uri or special."""
    number: int
    expression: str
    """HL7's FHIRPath, the parts for this type only."""
    targets: tuple[str, ...] = ()
    """Types a reference may point to."""
    components: tuple[Component, ...] = ()
    alias_of: tuple[str, ...] = ()
    """Codes on the same type whose index rows answer this one; empty when it has rows of its own."""
    restricted_to: str | None = None
    """An alias that sees only references to this type: "Patient" for `patient`."""


ROW_PARAMETERS: Final = frozenset({"_id", "_lastUpdated"})
"""Answered from the resource's own row: they have no index rows."""

TEXT_PARAMETERS: Final = frozenset({"_text", "_content"})
"""Answered by full text (`benchside.fhir.search.text`): they have no index rows."""


CANONICAL_TYPES: Final = frozenset(
    resource_type for resource_type, rows in parameter_table.PARAMETERS.items() if {"url", "version"} <= {row[0] for row in rows}
)
"""Types that are referred to by a canonical url and its business version."""

HIERARCHIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "CarePlan": ("part-of", "based-on", "replaces"),
        "Encounter": ("part-of",),
        "Location": ("partof",),
        "Organization": ("partof",),
    }
)
"""Types whose resources stand above and below each other: the parameters of the references that R4's definitions mark as a
strict hierarchy (extension structuredefinition-hierarchy). The first one is meant where another type refers to them."""


PRIMARY_DATE: Final[Mapping[str, str]] = MappingProxyType(parameter_table.PRIMARY_DATE)
"""Resource type to the code of the date parameter that orders its clinical life (Observation: date)."""


@cache
def parameters(resource_type: str) -> Mapping[str, Parameter]:
    """Every search parameter of `resource_type` by code, those of Resource and DomainResource included.

    Raises KeyError when there is no such R4 resource type.
    """
    rows = parameter_table.PARAMETERS[resource_type]
    return MappingProxyType(
        {
            code: Parameter(
                type=resource_type,
                code=code,
                kind=kind,
                number=number,
                expression=expression,
                targets=targets,
                components=tuple(Component(part, part_kind) for part, part_kind in components),
                alias_of=alias_of,
                restricted_to=restricted_to,
            )
            for code, kind, number, expression, targets, components, alias_of, restricted_to in rows
        }
    )


def hierarchical_targets(parameter: Parameter) -> tuple[str, ...]:
    """The types `parameter` may point to whose resources stand above and below each other."""
    targets = (parameter.restricted_to,) if parameter.restricted_to is not None else parameter.targets
    return tuple(target for target in targets if target in HIERARCHIES)


def hierarchy_of(parameter: Parameter, target: str) -> Parameter:
    """The parameter that leads from a resource of type `target` to the one above it, for `:above` and `:below`."""
    own = parameter.code if parameter.type == target and parameter.code in HIERARCHIES[target] else HIERARCHIES[target][0]
    return parameters(target)[own]


@cache
def index_numbers(resource_type: str, code: str) -> tuple[int, ...]:
    """The numbers under which the rows of a parameter are found: its own, or those of the parameters it stands for.

    Raises KeyError for an unknown type or code.
    """
    known = parameters(resource_type)
    parameter = known[code]
    return tuple(known[each].number for each in parameter.alias_of) or (parameter.number,)


def compartment_parameters(compartment_type: str) -> Mapping[str, tuple[str, ...]]:
    """For each resource type in the compartment, the codes of the parameters that put a resource there.

    The compartment's own type has `_id` first: the resource itself belongs. `compartment_type` is Patient, Encounter,
    Practitioner, RelatedPerson or Device; KeyError otherwise.
    """
    return MappingProxyType(parameter_table.COMPARTMENTS[compartment_type])
