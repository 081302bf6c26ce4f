"""search: how it is asked, how its Bundle looks, and that every page is reached. What matches what is tested with the record."""

from typing import Any

import pytest

from tests.wire.fhir_api.conftest import Api, Json, issues, observation, patient

FORM = "application/x-www-form-urlencoded"


def ids(bundle: Json, mode: str = "match") -> list[str]:
    """Ids of the entries with this search mode."""
    return [entry["resource"]["id"] for entry in bundle.get("entry", []) if entry["search"]["mode"] == mode]


def link(bundle: Json, relation: str) -> str | None:
    """The address of a link, below the base."""
    found = [row["url"] for row in bundle["link"] if row["relation"] == relation]
    return found[0].removeprefix("http://testserver/fhir") if found else None


@pytest.fixture
def ana(api: Api) -> str:
    """A patient with five heart rates, a minute apart."""
    kept: str = api.create(patient())["id"]
    for minute in range(5):
        api.create(observation(kept, 60 + minute, at=f"2026-03-02T08:0{minute}:00Z"))
    return kept


def test_a_search_is_a_bundle(api: Api, ana: str) -> None:
    found = api.get(f"/Observation?patient={ana}&code=http://loinc.org|8867-4&date=ge2026-03-02T08:03:00Z")
    assert (found["resourceType"], found["type"], found["total"]) == ("Bundle", "searchset", 2)
    entry = found["entry"][0]
    assert entry["fullUrl"] == f"http://testserver/fhir/Observation/{entry['resource']['id']}"
    assert entry["search"] == {"mode": "match"}
    assert sorted(one["resource"]["valueQuantity"]["value"] for one in found["entry"]) == [63, 64]
    assert link(found, "self") == f"/Observation?patient={ana}&code=http://loinc.org|8867-4&date=ge2026-03-02T08:03:00Z"
    assert link(found, "next") is None


def test_an_empty_result_is_a_bundle_too(api: Api) -> None:
    found = api.get("/Observation?patient=nobody")
    assert found["total"] == 0
    assert "entry" not in found


@pytest.mark.parametrize(
    "query", ["_count=2", "_count=2&_sort=date", "_count=2&_sort=-date", "_count=2&_sort=_lastUpdated", "_count=2&_total=none"]
)
def test_walking_every_page_finds_each_once(api: Api, ana: str, query: str) -> None:
    place: str | None = f"/Observation?subject=Patient/{ana}&{query}"
    seen: list[int] = []
    pages = 0
    while place is not None:
        page = api.get(place)
        assert page.get("total") == (None if "_total=none" in query else 5)
        seen += [entry["resource"]["valueQuantity"]["value"] for entry in page["entry"]]
        place = link(page, "next")
        pages += 1
    assert pages == 3
    assert sorted(seen) == [60, 61, 62, 63, 64]
    if "_sort=date" in query:
        assert seen == [60, 61, 62, 63, 64]
    if "_sort=-date" in query:
        assert seen == [64, 63, 62, 61, 60]


def test_a_search_can_be_posted(api: Api, ana: str) -> None:
    found = api.json("POST", "/Observation/_search", f"patient={ana}&_count=2", kind=FORM)
    assert found["total"] == 5
    assert len(found["entry"]) == 2
    following = link(found, "next")
    assert following is not None
    assert following.startswith("/Observation?")
    assert len(api.get(following)["entry"]) == 2
    both = api.json("POST", f"/Observation/_search?patient={ana}", "value-quantity=gt62", kind=FORM)
    assert both["total"] == 2
    api.json("POST", "/Observation/_search", "{}", expect=415)


def test_an_unknown_parameter_is_refused_or_named_as_the_client_prefers(api: Api, ana: str) -> None:
    place = f"/Observation?patient={ana}&colour=green&size=9"
    outcome = api.get(place, expect=400)
    assert len(issues(outcome)) == 2
    lenient = api.get(place, prefer="handling=lenient")
    assert lenient["total"] == 5
    (warning,) = [entry for entry in lenient["entry"] if entry["search"]["mode"] == "outcome"]
    assert [issue["severity"] for issue in warning["resource"]["issue"]] == ["warning", "warning"]
    own = link(lenient, "self")
    assert own is not None
    assert "colour" not in own


@pytest.mark.parametrize(
    "query",
    [
        "date=yesterday",
        "value-quantity=many",
        "_count=-1",
        "_sort=colour",
        "_include=Observation:colour",
        "subject.colour=x",
        "_has:X:y:z=1",
        "code:exact=x",
    ],
)
@pytest.mark.parametrize("handling", ["strict", "lenient"])
def test_a_malformed_parameter_is_never_silently_wrong(sqlite_api: Api, query: str, handling: str) -> None:
    answer = sqlite_api.call("GET", f"/Observation?{query}", prefer=f"handling={handling}")
    if answer.status_code == 200:  # lenient may ignore what it does not know, if it says so
        assert handling == "lenient"
        assert b'"mode":"outcome"' in answer.content
    else:
        assert answer.status_code == 400


