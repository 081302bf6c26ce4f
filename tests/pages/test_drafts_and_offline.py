"""Nothing typed is lost: reload, lost connection, no answer, a lock, and a form sent twice."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.pages.conftest import Opener
from tests.pages.test_journeys import fill_by_keyboard

pytestmark = pytest.mark.browser

TRIES, TRY_MS = 50, 100
SAVED = "Object.keys(localStorage).filter((key) => key.startsWith('benchside.draft.')).length"


def note(page: Page):  # a Locator; playwright's name for it says nothing more
    """The sample form's note."""
    return page.locator("#f-form").get_by_role("textbox", name="Note")


def saved(page: Page, count: int) -> None:
    """Wait until so many drafts are kept on the device (asked from here: the pages' policy forbids the browser to evaluate text)."""
    for _try in range(TRIES):
        if page.evaluate(SAVED) == count:
            return
        page.wait_for_timeout(TRY_MS)
    assert page.evaluate(SAVED) == count


def test_a_draft_survives_a_reload_with_a_notice(open_page: Opener) -> None:
    page = open_page("forms/")
    fill_by_keyboard(page)
    note(page).fill("hematoma, small – ¿señal?")
    page.get_by_role("checkbox", name="Felt faint").check()
    page.get_by_role("radio", name="2").check()
    saved(page, 1)
    page.wait_for_timeout(300)
    page.reload()
    expect(page.locator("[data-draft-place]")).to_contain_text(re.compile(r"Your unsent entries of \d\d:\d\d are back\."))
    expect(note(page)).to_have_value("hematoma, small – ¿señal?")
    expect(page.get_by_role("textbox", name="Potassium")).to_have_value("4.10")
    expect(page.get_by_role("radio", name="Right elbow")).to_be_checked()
    expect(page.get_by_role("radio", name="2")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Felt faint")).to_be_checked()
    expect(page.locator(".picked-item")).to_have_text("Lipid panel")


def test_what_is_kept_can_be_read_by_nobody_else(open_page: Opener) -> None:
    page = open_page("forms/")
    note(page).fill("secretword")
    saved(page, 1)
    kept = page.evaluate("JSON.stringify(Object.entries(localStorage))")
    assert "secretword" not in kept
    assert "Patient/1" not in kept
    assert "Practitioner/1" not in kept
    # Somebody else's pages carry another key: the same form finds nothing.
    page.route("**/style/forms/", _with_another_key)
    page.reload()
    expect(note(page)).to_have_value("")
    expect(page.locator("[data-draft-place]")).to_be_empty()


def _with_another_key(route: Route) -> None:
    answer = route.fetch()
    body = re.sub(r'data-draft-secret="[^"]+"', 'data-draft-secret="' + "A" * 43 + '="', answer.text())
    route.fulfill(response=answer, body=body)


def test_starting_empty_forgets_the_draft(open_page: Opener) -> None:
    page = open_page("forms/")
    note(page).fill("wrong chair")
    saved(page, 1)
    page.reload()
    page.get_by_role("button", name="Start empty").click()
    expect(note(page)).to_have_value("")
    saved(page, 0)
    page.reload()
    expect(page.locator("[data-draft-place]")).to_be_empty()


def test_a_done_form_leaves_no_draft(open_page: Opener) -> None:
    page = open_page("forms/")
    fill_by_keyboard(page)
    saved(page, 1)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("[data-toast]")).to_contain_text("Recorded.")
    saved(page, 0)
    page.goto(page.url.replace("?sent", ""))
    expect(page.get_by_role("textbox", name="Potassium")).to_have_value("")


def test_a_draft_ends_with_the_shift(open_page: Opener) -> None:
    page = open_page("forms/")
    note(page).fill("yesterday")
    saved(page, 1)
    page.goto(page.url.replace("forms", "worklist"))
    page.evaluate(
        """() => { const key = Object.keys(localStorage).find((each) => each.startsWith("benchside.draft."));
          const row = JSON.parse(localStorage.getItem(key)); row.at -= 13 * 3600000; localStorage.setItem(key, JSON.stringify(row)); }"""
    )
    page.goto(page.url.replace("worklist", "forms"))
    expect(note(page)).to_have_value("")
    saved(page, 0)


def test_passwords_and_pins_are_never_kept(open_page: Opener) -> None:
    page = open_page("forms/")
    page.evaluate(
        """() => { const field = document.createElement("input"); field.type = "password"; field.name = "password"; field.id = "pass";
          document.querySelector("#f-form").append(field); }"""
    )
    page.locator("#pass").fill("hunter2 is secret")
    page.wait_for_timeout(400)
    saved(page, 0)


def test_offline_is_told_and_sending_waits(open_page: Opener) -> None:
    page = open_page("forms/")
    fill_by_keyboard(page)
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.context.set_offline(True)
    banner = page.locator("[data-offline-banner]")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("You are offline. Drafts are kept on this device.")
    expect(page.locator("benchside-connection")).to_have_attribute("data-state", "offline")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#f-form [data-send-state]")).to_contain_text("Not sent: no connection.")
    expect(page.get_by_role("textbox", name="Potassium")).to_have_value("4.10")
    assert posts == []
    page.context.set_offline(False)
    expect(banner).to_be_hidden()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("[data-toast]")).to_contain_text("Recorded.")


def test_a_server_that_is_gone_counts_as_offline(open_page: Opener) -> None:
    """Wi-Fi may be up with nothing behind it: the browser thinks it is online, the page knows better."""
    page = open_page("forms/")
    page.route("**/style/alive", lambda route: route.abort())
    page.evaluate("Benchside.connection.ask()")
    expect(page.locator("[data-offline-banner]")).to_be_visible()


def test_no_answer_keeps_everything_and_the_same_key_is_sent_again(open_page: Opener) -> None:
    page = open_page("forms/")
    fill_by_keyboard(page)
    keys: list[str] = []

    def lose_the_answer(route: Route) -> None:
        keys.append(re.findall(r'idempotency_key"?[=\r\n]+([\w-]{22})', route.request.post_data or "")[0])
        route.abort("connectionreset")

    page.route("**/style/try", lose_the_answer)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#f-form [data-send-state]")).to_contain_text("it will not be done twice")
    page.wait_for_timeout(300)
    page.reload()
    expect(page.locator("[data-draft-place]")).to_contain_text("but the answer did not arrive")
    expect(page.get_by_role("textbox", name="Potassium")).to_have_value("4.10")
    assert page.locator('#f-form input[name="idempotency_key"]').input_value() == keys[0]
    page.unroute("**/style/try")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("[data-toast]")).to_contain_text("Recorded.")
    saved(page, 0)


def test_a_failing_server_keeps_the_page_and_says_so(open_page: Opener) -> None:
    page = open_page("forms/")
    fill_by_keyboard(page)
    page.route("**/style/try", lambda route: route.fulfill(status=500, body="no"))
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#f-form [data-send-state]")).to_contain_text("The server could not do this.")
    expect(page.get_by_role("textbox", name="Potassium")).to_have_value("4.10")


def test_two_quick_presses_send_once(open_page: Opener) -> None:
    page = open_page("forms/")
    fill_by_keyboard(page)
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.evaluate("const button = document.querySelector('#f-form .button-primary'); button.click(); button.click();")
    expect(page.locator("[data-toast]")).to_contain_text("Recorded.")
    assert len(posts) == 1


def test_the_same_key_on_every_drawing_would_be_a_fault(open_page: Opener) -> None:
    first = open_page("forms/")
    field = '#f-form input[name="idempotency_key"]'
    key = first.locator(field).input_value()
    first.reload()
    assert first.locator(field).input_value() != key
