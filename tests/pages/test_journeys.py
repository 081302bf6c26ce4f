"""What a person does at a tablet: by keyboard alone, without scripts, searching, locking, opening a second patient."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Opener

pytestmark = pytest.mark.browser


def fill_by_keyboard(page: Page) -> None:
    """Fill the sample form with keys only, starting from its first field."""
    page.get_by_role("radio", name="Right elbow").focus()
    page.keyboard.press("ArrowRight")  # from the first to the second of a radio group, which also chooses it
    page.keyboard.press("ArrowLeft")
    page.get_by_role("textbox", name="Potassium").focus()
    page.keyboard.type("4.10")
    page.get_by_role("combobox", name="Tests").focus()
    page.keyboard.type("lipid")
    expect(page.locator(".search-option")).to_have_text([re.compile("Lipid panel")])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".picked-item")).to_have_text("Lipid panel")


def test_the_first_tab_leads_to_the_content(open_page: Opener) -> None:
    page = open_page("worklist/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_the_focus_is_always_seen(open_page: Opener) -> None:
    """WCAG 2.4.7 and 2.4.11: a ring, and not hidden beneath what is fixed over the page."""
    page = open_page("forms/")
    seen = 0
    for _step in range(40):
        page.keyboard.press("Tab")
        look = page.evaluate(
            """() => {
              const at = document.activeElement;
              if (!at || at === document.body || at.closest(".top-bar, .rail, .patient")) return null;
              const faces = [at, at.nextElementSibling].filter(Boolean);
              const ring = faces.some((face) => parseFloat(getComputedStyle(face).outlineWidth) >= 2);
              const box = at.getBoundingClientRect();
              const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
              return { ring, clear: Boolean(top) && (at.contains(top) || top.contains(at) || top.closest("label") === at.closest("label")), what: at.outerHTML.slice(0, 90) };
            }"""
        )
        if look:
            seen += 1
            assert look["ring"], look
            assert look["clear"], look
    assert seen >= 15


def test_a_form_is_filled_and_sent_by_keyboard(open_page: Opener) -> None:
    page = open_page("forms/")
    fill_by_keyboard(page)
    expect(page.locator(".picked-item")).to_have_text("Lipid panel")
    page.get_by_role("button", name="Record", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-toast]")).to_contain_text("Recorded.")
    expect(page).to_have_url(re.compile(r"/style/forms/\?sent"))
    expect(page.locator("#said")).not_to_be_empty()


def test_errors_take_the_focus_and_lead_to_their_fields(open_page: Opener) -> None:
    page = open_page("forms/")
    # The browser's own check would stop an empty form; the server's answer is what is looked at here.
    page.evaluate("document.querySelector('#f-form').noValidate = true")
    page.get_by_role("textbox", name="Potassium").fill("high")
    page.get_by_role("button", name="Record", exact=True).click()
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("3 things to correct")
    expect(page.get_by_role("textbox", name="Potassium")).to_have_value("high")
    summary.get_by_role("link", name=re.compile("Enter the potassium")).click()
    expect(page.get_by_role("textbox", name="Potassium")).to_be_focused()
    described = page.get_by_role("textbox", name="Potassium").get_attribute("aria-describedby")
    assert described is not None
    assert "f-potassium-error" in described


def test_the_form_works_without_scripts(open_page: Opener) -> None:
    page = open_page("forms/", java_script_enabled=False)
    expect(page.get_by_role("button", name="Find")).to_be_visible()
    page.locator("#f-form").get_by_role("textbox", name="Note").fill("no scripts here")
    page.get_by_role("radio", name="Right elbow").check()
    page.get_by_role("textbox", name="Potassium").fill("4.1")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("1 thing to correct"))).to_be_visible()
    expect(page.locator("#f-form").get_by_role("textbox", name="Note")).to_have_value("no scripts here")


def test_the_search_list_is_left_with_escape_and_a_pick_can_be_removed(open_page: Opener) -> None:
    page = open_page("forms/")
    field = page.get_by_role("combobox", name="Tests")
    field.focus()
    page.keyboard.type("panel")
    expect(page.locator(".search-option")).to_have_count(3)
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = field.get_attribute("aria-activedescendant")
    assert active is not None
    expect(page.locator(f"#{active}")).to_contain_text("Comprehensive")
    page.keyboard.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.fill("thyroid")
    page.locator(".search-option").get_by_text("Thyroid").click()
    expect(page.locator(".picked-item")).to_have_count(1)
    page.get_by_role("button", name="Remove Thyroid-stimulating hormone").click()
    expect(page.locator(".picked-item")).to_have_count(0)


def test_a_hurried_enter_takes_only_what_was_asked_for(open_page: Opener) -> None:
    """Enter before the list has caught up with the letters: the list of earlier letters must not be chosen from."""
    page = open_page("forms/")
    field = page.get_by_role("combobox", name="Tests")
    field.focus()
    page.keyboard.type("c")
    expect(page.locator(".search-option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    field.fill("potas")
    page.keyboard.press("Enter")
    expect(page.locator(".picked-item")).to_have_text("Potassium")
    expect(page).to_have_url(re.compile("/style/forms/$"))


def test_the_number_pad_types_and_keeps_every_digit(open_page: Opener) -> None:
    page = open_page("forms/")
    page.get_by_role("button", name="Number pad for Potassium").click()
    for key in ("4", ".", "1", "0"):
        page.locator("#f-potassium-pad").get_by_role("button", name=key, exact=True).click()
    expect(page.get_by_role("textbox", name="Potassium")).to_have_value("4.10")
    page.locator("#f-potassium-pad").get_by_role("button", name="Delete the last digit").click()
    page.locator("#f-potassium-pad").get_by_role("button", name=".", exact=True).click()
    expect(page.get_by_role("textbox", name="Potassium")).to_have_value("4.1")


def test_a_dialog_keeps_the_focus_and_gives_it_back(open_page: Opener) -> None:
    page = open_page("controls/")
    opener = page.get_by_role("button", name="Ask before it is done")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#confirm")).to_be_visible()
    for _step in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || document.querySelector('#confirm').contains(document.activeElement)"
        )
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_the_lock_keeps_what_was_typed_and_opens_with_the_pin(open_page: Opener) -> None:
    page = open_page("forms/")
    page.locator("#f-form").get_by_role("textbox", name="Note").fill("kept beneath")
    page.get_by_role("button", name="Lock", exact=True).click()
    lock = page.locator("#lock")
    expect(lock).to_be_visible()
    for _press in range(3):
        page.keyboard.press("Escape")
    expect(lock).to_be_visible()
    for digit in "111111":
        lock.get_by_role("button", name=digit, exact=True).click()
    expect(lock.locator("[data-lock-error]")).to_have_text("That is not right. Try again, or use your password.")
    expect(lock.locator("input[name=pin]")).to_have_value("")
    page.keyboard.type("123456")
    expect(lock).to_be_hidden()
    expect(page.locator("#f-form").get_by_role("textbox", name="Note")).to_have_value("kept beneath")


def test_the_screen_locks_by_itself_and_in_every_tab(open_page: Opener) -> None:
    first = open_page("worklist/")
    second = open_page("forms/?lock=1", context=first.context)
    expect(second.locator("#lock")).to_be_visible()
    expect(first.locator("#lock")).to_be_visible()
    second.keyboard.type("123456")
    expect(first.locator("#lock")).to_be_hidden()


def test_a_second_patient_in_another_tab_is_told_and_asked_about(open_page: Opener) -> None:
    maria = open_page("forms/")
    warning = maria.locator("[data-other-patient]").first
    expect(warning).to_be_hidden()
    ann = open_page("forms/?patient=2", context=maria.context)
    expect(warning).to_have_text("Another patient is open in another tab: LEE, Ann.")
    expect(ann.locator("[data-other-patient]").first).to_contain_text("GARCÍA LÓPEZ")
    fill_by_keyboard(maria)
    maria.get_by_role("button", name="Record", exact=True).click()
    question = maria.get_by_role("dialog", name="Is this the right patient?")
    expect(question).to_contain_text("You are recording for GARCÍA LÓPEZ, María Elena.")
    question.get_by_role("button", name="Go back").click()
    expect(maria).to_have_url(re.compile(r"/style/forms/$"))
    maria.get_by_role("button", name="Record", exact=True).click()
    maria.get_by_role("dialog").get_by_role("button", name="Yes, this patient").click()
    expect(maria).to_have_url(re.compile(r"/style/forms/\?sent"))
    ann.close()
    expect(maria.locator("[data-other-patient]").first).to_be_hidden()


def test_a_form_of_another_patient_is_refused_by_the_server(open_page: Opener) -> None:
    page = open_page("forms/")
    fill_by_keyboard(page)
    page.evaluate("document.querySelector('[name=patient_check]').value = '0'.repeat(64)")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("[data-error-summary]")).to_contain_text("opened for another patient")


def test_a_timer_counts_on_from_the_servers_clock(open_page: Opener) -> None:
    page = open_page("worklist/")
    timer = page.locator("#work-2 benchside-timer")
    expect(timer).to_have_text(re.compile(r"in\s+11 min"))
    page.evaluate("const timer = document.querySelector('#work-2 benchside-timer'); timer.since -= 12 * 60000; timer.tick();")
    expect(timer).to_have_text(re.compile(r"overdue\s+\d min"))
    expect(timer).to_have_class(re.compile("timer-overdue"))


def test_the_offer_to_undo_ends(open_page: Opener) -> None:
    page = open_page("worklist/?undo")
    bar = page.locator("benchside-undo")
    expect(bar).to_contain_text("Claimed: LEE, Ann")
    page.evaluate("document.querySelector('benchside-undo').end()")
    expect(bar).to_have_count(0)


def test_the_page_after_sign_in_is_the_new_persons(open_page: Opener) -> None:
    """htmx swaps the content; whose page it is, its language and its look must not stay behind."""
    page = open_page("sign-in/")
    assert page.evaluate("document.body.dataset.person") == ""
    page.evaluate("window.stayed = true; document.documentElement.lang = 'xx'")
    page.get_by_role("textbox", name="Name").fill("rosa")
    page.get_by_role("textbox", name="Password").fill("anything")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Style").wait_for()
    assert page.evaluate("[window.stayed, document.body.dataset.person, document.documentElement.lang, document.body.className]") == [
        True, "Practitioner/1", "en", "shell",
    ]  # fmt: skip


def test_going_back_asks_the_server_again(open_page: Opener) -> None:
    """No page of a patient is kept in the browser's storage."""
    page = open_page("forms/")
    fill_by_keyboard(page)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?sent"))
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert "htmx-history-cache" not in kept
    page.go_back()
    expect(page).to_have_url(re.compile(r"/style/forms/$"))
    expect(page.get_by_role("textbox", name="Potassium")).to_have_value("")
