"""The evaluator beside another one, `fhirpathpy`, on HL7's examples and HL7's own expressions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import fhirpathpy
import pytest
from fhirpathpy.models import models

from benchside.fhir import Invalid, read
from benchside.fhir.fhirpath.evaluation import evaluate
from benchside.fhir.search.parameters import parameters
from tests.fhir.search.official import documents

MORE = (
    "descendants().count() > 0",
    "children().count()",
    "meta.exists() or text.exists()",
    "identifier.where(system.exists()).value",
    "extension.url.isDistinct()",
    "contained.id.combine(id).count()",
    "descendants().where($this is Coding).code",
    "text.status = 'generated' and contained.empty()",
    "identifier.value.select($this & '!').first()",
    "descendants().ofType(Reference).reference.distinct().count()",
    "iif(text.exists(), text.status, 'none')",
    "identifier.all(value.exists() implies system.exists())",
)
"""Beside the search parameters, which are mostly paths."""

OTHER_OPINIONS = {
    "descendants().count() > 0": "fhirpathpy counts resourceType among the elements",
    "children().count()": "fhirpathpy counts resourceType among the elements",
}
BYTES_MAX = 20_000
OF_A_TYPE_MAX = 2


def _expressions(resource_type: str) -> list[str]:
    """A third of a type's search parameters: fhirpathpy takes some 10 ms to read each, and test_examples_indexed asks them all."""
    known = parameters(resource_type).values()
    found = [each.expression for each in known if each.expression and (each.number % 3 == 0 and each.code[0] != "_")]
    return [expression for expression in found if "resolve()" not in expression and " and " not in expression]


@cache
def _compiled(expression: str) -> Callable[[Any], list[Any]]:
    return fhirpathpy.compile(expression, models["r4"])  # type: ignore[no-any-return] # no types


def _theirs(document: Any, expression: str) -> list[str]:
    written = re.sub(r"\(([A-Za-z.]+) as ([A-Za-z]+)\)", r"\1.ofType(\2)", expression)
    written = re.sub(r"^(\(?)(Resource|DomainResource)\.", rf"\1{document['resourceType']}.", re.sub(r"\.as\(", ".ofType(", written))
    return [json.dumps(_sorted(value), default=str) for value in _compiled(written)(document)]


def _sorted(value: Any) -> Any:
    """In one order, numbers as numbers: what matters is which values are found."""
    if isinstance(value, dict):
        return {name.replace("_element", ""): _sorted(value[name]) for name in sorted(value) if not name.startswith("_")}
    if isinstance(value, list):
        return [_sorted(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(4))
def test_both_find_as_many_values(shard: int) -> None:
    seen: Counter[str] = Counter()
    checked = 0
    for name, document in documents("*.json"):
        kind = document["resourceType"]
        raw = json.dumps(document).encode()
        if len(raw) > BYTES_MAX:
            continue
        seen[kind] += 1
        if seen[kind] > OF_A_TYPE_MAX or hash_of(kind) % 4 != shard:
            continue
        try:
            resource = read(raw)
        except Invalid:
            continue
        for expression in (*_expressions(kind), *(each for each in MORE if each not in OTHER_OPINIONS)):
            found = [node for node in evaluate(expression, resource) if node.value is not None]
            theirs = _theirs(document, expression)
            assert len(found) == len(theirs), (name, expression, found, theirs)
            primitives = [str(node.value) for node in found if isinstance(node.value, str)]
            assert all(json.dumps(text) in theirs for text in primitives), (name, expression, primitives, theirs)
            checked += 1
    assert checked > 200


def hash_of(name: str) -> int:
    """The same in every process, unlike hash()."""
    return sum(map(ord, name))
