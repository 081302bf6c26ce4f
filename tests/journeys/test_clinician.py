"""The clinician's way in a browser: find, order, result, acknowledge; and what must not go wrong on the way."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from benchside.areas.laboratory.acts import OrderItem, place_order, verify_result
from benchside.record.keys import moment
from tests.acts.clinic import Clinic
from tests.journeys.conftest import Opener, offline
from tests.stories.steps import BEA, collect, receive, result, to_result

Axe = Callable[[Page], None]
LANDSCAPE = {"width": 1280, "height": 800}


def pick(page: Page, label: str, typed: str, option: str) -> None:
    """Type a few letters and take what is offered."""
    field = page.get_by_role("combobox", name=re.compile(label))
    field.fill(typed)
    page.get_by_role("option", name=re.compile(option)).first.click()


def test_from_finding_to_acknowledging(clinic: Clinic, sign_in: Opener, axe: Axe, monkeypatch: pytest.MonkeyPatch) -> None:
    page = sign_in("dana", "/patients")
    page.get_by_role("searchbox").fill("slva")
    page.get_by_role("link", name=re.compile("Ana Maria Silva")).click()
    axe(page)
    page.get_by_role("link", name="Order", exact=True).click()
    pick(page, "What to order", "coag", "Coagulation panel")
    expect(page.get_by_text("Which anticoagulant does the patient take?")).to_be_visible()
    page.get_by_label("Which anticoagulant does the patient take?").select_option("warfarin")
    pick(page, "What to order", "potas", "Potassium")
    expect(page.get_by_label("Which anticoagulant does the patient take?")).to_have_value("warfarin")
    pick(page, "Reason", "afib", "I48.91")
    page.get_by_role("radio", name="STAT").check()
    axe(page)
    page.get_by_role("button", name="Send 2 orders").click()
    expect(page.get_by_role("heading", name=re.compile("Requisition R26-0000001"))).to_be_visible()
    expect(page.get_by_text("2 orders sent")).to_be_visible()
    axe(page)
    assert clinic.rows("SELECT test, priority FROM order_row ORDER BY test") == [("COAG", 0), ("POTASSIUM", 0)]
    # the technicians do their part within the second, because the server's clock goes on from here
    clinic.now = moment(clinic.rows("SELECT max(authored_us) FROM order_row")[0][0])
    monkeypatch.setattr(clinic, "tell", lambda **_passes: clinic.now)
    work, order = clinic.rows("SELECT w.work, o.id FROM work_order w JOIN order_row o ON o.id = w.order_id WHERE o.test = 'POTASSIUM'")[0]
    collected = collect(clinic, work)
    receive(clinic, collected)
    tubes = clinic.rows("SELECT specimen FROM specimen_order WHERE order_id = ?", order)
    entered = result(clinic, order, tubes[0][0], [("POTASSIUM", "6.9")])
    verify_result(clinic.by("theo"), entered.report)
    # the clinician sees it first, reads it back, acknowledges
    page.goto(page.url.split("/requisitions")[0] + "/inbox")
    expect(page.get_by_text("Call open")).to_be_visible()
    axe(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_label("Read back Potassium").fill("6.9")
    axe(page)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("Nothing more waits")).to_be_visible()
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    assert clinic.rows("SELECT count(*) FROM work_row WHERE kind IN ('review-result', 'call-critical') AND open = 1") == [(0,)]


def test_a_duplicate_is_seen_before_it_is_sent_and_pressed_twice_is_sent_once(clinic: Clinic, sign_in: Opener, axe: Axe) -> None:
    place_order(clinic.by("dana"), "ana", [OrderItem("BMP")])
    page = sign_in("dana", "/patients/ana/order")
    pick(page, "What to order", "sodium", "Sodium")
    expect(page.get_by_text("Look before you send")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Send all the same").dblclick()
    expect(page.get_by_role("heading", name=re.compile("Requisition"))).to_be_visible()
    assert clinic.rows("SELECT count(*) FROM order_row WHERE test = 'SODIUM'") == [(1,)]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    assert clinic.rows("SELECT status FROM order_row WHERE test = 'SODIUM'") == [("revoked",)]


def test_offline_the_order_waits_and_is_then_sent(clinic: Clinic, sign_in: Opener) -> None:
    page = sign_in("dana", "/patients/ana/order?add=CBC")
    with offline(page):
        page.get_by_role("button", name="Send 1 order").click()
        expect(page.locator("[data-send-state]")).not_to_be_empty()
        assert clinic.rows("SELECT count(*) FROM order_row") == [(0,)]
    expect(page.locator("benchside-connection").first).to_have_attribute("data-state", "online")
    page.get_by_role("button", name="Send 1 order").click()
    expect(page.get_by_role("heading", name=re.compile("Requisition"))).to_be_visible()
    assert clinic.rows("SELECT count(*) FROM order_row") == [(1,)]


def test_two_tabs_with_two_patients_warn_each_other(clinic: Clinic, sign_in: Opener) -> None:
    first = sign_in("dana", "/patients/ana/order?add=CBC")
    second = first.context.new_page()
    second.goto(first.url.replace("/ana/", "/bea/"))
    expect(first.locator("[data-other-patient]")).to_be_visible()
    expect(second.locator("[data-other-patient]")).to_be_visible()
    first.get_by_role("button", name="Send 1 order").click()
    dialog = first.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert clinic.rows("SELECT count(*) FROM order_row") == [(0,)]


def test_the_inbox_by_keyboard_and_live(clinic: Clinic, sign_in: Opener) -> None:
    to_result(clinic, "SODIUM", [("SODIUM", "140")])
    page = sign_in("dana", "/inbox")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-keys] input:checked")).to_have_count(1)
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.2")], patient="bea", who=BEA)
    expect(page.locator("[data-keys] > li")).to_have_count(2, timeout=25_000)
    expect(page.locator("[data-keys] input:checked")).to_have_count(1)
    page.get_by_role("button", name="Acknowledge the ticked").click()
    expect(page.get_by_text("1 report acknowledged.")).to_be_visible()
    expect(page.locator("[data-keys] > li")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_screen_is_for_everybody(clinic: Clinic, sign_in: Opener, axe: Axe, theme: str) -> None:
    report = to_result(clinic, "POTASSIUM", [("POTASSIUM", "6.8")])[1]
    placed = place_order(clinic.by("dana"), "ana", [OrderItem("LIPID", fasting=True)])
    page = sign_in("dana", "/patients", theme=theme, language="es", size=LANDSCAPE)
    root = page.url.removesuffix("/patients")
    for path in (
        "/patients?q=s",
        "/patients/new",
        "/patients/ana",
        "/patients/ana/correct",
        "/patients/ana/trend?code=POTASSIUM",
        "/patients/ana/order?add=COAG&add=POTASSIUM",
        f"/orders/{placed.orders[0]}",
        f"/requisitions/{placed.requisition}",
        f"/requisitions/{placed.requisition}/instructions",
        "/inbox",
        f"/inbox/{report.review}",
        "/messages",
        f"/messages/new?patient=ana&about=DiagnosticReport/{report.report}",
    ):
        page.goto(root + path)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_duplicate_patient_is_seen_side_by_side(clinic: Clinic, sign_in: Opener, axe: Axe) -> None:
    page = sign_in("fred", "/patients/new")
    page.get_by_label("Family name").fill("Sylva")
    page.get_by_label("Given names").fill("Ana Maria")
    page.get_by_label("Birth date").fill("1980-02-03")
    page.get_by_role("radio", name="Female").check()
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_text("1 patient may be the same person")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="This is another person: register").click()
    expect(page.get_by_text("record number B0000001")).to_be_visible()
    assert clinic.rows("SELECT count(*) FROM patient_row WHERE family = 'Sylva'") == [(1,)]
