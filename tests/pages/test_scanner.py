"""Scanners that type: caught wherever the focus is, told apart from hands, given to the field that expects them."""

import time
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Opener

pytestmark = pytest.mark.browser

SEPARATOR = {"key": "]", "code": "BracketRight", "modifiers": 2}  # with Control
ENDS = {
    "Enter": {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "Tab": {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
}
BEFORE_S: WeakKeyDictionary[Page, float] = WeakKeyDictionary()
WRISTBAND = "MRN-00421877"
SCANNER_MS = 8
"""Between two keys of a keyboard-wedge scanner at its usual speed."""
HAND_MS = 110
"""Between two keys of a very fast typist (about 110 words a minute)."""


def keys(page: Page, text: str, *, every_ms: float, end: str = "Enter") -> None:
    """Press the keys of `text` and then `end`, stamped `every_ms` apart whatever this machine is busy with."""
    session = page.context.new_cdp_session(page)
    at = time.time() + BEFORE_S.setdefault(page, 0)
    for stroke in [*(SEPARATOR if each == "\u001d" else {"key": each, "text": each} for each in text), ENDS[end]]:
        at += every_ms / 1000
        kind = "keyDown" if stroke.get("text") else "rawKeyDown"
        session.send("Input.dispatchKeyEvent", {"type": kind, "timestamp": at, **stroke})
        session.send(
            "Input.dispatchKeyEvent", {"type": "keyUp", "timestamp": at, **{name: stroke[name] for name in stroke if name != "text"}}
        )
    BEFORE_S[page] += len(text) * every_ms / 1000 + 1  # the next burst begins a second after this one
    session.detach()


def scan(page: Page, text: str, end: str = "Enter") -> None:
    """Let a scanner type."""
    keys(page, text, every_ms=SCANNER_MS, end=end)


@pytest.mark.parametrize("end", ["Enter", "Tab"])
def test_a_burst_lands_in_the_scan_field_without_focus(end: str, open_page: Opener) -> None:
    page = open_page("forms/")
    scan(page, WRISTBAND, end)
    expect(page.get_by_role("textbox", name="Scan the wristband")).to_have_value(WRISTBAND)
    expect(page.locator("benchside-scan")).to_have_attribute("data-state", "read")
    expect(page.locator("#said")).to_have_text(f"Scanned: {WRISTBAND}")


def test_a_burst_into_another_field_gives_that_field_its_text_back(open_page: Opener) -> None:
    page = open_page("forms/")
    note = page.locator("#f-form").get_by_role("textbox", name="Note")
    note.fill("vein rolls, ")
    note.focus()
    scan(page, WRISTBAND)
    expect(page.get_by_role("textbox", name="Scan the wristband")).to_have_value(WRISTBAND)
    expect(note).to_have_value("vein rolls, ")


def test_a_hand_is_not_a_scanner(open_page: Opener) -> None:
    page = open_page("forms/")
    note = page.locator("#f-form").get_by_role("textbox", name="Note")
    note.focus()
    keys(page, "MRN-0042", every_ms=HAND_MS)
    expect(note).to_have_value("MRN-0042\n")
    expect(page.get_by_role("textbox", name="Scan the wristband")).to_have_value("")


def test_a_burst_that_no_field_expects_stays_where_it_was_typed(open_page: Opener) -> None:
    page = open_page("forms/")
    note = page.locator("#f-form").get_by_role("textbox", name="Note")
    note.focus()
    scan(page, "lower case is no record number")
    expect(note).to_have_value("lower case is no record number\n")
    expect(page.locator("benchside-scan")).to_have_attribute("data-state", "ready")


def test_too_short_a_burst_is_no_scan(open_page: Opener) -> None:
    page = open_page("worklist/")
    scan(page, "A1")
    expect(page.locator("benchside-scan")).to_have_attribute("data-state", "ready")


def test_two_scans_one_after_the_other_both_arrive(open_page: Opener) -> None:
    page = open_page("forms/")
    page.evaluate("window.scans = []; document.addEventListener('benchside:scan', (event) => window.scans.push(event.detail.text))")
    for text in ("TUBE-0001", "TUBE-0002"):
        scan(page, text)
    expect(page.get_by_role("textbox", name="Scan the wristband")).to_have_value("TUBE-0002")
    assert page.evaluate("window.scans") == ["TUBE-0001", "TUBE-0002"]


def test_the_group_separator_of_gs1_arrives(open_page: Opener) -> None:
    page = open_page("worklist/")
    page.evaluate("window.scans = []; document.addEventListener('benchside:scan', (event) => window.scans.push(event.detail.text))")
    scan(page, "0109501101\u001d10ABC")
    assert page.evaluate("window.scans") == ["0109501101\u001d10ABC"]


def test_with_a_dialog_open_the_page_beneath_takes_no_scan(open_page: Opener) -> None:
    page = open_page("forms/")
    page.get_by_role("button", name="Lock", exact=True).click()
    scan(page, WRISTBAND)
    expect(page.locator("benchside-scan")).to_have_attribute("data-state", "ready")
