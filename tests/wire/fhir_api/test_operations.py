"""$validate and Patient/$everything."""

import pytest

from tests.wire.fhir_api.conftest import Api, Json, issues, observation, patient


def severities(outcome: Json) -> list[str]:
    """The severities of an OperationOutcome's issues."""
    return [issue["severity"] for issue in outcome["issue"]]


@pytest.mark.parametrize("wrapped", [False, True])
def test_validate_names_every_fault_and_writes_nothing(sqlite_api: Api, wrapped: bool) -> None:
    wrong = {"resourceType": "Patient", "gender": "x", "birthDate": "yesterday"}
    body: Json = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": wrong}]} if wrapped else wrong
    outcome = sqlite_api.json("POST", "/Patient/$validate", body)
    places = {place for issue in outcome["issue"] for place in issue.get("expression", [])}
    assert places == {"Patient.gender", "Patient.birthDate"}
    assert "error" in severities(outcome)
    assert sqlite_api.get("/_history")["total"] == 0


def test_validate_of_what_is_right_says_so(sqlite_api: Api) -> None:
    kept = sqlite_api.create(patient())
    assert severities(sqlite_api.json("POST", "/Patient/$validate", patient())) == ["information"]
    assert severities(sqlite_api.json("POST", "/Patient/$validate?mode=create", patient())) == ["information"]
    assert severities(sqlite_api.get(f"/Patient/{kept['id']}/$validate")) == ["information"]
    assert severities(sqlite_api.get(f"/Patient/{kept['id']}/$validate?mode=delete")) == ["information"]
    profiled = sqlite_api.json("POST", "/Patient/$validate?profile=http://example.org/p", patient())
    assert any("example.org/p" in words for _, words in issues(profiled))


@pytest.mark.parametrize(
    ("place", "body", "found"),
    [
        ("/Observation/$validate", observation("nobody"), "not-found"),
        ("/Patient/$validate?mode=update", patient(), "required"),
        ("/Patient/7/$validate?mode=update", patient(id="8"), "value"),
        ("/Patient/nobody/$validate?mode=delete", None, "not-found"),
    ],
)
def test_validate_checks_what_the_mode_would(sqlite_api: Api, place: str, body: Json | None, found: str) -> None:
    outcome = sqlite_api.json("POST" if body else "GET", place, body)
    assert (found, "error") in [(issue["code"], issue["severity"]) for issue in outcome["issue"]]


@pytest.mark.parametrize("place", ["/Patient/$validate", "/Patient/$validate?mode=destroy", "/Patient/$validate?mode=delete"])
def test_validate_needs_something_to_check(sqlite_api: Api, place: str) -> None:
    sqlite_api.get(place, expect=400)


@pytest.fixture
def ana(api: Api) -> str:
    """A patient with an organization, six heart rates, and somebody else beside."""
    ward = api.create({"resourceType": "Organization", "name": "Ward 3"})["id"]
    kept: str = api.create(patient(managingOrganization={"reference": f"Organization/{ward}"}))["id"]
    for minute in range(6):
        api.create(observation(kept, 60 + minute, at=f"2026-03-02T08:0{minute}:00Z"))
    api.create(observation(api.create(patient())["id"]))
    return kept


def types(bundle: Json, mode: str) -> list[str]:
    """The sorted types of the entries with this search mode."""
    return sorted(entry["resource"]["resourceType"] for entry in bundle["entry"] if entry["search"]["mode"] == mode)


def test_everything_of_one_patient(api: Api, ana: str) -> None:
    found = api.get(f"/Patient/{ana}/$everything")
    assert found["type"] == "searchset"
    assert types(found, "match") == ["Observation"] * 6 + ["Patient"]
    assert types(found, "include") == ["Organization"]
    assert found["total"] == 7
    posted = api.json(
        "POST", f"/Patient/{ana}/$everything", {"resourceType": "Parameters", "parameter": [{"name": "_count", "valueInteger": 3}]}
    )
    assert len(types(posted, "match")) == 3


def test_everything_page_by_page(api: Api, ana: str) -> None:
    place, seen = f"/Patient/{ana}/$everything?_count=2", list[str]()
    while place:
        page = api.get(place)
        seen += [entry["resource"]["id"] for entry in page["entry"] if entry["search"]["mode"] == "match"]
        place = next((link["url"].removeprefix("http://testserver/fhir") for link in page["link"] if link["relation"] == "next"), "")
    assert len(seen) == len(set(seen)) == 7


def test_everything_of_some_types_or_since(api: Api, ana: str) -> None:
    assert types(api.get(f"/Patient/{ana}/$everything?_type=Observation"), "match") == ["Observation"] * 6
    assert api.get(f"/Patient/{ana}/$everything?_since=2050-01-01T00:00:00Z")["total"] == 0
    assert api.get(f"/Patient/{ana}/$everything?_since=2020-01-01T00:00:00Z")["total"] == 7


@pytest.mark.parametrize(
    ("query", "status"), [("_type=Organization", 400), ("_type=Nothing", 400), ("start=soon", 400), ("end=2020-13", 400), ("_count=x", 400)]
)
def test_everything_refuses_what_it_does_not_know(api: Api, ana: str, query: str, status: int) -> None:
    api.get(f"/Patient/{ana}/$everything?{query}", expect=status)


def test_everything_of_a_time_of_care(api: Api, ana: str) -> None:
    def found(query: str) -> list[str]:
        return types(api.get(f"/Patient/{ana}/$everything?{query}"), "match")

    assert found("start=2026-03-02&end=2026-03-02") == ["Observation"] * 6 + ["Patient"]
    assert found("start=2026-03-02T08:04:00Z") == ["Observation"] * 2 + ["Patient"]
    assert found("end=2026-03-02T08:00:59Z&_type=Observation") == ["Observation"]
    assert found("start=2027") == found("end=2025-12") == ["Patient"]  # what has no time of care is never left out


def test_everything_of_nobody(sqlite_api: Api) -> None:
    sqlite_api.get("/Patient/nobody/$everything", expect=404)
