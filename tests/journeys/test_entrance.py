"""The way in, the lock, and one person after another at a shared tablet, as they meet them."""

from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from benchside.accounts.badges import set_badge
from benchside.accounts.models import Person
from benchside.accounts.pins import set_pin
from benchside.accounts.tablets import begin_shift, register_tablet
from tests.acts.accounts import PASSWORD
from tests.acts.clinic import Clinic
from tests.journeys.conftest import Opener

pytestmark = pytest.mark.browser

PINS = {"tara": "602857", "theo": "381940"}
BACK_MS = 1500
"""Long enough for the browser to show an earlier page, if it kept one."""
Axe = Callable[[Page], None]


@pytest.fixture
def tablet(clinic: Clinic) -> dict[str, str]:
    """The cookie of a registered tablet where Tara and Theo are on shift, with PINs and badges."""
    made = register_tablet("Room 1", Person.objects.get(username="lena"), clinic.now)
    for name, pin in PINS.items():
        person = Person.objects.get(username=name)
        set_pin(person, pin)
        set_badge(person, f"BADGE-{name.upper()}")
        begin_shift(person, made.tablet, clinic.now)
    return {settings.BENCHSIDE_TABLET_COOKIE: made.text}


def sign_in_by_hand(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def type_pin(page: Page, pin: str) -> None:
    """Touch the digits of the pad; the sixth sends them."""
    for digit in pin:
        page.locator("[data-pad]:visible").get_by_role("button", name=digit, exact=True).click()


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "es")])
def test_the_doors_are_open_to_everybody(theme: str, language: str, tablet: dict[str, str], open_page: Opener, axe: Axe) -> None:
    for path in ("/sign-in", "/switch", f"/switch?person={Person.objects.get(username='tara').pk}", "/nothing-here"):
        page = open_page(path, theme=theme, language=language, cookies=tablet)
        assert page.evaluate("document.documentElement.lang") == language
        axe(page)


def test_signing_in_leads_where_one_wanted_to_go(open_page: Opener, axe: Axe) -> None:
    page = open_page("/account")
    sign_in_by_hand(page, "tara", "not-the-password")
    expect(page.get_by_role("alert").filter(has_text="do not belong together")).to_be_visible()
    axe(page)
    sign_in_by_hand(page, "tara")
    expect(page.get_by_role("heading", name="My account")).to_be_visible()


def test_locked_by_the_button_and_opened_by_pin_without_losing_anything(tablet: dict[str, str], sign_in: Opener, axe: Axe) -> None:
    page = sign_in("tara", "/readiness/matrix", cookies=tablet)
    page.get_by_role("textbox", name="Act (optional)").fill("collect")
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.locator("#lock")).to_be_visible()
    axe(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", name="Locked")).to_be_visible()
    axe(other)
    other.close()
    type_pin(page, "999998")
    expect(page.locator("[data-lock-error]")).to_contain_text("not right")
    type_pin(page, PINS["tara"])
    expect(page.locator("#lock")).to_be_hidden()
    expect(page.get_by_role("textbox", name="Act (optional)")).to_have_value("collect")
    page.reload()
    expect(page.get_by_role("heading", name="Who may do what")).to_be_visible()


def test_the_next_person_comes_in_by_badge_and_pin_and_finds_nothing_of_the_first(
    tablet: dict[str, str], open_page: Opener, axe: Axe
) -> None:
    page = open_page("/sign-in", cookies=tablet)
    sign_in_by_hand(page, "tara")
    expect(page.get_by_role("heading", name="Hello, Tara Tech")).to_be_visible()
    forgotten = page.context.new_page()
    forgotten.goto(page.url)
    page.get_by_role("link", name="Switch person").click()
    page.get_by_label("Scan your badge").fill("BADGE-THEO")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your PIN")).to_be_visible()
    expect(page.get_by_text("Theo Second")).to_be_visible()
    type_pin(page, "999998")
    expect(page.get_by_role("alert").filter(has_text="not right")).to_be_visible()
    type_pin(page, PINS["theo"])
    expect(page.get_by_role("heading", name="Hello, Theo Second")).to_be_visible()
    assert "Tara" not in page.content()
    expect(forgotten.get_by_role("heading", name="Hello, Theo Second")).to_be_visible()
    site = page.url.rstrip("/")
    page.evaluate("history.go(-3)")
    page.wait_for_timeout(BACK_MS)
    assert "Hello, Tara" not in page.content()
    page.goto(f"{site}/account")
    expect(page.get_by_text("Theo Second").first).to_be_visible()
    axe(page)


def test_without_scripts_one_comes_in_and_locks_and_unlocks(tablet: dict[str, str], open_page: Opener) -> None:
    page = open_page("/sign-in", cookies=tablet, java_script_enabled=False)
    sign_in_by_hand(page, "tara")
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    page.get_by_label("Your PIN").fill(PINS["tara"])
    page.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_role("heading", name="Hello, Tara Tech")).to_be_visible()
    page.get_by_role("link", name="Switch person").click()
    page.get_by_role("link", name="Theo Second").click()
    page.get_by_label("Your PIN").fill(PINS["theo"])
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_role("heading", name="Hello, Theo Second")).to_be_visible()
