"""Every string of these parts is in the Spanish catalogue, with the same placeholders, compiled; no template holds bare words."""

from pathlib import Path

import pytest

from benchside.pages import translations

SOURCE = Path(translations.__file__).resolve().parent.parent
PARTS = ("areas/staff", "site", "workplace")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_the_catalogue_has_no_fault(part: str, language: str) -> None:
    assert translations.faults(SOURCE / part, language) == []


@pytest.mark.parametrize("part", PARTS)
def test_no_template_holds_bare_words(part: str) -> None:
    templates = sorted((SOURCE / part).glob("jinja2/**/*.html"))
    assert templates
    found = {path.name: translations.bare_words(path.read_text(encoding="utf-8")) for path in templates}
    assert {name: words for name, words in found.items() if words} == {}
