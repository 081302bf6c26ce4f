"""A browser, the style pages served, and axe-core. Each is found or set up here, and its absence fails aloud: no test is skipped."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from benchside.pages.environment import standalone

HERE = Path(__file__).resolve().parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NPM_SECONDS_MAX = 180
START_SECONDS_MAX = 30
WAIT_MS = 30_000  # generous: a wait that ends early costs nothing, and machines that test are busy
HTMX_REPORTS = (": htmx:", ": Response Status Error Code")
expect.set_options(timeout=WAIT_MS)
PORTRAIT = {"width": 768, "height": 1024}
LANDSCAPE = {"width": 1024, "height": 768}


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium. Ends with this folder's tests, because its loop would disturb Django's database calls elsewhere."""
    named = os.environ.get("BENCHSIDE_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if not named:
        pytest.fail("no Chromium found: install it (Debian: apt-get install chromium) or name one in BENCHSIDE_CHROMIUM")
    with sync_playwright() as playwright:
        # Without its sandbox only where the tests run as root, as they do in containers; the pages are our own.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=named, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def site() -> Iterator[str]:
    """The address of the style pages, served by a process of their own."""
    command = [sys.executable, "-m", "tests.pages.serve"]
    with subprocess.Popen(command, cwd=HERE.parent.parent, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address.startswith("http://"):
            process.kill()
            pytest.fail("the style pages could not be served; the reason stands above")
        yield address
        process.terminate()


@pytest.fixture(scope="package")
def axe_source() -> str:
    """The source of axe-core, installed from its lock file when it is not there yet."""
    script = HERE / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        if not npm:
            pytest.fail("axe-core is not installed and there is no npm: install Node.js, then `npm ci --prefix tests/pages`")
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, timeout=NPM_SECONDS_MAX, capture_output=True)
    return script.read_text(encoding="utf-8")


Opener = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Opener]:
    """Open a page: `open_page("forms/", theme="dark", size=LANDSCAPE, context=...)`.

    At the end of the test no page may have raised an error or broken the content security policy.
    """
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def listen(page: Page) -> None:
        def heard(message: ConsoleMessage) -> None:
            # What the browser says about answers that a test made fail on purpose is no trouble of the page.
            if message.type == "error" and "Failed to load resource" not in message.text and "net::ERR" not in message.text:
                troubles.append(f"{page.url}: {message.text}")

        page.on("console", heard)
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))

    def opened(path: str = "", *, theme: Any = "light", size: Any = None, context: BrowserContext | None = None, **options: Any) -> Page:
        if context is None:
            context = chromium.new_context(base_url=site, color_scheme=theme, viewport=size or PORTRAIT, **options)
            context.set_default_timeout(WAIT_MS)
            contexts.append(context)
        page = context.new_page()
        listen(page)
        page.goto(f"{site}/style/{path}")
        return page

    with ExitStack() as stack:
        yield opened
        for context in contexts:
            stack.callback(context.close)
        # htmx reports lost and failed requests on the console; the tests that cause them look at what the person sees.
        assert not [trouble for trouble in troubles if not any(report in trouble for report in HTMX_REPORTS)]


@pytest.fixture(scope="session")
def render() -> Callable[..., str]:
    """Render a template text against our macros: `render('{% import ... %}...', name=value, language="es")`."""

    def rendered(source: str, *, language: str = "en", **values: object) -> str:
        return standalone(language).from_string(source).render(**values)

    return rendered
