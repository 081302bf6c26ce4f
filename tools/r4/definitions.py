"""HL7's R4 definitions as plain data, ready to be written out as Python.

Source: the StructureDefinitions that HL7 publishes among its own R4 4.0.1 examples (npm `hl7.fhir.r4.examples`). They are the
official ones: derived packages were seen to carry elements of their own.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PROFILE = "http://hl7.org/fhir/StructureDefinition/"
SYSTEM_STRING = "http://hl7.org/fhirpath/System.String"
OPEN_TYPE = "*"


@dataclass(frozen=True)
class Constraint:
    """One invariant of one element: its key, its words and its FHIRPath."""

    key: str
    severity: str
    human: str
    expression: str


@dataclass(frozen=True)
class TypeUse:
    """One type an element may have, with the resource types a Reference may point at."""

    code: str
    targets: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


@dataclass
class Element:
    """One element of a type: what it may hold and how often."""

    name: str
    path: str
    minimum: int
    many: bool
    types: tuple[TypeUse, ...]
    choice: bool
    binding: str | None
    strength: str | None
    summary: bool
    modifier: bool
    short: str
    constraints: tuple[Constraint, ...]

    def fields(self) -> list[tuple[str, TypeUse]]:
        """Name each JSON property this element may appear as, with its type."""
        if not self.choice:
            return [(self.name, self.types[0])]
        return [(self.name + use.code[0].upper() + use.code[1:], use) for use in self.types]


@dataclass
class Type:
    """A resource, a data type, or a group of elements inside one."""

    name: str
    path: str
    kind: str  # "resource", "datatype" or "group"
    base: str | None
    abstract: bool
    short: str
    elements: list[Element] = field(default_factory=list[Element])
    constraints: tuple[Constraint, ...] = ()
    root: str = ""


def class_name(path: str) -> str:
    """Join a path to a class name: `Observation.component` is `ObservationComponent`."""
    return "".join(part[0].upper() + part[1:] for part in path.split("."))


def _constraints(raw: Json) -> tuple[Constraint, ...]:
    found: list[Constraint] = []
    for item in raw.get("constraint", []):
        if item["key"] in ("ele-1", "ext-1") and raw["path"] not in ("Element", "Extension"):
            continue  # Repeated on every element of every definition; kept once, on the type it belongs to.
        found.append(Constraint(item["key"], item["severity"], item["human"], item.get("expression", "")))
    return tuple(found)


def _type_code(raw_type: Json, path: str) -> str:
    code = raw_type["code"]
    if code != SYSTEM_STRING:
        return code
    # 4.0.1 calls both kinds of id "string"; its JSON schema calls a resource's own an `id`.
    return "id" if path == "Resource.id" else raw_type["extension"][0].get("valueUrl", "string")


def _types(raw: Json) -> tuple[TypeUse, ...]:
    uses: list[TypeUse] = []
    for item in raw.get("type", []):
        targets = tuple(sorted(url.removeprefix(PROFILE) for url in item.get("targetProfile", [])))
        profiles = tuple(url.removeprefix(PROFILE) for url in item.get("profile", []))
        uses.append(TypeUse(_type_code(item, raw["path"]), targets, profiles))
    return tuple(uses)


def _element(raw: Json, known_groups: set[str]) -> Element:
    path: str = raw["path"]
    name = path.rsplit(".", 1)[1]
    types = _types(raw)
    if path in known_groups:
        types = (TypeUse(class_name(path)),)
    elif "contentReference" in raw:
        types = (TypeUse(class_name(raw["contentReference"].removeprefix("#"))),)
    binding = raw.get("binding", {})
    value_set = binding.get("valueSet")
    return Element(
        name=name.removesuffix("[x]"),
        path=path,
        minimum=raw["min"],
        many=raw["max"] != "1",
        types=types,
        choice=name.endswith("[x]"),
        binding=value_set.split("|")[0] if value_set else None,
        strength=binding.get("strength"),
        summary=bool(raw.get("isSummary")),
        modifier=bool(raw.get("isModifier")),
        short=raw.get("short", ""),
        constraints=_constraints(raw),
    )


def _group_base(raw: Json) -> str:
    return raw["type"][0]["code"]


def types_of(definition: Json) -> list[Type]:
    """Split one StructureDefinition into its type and the groups inside it, elements still including inherited ones."""
    raws: list[Json] = definition["snapshot"]["element"]
    root = definition["type"]
    parents = {raw["path"].rsplit(".", 1)[0] for raw in raws[1:]}
    groups = {raw["path"] for raw in raws[1:] if raw["path"] in parents}
    base = definition.get("baseDefinition")
    kind = "resource" if definition["kind"] == "resource" else "datatype"
    found = {
        root: Type(
            root,
            root,
            kind,
            base.removeprefix(PROFILE) if base else None,
            bool(definition["abstract"]),
            raws[0].get("short", ""),
            constraints=_constraints(raws[0]),
            root=root,
        )
    }
    for raw in raws[1:]:
        path = raw["path"]
        if path in groups:
            name = class_name(path)
            found[path] = Type(name, path, "group", _group_base(raw), False, raw.get("short", ""), root=root)
    for raw in raws[1:]:
        found[raw["path"].rsplit(".", 1)[0]].elements.append(_element(raw, groups))
    return list(found.values())


@dataclass
class Definitions:
    """Everything the generator needs, by name."""

    types: dict[str, Type]
    primitives: dict[str, str]
    expansions: dict[str, Json]
    value_sets: dict[str, Json]
    code_systems: dict[str, Json]
    documents: list[Json]

    def own_elements(self, name: str) -> list[Element]:
        """List the elements a type adds to those of its base."""
        type_ = self.types[name]
        inherited = {element.name for element in self.all_elements(type_.base)} if type_.base else set[str]()
        return [element for element in type_.elements if element.name not in inherited]

    def all_elements(self, name: str | None) -> list[Element]:
        """List every element of a type, inherited ones first, in the order of its definition."""
        return self.types[name].elements if name else []

    def resources(self) -> list[Type]:
        """List the concrete resources by name."""
        found = (t for t in self.types.values() if t.kind == "resource" and not t.abstract)
        return sorted(found, key=lambda t: t.name)

    def groups_of(self, root: str) -> list[Type]:
        """List the groups inside a type, inner ones first, so that each class can name the ones it holds."""
        return [t for t in reversed(self.types.values()) if t.kind == "group" and t.root == root]


def _documents(folder: Path, prefixes: Iterable[str]) -> Iterable[Json]:
    for prefix in prefixes:
        for path in sorted(folder.glob(f"{prefix}-*.json")):
            yield json.loads(path.read_bytes())


def _regex(definition: Json) -> str:
    text = json.dumps(definition["snapshot"]["element"][-1])
    found = re.search(r'"http://hl7\.org/fhir/StructureDefinition/regex",\s*"valueString": ("(?:[^"\\]|\\.)*")', text)
    return json.loads(found.group(1)) if found else ""


def load(examples: Path, expansions: Path) -> Definitions:
    """Read the definitions from the unpacked packages; raises KeyError when one lacks what R4 promises."""
    types: dict[str, Type] = {}
    primitives: dict[str, str] = {}
    documents: list[Json] = []
    for definition in _documents(examples, ["StructureDefinition"]):
        if definition.get("derivation") == "constraint" or definition.get("kind") == "logical":
            continue
        documents.append(definition)
        if definition["kind"] == "primitive-type":
            primitives[definition["type"]] = _regex(definition)
        else:
            types.update((type_.name, type_) for type_ in types_of(definition))
    value_sets = {document["url"]: document for document in _documents(examples, ["ValueSet"]) if "url" in document}
    code_systems = {document["url"]: document for document in _documents(examples, ["CodeSystem"]) if "url" in document}
    expanded = {document["url"]: document for document in _documents(expansions, ["ValueSet"]) if "url" in document}
    return Definitions(types, primitives, expanded, value_sets, code_systems, documents)
