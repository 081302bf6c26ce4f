"""Every style page through axe-core, both themes, both ways of holding a tablet, turned around, in Spanish; and what axe does not measure."""

import pytest

from tests.pages.conftest import LANDSCAPE, PORTRAIT, Opener

pytestmark = pytest.mark.browser

SECTIONS = ("", "controls/", "forms/", "clinical/", "messages/", "charts/")
SCREENS = ("worklist/", "collect/", "results/", "board/", "sign-in/", "print")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIEWS = {
    "light-portrait": {"theme": "light", "size": PORTRAIT},
    "dark-landscape": {"theme": "dark", "size": LANDSCAPE},
}
TARGET_PX_MIN = 44

# Controls smaller than a fingertip. Links within text are exempt (WCAG 2.5.8); a control inside a label takes the label's size.
SMALL_TARGETS = """(minimum) => [...document.querySelectorAll("button, summary, input:not([type=hidden]), select, textarea, a")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: false }))
  .filter((each) => !each.matches(".skip-link, :is(p, li, td, th, dd, figcaption) > a:not([class]), .chart-numbers summary *"))
  .map((each) => [each, (each.closest("label") || each).getBoundingClientRect()])
  .filter(([each, box]) => (box.height < minimum - 0.5 || box.width < 24) && !each.matches(".work-link, .patient-name a, .table thead a"))
  .map(([each, box]) => `${each.outerHTML.slice(0, 120)} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


def violations(page: object, axe_source: str) -> list[str]:
    """Run axe on the page as it is now."""
    page.evaluate(axe_source)  # type: ignore[attr-defined] # a Page; evaluate is not bound by the page's policy
    result = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", TAGS)  # type: ignore[attr-defined] # same
    assert result["passes"], "axe found nothing to check"
    return [
        f"{found['id']}: {node['target']} {node.get('failureSummary', '')}" for found in result["violations"] for node in found["nodes"]
    ]


@pytest.mark.parametrize("path", [*SECTIONS, *SCREENS])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(path: str, view: str, open_page: Opener, axe_source: str) -> None:
    assert violations(open_page(path, **VIEWS[view]), axe_source) == []


@pytest.mark.parametrize("path", ["clinical/?dir=rtl", "forms/?dir=rtl", "worklist/?dir=rtl", "results/?dir=rtl"])
def test_axe_finds_nothing_from_right_to_left(path: str, open_page: Opener, axe_source: str) -> None:
    page = open_page(path)
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    assert violations(page, axe_source) == []


def test_axe_finds_nothing_in_spanish(open_page: Opener, axe_source: str) -> None:
    page = open_page("collect/", locale="es-MX")
    assert page.evaluate("document.documentElement.lang") == "es"
    assert violations(page, axe_source) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens(theme: str, open_page: Opener, axe_source: str) -> None:
    page = open_page("controls/", theme=theme)
    page.get_by_role("button", name="Ask before it is done").click()
    assert page.locator("#confirm").is_visible()
    assert violations(page, axe_source) == []
    page.keyboard.press("Escape")
    page.locator("summary.person-button").click()
    page.locator("#why-sample summary").click()
    page.locator("summary.person-button").click()
    assert violations(page, axe_source) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_while_searching_and_locked(theme: str, open_page: Opener, axe_source: str) -> None:
    page = open_page("forms/", theme=theme)
    page.get_by_role("combobox", name="Tests").fill("panel")
    page.locator(".search-option").first.wait_for()
    page.get_by_role("button", name="Number pad for Potassium").click()
    page.get_by_role("combobox", name="Tests").focus()
    assert violations(page, axe_source) == []
    page.get_by_role("button", name="Lock", exact=True).click()
    page.locator("#lock").wait_for()
    assert violations(page, axe_source) == []


@pytest.mark.parametrize("path", [*SECTIONS, *SCREENS])
def test_every_target_is_large_enough_for_a_thumb(path: str, open_page: Opener) -> None:
    page = open_page(path)
    assert page.locator("a, button").count() > 0
    assert page.evaluate(SMALL_TARGETS, TARGET_PX_MIN) == []


@pytest.mark.parametrize("path", [*SECTIONS, *SCREENS])
def test_nothing_needs_sideways_scrolling(path: str, open_page: Opener) -> None:
    """WCAG 1.4.10: 320 CSS px is a tablet at 400 %."""
    page = open_page(path)
    for width in (320, 768, 1024):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_text_can_be_twice_as_large(open_page: Opener) -> None:
    """WCAG 1.4.4: a reader's larger letters break nothing; half the width at the same letters is the same thing."""
    page = open_page("collect/", size={"width": 384, "height": 512})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 384


def test_the_chosen_theme_holds_against_the_device(open_page: Opener) -> None:
    page = open_page("", theme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("summary.person-button").click()
    page.get_by_role("button", name="Dark").click()
    page.wait_for_url("**/style/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_the_chosen_language_holds(open_page: Opener) -> None:
    page = open_page("worklist/")
    page.locator("summary.person-button").click()
    page.get_by_role("button", name="Español").click()
    page.get_by_role("heading", name="Lista de trabajo").wait_for()


def test_paper_is_light_and_without_the_shell(open_page: Opener) -> None:
    page = open_page("results/", theme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator(".top-bar").is_hidden()
    assert page.locator(".rail").is_hidden()
    assert page.locator(".patient-name").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == "rgb(255, 255, 255)"
