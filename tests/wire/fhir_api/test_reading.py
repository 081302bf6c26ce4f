"""read, vread, and the headers around them."""

import pytest

from tests.wire.fhir_api.conftest import Api, issues, observation, patient


def test_what_was_created_is_read_back_with_its_version(api: Api) -> None:
    sent = patient(multipleBirthInteger=2)
    kept = api.create(sent)
    assert api.last is not None
    assert api.last["ETag"] == 'W/"1"'
    assert api.last["Location"] == f"http://testserver/fhir/Patient/{kept['id']}/_history/1"
    read = api.get(f"/Patient/{kept['id']}")
    assert api.last["ETag"] == 'W/"1"'
    assert api.last["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert {name: read[name] for name in sent} == sent
    assert read["meta"]["versionId"] == "1"


def test_decimals_keep_their_digits(api: Api) -> None:
    kept = api.create(patient())
    body = b'{"resourceType":"Observation","status":"final","code":{"text":"K"},"valueQuantity":{"value":4.10}}'
    made = api.call("POST", "/Observation", body)
    assert b'"value":4.10' in made.content
    assert kept["id"]


def test_an_earlier_version_stays_readable(api: Api) -> None:
    kept = api.create(patient())
    api.put({**kept, "active": True})
    assert "active" not in api.get(f"/Patient/{kept['id']}/_history/1")
    assert api.get(f"/Patient/{kept['id']}/_history/2")["active"] is True
    assert api.get(f"/Patient/{kept['id']}")["meta"]["versionId"] == "2"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/Patient/nobody", 404, "not-found"),
        ("/Patient/nobody/_history/1", 404, "not-found"),
        ("/Patient/nobody/_history", 404, "not-found"),
        ("/Patient/nobody/_history/x", 404, "not-found"),
        ("/Patent/1", 404, "not-supported"),
        ("/patient/1", 404, "not-supported"),
        ("/Patient/1/2/3", 404, "not-supported"),
        ("/Patient/1/$nothing", 404, "not-supported"),
        ("/$nothing", 404, "not-supported"),
        ("/Observation/1/$everything", 404, "not-supported"),
        ("/_export/1", 404, "not-found"),
    ],
)
def test_nothing_there_is_said_in_words(sqlite_api: Api, path: str, status: int, code: str) -> None:
    outcome = sqlite_api.get(path, expect=status)
    ((found, words),) = issues(outcome)
    assert found == code
    assert len(words) > 20


def test_a_deleted_resource_is_gone_and_its_history_is_not(api: Api) -> None:
    kept = api.create(patient())
    assert api.call("DELETE", f"/Patient/{kept['id']}").status_code == 204
    outcome = api.get(f"/Patient/{kept['id']}", expect=410)
    assert issues(outcome)[0][0] == "deleted"
    assert api.last is not None
    assert api.last["ETag"] == 'W/"2"'
    assert api.get(f"/Patient/{kept['id']}/_history/1")["name"] == kept["name"]
    api.get(f"/Patient/{kept['id']}/_history/2", expect=410)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if_none_match": 'W/"1"'}, 304),
        ({"if_none_match": '"1"'}, 304),
        ({"if_none_match": 'W/"7", W/"1"'}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": "1"}, 304),
        ({"if_none_match": 'W/"2"'}, 200),
        ({"if_modified_since": "Sat, 01 Jan 2050 00:00:00 GMT"}, 304),
        ({"if_modified_since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 200),
        ({"if_modified_since": "yesterday"}, 200),
        ({"if_none_match": 'W/"2"', "if_modified_since": "Sat, 01 Jan 2050 00:00:00 GMT"}, 200),
    ],
)
def test_a_client_that_has_it_gets_nothing_again(sqlite_api: Api, headers: dict[str, str], status: int) -> None:
    kept = sqlite_api.create(patient())
    answer = sqlite_api.call("GET", f"/Patient/{kept['id']}", **headers)
    assert answer.status_code == status
    assert (answer.content == b"") == (status == 304)
    assert answer["ETag"] == 'W/"1"'


def test_head_has_the_headers_and_no_body(sqlite_api: Api) -> None:
    kept = sqlite_api.create(patient())
    whole = sqlite_api.call("GET", f"/Patient/{kept['id']}")
    answer = sqlite_api.call("HEAD", f"/Patient/{kept['id']}")
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer["Content-Length"] == str(len(whole.content))
    assert answer["ETag"] == 'W/"1"'


def test_a_binary_is_its_bytes_unless_fhir_is_asked_for(sqlite_api: Api) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    made = sqlite_api.call("POST", "/Binary", png, kind="image/png", accept="application/fhir+json")
    assert made.status_code == 201
    place = made["Location"].removeprefix("http://testserver/fhir").partition("/_history")[0]
    as_bytes = sqlite_api.call("GET", place, accept="image/png")
    assert as_bytes["Content-Type"] == "image/png"
    assert as_bytes.content == png
    assert as_bytes["Content-Disposition"] == "attachment"
    as_fhir = sqlite_api.get(place, accept="application/fhir+json")
    assert as_fhir["contentType"] == "image/png"


def test_summaries_and_elements_of_one_resource(sqlite_api: Api) -> None:
    kept = sqlite_api.create(patient())
    seen = sqlite_api.create(
        observation(kept["id"], note=[{"text": "resting"}], component=[{"code": {"text": "c"}, "interpretation": [{"text": "i"}]}])
    )
    place = f"/Observation/{seen['id']}"
    subsetted = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
    # isSummary in R4's StructureDefinition of Observation: note and component.interpretation are not, component.code is.
    summary = sqlite_api.get(f"{place}?_summary=true")
    assert "note" not in summary
    assert summary["component"] == [{"code": {"text": "c"}}]
    assert subsetted in summary["meta"]["tag"]
    chosen = sqlite_api.get(f"{place}?_elements=value,Patient.name")
    assert set(chosen) == {"resourceType", "id", "meta", "status", "code", "valueQuantity"}
    assert "subject" in sqlite_api.get(f"{place}?_summary=false")
    sqlite_api.get(f"{place}?_summary=maybe", expect=400)
    sqlite_api.get(f"{place}?_summary=count", expect=400)


def test_pretty_is_the_same_with_line_breaks(sqlite_api: Api) -> None:
    kept = sqlite_api.create(patient())
    answer = sqlite_api.call("GET", f"/Patient/{kept['id']}?_pretty=true")
    assert b'\n  "resourceType": "Patient"' in answer.content
    assert sqlite_api.get(f"/Patient/{kept['id']}?_pretty=true") == kept
