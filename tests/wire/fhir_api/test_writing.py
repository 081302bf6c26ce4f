"""create, update, delete and their conditional forms."""

import pytest

from tests.wire.fhir_api.conftest import Api, issues, observation, patient

MRN = "identifier=urn:benchside:test:mrn|100"


def test_every_fault_of_a_resource_is_named_at_once(sqlite_api: Api) -> None:
    wrong = {"resourceType": "Patient", "gender": "x", "birthDate": "yesterday", "nickname": "Ana"}
    outcome = sqlite_api.json("POST", "/Patient", wrong, expect=400)
    places = {place for issue in outcome["issue"] for place in issue.get("expression", [])}
    assert {"Patient.gender", "Patient.birthDate"} <= places
    assert any("nickname" in place or "nickname" in words for place in places for _, words in issues(outcome))
    assert sqlite_api.get("/Patient/_history")["total"] == 0


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("", "application/fhir+json", 400),
        ("{", "application/fhir+json", 400),
        ("[]", "application/fhir+json", 400),
        ("null", "application/fhir+json", 400),
        ('{"resourceType":"Observation","status":"final","code":{"text":"x"}}', "application/fhir+json", 400),
        ('{"resourceType":"Patient"}', "application/fhir+xml", 400),
        ('{"resourceType":"Patient"}', "text/plain", 415),
        ('{"resourceType":"Patient"}', "application/fhir+json; charset=latin-1", 415),
        ('{"resourceType":"Patient"}', "application/fhir+json; fhirVersion=5.0", 415),
        ('{"resourceType":"Patient"}', "application/fhir+json; fhirVersion=4.0; charset=utf-8", 201),
        ('{"resourceType":"Patient"}', "application/json", 201),
        (b'{"resourceType":"Patient","name":[{"family":"\xff"}]}', "application/fhir+json", 400),
    ],
)
def test_a_body_is_taken_or_refused_in_words(sqlite_api: Api, body: str | bytes, kind: str, status: int) -> None:
    answer = sqlite_api.json("POST", "/Patient", body, expect=status, kind=kind)
    if status != 201:
        assert all(len(words) > 10 for _, words in issues(answer))


def test_the_id_of_a_created_resource_is_ours(sqlite_api: Api) -> None:
    assert sqlite_api.create(patient(id="theirs"))["id"] != "theirs"


@pytest.mark.parametrize(
    ("prefer", "size"), [("return=minimal", 0), ("return=representation", None), (None, None), ("return=OperationOutcome", None)]
)
def test_a_client_says_what_comes_back(sqlite_api: Api, prefer: str | None, size: int | None) -> None:
    headers = {"prefer": prefer} if prefer else {}
    answer = sqlite_api.call("POST", "/Patient", patient(), **headers)
    assert answer.status_code == 201
    if size == 0:
        assert answer.content == b""
    elif prefer == "return=OperationOutcome":
        assert b'"resourceType":"OperationOutcome"' in answer.content
    else:
        assert b'"resourceType":"Patient"' in answer.content
    assert answer["ETag"] == 'W/"1"'


def test_update_replaces_only_the_version_that_was_read(api: Api) -> None:
    kept = api.create(patient())
    changed = api.put({**kept, "active": True}, if_match='W/"1"')
    assert changed["meta"]["versionId"] == "2"
    outcome = api.put({**kept, "active": False}, expect=412, if_match='W/"1"')
    assert issues(outcome)[0][0] == "conflict"
    assert api.get(f"/Patient/{kept['id']}")["active"] is True
    api.put({**kept, "active": False}, expect=400, if_match="latest")
    assert api.put({**kept, "active": False}, if_match="*")["active"] is False


def test_update_creates_where_nothing_is(api: Api) -> None:
    made = api.put(patient(id="ana"), expect=201)
    assert made["id"] == "ana"
    assert api.last is not None
    assert api.last["Location"].endswith("/Patient/ana/_history/1")
    api.put(patient(id="rui"), expect=412, if_match='W/"1"')
    api.get("/Patient/rui", expect=404)
    api.put(patient(id="ana"), expect=412, if_none_match="*")
    api.put(patient(id="eva"), expect=201, if_none_match="*")


def test_update_of_a_deleted_resource_brings_it_back(api: Api) -> None:
    api.put(patient(id="ana"), expect=201)
    api.call("DELETE", "/Patient/ana")
    api.json("PUT", "/Patient/ana", patient(id="ana"), expect=200)
    assert api.get("/Patient/ana")["meta"]["versionId"] == "3"


@pytest.mark.parametrize("body_id", [None, "other"])
def test_the_id_in_body_and_address_must_be_one(sqlite_api: Api, body_id: str | None) -> None:
    body = patient() if body_id is None else patient(id=body_id)
    outcome = sqlite_api.json("PUT", "/Patient/ana", body, expect=400)
    assert outcome["issue"][0]["expression"] == ["Patient.id"]


def test_a_reference_to_nothing_is_refused_with_its_path(api: Api) -> None:
    outcome = api.json("POST", "/Observation", observation("nobody"), expect=422)
    assert outcome["issue"][0]["expression"] == ["Observation.subject"]
    assert "Patient/nobody" in outcome["issue"][0]["diagnostics"]


