"""Read HL7's search parameters and compartments, and settle what each is on each resource type."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import Any
from zlib import crc32

from benchside.fhir.fhirpath.model import TypeModel
from benchside.fhir.fhirpath.parser import parse
from benchside.fhir.fhirpath.syntax import text
from benchside.fhir.r4.names import RESOURCE_NAMES

from .paths import NotAPathError, Path, own_parts, paths

Json = dict[str, Any]

NOT_OF_R4 = frozenset(
    {
        "example",  # `_id` again, as an example of the resource SearchParameter
        "example-extension",  # the same
        "example-reference",  # the same
        "filter",  # `_filter`, a language of its own
        # Parameters of HL7's extensions, whose expressions give the Extension instead of its value:
        "codesystem-extensions-CodeSystem-author",
        "codesystem-extensions-CodeSystem-effective",
        "codesystem-extensions-CodeSystem-end",
        "codesystem-extensions-CodeSystem-keyword",
        "codesystem-extensions-CodeSystem-workflow",
        "device-extensions-Device-din",
        "diagnosticreport-genetic-DiagnosticReport-assessed-condition",
        "observation-genetic-Observation-amino-acid-change",
        "observation-genetic-Observation-dna-variant",
        "observation-genetic-Observation-gene-amino-acid-change",
        "observation-genetic-Observation-gene-dnavariant",
        "observation-genetic-Observation-gene-identifier",
        "patient-extensions-Patient-age",
        "patient-extensions-Patient-birthOrderBoolean",
        "patient-extensions-Patient-mothersMaidenName",
        "questionnaireresponse-extensions-QuestionnaireResponse-item-subject",
        "valueset-extensions-ValueSet-author",
        "valueset-extensions-ValueSet-effective",
        "valueset-extensions-ValueSet-end",
        "valueset-extensions-ValueSet-keyword",
        "valueset-extensions-ValueSet-workflow",
    }
)
"""Ids of the SearchParameters among HL7's examples that are not in R4's registry of parameters of the base resources."""

UNSUPPORTED = frozenset({"_query"})
"""Named queries: a site defines them; there are none."""


@dataclass
class Component:
    """One part of a composite: its code and kind, and its paths from where the composite stands."""

    code: str
    kind: str
    paths: list[Path]


@dataclass
class Composite:
    """One place where a composite stands, and its components there."""

    base: Path
    components: list[Component]


@dataclass
class Parameter:
    """One search parameter on one resource type."""

    type: str
    code: str
    kind: str
    expression: str
    targets: tuple[str, ...]
    paths: list[Path] = field(default_factory=list[Path])
    composites: list[Composite] = field(default_factory=list[Composite])
    components: tuple[tuple[str, str], ...] = ()
    special: str | None = None
    alias_of: tuple[str, ...] = ()
    restricted_to: str | None = None

    @property
    def number(self) -> int:
        """Its number in the index: that of the first parameter it stands for, when it is an alias."""
        code = self.alias_of[0] if self.alias_of else self.code
        return crc32(f"{self.type}.{code}".encode()) & 0x7FFFFFFF

    def meaning(self) -> frozenset[object]:
        """What it collects, so that two parameters that collect the same are known by it."""
        if self.composites:
            return frozenset((each.base, tuple((part.kind, tuple(part.paths)) for part in each.components)) for each in self.composites)
        return frozenset(self.paths)


def _official(folder: File) -> list[Json]:
    found = [json.loads(file.read_bytes()) for file in sorted(folder.glob("SearchParameter-*.json"))]
    return [each for each in found if each["id"] not in NOT_OF_R4]


def _applies(definition: Json, type_name: str, model: TypeModel) -> bool:
    return any(model.is_a(type_name, base) for base in definition["base"])


def _special(type_name: str, code: str) -> str | None:
    if (type_name, code) == ("Patient", "deceased"):
        return "deceased"
    if (type_name, code) == ("Location", "near"):
        return "near"
    return None


def _parameter(definition: Json, type_name: str, by_url: dict[str, Json], model: TypeModel) -> Parameter:
    code: str = definition["code"]
    expression = definition.get("expression", "")
    found = Parameter(type_name, code, definition["type"], "", tuple(definition.get("target", ())))
    found.special = _special(type_name, code)
    if not expression:
        return found
    mine = own_parts(expression, type_name, model)
    if not mine:
        raise ValueError(f"{type_name}.{code} has no expression of its own in {expression}")
    found.expression = " | ".join(_plain(expression, text(part)) for part in mine)
    if found.special is not None:
        return found
    if definition["type"] == "composite":
        _read_composite(found, definition, mine, by_url, model)
    else:
        found.paths = [path for part in mine for path in paths(part, type_name, type_name, model)]
        if any(path.type == "Resource" for path in found.paths):  # Bundle.composition, Bundle.message
            found.paths = [replace(path, restricted_to=found.targets[0]) for path in found.paths]
        restricted = {path.restricted_to for path in found.paths}
        if len(restricted) == 1 and None not in restricted:
            found.targets = tuple(str(each) for each in restricted)
    return found


def _plain(expression: str, written: str) -> str:
    """The operand as HL7 wrote it, found among the operands of the whole expression by its meaning."""
    for part in expression.split("|"):
        try:
            if text(parse(part.strip())) == written:
                return part.strip()
        except ValueError:
            continue
    return expression


def _read_composite(found: Parameter, definition: Json, mine: list[Any], by_url: dict[str, Json], model: TypeModel) -> None:
    for part in mine:
        for base in paths(part, found.type, found.type, model):
            components: list[Component] = []
            for each in definition["component"]:
                named = by_url[each["definition"]]
                relative = paths(parse(each["expression"]), base.type, found.type, model)
                components.append(Component(named["code"], named["type"], relative))
            _unswap(components)
            found.composites.append(Composite(base, components))
    found.components = tuple((part.code, part.kind) for part in found.composites[0].components)


def _unswap(components: list[Component]) -> None:
    """DocumentReference.relationship names its two components in the wrong order: go by what they collect."""
    if [part.kind for part in components] == ["reference", "token"] and components[0].paths[0].type == "code":
        first, second = components
        first.code, first.kind, second.code, second.kind = second.code, second.kind, first.code, first.kind


def _set_alias(parameter: Parameter, others: Iterable[Parameter]) -> None:
    """Make `parameter` an alias where others on its type together collect the same, or the same without its restriction."""
    if parameter.special or parameter.code == "phonetic" or not parameter.meaning():
        return
    usable = [
        other for other in others if other.code != parameter.code and other.kind == parameter.kind and not other.special
        and other.code != "phonetic" and not other.alias_of and other.meaning()
    ]  # fmt: skip
    restrictions = {path.restricted_to for path in parameter.paths}
    if len(restrictions) == 1 and None not in restrictions:
        wide = frozenset(path.unrestricted() for path in parameter.paths)
        same = sorted(other.code for other in usable if other.meaning() == wide)
        if same:
            parameter.alias_of, parameter.restricted_to = (same[0],), restrictions.pop()
        return
    meaning = parameter.meaning()
    same = sorted(other.code for other in usable if other.meaning() == meaning)
    if same:
        parameter.alias_of = (same[0],)
        return
    chosen: list[str] = []
    left = set(meaning)
    for other in sorted(usable, key=lambda each: (-len(each.meaning()), each.code)):
        if other.meaning() < meaning and other.meaning() <= left:
            chosen.append(other.code)
            left -= other.meaning()
    if not left:
        parameter.alias_of = tuple(sorted(chosen))


def load(folder: File, model: TypeModel) -> dict[str, dict[str, Parameter]]:
    """Every parameter of every resource type, by type and code. `folder` is the unpacked hl7.fhir.r4.examples.

    Raises ValueError or KeyError when a definition is not what this generator knows.
    """
    definitions = _official(folder)
    by_url = {each["url"]: each for each in definitions}
    table: dict[str, dict[str, Parameter]] = {}
    for type_name in sorted(RESOURCE_NAMES):
        found: dict[str, Parameter] = {}
        for definition in definitions:
            if definition["code"] in UNSUPPORTED or not _applies(definition, type_name, model):
                continue
            try:
                parameter = _parameter(definition, type_name, by_url, model)
            except NotAPathError as error:
                raise ValueError(f"{type_name}.{definition['code']}: {error}") from error
            if parameter.code in found:
                raise ValueError(f"{type_name}.{parameter.code} is defined twice")
            found[parameter.code] = parameter
        for code in sorted(found):
            _set_alias(found[code], found.values())
        table[type_name] = dict(sorted(found.items()))
    return table


def compartments(folder: File) -> dict[str, dict[str, tuple[str, ...]]]:
    """By compartment type and resource type, the codes of the parameters that put a resource into the compartment."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name in ("device", "encounter", "patient", "practitioner", "relatedPerson"):
        definition = json.loads((folder / f"CompartmentDefinition-{name}.json").read_bytes())
        members = {
            each["code"]: tuple(code for code in each["param"] if code != "{def}") for each in definition["resource"] if each.get("param")
        }
        own: str = definition["code"]
        found[own] = {**members, own: ("_id", *members.get(own, ()))}
    return found
