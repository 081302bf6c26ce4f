"""The door: formats, limits, methods, other sites' pages, and what happens when something breaks."""

import json
import logging
from typing import Any

import pytest

from benchside.wire.fhir_api import reading
from benchside.wire.fhir_api.limits import Limits
from tests.wire.fhir_api.conftest import Api, issues, patient


@pytest.mark.parametrize(
    ("accept", "query", "status"),
    [
        (None, "", 200),
        ("*/*", "", 200),
        ("application/*", "", 200),
        ("application/json", "", 200),
        ("application/fhir+json", "", 200),
        ("application/fhir+json; fhirVersion=4.0", "", 200),
        ("text/html,application/xml;q=0.7,*/*;q=0.8", "", 200),
        ("application/fhir+xml, application/fhir+json", "", 200),
        ("application/fhir+turtle, text/html", "", 406),
        ("application/fhir+json;q=0", "", 406),
        ("application/fhir+json; fhirVersion=5.0", "", 406),
        ("text/turtle", "", 406),
        ("application/fhir+xml", "?_format=json", 200),
        ("application/fhir+xml", "?_format=application/fhir+json", 200),
        ("application/fhir+json", "?_format=ttl", 406),
        ("application/fhir+json", "?_format=text/html", 406),
    ],
)
@pytest.mark.parametrize("place", ["/Patient", "/metadata"])
def test_the_format_is_json_or_refused_in_words(sqlite_api: Api, place: str, accept: str | None, query: str, status: int) -> None:
    headers = {} if accept is None else {"accept": accept}
    answer = sqlite_api.json("GET", f"{place}{query}", expect=status, **headers)
    assert sqlite_api.last is not None
    assert sqlite_api.last["Content-Type"] == "application/fhir+json; charset=utf-8"
    if status == 406:
        assert "JSON" in issues(answer)[0][1] or "4.0" in issues(answer)[0][1]


@pytest.mark.parametrize(
    ("method", "place", "allowed"),
    [
        ("PUT", "/metadata", "GET, HEAD"),
        ("POST", "/Patient/1", "DELETE, GET, HEAD, PATCH, PUT"),
        ("DELETE", "/Patient/1/_history", "GET, HEAD"),
        ("GET", "/Patient/_search", "POST"),
        ("PUT", "/", "GET, HEAD, POST"),
        ("DELETE", "/Patient/1/$everything", "GET, POST"),
        ("BREW", "/Patient", "DELETE, GET, HEAD, PATCH, POST, PUT"),
    ],
)
def test_a_method_that_is_not_possible_names_those_that_are(sqlite_api: Api, method: str, place: str, allowed: str) -> None:
    outcome = sqlite_api.json(method, place, expect=405)
    assert sqlite_api.last is not None
    assert sqlite_api.last["Allow"] == allowed
    assert method in issues(outcome)[0][1]


def test_a_body_and_an_address_have_limits(sqlite_api: Api, settings: Any) -> None:
    settings.BENCHSIDE_FHIR_LIMITS = {"body_bytes_max": 200, "url_characters_max": 300}
    assert issues(sqlite_api.json("POST", "/Patient", patient(text={"status": "empty", "div": "x" * 300}), expect=413))[0][0] == "too-long"
    assert "_search" in issues(sqlite_api.get("/Patient?name=" + "x" * 300, expect=414))[0][1]


@pytest.mark.parametrize("limits", [{"body_byte_max": 1}, {"body_bytes_max": 0}, {"body_bytes_max": "1"}, {"body_bytes_max": True}])
def test_a_misspelt_limit_is_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="body_byte"):
        Limits.from_setting(limits)


def test_an_error_of_ours_is_an_incident_without_patient_data(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ana = sqlite_api.create(patient())["id"]

    def breaks(*_: object) -> None:
        raise RuntimeError("Ana Silva, born 1980")

    monkeypatch.setattr(reading, "represented", breaks)
    with caplog.at_level(logging.ERROR):
        outcome = sqlite_api.get(f"/Patient/{ana}", expect=500)
    ((code, words),) = issues(outcome)
    assert code == "exception"
    incident = words.rstrip(".").rpartition(" ")[2]
    assert incident in caplog.text
    assert "RuntimeError" in caplog.text
    assert "Silva" not in caplog.text
    assert "Silva" not in json.dumps(outcome)


def test_pages_of_other_sites_may_not_call_unless_named(sqlite_api: Api, settings: Any) -> None:
    origin = "https://app.example.org"
    answer = sqlite_api.call("GET", "/metadata", origin=origin)
    assert "Access-Control-Allow-Origin" not in answer
    settings.BENCHSIDE_FHIR_CORS_ORIGINS = [origin]
    answer = sqlite_api.call("GET", "/metadata", origin=origin)
    assert answer["Access-Control-Allow-Origin"] == origin
    preflight = Api(None).call("OPTIONS", "/Patient", origin=origin)
    assert "Authorization" in preflight["Access-Control-Allow-Headers"]
    other = sqlite_api.call("GET", "/metadata", origin="https://evil.example.org")
    assert "Access-Control-Allow-Origin" not in other


def test_answers_are_not_kept_by_anybody_between(sqlite_api: Api) -> None:
    answer = sqlite_api.call("GET", "/Patient")
    assert "private" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_xml_is_read_and_written(sqlite_api: Api) -> None:
    sent = b'<Patient xmlns="http://hl7.org/fhir"><active value="true"/><name><family value="Silva"/></name></Patient>'
    made = sqlite_api.call("POST", "/Patient", sent, kind="application/fhir+xml")
    assert made.status_code == 201, made.content
    kept = json.loads(made.content)
    assert (kept["active"], kept["name"]) == (True, [{"family": "Silva"}])
    place = f"/Patient/{kept['id']}"
    for answer in (sqlite_api.call("GET", place, accept="application/fhir+xml"), sqlite_api.call("GET", f"{place}?_format=xml")):
        assert answer["Content-Type"] == "application/fhir+xml; charset=utf-8"
        assert b'<family value="Silva"' in answer.content
        assert answer["Content-Length"] == str(len(answer.content))
    found = sqlite_api.call("GET", "/Patient?_format=xml")
    assert b"<Bundle" in found.content[:200]
    assert b'<total value="1"' in found.content
    refused = sqlite_api.call("GET", "/Patient/nobody", accept="application/fhir+xml")
    assert refused.status_code == 404
    assert b"<OperationOutcome" in refused.content
    wrong = sqlite_api.call(
        "POST", "/Patient", b'<Patient xmlns="http://hl7.org/fhir"><gender value="x"/></Patient>', kind="application/fhir+xml"
    )
    assert wrong.status_code == 400
    assert b"Patient.gender" in wrong.content
