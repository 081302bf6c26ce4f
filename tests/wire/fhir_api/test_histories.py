"""history of an instance, a type and the whole record."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.wire.fhir_api.conftest import Api, Json, issues, patient


def story(bundle: Json) -> list[tuple[str, str, str]]:
    """(method, url, status) of each entry."""
    return [(e["request"]["method"], e["request"]["url"], e["response"]["status"][:3]) for e in bundle.get("entry", [])]


@pytest.fixture
def changed(api: Api) -> Api:
    """A patient who was created, changed and deleted, and another who was created."""
    api.put(patient(id="ana"), expect=201)
    api.put(patient(id="ana", active=True))
    api.call("DELETE", "/Patient/ana")
    api.create({"resourceType": "Organization", "name": "Ward 3"})
    return api


def test_the_history_of_one_resource(changed: Api) -> None:
    found = changed.get("/Patient/ana/_history")
    assert (found["type"], found["total"]) == ("history", 3)
    assert story(found) == [("DELETE", "Patient/ana", "204"), ("PUT", "Patient/ana", "200"), ("PUT", "Patient/ana", "201")]
    newest, middle, first = found["entry"]
    assert "resource" not in newest
    assert newest["response"]["etag"] == 'W/"3"'
    assert middle["resource"]["active"] is True
    assert first["resource"]["meta"]["versionId"] == "1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", newest["response"]["lastModified"])


def test_the_history_of_a_type_and_of_everything(changed: Api) -> None:
    assert changed.get("/Patient/_history")["total"] == 3
    whole = changed.get("/_history")
    assert whole["total"] == 4
    assert story(whole)[0] == ("POST", "Organization", "201")


def test_walking_every_page_of_a_history(changed: Api) -> None:
    place, seen = "/_history?_count=1", list[tuple[str, str, str]]()
    while place:
        page = changed.get(place)
        assert page["total"] == 4
        seen += story(page)
        place = next((link["url"].removeprefix("http://testserver/fhir") for link in page["link"] if link["relation"] == "next"), "")
    assert seen == story(changed.get("/_history"))


def test_since_and_at(changed: Api) -> None:
    first = datetime.fromisoformat(changed.get("/Patient/ana/_history/1")["meta"]["lastUpdated"])
    later = quote((first + timedelta(days=1)).isoformat())
    before = quote((first - timedelta(days=1)).isoformat())
    assert changed.get(f"/Patient/ana/_history?_since={later}")["total"] == 0
    assert changed.get(f"/Patient/ana/_history?_since={before}")["total"] == 3
    assert changed.get(f"/Patient/ana/_history?_at={before}")["total"] == 0
    assert story(changed.get(f"/Patient/ana/_history?_at={later}")) == [("DELETE", "Patient/ana", "204")]
    today = datetime.now(UTC).date()
    assert changed.get(f"/_history?_since={today.year}")["total"] == 4
    assert changed.get(f"/_history?_since={today:%Y-%m}")["total"] == 4
    assert story(changed.get(f"/Patient/ana/_history?_at={today}")) == [("DELETE", "Patient/ana", "204")]
    assert changed.get(f"/_history?_since={today + timedelta(days=1)}")["total"] == 0


@pytest.mark.parametrize("query", ["_since=yesterday", "_at=2026-13-01", "_count=many", "_count=1&_count=2", "colour=green"])
def test_a_malformed_history_is_refused(sqlite_api: Api, query: str) -> None:
    assert issues(sqlite_api.get(f"/_history?{query}", expect=400))[0][0] == "invalid"
    if query == "colour=green":
        sqlite_api.get(f"/_history?{query}", prefer="handling=lenient")
