"""What each datatype is found by, after the tables of https://hl7.org/fhir/R4/search.html."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from benchside.fhir import read
from benchside.fhir.search.extraction import index_values
from benchside.fhir.search.parameters import parameters
from benchside.fhir.search.text import all_text, narrative_text
from benchside.fhir.search.values import INSTANT_MAX, INSTANT_MIN, IndexValues

OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
REQUEST = {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": {"reference": "Patient/1"}}
ADMINISTRATIVE_GENDER = "http://hl7.org/fhir/administrative-gender"


def rows_of(document: dict[str, Any]) -> IndexValues:
    return index_values(read(json.dumps(document).encode()), UTC)


def found(document: dict[str, Any], code: str, kept: str) -> list[tuple[Any, ...]]:
    """The rows of one parameter in one list, without its number."""
    number = parameters(document["resourceType"])[code].number
    return [row[1:] for row in getattr(rows_of(document), kept) if row[0] == number]


def micro(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **elements}


def observation(**elements: Any) -> dict[str, Any]:
    return OBSERVATION | elements


CODING = {"system": "http://loinc.org", "code": "8480-6", "display": "Systolic"}
TYPED = {"system": "s:mrn", "value": "7", "type": {"coding": [{"system": "s:t", "code": "MR"}], "text": "Record number"}}

TOKENS = [
    (patient(gender="male"), "gender", [(ADMINISTRATIVE_GENDER, "male")]),
    (patient(active=True), "active", [("http://terminology.hl7.org/CodeSystem/special-values", "true")]),
    (patient(identifier=[{"value": "7"}, TYPED]), "identifier", [("", "7"), ("s:mrn", "7")]),
    (patient(telecom=[{"system": "phone", "value": "555"}]), "telecom", [("phone", "555")]),
    (patient(telecom=[{"system": "phone", "value": "555"}, {"system": "email", "value": "a@b.c"}]), "email", [("email", "a@b.c")]),
    (patient(meta={"tag": [CODING]}), "_tag", [("http://loinc.org", "8480-6")]),
    (observation(code={"coding": [CODING, {"code": "x"}], "text": "t"}), "code", [("http://loinc.org", "8480-6"), ("", "x")]),
    (observation(code={"text": "only words"}), "code", [("", "")]),
    (observation(), "status", [("http://hl7.org/fhir/observation-status", "final")]),
    (REQUEST | {"requisition": {"system": "s:r", "value": "9"}}, "requisition", [("s:r", "9")]),
    ({"resourceType": "ValueSet", "status": "draft", "version": "1.2"}, "version", [("", "1.2")]),
    (patient(), "deceased", [("http://terminology.hl7.org/CodeSystem/special-values", "false")]),
    (patient(deceasedBoolean=False), "deceased", [("http://terminology.hl7.org/CodeSystem/special-values", "false")]),
    (patient(deceasedDateTime="2020"), "deceased", [("http://terminology.hl7.org/CodeSystem/special-values", "true")]),
]


@pytest.mark.parametrize(("document", "code", "expected"), TOKENS)
def test_tokens(document: dict[str, Any], code: str, expected: list[tuple[str, str]]) -> None:
    assert found(document, code, "tokens") == expected


def test_words_of_tokens() -> None:
    assert found(observation(code={"coding": [CODING], "text": "t"}), "code", "token_texts") == [("Systolic",), ("t",)]
    assert found(patient(identifier=[TYPED]), "identifier", "token_texts") == [("Record number",)]
    assert found(patient(identifier=[TYPED]), "identifier", "identifier_types") == [("s:t", "MR", "7")]


NAME = {"text": "Dr Ann Lee", "family": "Lee", "given": ["Ann", "Bo"], "prefix": ["Dr"], "suffix": ["PhD"]}
ADDRESS = {"text": "all", "line": ["1 Road", "Flat 2"], "city": "C", "district": "D", "state": "S", "postalCode": "P", "country": "N"}

STRINGS = [
    (patient(name=[NAME]), "name", {"Dr Ann Lee", "Lee", "Ann", "Bo", "Dr", "PhD"}),
    (patient(name=[NAME]), "given", {"Ann", "Bo"}),
    (patient(name=[NAME]), "family", {"Lee"}),
    (patient(name=[{"family": "Ashcroft", "given": ["Ann Bo"]}]), "phonetic", {"A261", "A500", "B000"}),
    (patient(address=[ADDRESS]), "address", {"all", "1 Road", "Flat 2", "C", "D", "S", "P", "N"}),
    (patient(address=[ADDRESS]), "address-city", {"C"}),
    (patient(name=[{"use": "usual"}]), "name", {""}),
    (observation(valueString="words"), "value-string", {"words"}),
    (observation(valueCodeableConcept={"text": "words"}), "value-string", {"words"}),
]


@pytest.mark.parametrize(("document", "code", "expected"), STRINGS)
def test_strings(document: dict[str, Any], code: str, expected: set[str]) -> None:
    assert {row[0] for row in found(document, code, "strings")} == expected


REFERENCES = [
    (observation(subject={"reference": "Patient/1"}), "subject", ["Patient/1"]),
    (observation(subject={"reference": "Patient/1/_history/2"}), "subject", ["Patient/1/_history/2", "Patient/1"]),
    (observation(subject={"reference": "http://other.org/fhir/Patient/1"}), "subject", ["http://other.org/fhir/Patient/1"]),
    (
        observation(subject={"reference": "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"}),
        "subject",
        ["urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"],
    ),
    (observation(subject={"display": "Somebody"}), "subject", [""]),
    (REQUEST | {"instantiatesCanonical": ["http://x.org/a|2"]}, "instantiates-canonical", ["http://x.org/a|2", "http://x.org/a"]),
    (REQUEST | {"instantiatesCanonical": ["http://x.org/a"]}, "instantiates-canonical", ["http://x.org/a"]),
]


@pytest.mark.parametrize(("document", "code", "expected"), REFERENCES)
def test_references(document: dict[str, Any], code: str, expected: list[str]) -> None:
    assert [row[0] for row in found(document, code, "references")] == expected


def test_identifiers_of_references() -> None:
    document = observation(subject={"identifier": {"system": "s:mrn", "value": "7"}})
    assert found(document, "subject", "reference_identifiers") == [("s:mrn", "7")]


def test_the_first_resource_of_a_bundle() -> None:
    composition = {
        "resourceType": "Composition", "id": "c", "status": "final", "type": {"text": "t"}, "date": "2020", "title": "t",
        "author": [{"display": "a"}],
    }  # fmt: skip
    document = {
        "resourceType": "Bundle", "type": "document", "identifier": {"system": "s:b", "value": "1"}, "timestamp": "2020-01-01T00:00:00Z",
        "entry": [{"fullUrl": "http://x.org/Composition/c", "resource": composition}],
    }  # fmt: skip
    assert found(document, "composition", "references") == [("Composition/c",)]
    assert found(document, "message", "references") == []


SPAN = (micro("2020-03-01T00:00:00Z"), micro("2020-03-31T23:59:59.999999Z"))

DATES = [
    (observation(effectiveDateTime="2020-03"), "date", [SPAN]),
    (observation(effectivePeriod={"start": "2020-03", "end": "2020-03"}), "date", [SPAN]),
    (observation(effectivePeriod={"start": "2020-03"}), "date", [(SPAN[0], INSTANT_MAX)]),
    (observation(effectivePeriod={"end": "2020-03"}), "date", [(INSTANT_MIN, SPAN[1])]),
    (
        observation(effectiveInstant="2020-03-01T00:00:00.5Z"),
        "date",
        [(micro("2020-03-01T00:00:00.5Z"), micro("2020-03-01T00:00:00.599999Z"))],
    ),
    (observation(effectiveTiming={"event": ["2020-03-31", "2020-03-01"]}), "date", [SPAN]),
    (observation(effectiveTiming={"repeat": {"boundsPeriod": {"start": "2020-03-01", "end": "2020-03-31"}}}), "date", [SPAN]),
    (observation(effectiveTiming={"code": {"text": "daily"}}), "date", []),
    (patient(birthDate="2020-03"), "birthdate", [SPAN]),
]


@pytest.mark.parametrize(("document", "code", "expected"), DATES)
def test_dates(document: dict[str, Any], code: str, expected: list[tuple[int, int]]) -> None:
    assert found(document, code, "dates") == expected


def test_dates_without_offset_are_in_the_sites_zone() -> None:
    values = index_values(read(json.dumps(patient(birthDate="2020-06-01")).encode()), ZoneInfo("America/New_York"))
    assert [row[1:] for row in values.dates] == [(micro("2020-06-01T04:00:00Z"), micro("2020-06-02T03:59:59.999999Z"))]


QUANTITY = {"value": 5, "system": "http://unitsofmeasure.org", "code": "mg", "unit": "milligram"}
MG = (Decimal(5), "http://unitsofmeasure.org", "mg", "milligram")
SAMPLES = {"origin": QUANTITY, "period": 10, "dimensions": 1, "data": "1 2"}
GENERAL_CONTEXT = {"code": {"system": "s:c", "code": "age"}, "valueRange": {"low": QUANTITY, "high": QUANTITY | {"value": 9}}}
LIBRARY = {"resourceType": "Library", "status": "draft", "type": {"text": "t"}, "useContext": [GENERAL_CONTEXT]}
INVOICE = {"resourceType": "Invoice", "status": "draft", "totalNet": {"value": 12.5, "currency": "EUR"}}

QUANTITIES = [
    (observation(valueQuantity=QUANTITY), "value-quantity", [MG]),
    (observation(valueQuantity={"unit": "mg"}), "value-quantity", []),
    (observation(valueSampledData=SAMPLES), "value-quantity", [MG]),
    (observation(component=[{"code": {"text": "c"}, "valueQuantity": QUANTITY}]), "component-value-quantity", [MG]),
    (LIBRARY, "context-quantity", [MG, (Decimal(9), *MG[1:])]),
    (INVOICE, "totalnet", [(Decimal("12.5"), "urn:iso:std:iso:4217", "EUR", "EUR")]),
]


@pytest.mark.parametrize(("document", "code", "expected"), QUANTITIES)
def test_quantities(document: dict[str, Any], code: str, expected: list[tuple[Any, ...]]) -> None:
    assert found(document, code, "quantities") == expected


RISK = {"resourceType": "RiskAssessment", "status": "final", "subject": {"reference": "Patient/1"}}


def test_numbers() -> None:
    assert found(RISK | {"prediction": [{"probabilityDecimal": 0.125}]}, "probability", "numbers") == [(Decimal("0.125"),)]
    percent = {"system": "http://unitsofmeasure.org", "code": "%"}
    spread = {"low": {"value": 1} | percent, "high": {"value": 2} | percent}
    assert found(RISK | {"prediction": [{"probabilityRange": spread}]}, "probability", "numbers") == [(Decimal(1),), (Decimal(2),)]
    sequence = {"resourceType": "MolecularSequence", "coordinateSystem": 0, "variant": [{"start": 5, "end": 6}]}
    assert found(sequence, "variant-start", "numbers") == [(Decimal(5),)]
    place = {"resourceType": "Location", "position": {"longitude": -71.5, "latitude": 42.25}}
    assert found(place, "near", "numbers") == [(Decimal("42.25"),), (Decimal("928.5"),)]  # the longitude is kept apart by 1000


def test_uris() -> None:
    assert found({"resourceType": "ValueSet", "status": "draft", "url": "http://x.org/vs"}, "url", "uris") == [("http://x.org/vs",)]
    assert found(patient(meta={"profile": ["http://x.org/p|1"]}), "_profile", "uris") == [("http://x.org/p|1",)]


SYSTOLIC = ("token", "http://loinc.org", "8480-6")
SEQUENCE = {
    "resourceType": "MolecularSequence",
    "coordinateSystem": 0,
    "referenceSeq": {"chromosome": {"coding": [{"code": "1"}]}, "genomeBuild": "GRCh 37", "windowStart": 3, "windowEnd": 4},
    "variant": [{"start": 5, "end": 6}, {"start": 7, "end": 8}],
}
DOCUMENT = {
    "resourceType": "DocumentReference",
    "status": "current",
    "content": [{"attachment": {"title": "t"}}],
    "relatesTo": [{"code": "replaces", "target": {"reference": "DocumentReference/old"}}],
}
GROUP = {
    "resourceType": "Group",
    "type": "person",
    "actual": False,
    "characteristic": [
        {"code": {"coding": [{"code": "gender"}]}, "valueCodeableConcept": {"coding": [{"code": "female"}]}, "exclude": False},
        {"code": {"coding": [{"code": "dead"}]}, "valueBoolean": True, "exclude": False},
        {"code": {"coding": [{"code": "age"}]}, "valueQuantity": {"value": 5}, "exclude": False},
    ],
}

COMPOSITES = [
    (observation(code={"coding": [CODING]}, valueQuantity=QUANTITY), "code-value-quantity", [(SYSTOLIC, ("quantity", *MG))]),
    (observation(code={"coding": [CODING]}, valueString="s"), "code-value-string", [(SYSTOLIC, ("string", "s"))]),
    (observation(code={"coding": [CODING]}, valueDateTime="2020-03"), "code-value-date", [(SYSTOLIC, ("date", *SPAN))]),
    (
        observation(code={"coding": [CODING]}, valueCodeableConcept={"coding": [{"code": "y"}]}),
        "code-value-concept",
        [(SYSTOLIC, ("token", "", "y"))],
    ),
    (observation(code={"text": "no coding"}, valueString="s"), "code-value-string", []),
    (
        observation(component=[{"code": {"coding": [CODING, {"code": "b"}]}, "valueQuantity": QUANTITY}, {"code": {"coding": [CODING]}}]),
        "component-code-value-quantity",
        [(SYSTOLIC, ("quantity", *MG)), (("token", "", "b"), ("quantity", *MG))],
    ),
    (
        SEQUENCE,
        "chromosome-variant-coordinate",
        [
            (("token", "", "1"), ("number", Decimal(5)), ("number", Decimal(6))),
            (("token", "", "1"), ("number", Decimal(7)), ("number", Decimal(8))),
        ],
    ),
    (SEQUENCE, "chromosome-window-coordinate", [(("token", "", "1"), ("number", Decimal(3)), ("number", Decimal(4)))]),
    (
        DOCUMENT,
        "relationship",
        [(("token", "http://hl7.org/fhir/document-relationship-type", "replaces"), ("reference", "DocumentReference/old"))],
    ),
    (
        GROUP,
        "characteristic-value",
        [
            (("token", "", "gender"), ("token", "", "female")),
            (("token", "", "dead"), ("token", "http://terminology.hl7.org/CodeSystem/special-values", "true")),
        ],
    ),
    (
        LIBRARY,
        "context-type-quantity",
        [(("token", "s:c", "age"), ("quantity", *MG)), (("token", "s:c", "age"), ("quantity", Decimal(9), *MG[1:]))],
    ),
]


@pytest.mark.parametrize(("document", "code", "expected"), COMPOSITES)
def test_composites(document: dict[str, Any], code: str, expected: list[tuple[Any, ...]]) -> None:
    assert [row[0] for row in found(document, code, "composites")] == expected


APPOINTMENT = {"resourceType": "Appointment", "status": "proposed"}
MEMBERS = [{"entity": {"reference": "Patient/1"}}, {"entity": {"reference": "Patient/2"}}]

PATIENTS = [
    (patient(id="7"), "7"),
    (patient(), None),
    (observation(subject={"reference": "Patient/1"}), "1"),
    (observation(subject={"reference": "Patient/1/_history/2"}), "1"),
    (observation(subject={"reference": "Group/1"}, performer=[{"reference": "Patient/2"}]), None),
    (
        {"resourceType": "Coverage", "status": "active", "beneficiary": {"reference": "Patient/1"}, "payor": [{"reference": "Patient/2"}]},
        "1",
    ),
    (
        APPOINTMENT | {"participant": [{"status": "accepted", "actor": {"reference": name}} for name in ("Practitioner/1", "Patient/3")]},
        "3",
    ),
    (APPOINTMENT | {"participant": [{"status": "accepted", "actor": {"reference": f"Patient/{n}"}} for n in (1, 2)]}, None),
    ({"resourceType": "Group", "type": "person", "actual": True, "member": MEMBERS}, None),
    ({"resourceType": "Organization", "name": "x"}, None),
    (REQUEST, "1"),
]


@pytest.mark.parametrize(("document", "expected"), PATIENTS)
def test_whose_a_resource_is(document: dict[str, Any], expected: str | None) -> None:
    assert rows_of(document).patient == expected


def test_when_a_resource_happened() -> None:
    assert rows_of(observation(effectiveDateTime="2020-03")).moment == SPAN
    assert rows_of(observation()).moment is None
    assert rows_of(REQUEST | {"authoredOn": "2020-03"}).moment == SPAN
    assert rows_of(patient(birthDate="2020")).moment is None


def test_what_is_only_extensions_gives_no_rows() -> None:
    bare = {"extension": [{"url": "http://x.org/unknown", "valueCode": "asked"}]}
    document = patient(_birthDate=bare, _gender=bare, name=[{"given": [None, "Ann"], "_given": [bare, None]}])
    assert found(document, "birthdate", "dates") == []
    assert found(document, "gender", "tokens") == []
    assert found(document, "given", "strings") == [("Ann",)]


def test_aliases_and_the_resources_own_row_give_no_rows() -> None:
    document = observation(id="7", meta={"lastUpdated": "2020-01-01T00:00:00Z"}, subject={"reference": "Patient/1"})
    values = rows_of(document)
    assert [row[1] for row in values.references] == ["Patient/1"]
    assert values.dates == []
    assert "7" not in {row[2] for row in values.tokens}


def test_words_for_full_text() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Ann  &amp; <b>Bo</b></p><img src="x.png" alt="scan"/></div>'
    document = patient(text={"status": "generated", "div": div}, name=[{"family": "Núñez"}], identifier=[TYPED])
    resource = read(json.dumps(document).encode())
    assert narrative_text(resource) == "Ann & Bo"
    words = all_text(resource).split()
    assert {"Ann", "Bo", "Núñez", "Record", "number", "7"} <= set(words)
    assert "s:mrn" not in words
    assert narrative_text(read(json.dumps(patient()).encode())) == ""
