"""The laboratory as its people go through it: scan, enter by keyboard, verify by another person, call, reject, change."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.acts.accounts import PASSWORD
from tests.acts.clinic import MORNING, Clinic
from tests.journeys.conftest import Opener
from tests.pages.conftest import LANDSCAPE
from tests.stories.steps import accessions, collect, order, receive, to_result

pytestmark = pytest.mark.browser

Axe = Callable[[Page], None]


@pytest.fixture
def early(clinic: Clinic) -> Clinic:
    """The clinic an hour before the site's clock begins, so that what was done lies behind."""
    clinic.tell(at=MORNING - timedelta(hours=1))
    return clinic


def scan(page: Page, text: str) -> None:
    """What a scanner types."""
    page.keyboard.type(text, delay=3)
    page.keyboard.press("Enter")


def test_from_the_scan_to_the_value_read_back(early: Clinic, sign_in: Opener, axe: Axe) -> None:
    placed = order(early, "BMP", priority="stat")
    collected = collect(early, placed.work[0])
    (label,) = accessions(early, collected)

    # Theo receives by scan, wherever the focus is; the second scan of the same tube is told apart.
    theo = sign_in("theo", "/receive")
    theo.get_by_role("heading", name="Receive").first.click()
    scan(theo, label)
    expect(theo.get_by_role("heading", name=f"{label} received")).to_be_visible()
    expect(theo.get_by_role("status").filter(has_text="Good until").first).to_be_visible()
    axe(theo)
    scan(theo, label)
    expect(theo.get_by_text("reception.specimen.received-already")).to_be_visible()

    # Tara enters with the keyboard alone; the server says what it thinks before anything is sent.
    tara = sign_in("tara", "/bench")
    tara.get_by_role("link", name="Basic metabolic panel", exact=True).focus()
    tara.keyboard.press("Enter")
    field = tara.get_by_role("textbox", name="Sodium", exact=True)
    field.focus()
    values = {"Sodium": "140", "Potassium": "7.1", "Chloride": "104", "Total CO2": "25", "Glucose": "101", "Urea nitrogen": "14"}
    for name in ("Sodium", "Potassium", "Chloride", "Total CO2", "Glucose", "Urea nitrogen", "Creatinine", "Calcium total"):
        expect(tara.get_by_role("textbox", name=name, exact=True)).to_be_focused()
        tara.keyboard.type(values.get(name, {"Creatinine": "0.90", "Calcium total": "9.4"}.get(name, "")))
        tara.keyboard.press("Tab")
    expect(tara.locator("#judged-POTASSIUM")).to_contain_text("Critical high")
    expect(tara.locator("#judged-ANION_GAP")).to_contain_text("11")
    axe(tara)
    tara.get_by_text("Another lot").first.scroll_into_view_if_needed()
    if not tara.get_by_label("Lot number").is_visible():
        tara.get_by_text("Another lot").click()
    tara.get_by_label("Lot number").fill("R77")
    tara.get_by_label("Last day").fill("2026-12-31")
    tara.get_by_role("button", name="Enter for verification").press("Enter")
    expect(tara.get_by_text("Critical: Potassium 7.1 mmol/L. Ask for verification now.")).to_be_visible()

    # Her own result she does not verify.
    report = early.rows("SELECT id FROM report_row WHERE order_id = ?", placed.orders[0])[0][0]
    tara.goto(f"{tara.url.split('/bench')[0]}/verify/{report}")
    tara.get_by_role("button", name="Verify").first.click()
    expect(tara.get_by_text("second-person.same")).to_be_visible()

    # Theo does, and is led to the call.
    theo.goto(f"{theo.url.split('/receive')[0]}/verify/{report}")
    expect(theo.get_by_text("Entered by Tara Tech")).to_be_visible()
    axe(theo)
    theo.get_by_role("button", name="Verify").first.click()
    expect(theo.get_by_role("heading", name="Critical call")).to_be_visible()
    expect(theo.get_by_label("Dana Doctor")).to_be_checked()
    axe(theo)
    theo.get_by_role("button", name="They answer").click()
    expect(theo.get_by_text("Dana Doctor is on the line")).to_be_visible()
    theo.get_by_label("Read back to you").fill("1.7 mmol/L")
    theo.get_by_role("button", name="Read back right").click()
    expect(theo.get_by_text("critical.call.read-back")).to_be_visible()
    theo.get_by_label("Read back to you").fill("potassium 7.1 mmol/L")
    theo.get_by_role("button", name="Read back right").click()
    expect(theo.get_by_text("Read back right. The call is over.")).to_be_visible()
    expect(theo.get_by_text("No call is open")).to_be_visible()
    assert early.rows("SELECT status FROM work_row WHERE kind = 'call-critical'") == [("completed",)]


