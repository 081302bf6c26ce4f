"""The shell around every screen: it opens for everybody who works here."""

from collections.abc import Callable

import pytest

from tests.screens.conftest import Seat


@pytest.mark.parametrize("who", ["juno", "tara", "sena", "lena", "nora", "dana", "fred", "ada"])
def test_everybody_has_a_home(who: str, at_desk: Callable[[str], Seat]) -> None:
    assert at_desk(who).get("/").status_code == 200
