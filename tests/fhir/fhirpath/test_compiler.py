"""Compiled invariants mean what the evaluator means, on HL7's examples; and they are mostly compiled, not deferred."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from benchside.fhir import Invalid, read
from benchside.fhir.fhirpath import runtime
from benchside.fhir.fhirpath.compiler import RUNTIME_NAMES, compile_function
from benchside.fhir.fhirpath.evaluation import children, evaluate
from benchside.fhir.fhirpath.model import R4
from benchside.fhir.fhirpath.node import Node, truth
from tests.fhir.search.official import documents

BYTES_MAX = 30_000
OF_A_TYPE_MAX = 3
SHARDS = 4

Invariant = tuple[str, Callable[[Any, Any, Any], bool | None]]


def _owner(path: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in path.split("."))


def _published() -> Iterator[tuple[str, str]]:
    """Type and expression of every invariant of R4's types, but ele-1, which would be asked of everything."""
    for _, definition in documents("StructureDefinition-*.json"):
        if definition.get("derivation") == "constraint" or definition["kind"] in ("logical", "primitive-type"):
            continue
        for element in definition["snapshot"]["element"]:
            owner, _, name = element["path"].rpartition(".")
            if owner:
                choices = R4.children[_owner(owner)][name.removesuffix("[x]")].choices
                type_name = choices[0].type if len(choices) == 1 else None
            else:
                type_name = element["path"]
            for constraint in element.get("constraint", ()):
                if type_name is not None and constraint["key"] != "ele-1" and "expression" in constraint:
                    yield type_name, constraint["expression"]


@cache
def _compiled() -> dict[str, list[Invariant]]:
    names: dict[str, Any] = {name: getattr(runtime, name) for name in RUNTIME_NAMES}
    found: dict[str, list[Invariant]] = defaultdict(list)
    for place, (type_name, expression) in enumerate(dict.fromkeys(_published())):
        exec(compile_function(expression, type_name, R4, f"f{place}"), names)
        found[type_name].append((expression, names[f"f{place}"]))
    return found


def _asked_of(type_name: str) -> list[Invariant]:
    found: list[Invariant] = []
    current: str | None = type_name
    while current is not None:
        found.extend(_compiled().get(current, ()))
        current = R4.base.get(current)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_compiled_and_evaluated_agree(shard: int) -> None:
    seen: Counter[str] = Counter()
    answers: Counter[bool | None] = Counter()
    for name, document in documents("*.json"):
        raw = json.dumps(document).encode()
        seen[document["resourceType"]] += len(raw) <= BYTES_MAX
        if len(raw) > BYTES_MAX or seen[document["resourceType"]] > OF_A_TYPE_MAX or seen.total() % SHARDS != shard:
            continue
        try:
            root = read(raw)
        except Invalid:
            continue
        waiting = [(Node(root, type(root).__name__), root)]
        while waiting:
            node, resource = waiting.pop()
            holder = node.value if R4.is_resource(node.type) else resource
            for expression, holds in _asked_of(node.type):
                answer = holds(node.value, holder, root)
                focus = Node(node.value, node.type, element=node.element)
                assert answer is truth(evaluate(expression, focus, resource=holder, root=root)), (name, node.path, expression)
                answers[answer] += 1
            waiting.extend((child, holder) for child in children(node, R4) if child.value is not None)
    assert answers[True] > 1000
    assert answers[False]
    assert answers[None]


def test_most_invariants_are_compiled_whole() -> None:
    sources = [compile_function(expression, type_name, R4, "f") for type_name, expression in dict.fromkeys(_published())]
    whole = [source for source in sources if "truth_of" not in source]
    assert len(whole) / len(sources) > 0.6


UNKNOWN_OR_NOT = [
    ("Patient", "birthDate.hasValue() and active", {"resourceType": "Patient"}, False),
    ("Patient", "active or gender = 'male'", {"resourceType": "Patient"}, None),
    ("Patient", "active or gender = 'male'", {"resourceType": "Patient", "gender": "male"}, True),
    ("Patient", "active implies gender.exists()", {"resourceType": "Patient", "active": False}, True),
    ("Patient", "active implies gender.exists()", {"resourceType": "Patient", "active": True}, False),
    ("Patient", "active implies gender.exists()", {"resourceType": "Patient"}, None),
    ("Patient", "active xor deceased.exists()", {"resourceType": "Patient", "active": True}, True),
    ("Patient", "name.count() > 1", {"resourceType": "Patient", "name": [{"text": "a"}, {"text": "b"}]}, True),
    (
        "Patient",
        "name.given.exists()",
        {"resourceType": "Patient", "name": [{"given": [None], "_given": [{"extension": [{"url": "http://x.org/a", "valueCode": "b"}]}]}]},
        True,
    ),
    ("Patient", "name.all(given.exists() or text.exists())", {"resourceType": "Patient", "name": [{"text": "a"}, {"family": "b"}]}, False),
    ("Patient", "gender in ('male' | 'female')", {"resourceType": "Patient", "gender": "other"}, False),
    ("Patient", "deceased is boolean", {"resourceType": "Patient", "deceasedDateTime": "2020"}, False),
    ("Patient", "name.where(use = 'usual').family = 'x'", {"resourceType": "Patient", "name": [{"use": "usual", "family": "x"}]}, True),
    ("Patient", "descendants().where($this = 'x').exists()", {"resourceType": "Patient", "name": [{"family": "x"}]}, True),
]


@pytest.mark.parametrize(("type_name", "expression", "document", "expected"), UNKNOWN_OR_NOT)
def test_three_values(type_name: str, expression: str, document: dict[str, Any], expected: bool | None) -> None:
    names: dict[str, Any] = {name: getattr(runtime, name) for name in RUNTIME_NAMES}
    exec(compile_function(expression, type_name, R4, "f"), names)
    resource = read(json.dumps(document).encode())
    assert names["f"](resource, resource, resource) is expected
    assert truth(evaluate(expression, resource)) is expected
