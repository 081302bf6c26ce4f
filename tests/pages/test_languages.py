"""Spanish is whole: every string collected, translated, compiled; none stands in a template where nobody can translate it."""

from pathlib import Path

import pytest

from benchside.pages import translations
from benchside.pages.environment import FOLDER, TEMPLATES


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_the_catalogue_has_no_fault(language: str) -> None:
    assert len([message for message in translations.kept(FOLDER, language) if message.id]) > 200
    assert translations.faults(FOLDER, language) == []


def test_no_template_holds_words_that_nobody_can_translate() -> None:
    templates = sorted(TEMPLATES.rglob("*.html"))
    assert len(templates) > 20
    found = {str(path.relative_to(TEMPLATES)): translations.bare_words(path.read_text(encoding="utf-8")) for path in templates}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("<p>Collect now</p>", ["Collect now"], id="text"),
        pytest.param('<p>{{ _("Collect now") }}</p>', [], id="translated"),
        pytest.param("<p>{% trans %}Collect now{% endtrans %} and go</p>", ["and go"], id="after-trans"),
        pytest.param('<button title="Close">{{ icon("close") }}</button>', ['title="Close"'], id="attribute"),
        pytest.param('<input aria-label="{{ _("Name") }}" class="input wide">', [], id="translated-attribute"),
        pytest.param("{% if x %}Yes{% else %}{{ y }}{% endif %}", ["Yes"], id="between-blocks"),
        pytest.param("<code>competence.lapsed</code> {# a remark #} · 12 mL", [], id="code-remark-unit"),
    ],
)
def test_bare_words_are_found(source: str, found: list[str]) -> None:
    assert [words.replace("…", "").strip() for words in translations.bare_words(source)] == found


def test_a_catalogue_with_faults_is_told(tmp_path: Path) -> None:
    part = tmp_path / "part"
    (part / "jinja2").mkdir(parents=True)
    (part / "jinja2" / "a.html").write_text('{{ _("One %(name)s", name="x") }}{{ _("Two") }}', encoding="utf-8")
    translations.update(part, "es")
    assert [fault.split(":")[1].strip() for fault in translations.faults(part, "es")] == ["not translated", "not translated"]
    path = translations.catalogue_path(part, "es")
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('msgid "One %(name)s"\nmsgstr ""', 'msgid "One %(name)s"\nmsgstr "Uno"').replace(
            'msgid "Two"\nmsgstr ""', 'msgid "Two"\nmsgstr "Dos"'
        )
        + '\nmsgid "Three"\nmsgstr "Tres"\n',
        encoding="utf-8",
    )
    told = " ".join(translations.faults(part, "es"))
    assert "other placeholders (%(name)s): One" in told
    assert "left over: Three" in told
    assert "run update" in told
    (part / "jinja2" / "a.html").write_text('{{ _("Two") }}{{ _("Four") }}', encoding="utf-8")
    assert "not in the catalogue: Four" in " ".join(translations.faults(part, "es"))
