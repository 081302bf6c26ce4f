"""Every parameter that HL7's expression finds something for, in any of HL7's examples, has rows in the index."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC
from typing import Any

import pytest

from benchside.fhir import Invalid, read
from benchside.fhir.r4.names import RESOURCE_NAMES
from benchside.fhir.search.extraction import index_values
from benchside.fhir.search.parameters import ROW_PARAMETERS, TEXT_PARAMETERS, Parameter, index_numbers, parameters
from benchside.fhir.search.values import IndexValues
from tests.fhir.search.naive import values
from tests.fhir.search.official import documents

SHARDS = 8

NOT_DATES = {(f"CarePlan-{name}.json", "activity-date") for name in ("f001", "f002", "f003")}
"""Texts that look like dates: scheduledString."""

EXAMPLES_OF_A_TYPE_MAX = 40
"""HL7 has thousands of value sets and structure definitions; so many of each type are looked at."""

BYTES_MAX = 150_000
"""Larger examples (registries of definitions) say nothing that smaller ones do not, and take minutes in the oracle."""


def _numbers_with_rows(found: IndexValues) -> set[int]:
    lists: tuple[list[Any], ...] = (
        found.tokens,
        found.strings,
        found.uris,
        found.references,
        found.dates,
        found.numbers,
        found.quantities,
        found.composites,
    )
    return {row[0] for rows in lists for row in rows}


def _cannot_be_found(parameter: Parameter, held: list[Any]) -> bool:
    """Whether what the expression gives has nothing in it that a parameter of this kind could be compared with."""
    if parameter.kind == "date":
        return not any(_has_time(value) if isinstance(value, dict) else _is_date(value) for value in held)
    if parameter.kind == "quantity":
        return all(isinstance(value, dict) and _has_no_number(value) for value in held)
    if parameter.kind == "composite":
        return True  # a composite needs all its parts: asked in test_composites.py
    if parameter.kind == "reference":
        return all(isinstance(value, dict) and not _is_reference(value) for value in held)
    return False


def _is_reference(value: dict[str, Any]) -> bool:
    """Not an Attachment, nor a whole resource in a Bundle of another kind."""
    return "resourceType" not in value and bool({"reference", "identifier", "display", "type", "extension"} & value.keys())


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and value[:4].isdigit()


def _has_time(value: dict[str, Any]) -> bool:
    return bool({"start", "end", "event"} & value.keys()) or "boundsPeriod" in value.get("repeat", {})


def _has_no_number(value: dict[str, Any]) -> bool:
    return "value" not in value and "origin" not in value and "low" not in value and "high" not in value


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_parameter_with_a_value_has_rows(shard: int) -> None:
    checked: Counter[str] = Counter()
    missed: list[str] = []
    seen: Counter[str] = Counter()
    for place, (name, document) in enumerate(documents("*.json")):
        seen[document["resourceType"]] += 1
        if place % SHARDS != shard or seen[document["resourceType"]] > EXAMPLES_OF_A_TYPE_MAX:
            continue
        raw = json.dumps(document).encode()
        if len(raw) > BYTES_MAX:
            continue
        try:
            resource = read(raw)
        except Invalid:
            continue  # the examples that break HL7's own rules are listed in tests/fhir/types
        present = _numbers_with_rows(index_values(resource, UTC))
        for code, parameter in parameters(document["resourceType"]).items():
            if code in ROW_PARAMETERS | TEXT_PARAMETERS or parameter.kind == "special":
                continue
            held = values(document, code)
            if not held or _cannot_be_found(parameter, held) or (name, code) in NOT_DATES:
                continue
            checked[code] += 1
            if not present & set(index_numbers(parameter.type, code)):
                missed.append(f"{name}: {code} ({parameter.kind}) of {held!r:.200}")
    assert not missed, "\n".join(missed)
    assert sum(checked.values()) > 200


WITHOUT_EXAMPLE = {
    "Parameters",
    "SubstanceNucleicAcid",
    "SubstancePolymer",
    "SubstanceProtein",
    "SubstanceReferenceInformation",
    "SubstanceSourceMaterial",
}


def test_the_walk_meets_every_type_but_six() -> None:
    assert {document["resourceType"] for _, document in documents("*.json")} == RESOURCE_NAMES - WITHOUT_EXAMPLE
