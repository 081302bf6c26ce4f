"""What is noted while a document is decoded never hides a fault among contained resources and the references to them."""

import json
import random
from typing import Any

import pytest

from benchside.fhir import Invalid, read, restore
from benchside.fhir.contained import contained_faults, is_plainly_sound
from benchside.fhir.rules import notes

CODE = {"text": "Glucose"}


def _observation(chance: random.Random) -> dict[str, Any]:
    resource: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": CODE}
    ids = chance.choice([[], [], ["a"], ["a"], ["b"], ["a", "b"], ["a", "a"]])
    if ids:
        resource["contained"] = [
            {"resourceType": chance.choice(["Patient", "Patient", "Location", "Medication"]), "id": name} for name in ids
        ]
        if chance.random() < 0.1:
            resource["contained"][0]["meta"] = {"versionId": "1"}
    referred = list(ids) if chance.random() < 0.8 else chance.choice([["a"], ["b"], ["a", "b"], []])
    if referred:
        resource["subject"] = {"reference": f"#{referred[0]}"}
        resource["focus"] = [{"reference": f"#{name}"} for name in referred]
    if chance.random() < 0.1:
        resource["performer"] = [{"reference": chance.choice(["#", "#a", "Patient/1"])}]
    return resource


def _entry(chance: random.Random) -> dict[str, Any]:
    kind = chance.random()
    response: dict[str, Any] = {"status": "200"}
    if kind < 0.05:
        issues = [{"severity": "error", "code": "invalid", "extension": [{"url": "x", "valueReference": {"reference": "#a"}}]}]
        response["outcome"] = {"resourceType": "OperationOutcome", "issue": issues}
    elif kind < 0.1:
        return {
            "resource": {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": _observation(chance)}]},
            "response": response,
        }
    elif kind < 0.15:
        return {"response": response}
    return {"resource": _observation(chance), "response": response}


@pytest.mark.parametrize("seed", range(3))
def test_quick_answer_and_walk_agree(seed: int) -> None:
    chance = random.Random(seed)
    plain = refused = 0
    for _ in range(1_500):
        entries = [_entry(chance) for _ in range(chance.randrange(1, 5))]
        document: dict[str, Any] = {"resourceType": "Bundle", "type": "batch-response", "entry": entries}
        if chance.random() < 0.2:
            document = _observation(chance)
        raw = json.dumps(document).encode()
        notes().clear()
        resource = restore(raw)
        faults = contained_faults(resource)
        if notes().local and is_plainly_sound(resource, notes()):
            plain += 1
            assert faults == (), raw
        if faults:
            refused += 1
            with pytest.raises(Invalid) as error:
                read(raw)
            assert error.value.faults == faults, raw
        else:
            read(raw)
    assert plain > 100
    assert refused > 100
