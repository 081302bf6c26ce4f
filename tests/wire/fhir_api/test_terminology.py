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


BODY = {
    "resourceType": "CodeSystem",
    "url": "http://example.org/fhir/tubes",
    "status": "active",
    "content": "complete",
    "caseSensitive": True,
    "concept": [
        {
            "code": "tube",
            "display": "Tube",
            "concept": [
                {"code": "edta", "display": "EDTA", "designation": [{"language": "es", "value": "tubo lila"}]},
                {"code": "citrate"},
            ],
        },
        {"code": "cup"},
    ],
}


def test_validate_code_of_a_code_system(sqlite_api: Api) -> None:
    """Parameters and answer as https://hl7.org/fhir/R4/codesystem-operation-validate-code.html has them."""
    kept = sqlite_api.create(BODY)
    place = f"/CodeSystem/$validate-code?url={BODY['url']}"
    assert said(sqlite_api.get(f"{place}&code=edta")) == {"result": True, "display": "EDTA"}
    assert said(sqlite_api.get(f"{place}&code=edta&display=Tubo Lila"))["result"] is True
    assert said(sqlite_api.get(f"{place}&code=edta&display=Serum"))["result"] is False
    assert said(sqlite_api.get(f"{place}&code=EDTA"))["result"] is False
    assert said(sqlite_api.get(f"/CodeSystem/{kept['id']}/$validate-code?code=cup"))["result"] is True
    concept = {"valueCodeableConcept": {"coding": [{"system": "urn:other", "code": "x"}, {"system": BODY["url"], "code": "cup"}]}}
    assert said(sqlite_api.json("POST", place, parameters(codeableConcept=concept)))["result"] is True
    sent = parameters(codeSystem={"resource": BODY | {"url": "urn:uuid:2c1b2d6e-0d51-4d0f-9c3f-3d0c1c6f7a10"}}, code={"valueCode": "cup"})
    assert said(sqlite_api.json("POST", "/CodeSystem/$validate-code", sent))["result"] is True
    assert said(sqlite_api.get(f"/CodeSystem/$validate-code?url={SYSTEM}&code=female")) == {"result": True, "display": "Female"}
    sqlite_api.get("/CodeSystem/$validate-code?url=http://snomed.info/sct&code=1", expect=422)
    sqlite_api.get("/CodeSystem/$validate-code?code=1", expect=400)


def test_a_search_may_be_above_or_below_a_code(sqlite_api: Api) -> None:
    """Subsumption: https://hl7.org/fhir/R4/search.html#token, :above and :below."""
    sqlite_api.create(BODY)
    for code in ("tube", "edta", "cup"):
        sqlite_api.create({"resourceType": "Basic", "code": {"coding": [{"system": BODY["url"], "code": code}]}})
    sqlite_api.create({"resourceType": "Basic", "code": {"coding": [{"system": "urn:other", "code": "edta"}]}})

    def found(query: str) -> set[str]:
        return {entry["resource"]["code"]["coding"][0]["code"] for entry in sqlite_api.get(f"/Basic?{query}").get("entry", ())}

    assert found(f"code:below={BODY['url']}|tube") == {"tube", "edta"}
    assert found(f"code:above={BODY['url']}|edta") == {"tube", "edta"}
    assert found(f"code:below={BODY['url']}|cup") == {"cup"}
    assert sqlite_api.get(f"/Basic?code:below={BODY['url']}|edta")["total"] == 1
    sqlite_api.get("/Basic?code:below=http://loinc.org|1-8", expect=400)


def test_a_mime_type_is_found_below_its_base(sqlite_api: Api) -> None:
    """https://hl7.org/fhir/R4/search.html#mimetype."""
    for kind in ("text/xml; charset=UTF-8", "text/xml", "text/plain"):
        content = [{"attachment": {"contentType": kind, "url": "http://example.org/x"}}]
        sqlite_api.create({"resourceType": "DocumentReference", "status": "current", "content": content})
    assert sqlite_api.get("/DocumentReference?contenttype=text/xml")["total"] == 1
    assert sqlite_api.get("/DocumentReference?contenttype:below=text/xml")["total"] == 2


def test_a_search_may_be_in_a_value_set(sqlite_api: Api) -> None:
    sqlite_api.create(patient(gender="female"))
    sqlite_api.create(patient())
    assert sqlite_api.get(f"/Patient?gender:in={GENDER}")["total"] == 1
    assert sqlite_api.get(f"/Patient?gender:not-in={GENDER}")["total"] == 1
    sqlite_api.get("/Patient?gender:in=http://example.org/ValueSet/x", expect=400)