def test_includes_go_with_their_matches(api: Api, ana: str) -> None:
    found = api.get("/Observation?_include=Observation:subject&_count=2")
    assert len(ids(found)) == 2
    assert ids(found, "include") == [ana]
    reverse = api.get(f"/Patient?_id={ana}&_revinclude=Observation:patient")
    assert ids(reverse) == [ana]
    assert len(ids(reverse, "include")) == 5


def test_summaries_of_a_search(api: Api, ana: str) -> None:
    counted = api.get(f"/Observation?patient={ana}&_summary=count")
    assert counted["total"] == 5
    assert "entry" not in counted
    shown = api.get(f"/Observation?patient={ana}&_elements=value&_count=1")
    assert "effectiveDateTime" not in shown["entry"][0]["resource"]
    assert shown["entry"][0]["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"
    none = api.get(f"/Observation?patient={ana}&_count=0")
    assert none["total"] == 5
    assert "entry" not in none


def test_a_compartment_is_what_belongs_to_a_patient(api: Api, ana: str) -> None:
    other = api.create(patient())["id"]
    api.create(observation(other))
    assert api.get(f"/Patient/{ana}/Observation")["total"] == 5
    assert api.get(f"/Patient/{ana}/Observation?date=lt2026-03-02T08:02:00Z")["total"] == 2
    assert api.json("POST", f"/Patient/{ana}/Observation/_search", "_count=1", kind=FORM)["total"] == 5
    everything = api.get(f"/Patient/{ana}/*")
    assert {entry["resource"]["resourceType"] for entry in everything["entry"]} >= {"Observation"}
    api.get(f"/Patient/{ana}/Organization", expect=404)
    api.get(f"/Location/{ana}/Observation", expect=404)


def test_a_search_over_several_types(api: Api, ana: str) -> None:
    found = api.get("/?_type=Patient,Observation&_lastUpdated=ge2020-01-01")
    assert found["total"] == 6
    assert {entry["resource"]["resourceType"] for entry in found["entry"]} == {"Patient", "Observation"}
    posted = api.json("POST", "/_search", f"_type=Patient&_id={ana}", kind=FORM)
    assert ids(posted) == [ana]
    api.get("/", expect=400)


@pytest.mark.parametrize(
    ("limits", "query"),
    [
        ({"search_clauses_max": 2}, "date=gt2020-01-01&date=lt2030-01-01&status=final"),
        ({"chain_depth_max": 1}, "subject:Patient.organization.partof.name=x"),
        ({"search_includes_max": 1}, "_include=Observation:subject&_include=Observation:encounter"),
        ({"sort_keys_max": 1}, "_sort=date,status"),
        ({"search_values_max": 2}, "status=final,amended,preliminary"),
    ],
)
def test_a_search_has_limits(sqlite_api: Api, settings: Any, limits: dict[str, int], query: str) -> None:
    sqlite_api.get(f"/Observation?{query}")
    settings.BENCHSIDE_FHIR_LIMITS = limits
    outcome = sqlite_api.get(f"/Observation?{query}", expect=400)
    (limit,) = limits.values()
    assert any(str(limit) in words for _, words in issues(outcome))


def test_a_page_has_a_limit(api: Api, ana: str, settings: Any) -> None:
    settings.BENCHSIDE_FHIR_LIMITS = {"page_entries_max": 3}
    assert len(api.get(f"/Observation?patient={ana}&_count=1000")["entry"]) == 3


def test_includes_have_limits_that_are_said(api: Api, settings: Any) -> None:
    above = None
    for number in range(5):  # five organizations, each part of the one before
        more = {} if above is None else {"partOf": {"reference": f"Organization/{above}"}}
        above = api.create({"resourceType": "Organization", "name": f"Level {number}", **more})["id"]
    query = f"/Organization?_id={above}&_include:iterate=Organization:partof"
    assert len(ids(api.get(query), "include")) == 4
    settings.BENCHSIDE_FHIR_LIMITS = {"include_depth_max": 2}
    cut = api.get(query)
    assert len(ids(cut, "include")) == 2
    (warning,) = [entry["resource"] for entry in cut["entry"] if entry["search"]["mode"] == "outcome"]
    assert "2 rounds" in issues(warning)[0][1]
    settings.BENCHSIDE_FHIR_LIMITS = {"included_entries_max": 1}
    assert len(ids(api.get(query), "include")) == 1
