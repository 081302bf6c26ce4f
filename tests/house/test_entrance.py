"""The way in, as a browser sees it."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from benchside.accounts.models import Person
from benchside.accounts.sign_in import FAILURES_PER_NAME_MAX

PASSWORD = "heron-slate-meadow-plum"

pytestmark = pytest.mark.usefixtures("sqlite_database")


@pytest.fixture
def maria(sqlite_database: str) -> Person:
    assert sqlite_database
    return Person.objects.add("maria", "Maria Ortiz", roles=["technician"], reference="Practitioner/17", password=PASSWORD)


@pytest.fixture
def browser() -> Client:
    """A browser that has cookies, and whose forms must carry the token against forgery."""
    return Client(enforce_csrf_checks=True)


def sign_in(browser: Client, password: str = PASSWORD, **fields: str) -> HttpResponse:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/sign-in").content.decode())
    assert token
    return browser.post("/sign-in", {"username": "maria", "password": password, "csrfmiddlewaretoken": token[1], **fields})  # type: ignore[return-value]  # the client's own subclass


def test_the_start_page_leads_to_the_sign_in_form(browser: Client) -> None:
    assert browser.get("/")["Location"] == "/sign-in"
    page = browser.get("/sign-in").content.decode()
    assert 'type="password"' in page
    assert 'autocomplete="current-password"' in page


def test_signing_in_leads_home(browser: Client, maria: Person) -> None:
    answer = sign_in(browser)
    assert (answer.status_code, answer["Location"]) == (303, "/")
    home = browser.get("/").content.decode()
    assert maria.name in home
    assert "Technician" in home


@pytest.mark.usefixtures("maria")
def test_the_session_changes_its_name_at_sign_in(browser: Client) -> None:
    """Session fixation: whoever planted a session before has nothing after."""
    browser.session["planted"] = True
    before = browser.cookies.get("benchside-session")
    sign_in(browser)
    after = browser.cookies["benchside-session"]
    assert after["httponly"]
    assert after["samesite"] == "Lax"
    assert before is None or before.value != after.value


@pytest.mark.usefixtures("maria")
def test_a_wrong_password_gives_the_form_with_the_reason(browser: Client) -> None:
    answer = sign_in(browser, password="mistaken-words")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert 'value="maria"' in page
    assert "mistaken-words" not in page


@pytest.mark.usefixtures("maria")
def test_too_many_failures_are_braked_even_with_the_right_password(browser: Client) -> None:
    for _ in range(FAILURES_PER_NAME_MAX):
        assert sign_in(browser, password="wrong").status_code == 422
    answer = sign_in(browser)
    assert answer.status_code == 429
    assert "Try again after" in answer.content.decode()


@pytest.mark.usefixtures("maria")
def test_a_form_from_elsewhere_is_refused(browser: Client) -> None:
    answer = browser.post("/sign-in", {"username": "maria", "password": PASSWORD})
    assert answer.status_code == 403
    assert "benchside-session" not in browser.cookies


@pytest.mark.parametrize(
    ("wanted", "led"),
    [("/style", "/style"), ("//evil.example/", "/"), ("https://evil.example/", "/"), ("javascript:alert(1)", "/"), ("", "/")],
)
@pytest.mark.usefixtures("maria")
def test_after_sign_in_only_addresses_of_this_site_are_followed(browser: Client, wanted: str, led: str) -> None:
    assert sign_in(browser, next=wanted)["Location"] == led


def test_signing_out_ends_the_session(browser: Client, maria: Person) -> None:
    sign_in(browser)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/").content.decode())
    assert token
    answer = browser.post("/sign-out", {"csrfmiddlewaretoken": token[1]})
    assert answer.status_code == 303
    assert maria.name not in browser.get("/").content.decode()


def test_signing_out_by_a_link_is_not_possible(browser: Client) -> None:
    assert browser.get("/sign-out").status_code == 405


def test_a_disabled_person_is_out_at_once(browser: Client, maria: Person) -> None:
    sign_in(browser)
    Person.objects.filter(pk=maria.pk).update(is_active=False)
    assert maria.name not in browser.get("/").content.decode()


def test_a_new_password_ends_other_sessions(browser: Client, maria: Person) -> None:
    sign_in(browser)
    maria.set_password("another-long-password")
    maria.save()
    assert maria.name not in browser.get("/").content.decode()


def test_names_are_shown_as_text(browser: Client, maria: Person) -> None:
    Person.objects.filter(pk=maria.pk).update(name="<script>alert(1)</script>")
    sign_in(browser)
    page = browser.get("/").content.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
