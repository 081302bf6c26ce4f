"""The matrix, "why can't I?", oversight and the site's rules, in the hands of those who use them."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from benchside.areas.bedside.acts import record_vitals
from benchside.areas.bedside.vitals import Reading
from benchside.areas.laboratory.acts import OrderItem, place_order
from benchside.readiness.facts import PatientIdentification
from benchside.readiness.gathering.kept import COMPETENCE
from benchside.readiness.performing import NamedSupervisor
from tests.acts.accounts import PASSWORD
from tests.acts.clinic import Clinic, held
from tests.journeys.conftest import LANDSCAPE, Opener
from tests.pages.test_accessibility import SMALL_TARGETS, TARGET_PX_MIN

pytestmark = pytest.mark.browser

Axe = Callable[[Page], None]


@pytest.fixture
def busy(clinic: Clinic) -> dict[str, str]:
    """A morning with work, something to co-sign, an override to review and a lapsed sign-off; the oversight tasks by kind."""
    place_order(clinic.by("dana"), "ana", [OrderItem("BMP")], priority="stat")
    place_order(clinic.by("dana"), "bea", [OrderItem("CBC")])
    identified = PatientIdentification(clinic.now, "Patient/ana", frozenset({"name", "birth-date"}))
    pulse = [Reading("heart_rate", Decimal(72), "/min")]
    supervisor = NamedSupervisor("Practitioner/lena", present=False, will_cosign=True)
    record_vitals(clinic.by("juno", supervisor=supervisor), "ana", pulse, identified)
    clinic.write(held("theo", COMPETENCE, "vital_signs", end="2026-01-01"))
    emergency = {"signed": True, "override_reason": "nobody-else-available", "override_text": "alone on the ward at night"}
    record_vitals(clinic.by("theo", **emergency), "ana", pulse, identified)
    return {kind: str(own) for own, kind in clinic.rows("SELECT id, kind FROM work_row WHERE kind IN ('cosign', 'review-override')")}


LEAD_PAGES = ("/", "/readiness/matrix", "/readiness/acts/collect_specimen", "/readiness/why?act=decide_treatment", "/oversight",
              "/oversight/sign-off?person=Practitioner/juno", "/readiness/rules", "/account", "/account/tablet")  # fmt: skip


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "es")])
def test_every_page_is_open_to_everybody(theme: str, language: str, busy: dict[str, str], sign_in: Opener, axe: Axe) -> None:
    paths = (*LEAD_PAGES, f"/oversight/cosign/{busy['cosign']}", f"/oversight/review/{busy['review-override']}")
    page = sign_in("lena", "/", theme=theme, language=language, size=LANDSCAPE if theme == "dark" else None)
    site = page.url.rstrip("/")
    for path in paths:
        page.goto(site + path)
        assert page.evaluate("document.documentElement.lang") == language
        axe(page)
        assert page.evaluate(SMALL_TARGETS, TARGET_PX_MIN) == [], path
        for width in (320, 768, 1024):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.scrollingElement.scrollWidth") <= width, (path, width)


@pytest.mark.parametrize("who", ["tara", "dana", "fred", "ada"])
def test_every_start_page_is_open_to_everybody(who: str, busy: dict[str, str], sign_in: Opener, axe: Axe) -> None:
    assert busy
    page = sign_in(who)
    axe(page)
    assert page.evaluate(SMALL_TARGETS, TARGET_PX_MIN) == []


def test_from_the_matrix_to_the_answer(busy: dict[str, str], sign_in: Opener) -> None:
    assert busy
    page = sign_in("theo", "/readiness/matrix")
    page.get_by_role("textbox", name="Act (optional)").fill("vital")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="record vital signs").click()
    expect(page.get_by_text("competence.lapsed")).to_be_visible()
    expect(page.get_by_text("Tara Tech")).to_be_visible()
    page.goto(page.url.split("/readiness")[0] + "/readiness/why")
    page.get_by_label("What do you want to do?").select_option(label="Decide on a treatment")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("role.not-permitted")).to_be_visible()
    expect(page.get_by_text("Dana Doctor")).to_be_visible()


def test_a_cosignature_by_keyboard(busy: dict[str, str], sign_in: Opener) -> None:
    page = sign_in("lena", "/oversight")
    page.get_by_role("link", name="Juno Junior").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Co-sign")).to_be_visible()
    assert busy["cosign"] in page.url
    page.get_by_role("button", name="Co-sign").click()
    expect(page.get_by_text("signature.missing")).to_be_visible()
    page.get_by_label("Your password or PIN, as your signature").fill(PASSWORD)
    page.get_by_role("button", name="Co-sign").click()
    expect(page.get_by_text("Co-signed.")).to_be_visible()
    expect(page.get_by_text("Nothing waits for your co-signature.")).to_be_visible()


def test_an_override_is_reviewed(busy: dict[str, str], sign_in: Opener) -> None:
    assert busy
    page = sign_in("lena", "/oversight")
    page.get_by_role("link", name="Theo Second").click()
    expect(page.get_by_text("alone on the ward at night")).to_be_visible()
    page.get_by_role("radio", name="Yes").check()
    page.get_by_label("What you found").fill("Nobody else was in the house.")
    page.get_by_label("Your password or PIN, as your signature").fill(PASSWORD)
    page.get_by_role("button", name="Close the review").click()
    expect(page.get_by_text("Reviewed.")).to_be_visible()


def test_the_site_becomes_stricter(busy: dict[str, str], sign_in: Opener, axe: Axe) -> None:
    assert busy
    page = sign_in("lena", "/readiness/rules")
    page.get_by_label("The site's rules, as YAML").fill("record_vitals:\n  roles:\n    junior_technician: none\n")
    page.get_by_role("button", name="Check, and show what would change").click()
    expect(page.get_by_text("stricter")).to_be_visible()
    axe(page)
    page.get_by_label("Why?").fill("Juniors observe first.")
    page.get_by_label("Your password or PIN, as your signature").fill(PASSWORD)
    page.get_by_role("button", name="Put into force").click()
    expect(page.get_by_text("The rules are in force.")).to_be_visible()
    junior = sign_in("juno", "/readiness/why?act=record_vitals")
    expect(junior.get_by_text("role.not-permitted")).to_be_visible()
