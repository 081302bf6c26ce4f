"""patch: JSON Patch and FHIRPath Patch. Examples after RFC 6902, appendix A, and hl7.org/fhir/R4/fhirpatch.html."""

from typing import Any

import pytest

from tests.wire.fhir_api.conftest import Api, Json, issues, patient

JSON_PATCH = "application/json-patch+json"


def fhirpath_patch(**parts: Any) -> Json:
    """A FHIRPath Patch of one operation."""
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": "operation", "part": [{"name": name.rstrip("_"), **value} for name, value in parts.items()]}],
    }


def test_json_patch_changes_what_it_names(api: Api) -> None:
    kept = api.create(patient())
    operations = [
        {"op": "test", "path": "/name/0/family", "value": "Silva"},
        {"op": "replace", "path": "/name/0/family", "value": "Costa"},
        {"op": "add", "path": "/birthDate", "value": "1980-02-29"},
        {"op": "remove", "path": "/name/0/given"},
    ]
    changed = api.json("PATCH", f"/Patient/{kept['id']}", operations, kind=JSON_PATCH)
    assert changed["name"] == [{"family": "Costa"}]
    assert changed["birthDate"] == "1980-02-29"
    assert changed["meta"]["versionId"] == "2"
    assert api.last is not None
    assert api.last["ETag"] == 'W/"2"'


@pytest.mark.parametrize(
    ("operations", "statuses"),
    [
        ([{"op": "test", "path": "/name/0/family", "value": "Costa"}], {400, 422}),
        ([{"op": "remove", "path": "/photo"}], {400, 422}),
        ([{"op": "replace", "path": "/id", "value": "other"}], {400}),
        ([{"op": "replace", "path": "/resourceType", "value": "Basic"}], {400}),
        ([{"op": "add", "path": "/gender", "value": "x"}], {400}),
        ([{"op": "launch", "path": "/gender"}], {400}),
        ({"op": "add"}, {400}),
        ("[", {400}),
    ],
)
def test_a_json_patch_that_can_not_be_made_changes_nothing(sqlite_api: Api, operations: Any, statuses: set[int]) -> None:
    kept = sqlite_api.create(patient())
    answer = sqlite_api.call("PATCH", f"/Patient/{kept['id']}", operations, kind=JSON_PATCH)
    assert answer.status_code in statuses, answer.content
    assert sqlite_api.get(f"/Patient/{kept['id']}")["meta"]["versionId"] == "1"


def test_fhirpath_patch_changes_what_it_names(api: Api) -> None:
    kept = api.create(patient())
    change = fhirpath_patch(
        type={"valueCode": "replace"}, path={"valueString": "Patient.name.where(family='Silva').family"}, value={"valueString": "Costa"}
    )
    assert api.json("PATCH", f"/Patient/{kept['id']}", change)["name"][0]["family"] == "Costa"
    addition = fhirpath_patch(
        type={"valueCode": "add"}, path={"valueString": "Patient"}, name={"valueString": "birthDate"}, value={"valueDate": "1980-02-29"}
    )
    assert api.json("PATCH", f"/Patient/{kept['id']}", addition)["birthDate"] == "1980-02-29"


def test_a_patch_can_be_bound_to_a_version(api: Api) -> None:
    kept = api.create(patient())
    operations = [{"op": "add", "path": "/active", "value": True}]
    outcome = api.json("PATCH", f"/Patient/{kept['id']}", operations, expect=412, kind=JSON_PATCH, if_match='W/"2"')
    assert issues(outcome)[0][0] == "conflict"
    assert api.json("PATCH", f"/Patient/{kept['id']}", operations, kind=JSON_PATCH, if_match='W/"1"')["active"] is True


def test_conditional_patch(api: Api) -> None:
    kept = api.create(patient())
    operations = [{"op": "add", "path": "/active", "value": True}]
    place = "/Patient?identifier=urn:benchside:test:mrn|"
    assert api.json("PATCH", f"{place}100", operations, kind=JSON_PATCH)["id"] == kept["id"]
    api.json("PATCH", f"{place}9", operations, expect=404, kind=JSON_PATCH)
    api.create(patient())
    api.json("PATCH", f"{place}100", operations, expect=412, kind=JSON_PATCH)


def test_a_patch_of_nothing_or_of_another_kind_is_refused(sqlite_api: Api) -> None:
    operations = [{"op": "add", "path": "/active", "value": True}]
    sqlite_api.json("PATCH", "/Patient/nobody", operations, expect=404, kind=JSON_PATCH)
    kept = sqlite_api.create(patient())
    sqlite_api.json("PATCH", f"/Patient/{kept['id']}", operations, expect=415, kind="text/plain")
    sqlite_api.json("PATCH", f"/Patient/{kept['id']}", patient(), expect=400)


def test_a_patch_has_a_limit(sqlite_api: Api, settings: Any) -> None:
    settings.BENCHSIDE_FHIR_LIMITS = {"patch_operations_max": 2}
    kept = sqlite_api.create(patient())
    operations = [{"op": "test", "path": "/id", "value": kept["id"]}] * 3
    outcome = sqlite_api.json("PATCH", f"/Patient/{kept['id']}", operations, expect=400, kind=JSON_PATCH)
    assert "2" in issues(outcome)[0][1]


def test_merge_patch_as_some_clients_send_it(api: Api) -> None:
    kept = api.create(patient(birthDate="1980-02-29"))
    place = f"/Patient/{kept['id']}"
    changed = api.json("PATCH", place, {"active": True, "birthDate": None}, kind="application/json")
    assert changed["active"] is True
    assert "birthDate" not in changed
    api.json("PATCH", place, {"gender": "x"}, expect=400, kind="application/merge-patch+json")
    api.json("PATCH", place, [], expect=400, kind="application/merge-patch+json")
    seen = api.call(
        "POST", "/Observation", b'{"resourceType":"Observation","status":"final","code":{"text":"K"},"valueQuantity":{"value":4.10}}'
    )
    there = seen["Location"].removeprefix("http://testserver/fhir").partition("/_history")[0]
    merged = api.call("PATCH", there, {"status": "amended"}, kind="application/merge-patch+json")
    assert b'"value":4.10' in merged.content
