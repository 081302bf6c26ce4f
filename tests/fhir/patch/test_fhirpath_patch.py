"""FHIRPath Patch, after the specification's own examples (https://hl7.org/fhir/R4/fhirpatch.html and HL7's test suite for it)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchside.fhir import Invalid, read, write
from benchside.fhir.patch import fhirpath_patch

JSON = dict[str, Any]


def operation(kind: str, path: str, **parts: Any) -> JSON:
    """One operation; `value` is a part without its name, `index`, `source` and `destination` are numbers."""
    listed: list[JSON] = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    for name, given in parts.items():
        if name == "name":
            listed.append({"name": "name", "valueString": given})
        elif name == "value":
            listed.append({"name": "value"} | given)
        else:
            listed.append({"name": name, "valueInteger": given})
    return {"name": "operation", "part": listed}


def patched(document: JSON, *operations: JSON) -> JSON:
    """The document after the operations."""
    parameters: Any = read(json.dumps({"resourceType": "Parameters", "parameter": list(operations)}).encode())
    resource = read(json.dumps(document).encode())
    before = write(resource)
    try:
        result: JSON = json.loads(write(fhirpath_patch(resource, parameters)))
    finally:
        assert write(resource) == before  # the resource given stays as it is
    return result


PATIENT: JSON = {"resourceType": "Patient"}
CONTACT = {"name": {"text": "a name"}, "gender": "male"}
THREE = PATIENT | {"identifier": [{"system": "http://example.org", "value": f"value {number}"} for number in (1, 2, 3)]}
FOUR = PATIENT | {"identifier": [{"system": "http://example.org", "value": f"value {number}"} for number in (1, 2, 3, 4)]}

EXAMPLES: list[tuple[str, JSON, list[JSON], JSON]] = [
    (
        "no difference",
        PATIENT | {"birthDate": "1920-01-01"},
        [operation("delete", "Patient.maritalStatus")],
        PATIENT | {"birthDate": "1920-01-01"},
    ),
    (
        "replace a primitive",
        PATIENT | {"birthDate": "1920-01-01"},
        [operation("replace", "Patient.birthDate", value={"valueDate": "1930-01-01"})],
        PATIENT | {"birthDate": "1930-01-01"},
    ),
    (
        "delete a primitive",
        PATIENT | {"birthDate": "1920-01-01", "active": True},
        [operation("delete", "Patient.birthDate")],
        PATIENT | {"active": True},
    ),
    (
        "add a primitive",
        PATIENT,
        [operation("add", "Patient", name="birthDate", value={"valueDate": "1930-01-01"})],
        PATIENT | {"birthDate": "1930-01-01"},
    ),
    (
        "replace inside a data type",
        PATIENT | {"maritalStatus": {"coding": [{"system": "s:a", "code": "1"}, {"code": "2"}], "text": "t"}},
        [
            operation("replace", "Patient.maritalStatus.coding[1].code", value={"valueCode": "3"}),
            operation("delete", "Patient.maritalStatus.text"),
        ],
        PATIENT | {"maritalStatus": {"coding": [{"system": "s:a", "code": "1"}, {"code": "3"}]}},
    ),
    (
        "add to a data type",
        PATIENT | {"maritalStatus": {"text": "t"}},
        [operation("add", "Patient.maritalStatus", name="coding", value={"valueCoding": {"system": "s:a", "code": "1"}})],
        PATIENT | {"maritalStatus": {"coding": [{"system": "s:a", "code": "1"}], "text": "t"}},
    ),
    (
        "add an anonymous type by its parts",
        PATIENT,
        [
            operation(
                "add",
                "Patient",
                name="contact",
                value={"part": [{"name": "name", "valueHumanName": {"text": "a name"}}, {"name": "gender", "valueCode": "male"}]},
            )
        ],
        PATIENT | {"contact": [CONTACT]},
    ),
    (
        "delete in an anonymous type",
        PATIENT | {"contact": [CONTACT]},
        [operation("delete", "Patient.contact[0].gender")],
        PATIENT | {"contact": [{"name": {"text": "a name"}}]},
    ),
    (
        "append to a list",
        THREE,
        [operation("add", "Patient", name="identifier", value={"valueIdentifier": {"system": "http://example.org", "value": "value 4"}})],
        FOUR,
    ),
    (
        "insert into a list",
        PATIENT | {"name": [{"given": ["a", "c"]}]},
        [operation("insert", "Patient.name[0].given", index=1, value={"valueString": "b"})],
        PATIENT | {"name": [{"given": ["a", "b", "c"]}]},
    ),
    (
        "insert at the end",
        PATIENT | {"name": [{"given": ["a"]}]},
        [operation("insert", "Patient.name[0].given", index=1, value={"valueString": "b"})],
        PATIENT | {"name": [{"given": ["a", "b"]}]},
    ),
    (
        "insert into an empty list",
        PATIENT,
        [operation("insert", "Patient.name", index=0, value={"valueHumanName": {"text": "t"}})],
        PATIENT | {"name": [{"text": "t"}]},
    ),
    ("delete from a list", FOUR, [operation("delete", "Patient.identifier[3]")], THREE),
    ("delete what is found", FOUR, [operation("delete", "Patient.identifier.where(value = 'value 4')")], THREE),
    (
        "move within a list",
        FOUR,
        [operation("move", "Patient.identifier", source=3, destination=1)],
        PATIENT | {"identifier": [FOUR["identifier"][place] for place in (0, 3, 1, 2)]},
    ),
    (
        "reorder a list",
        FOUR,
        [
            operation("move", "Patient.identifier", source=3, destination=0),
            operation("move", "Patient.identifier", source=2, destination=3),
        ],
        PATIENT | {"identifier": [FOUR["identifier"][place] for place in (3, 0, 2, 1)]},
    ),
    (
        "a choice by its name",
        PATIENT,
        [operation("add", "Patient", name="deceased", value={"valueBoolean": True})],
        PATIENT | {"deceasedBoolean": True},
    ),
    (
        "a choice by its property",
        PATIENT,
        [operation("add", "Patient", name="deceasedDateTime", value={"valueDateTime": "2020"})],
        PATIENT | {"deceasedDateTime": "2020"},
    ),
    (
        "a choice becomes another type",
        PATIENT | {"deceasedBoolean": True},
        [operation("replace", "Patient.deceased", value={"valueDateTime": "2020-01-01"})],
        PATIENT | {"deceasedDateTime": "2020-01-01"},
    ),
    (
        "an extension",
        PATIENT | {"birthDate": "2020", "_birthDate": {"extension": [{"url": "http://x.org/a", "valueString": "old"}]}},
        [operation("replace", "Patient.birthDate.extension('http://x.org/a').value", value={"valueString": "new"})],
        PATIENT | {"birthDate": "2020", "_birthDate": {"extension": [{"url": "http://x.org/a", "valueString": "new"}]}},
    ),
    (
        "a primitive with its extension",
        PATIENT,
        [operation("add", "Patient", name="birthDate", value={"valueDate": "2020", "_valueDate": {"id": "x"}})],
        PATIENT | {"birthDate": "2020", "_birthDate": {"id": "x"}},
    ),
    (
        "lists of primitives keep their extensions beside them",
        PATIENT | {"name": [{"given": ["a", "c"], "_given": [None, {"id": "of-c"}]}]},
        [
            operation("insert", "Patient.name[0].given", index=1, value={"valueString": "b"}),
            operation("delete", "Patient.name[0].given[0]"),
        ],
        PATIENT | {"name": [{"given": ["b", "c"], "_given": [None, {"id": "of-c"}]}]},
    ),
    (
        "a text for a code",
        PATIENT,
        [operation("add", "Patient", name="gender", value={"valueString": "male"})],
        PATIENT | {"gender": "male"},
    ),
    (
        "a whole resource",
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Basic", "code": {"text": "x"}}}]},
        [operation("replace", "Bundle.entry[0].resource", value={"resource": {"resourceType": "Organization", "name": "Ward"}})],
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Organization", "name": "Ward"}}]},
    ),
    (
        "nothing broken on the way",
        PATIENT | {"contact": [CONTACT]},
        [
            operation("delete", "Patient.contact[0].name"),
            operation("add", "Patient.contact[0]", name="name", value={"valueHumanName": {"text": "other"}}),
        ],
        PATIENT | {"contact": [CONTACT | {"name": {"text": "other"}}]},
    ),
]


@pytest.mark.parametrize(("document", "operations", "expected"), [each[1:] for each in EXAMPLES], ids=[each[0] for each in EXAMPLES])
def test_examples(document: JSON, operations: list[JSON], expected: JSON) -> None:
    assert patched(document, *operations) == expected


REFUSED: list[tuple[JSON, str]] = [
    (operation("spam", "Patient"), "no known type"),
    (operation("delete", "Patient"), "whole resource"),
    (operation("delete", "Patient.identifier"), "one element"),
    (operation("delete", "Patient..identifier"), "Expected a name"),
    (operation("replace", "Patient.photo", value={"valueString": "x"}), "leads to 0"),
    (operation("replace", "Patient.birthDate", value={"valueInteger": 3}), "of type date, not integer"),
    (operation("add", "Patient", name="birthDate", value={"valueDate": "2020"}), "use replace"),
    (operation("add", "Patient", name="colour", value={"valueString": "red"}), "no element colour"),
    (operation("add", "Patient.birthDate", name="x", value={"valueString": "red"}), "no elements to add to"),
    (operation("add", "Patient", name="contact", value={"part": [{"name": "colour", "valueString": "x"}]}), "no element colour"),
    (operation("add", "Patient", name="contact", value={"part": [{"name": "gender", "valueCode": "male"}]}), "PatientContact"),
    (operation("add", "Patient", name="deceased", value={"part": [{"name": "x", "valueString": "x"}]}), "several types"),
    (operation("add", "Patient", name="active"), 'no part "value"'),
    (operation("insert", "Patient.identifier", index=9, value={"valueIdentifier": {"value": "x"}}), "no place 9"),
    (operation("insert", "Patient.identifier", index=-1, value={"valueIdentifier": {"value": "x"}}), "whole number"),
    (operation("insert", "Patient.birthDate", index=0, value={"valueDate": "2020"}), "does not repeat"),
    (operation("insert", "Patient.identifier[0]", index=0, value={"valueIdentifier": {"value": "x"}}), "does not name a list"),
    (operation("move", "Patient.identifier", source=0, destination=2), "no place 2"),
    (operation("move", "Patient.identifier", source=0), 'no part "destination"'),
    (operation("delete", "Patient.identifier.where(value.matches('(a+)+'))"), "not supported"),
    (operation("delete", "Patient.descendants()"), "not supported"),
    ({"name": "spam", "part": [{"name": "type", "valueCode": "delete"}]}, 'called "operation"'),
]


@pytest.mark.parametrize(("refused", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_is_refused(refused: JSON, words: str) -> None:
    document = PATIENT | {"birthDate": "2020", "identifier": [{"value": "1"}, {"value": "2"}]}
    with pytest.raises(Invalid, match="Operation 1") as invalid:
        patched(document, refused)
    (fault,) = invalid.value.faults
    assert words in fault.message
    assert fault.path == "Parameters.parameter[0]"


def test_a_patch_without_operations_is_refused() -> None:
    with pytest.raises(Invalid):
        fhirpath_patch(read(b'{"resourceType":"Patient"}'), read(b'{"resourceType":"Parameters","id":"x"}'))  # type: ignore[arg-type] # read gives the type named


def test_what_comes_out_is_checked() -> None:
    with pytest.raises(Invalid) as invalid:
        patched(PATIENT | {"gender": "male"}, operation("replace", "Patient.gender", value={"valueCode": "m"}))
    assert [(fault.path, fault.code) for fault in invalid.value.faults] == [("Patient.gender", "code-invalid")]
