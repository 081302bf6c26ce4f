"""$expand and $validate-code. Codes and displays are those of R4's own value sets, as hl7.org/fhir/R4/valueset-*.html shows them."""

import pytest

from tests.wire.fhir_api.conftest import Api, Json, issues, patient

GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
SYSTEM = "http://hl7.org/fhir/administrative-gender"
EVERYTHING_OF_SNOMED = "http://hl7.org/fhir/ValueSet/condition-code"


def parameters(**values: Json) -> Json:
    """A Parameters resource."""
    return {"resourceType": "Parameters", "parameter": [{"name": name, **value} for name, value in values.items()]}


def said(answer: Json) -> dict[str, object]:
    """The named values of a Parameters resource."""
    return {row["name"]: next(value for name, value in row.items() if name.startswith("value")) for row in answer["parameter"]}


def test_expand(sqlite_api: Api) -> None:
    whole = sqlite_api.get(f"/ValueSet/$expand?url={GENDER}")
    assert [(row["code"], row["display"]) for row in whole["expansion"]["contains"]] == [
        ("male", "Male"),
        ("female", "Female"),
        ("other", "Other"),
        ("unknown", "Unknown"),
    ]
    part = sqlite_api.get(f"/ValueSet/$expand?url={GENDER}&filter=male&offset=1&count=1")
    assert [row["code"] for row in part["expansion"]["contains"]] == ["female"]
    assert part["expansion"]["total"] == 2
    posted = sqlite_api.json("POST", "/ValueSet/$expand", parameters(url={"valueUri": GENDER}, count={"valueInteger": 3}))
    assert len(posted["expansion"]["contains"]) == 3
    kept = sqlite_api.create({"resourceType": "ValueSet", "url": GENDER, "status": "active"})
    assert sqlite_api.get(f"/ValueSet/{kept['id']}/$expand")["expansion"]["total"] == 4


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "invalid"),
        ("?url=http://example.org/ValueSet/x", 404, "not-found"),
        (f"?url={EVERYTHING_OF_SNOMED}", 422, "too-costly"),
        (f"?url={GENDER}&count=x", 400, "invalid"),
        (f"?url={GENDER}&context=x", 400, "invalid"),
    ],
)
def test_what_can_not_be_expanded(sqlite_api: Api, query: str, status: int, code: str) -> None:
    assert issues(sqlite_api.get(f"/ValueSet/$expand{query}", expect=status))[0][0] == code


def test_validate_code(sqlite_api: Api) -> None:
    place = f"/ValueSet/$validate-code?url={GENDER}"
    assert said(sqlite_api.get(f"{place}&code=female&system={SYSTEM}")) == {"result": True, "display": "Female"}
    assert said(sqlite_api.get(f"{place}&code=female&system={SYSTEM}&display=Woman"))["result"] is False
    wrong = said(sqlite_api.get(f"{place}&code=x&system={SYSTEM}"))
    assert wrong["result"] is False
    assert "x" in str(wrong["message"])
    concept = {"valueCodeableConcept": {"coding": [{"system": "urn:other", "code": "f"}, {"system": SYSTEM, "code": "female"}]}}
    assert said(sqlite_api.json("POST", place, parameters(codeableConcept=concept)))["result"] is True
    assert said(sqlite_api.json("POST", place, parameters(coding={"valueCoding": {"system": SYSTEM, "code": "x"}})))["result"] is False
    sqlite_api.get(place, expect=400)
    snomed = f"/ValueSet/$validate-code?url={EVERYTHING_OF_SNOMED}&code=386661006&system=http://snomed.info/sct"
    assert "snomed" in issues(sqlite_api.get(snomed, expect=422))[0][1]


def test_a_search_may_be_in_a_value_set(sqlite_api: Api) -> None:
    sqlite_api.create(patient(gender="female"))
    sqlite_api.create(patient())
    assert sqlite_api.get(f"/Patient?gender:in={GENDER}")["total"] == 1
    assert sqlite_api.get(f"/Patient?gender:not-in={GENDER}")["total"] == 1
    sqlite_api.get("/Patient?gender:in=http://example.org/ValueSet/x", expect=400)
