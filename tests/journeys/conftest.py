"""A browser, and the product on a real server with a fresh SQLite database in which the invented clinic is open.

`sign_in("tara")` gives that person's page; `axe(page)` fails on what axe-core finds; `offline(page)` takes the network away.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from benchside.accounts.models import Person
from tests.acts.accounts import open_accounts
from tests.acts.clinic import MORNING, Clinic, open_clinic
from tests.pages.conftest import HTMX_REPORTS, LANDSCAPE, PORTRAIT, WAIT_MS, axe_source, chromium

__all__ = ["LANDSCAPE", "PORTRAIT", "axe_source", "chromium"]

ROOT = Path(__file__).resolve().parents[2]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Opener = Callable[..., Page]


@pytest.fixture(autouse=True)
def database_beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser's loop runs in this thread; the tests' own database calls are made between its turns."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def clinic(database_beside_the_browser: None, sqlite_database: str) -> Clinic:
    """The clinic at eight in the morning, with accounts (password in tests/acts/accounts.py). Act in it as in tests/acts."""
    del database_beside_the_browser, sqlite_database
    opened = open_clinic()
    open_accounts()
    return opened


@pytest.fixture
def site(clinic: Clinic, sqlite_database: str) -> Iterator[str]:
    """The address of a server of its own for this test; its clock begins when the clinic opens and runs on."""
    del clinic
    environment = {
        **os.environ,
        "BENCHSIDE_JOURNEY_DATABASE": sqlite_database,
        "BENCHSIDE_TEST_HOME": str(settings.BENCHSIDE_HOME),
    }
    command = [sys.executable, "-m", "tests.journeys.serve", MORNING.isoformat()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address.startswith("http://"):
            process.kill()
            pytest.fail("the site could not be served; the reason stands above")
        yield address
        process.terminate()


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Opener]:
    """Open a page: `open_page("/sign-in", theme="dark", language="es", size=LANDSCAPE, context=...)`; nobody is signed in.

    At the end of the test no page may have raised an error or broken the content security policy.
    """
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def heard(page: Page) -> Callable[[ConsoleMessage], None]:
        def hear(message: ConsoleMessage) -> None:
            if message.type == "error" and "Failed to load resource" not in message.text and "net::ERR" not in message.text:
                troubles.append(f"{page.url}: {message.text}")

        return hear

    def opened(
        path: str = "/",
        *,
        theme: Any = "light",
        language: str = "en",
        size: Any = None,
        context: BrowserContext | None = None,
        cookies: dict[str, str] | None = None,
        **options: Any,
    ) -> Page:
        if context is None:
            locale = "es-MX" if language == "es" else "en-US"
            context = chromium.new_context(base_url=site, color_scheme=theme, locale=locale, viewport=size or PORTRAIT, **options)
            context.set_default_timeout(WAIT_MS)
            contexts.append(context)
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in (cookies or {}).items()])
        page = context.new_page()
        page.on("console", heard(page))
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.goto(f"{site}{path}")
        return page

    with ExitStack() as stack:
        yield opened
        for context in contexts:
            stack.callback(context.close)
        assert not [trouble for trouble in troubles if not any(report in trouble for report in HTMX_REPORTS)]


@pytest.fixture
def sign_in(open_page: Opener) -> Opener:
    """Open a page as somebody: `sign_in("tara", "/worklist", theme="dark")`. The session is made directly; sign-in has its own journey."""

    def signed_in(name: str, path: str = "/", *, cookies: dict[str, str] | None = None, **options: Any) -> Page:
        client = Client()
        client.force_login(Person.objects.get(username=name))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        return open_page(path, cookies={**(cookies or {}), settings.SESSION_COOKIE_NAME: session}, **options)

    return signed_in


@pytest.fixture
def axe(axe_source: str) -> Callable[[Page], None]:
    """Fail with everything axe-core finds against the page as it stands."""

    def check(page: Page) -> None:
        page.evaluate(axe_source)
        found = page.evaluate("tags => axe.run({runOnly: tags}).then(answer => answer.violations)", AXE_TAGS)
        told = [
            f"{fault['id']} ({fault['impact']}): {node['html'][:160]} {node['failureSummary'][:300]}"
            for fault in found
            for node in fault["nodes"]
        ]
        assert told == [], "\n".join([page.url, *told])

    return check


@contextmanager
def offline(page: Page) -> Iterator[None]:
    """Take the network away from a page's browser for a while."""
    page.context.set_offline(True)
    try:
        yield
    finally:
        page.context.set_offline(False)
