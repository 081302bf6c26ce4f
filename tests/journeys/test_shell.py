"""The shell as a person meets it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Opener

pytestmark = pytest.mark.browser


def test_a_page_opens_for_who_signed_in(sign_in: Opener, axe: Callable[[Page], None]) -> None:
    page = sign_in("tara")
    assert "Tara Tech" in page.content()
    axe(page)
