"""Every invariant of R4 with severity error is enforced, and those written by hand say what HL7's FHIRPath says."""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchside.fhir import r4
from benchside.fhir.document import UnreadableError, parse
from benchside.fhir.examination import Examiner
from benchside.fhir.fhirpath.runtime import truth_of
from benchside.fhir.r4.elements import path as path_of
from benchside.fhir.r4.invariants import by_class

from .test_two_looks import changed

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS_EACH = 12
DOCUMENT_BYTES_MAX = 20_000

# Checked by code of its own, not by a function of the table: see tools/r4/invariants.py and tests/fhir/types/test_rules.py.
ELSEWHERE = {"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "ref-1", "txt-1", "txt-2"}

# Invariants of severity error that are not enforced, each with its reason. There are none.
NOT_ENFORCED: dict[tuple[str, str], str] = {}


def definitions(folder: Path) -> Iterator[dict[str, Any]]:
    """Read HL7's StructureDefinitions of resources and data types."""
    for file in sorted(folder.glob("StructureDefinition-*.json")):
        definition = json.loads(file.read_bytes())
        if definition["kind"] in ("resource", "complex-type") and definition.get("derivation") != "constraint":
            yield definition


def test_every_invariant_is_enforced(examples: Path) -> None:
    defined: set[tuple[str, str]] = set()
    for definition in definitions(examples):
        if definition["abstract"]:
            continue
        for element in definition["snapshot"]["element"]:
            for constraint in element.get("constraint", []):
                if constraint["severity"] == "error" and constraint["key"] not in ELSEWHERE:
                    defined.add((definition["type"], constraint["key"]))
    enforced = {(path_of(owner).split(".")[0], i.key) for owner, found in by_class().items() for i in found}
    assert len(defined) == 200
    assert defined - enforced == set(NOT_ENFORCED)
    assert enforced - defined == set()


def test_warnings_are_not_errors() -> None:
    keys = {invariant.key for found in by_class().values() for invariant in found}
    assert not keys & {"dom-6", "con-3", "nor-1", "eld-20", "adf-0", "vsd-0"}


def _by_hand() -> list[tuple[str, str]]:
    sys.path.insert(0, str(ROOT / "tools"))
    from r4.invariants import BY_HAND

    return sorted(BY_HAND)


def _expressions(folder: Path) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for definition in definitions(folder):
        for element in definition["snapshot"]["element"]:
            for constraint in element.get("constraint", []):
                found.setdefault((definition["type"], constraint["key"]), constraint.get("expression", ""))
    return found


def _structs(value: Any, found: dict[str, list[tuple[Any, Any]]], resource: Any = None) -> None:
    if isinstance(value, list):
        for item in value:
            _structs(item, found, resource)
    elif isinstance(value, msgspec.Struct):
        name = type(value).__name__
        resource = value if name in r4.RESOURCES else resource
        found.setdefault(name, []).append((value, resource))
        for field in value.__struct_fields__:
            _structs(getattr(value, field), found, resource)


@pytest.fixture(scope="module")
def changed_structs(examples: Path) -> dict[str, list[tuple[Any, Any]]]:
    """Sound and spoilt examples as stand-ins, by class, each with its resource."""
    chance = random.Random(5)
    found: dict[str, list[tuple[Any, Any]]] = {}
    roots = {path_of(owner).split(".")[0] for owner, _ in _by_hand()}
    for root in sorted(roots & set(r4.RESOURCES) | {"Encounter", "MedicationRequest", "StructureDefinition"}):
        paths = [p for p in sorted(examples.glob(f"{root}-*.json")) if p.stat().st_size < DOCUMENT_BYTES_MAX]
        for _ in range(DOCUMENTS_EACH):
            raw = chance.choice(paths).read_bytes()
            for document in (raw, changed(chance, raw), changed(chance, changed(chance, raw))):
                try:
                    parsed = parse(document)
                except UnreadableError:
                    continue
                _structs(Examiner().resource(parsed, ""), found)
    return found


@pytest.mark.parametrize(("owner", "key"), _by_hand())
def test_written_by_hand_means_the_same(examples: Path, changed_structs: dict[str, list[tuple[Any, Any]]], owner: str, key: str) -> None:
    expression = _expressions(examples)[path_of(owner).split(".")[0], key]
    invariant = next(item for item in by_class()[owner] if item.key == key)
    tried = changed_structs.get(owner, [])
    for struct, resource in tried[:80]:
        value = struct if invariant.element is None else getattr(struct, invariant.element)
        if value is None:
            continue
        focus = owner if invariant.element is None else type(value).__name__.replace("str", "string")
        theirs = truth_of(expression, focus, value, resource, resource)
        ours = invariant.holds(value, resource, resource)
        assert (ours is not False) == (theirs is not False), (expression, value)
