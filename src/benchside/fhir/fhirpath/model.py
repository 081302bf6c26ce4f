"""What FHIRPath must know of R4's types: which elements a type has, of which types, and what it specialises."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

JSON = Any  # A StructureDefinition as HL7 publishes it: JSON of any shape.

_SYSTEM_TYPES: Final = {
    "http://hl7.org/fhirpath/System.String": "string",
    "http://hl7.org/fhirpath/System.Boolean": "boolean",
    "http://hl7.org/fhirpath/System.Integer": "integer",
    "http://hl7.org/fhirpath/System.Decimal": "decimal",
    "http://hl7.org/fhirpath/System.Date": "date",
    "http://hl7.org/fhirpath/System.DateTime": "dateTime",
    "http://hl7.org/fhirpath/System.Time": "time",
}
_TYPE_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"


@dataclass(frozen=True, slots=True)
class Choice:
    """One type an element may have, and the struct field that holds it: ("valueQuantity", "Quantity")."""

    field: str
    type: str


@dataclass(frozen=True, slots=True)
class Child:
    """One element of a type; more than one choice when it is `value[x]`."""

    name: str
    choices: tuple[Choice, ...]
    many: bool


@dataclass(frozen=True, slots=True)
class TypeModel:
    """R4's types: `children` by type and element name, `base` by type.

    Backbone elements have the names of their structs: ObservationComponent.
    """

    children: Mapping[str, Mapping[str, Child]]
    base: Mapping[str, str]
    primitives: frozenset[str] = field(default=frozenset())

    def is_a(self, type_name: str, ancestor: str) -> bool:
        """Whether `type_name` is `ancestor` or specialises it; System types equal FHIR's of the same name."""
        wanted = ancestor[:1].lower() + ancestor[1:] if ancestor not in self.children else ancestor
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


def struct_name(path: str) -> str:
    """The struct of a path: "Observation.component" is ObservationComponent."""
    return "".join(part[:1].upper() + part[1:] for part in path.split("."))


def model_from_definitions(definitions: Iterable[JSON]) -> TypeModel:
    """Read the types out of HL7's StructureDefinitions (resources and data types, no profiles)."""
    children: dict[str, dict[str, Child]] = {}
    base: dict[str, str] = {}
    primitives: set[str] = set()
    for definition in definitions:
        if definition["resourceType"] != "StructureDefinition" or definition.get("derivation") == "constraint":
            continue
        name: str = definition["type"]
        if definition["kind"] == "primitive-type":
            primitives.add(name)
        if "baseDefinition" in definition:
            base[name] = definition["baseDefinition"].rpartition("/")[2]
        _add_elements(definition["snapshot"]["element"], children, base)
    for name in primitives:
        children[name] = {}
    return TypeModel(children, base, frozenset(primitives))


def _add_elements(elements: Iterable[JSON], children: dict[str, dict[str, Child]], base: dict[str, str]) -> None:
    listed = list(elements)
    parents = {element["path"].rpartition(".")[0] for element in listed}
    for element in listed:
        path: str = element["path"]
        parent, _, name = path.rpartition(".")
        if not parent:
            children.setdefault(path, {})
            continue
        owner = children.setdefault(struct_name(parent), {})
        if "contentReference" in element:
            types = [struct_name(element["contentReference"].partition("#")[2])]
        elif path in parents:
            types = [struct_name(path)]
            children.setdefault(types[0], {})
            base[types[0]] = element["type"][0]["code"]
        else:
            types = [_type_of(each) for each in element.get("type", [])]
        if name.endswith("[x]"):
            name = name[:-3]
            choices = tuple(Choice(name + kind[:1].upper() + kind[1:], kind) for kind in types)
        else:
            choices = tuple(Choice(field_name(name), kind) for kind in types[:1])
        owner[name] = Child(name, choices, element["max"] not in ("0", "1"))


def _type_of(given: JSON) -> str:
    code: str = given["code"]
    if code in _SYSTEM_TYPES:
        for extension in given.get("extension", ()):
            if extension["url"] == _TYPE_EXTENSION:
                found: str = extension.get("valueUrl") or extension["valueUri"]
                return found
        return _SYSTEM_TYPES[code]
    return code