def test_a_haemolysed_tube_is_collected_again(early: Clinic, sign_in: Opener, axe: Axe) -> None:
    placed = order(early, "BMP")
    collected = collect(early, placed.work[0])
    receive(early, collected)
    page = sign_in("theo", f"/specimens/{collected.specimens[0]}", size=LANDSCAPE, theme="dark")
    axe(page)
    page.get_by_role("link", name="Reject…").click()
    page.get_by_label("What is wrong?").select_option("HEMOLYZED")
    page.get_by_label("What did you see?").fill("free haemoglobin 3+")
    axe(page)
    page.get_by_role("button", name="Reject").dblclick()
    expect(page.get_by_text("It is collected again: Potassium.")).to_be_visible()
    expect(page.get_by_role("link", name="Open the recollection")).to_be_visible()
    assert early.rows("SELECT count(*) FROM work_row WHERE kind = 'collect' AND open = 1") == [(1,)], "pressed twice, done once"
    axe(page)


def test_a_changed_value_tells_everybody_and_keeps_the_old_one(early: Clinic, sign_in: Opener, axe: Axe) -> None:
    _, verified = to_result(early, "POTASSIUM", [("POTASSIUM", "4.1")])
    page = sign_in("theo", f"/reports/{verified.report}")
    axe(page)
    page.get_by_role("link", name="Change Potassium").click()
    page.get_by_role("textbox", name="Right value").fill("4.7")
    page.get_by_label("Reason").fill("typed for another tube")
    page.get_by_label("Your password or PIN").fill("wrong")
    page.get_by_role("button", name="Change the value").click()
    expect(page.get_by_text("not your password").first).to_be_visible()
    axe(page)
    page.get_by_label("Your password or PIN").fill(PASSWORD)
    page.get_by_role("button", name="Change the value").click()
    expect(page.get_by_text("Changed. Told: Dana Doctor.")).to_be_visible()
    expect(page.get_by_text("Potassium: 4.1 mmol/L").first).to_be_visible()
    expect(page.get_by_text("Dana Doctor: told of the change")).to_be_visible()


def test_a_rejected_control_blocks_and_a_good_one_frees(early: Clinic, sign_in: Opener, axe: Axe) -> None:
    page = sign_in("tara", "/quality/lots", size=LANDSCAPE)
    for number, level, mean in (("C1", "1", "4.0"), ("C2", "2", "6.0")):
        page.get_by_role("radio", name="control material").check()
        page.get_by_role("textbox", name="Lot number").fill(number)
        page.get_by_label("Last day").fill("2026-12-31")
        if not page.get_by_role("textbox", name="Level").is_visible():
            page.get_by_text("Control material: level and targets").click()
        page.get_by_role("textbox", name="Level").fill(level)
        page.get_by_label("Test 1").select_option("POTASSIUM")
        page.get_by_role("textbox", name="Mean").first.fill(mean)
        page.get_by_role("textbox", name="Standard deviation").first.fill("0.1")
        axe(page)
        page.get_by_role("button", name="Register").click()
        expect(page.get_by_text(f"Lot {number} is registered.")).to_be_visible()
    base = page.url.split("/quality")[0]
    for low, high, said in (("4.3", "5.7", "Potassium: failed (R-4s, 1-2s)"), ("4.0", "6.1", "Potassium: passed")):
        page.goto(f"{base}/quality/analyzer")
        page.locator("input[name$='_POTASSIUM']").nth(0).fill(low)
        page.locator("input[name$='_POTASSIUM']").nth(1).fill(high)
        page.get_by_role("button", name="Record the run").click()
        expect(page.get_by_text(said).first).to_be_visible()
        axe(page)
    assert early.rows("SELECT count(*) FROM control_row") == [(4,)]


PAGES = ("/receive", "/centrifuge", "/bench", "/verify", "/calls", "/quality", "/quality/lots", "/quality/autoverification")


@pytest.mark.parametrize(("theme", "language"), [("light", "es"), ("dark", "en")])
def test_every_list_is_accessible_and_fits(early: Clinic, sign_in: Opener, axe: Axe, theme: str, language: str) -> None:
    to_result(early, "POTASSIUM", [("POTASSIUM", "7.1")], priority="stat")
    placed = order(early, "BMP", confirmed=["BMP", "POTASSIUM"])
    receive(early, collect(early, placed.work[0]))
    page = sign_in("lena", "/receive", theme=theme, language=language)
    base = page.url.split("/receive")[0]
    for path in (*PAGES, f"/orders/{placed.orders[0]}/result"):
        page.goto(f"{base}{path}")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