def test_a_reference_to_our_own_address_is_a_local_one(api: Api) -> None:
    kept = api.create(patient())
    sent = observation("x", subject={"reference": f"http://testserver/fhir/Patient/{kept['id']}"})
    assert api.create(sent)["subject"]["reference"] == f"Patient/{kept['id']}"


def test_deleting_needs_nothing_to_point_there(api: Api) -> None:
    kept = api.create(patient())
    seen = api.create(observation(kept["id"]))
    outcome = api.json("DELETE", f"/Patient/{kept['id']}", expect=409)
    assert f"Observation/{seen['id']}" in issues(outcome)[0][1]
    assert api.call("DELETE", f"/Observation/{seen['id']}").status_code == 204
    assert api.call("DELETE", f"/Patient/{kept['id']}").status_code == 204


def test_deleting_what_is_not_there_is_no_error(api: Api) -> None:
    assert api.call("DELETE", "/Patient/nobody").status_code == 204
    kept = api.create(patient())
    assert api.call("DELETE", f"/Patient/{kept['id']}", if_match='W/"7"').status_code == 412
    assert api.call("DELETE", f"/Patient/{kept['id']}", if_match='W/"1"').status_code == 204
    assert api.call("DELETE", f"/Patient/{kept['id']}").status_code == 204


# If-None-Exist as clients send it: with and without the type, the question mark, the whole address.
FORMS = [MRN, f"?{MRN}", f"Patient?{MRN}", f"/Patient?{MRN}", f"http://testserver/fhir/Patient?{MRN}"]


@pytest.mark.parametrize("form", FORMS)
def test_conditional_create_makes_one_only(api: Api, form: str) -> None:
    first = api.json("POST", "/Patient", patient(), expect=201, if_none_exist=form)
    second = api.json("POST", "/Patient", patient(), expect=200, if_none_exist=form)
    assert second["id"] == first["id"]
    assert api.last is not None
    assert api.last["ETag"] == 'W/"1"'
    assert api.get("/Patient")["total"] == 1


def test_a_condition_in_the_address_of_a_create_is_one_too(api: Api) -> None:
    first = api.json("POST", f"/Patient?{MRN}", patient(), expect=201)
    assert api.json("POST", f"/Patient?{MRN}", patient())["id"] == first["id"]


@pytest.mark.parametrize(
    ("condition", "status", "code"),
    [
        ("Observation?code=x", 400, "invalid"),
        ("", 400, "invalid"),
        ("_count=1", 400, "invalid"),
        ("colour=green", 400, "not-supported"),
        ("family=Silva", 412, "multiple-matches"),
    ],
)
def test_a_condition_that_can_not_select_is_refused(api: Api, condition: str, status: int, code: str) -> None:
    api.create(patient())
    api.create(patient())
    outcome = api.json("POST", "/Patient", patient(), expect=status, if_none_exist=condition)
    assert issues(outcome)[0][0] == code
    assert api.get("/Patient")["total"] == 2


def test_conditional_update(api: Api) -> None:
    made = api.json("PUT", f"/Patient?{MRN}", patient(), expect=201)
    again = api.json("PUT", f"/Patient?{MRN}", patient(active=True))
    assert (again["id"], again["meta"]["versionId"]) == (made["id"], "2")
    api.json("PUT", f"/Patient?{MRN}", patient(id="other"), expect=400)
    api.json("PUT", f"/Patient?{MRN}", patient(), expect=412, if_match='W/"1"')
    assert api.json("PUT", "/Patient?identifier=urn:x|9", patient(id="rui"), expect=201)["id"] == "rui"
    outcome = api.json("PUT", "/Patient?family=Silva", patient(), expect=412)
    assert issues(outcome)[0][0] == "multiple-matches"
    api.json("PUT", "/Patient", patient(), expect=400)


def test_conditional_delete_of_one(api: Api) -> None:
    made = api.create(patient())
    assert api.call("DELETE", "/Patient?identifier=urn:x|9").status_code == 204
    api.get(f"/Patient/{made['id']}")
    assert api.call("DELETE", f"/Patient?{MRN}").status_code == 204
    api.get(f"/Patient/{made['id']}", expect=410)
    assert api.call("DELETE", "/Patient").status_code == 400


def test_conditional_delete_of_many_is_a_setting(sqlite_api: Api, settings: object) -> None:
    for _ in range(3):
        sqlite_api.create(patient())
    outcome = sqlite_api.json("DELETE", f"/Patient?{MRN}", expect=412)
    assert issues(outcome)[0][0] == "multiple-matches"
    settings.BENCHSIDE_FHIR_LIMITS = {"conditional_delete_matches_max": 3}  # type: ignore[attr-defined]  # untyped fixture
    told = sqlite_api.json("DELETE", f"/Patient?{MRN}", expect=200, prefer="return=OperationOutcome")
    assert told["issue"][0]["severity"] == "information"
    assert sqlite_api.get("/Patient")["total"] == 0
