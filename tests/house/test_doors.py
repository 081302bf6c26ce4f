"""Headers on every answer; sessions and forgery checks on pages only."""

import re

import pytest
from django.test import Client, RequestFactory

from benchside.site.doors import is_page

pytestmark = pytest.mark.usefixtures("sqlite_database")


@pytest.mark.parametrize(
    ("path", "page"),
    [("/", True), ("/fhir", False), ("/fhir/", False), ("/fhir/Patient/1", False), ("/fhirs", True), ("/FHIR", True), ("/x/fhir", True)],
)
def test_what_is_a_page(path: str, page: bool) -> None:
    assert is_page(RequestFactory().get(path)) is page


def test_pages_run_no_foreign_and_no_inline_script(client: Client) -> None:
    answer = client.get("/")
    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_entrance_pages_keep_to_their_own_policy(client: Client) -> None:
    page = client.get("/sign-in").content.decode()
    assert not re.search(r"<script(?![^>]* src=)", page)
    assert "style=" not in page
    assert " onclick" not in page


@pytest.mark.parametrize("path", ["/", "/nothing-here", "/fhir/metadata", "/fhir/Patient", "/health"])
def test_every_answer_forbids_guessing_its_type(client: Client, path: str) -> None:
    assert client.get(path)["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/fhir/Patient"])
def test_nothing_with_data_is_kept_by_caches(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]


def test_the_api_takes_and_gives_no_cookies(client: Client) -> None:
    answer = client.get("/fhir/Patient")
    assert answer.status_code == 401
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_a_lying_host_is_refused(client: Client) -> None:
    assert client.get("/", HTTP_HOST="evil.example").status_code == 400


def test_a_missing_page_says_so_without_details(client: Client) -> None:
    answer = client.get("/nothing-here")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_a_fault_shows_no_details(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise RuntimeError("Maria Ortiz, potassium 6.9")

    monkeypatch.setattr("benchside.areas.staff.screens.entrance.render", fault)
    client.raise_request_exception = False
    answer = client.get("/sign-in")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
    assert "potassium" not in answer.content.decode()
