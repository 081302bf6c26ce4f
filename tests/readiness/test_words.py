"""Every refusal has words and a remedy in every language, every fact they need, and every code has a use."""

import ast
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from benchside.readiness import explain, matrix
from benchside.readiness.explanation import names
from benchside.terms.refusal import CODE_PATTERN, ActRefused, Refusal
from benchside.terms.refusal_words import (
    LANGUAGES,
    RefusalWordsMissing,
    catalogue,
    gettext_entries,
    placeholders,
    po_text,
    text_of,
)
from tests.readiness.people import AT, REQUIREMENTS, person, ready

SOURCE = Path(__file__).resolve().parents[2] / "src" / "benchside"


def refusal_calls() -> Iterator[tuple[str, str, set[str] | None]]:
    """Give (place, code, names of facts or None when they are not written out) of every `Refusal(...)` in the source."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal"):
                continue
            arguments = dict(zip(("code", "facts"), node.args, strict=False)) | {word.arg or "": word.value for word in node.keywords}
            code = arguments["code"]
            if not isinstance(code, ast.Constant):
                continue
            facts = arguments.get("facts")
            keys: set[str] | None = set()
            if isinstance(facts, ast.Dict) and all(isinstance(key, ast.Constant) for key in facts.keys):
                keys = {str(key.value) for key in facts.keys if isinstance(key, ast.Constant)}
            elif facts is not None:
                keys = None
            yield f"{path.relative_to(SOURCE)}:{node.lineno}", str(code.value), keys


CALLS = list(refusal_calls())


def test_the_source_was_read() -> None:
    assert len(CALLS) > 40


@pytest.mark.parametrize(("place", "code", "facts"), CALLS, ids=[f"{code}-{place}" for place, code, _ in CALLS])
def test_every_code_in_the_source_has_words_and_the_facts_for_them(place: str, code: str, facts: set[str] | None) -> None:
    texts = catalogue().get(code)
    assert texts is not None, f"{place}: {code} has no words"
    if facts is not None:
        needed = set[str]().union(*(placeholders(text.words) | placeholders(text.remedy) for text in texts.values()))
        assert needed <= facts, f"{place}: {code} lacks {needed - facts}"


def test_every_code_with_words_is_used() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    tables = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.yaml") if path.parent.name != "refusal_words")
    unused = [code for code in catalogue() if f'"{code}"' not in source and code not in tables]
    assert unused == []


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_both_languages_are_complete_and_agree_on_their_facts(code: str) -> None:
    assert CODE_PATTERN.match(code)
    texts = catalogue()[code]
    assert set(texts) == set(LANGUAGES)
    for text in texts.values():
        assert len(text.words) >= 8
        assert len(text.remedy) >= 8
        assert text.words[-1] in ".!?" or text.words.endswith("}")
    english, spanish = texts["en"], texts["es"]
    assert placeholders(english.words) | placeholders(english.remedy) == placeholders(spanish.words) | placeholders(spanish.remedy)
    assert english.words != spanish.words


@pytest.mark.parametrize("act", sorted(REQUIREMENTS.acts))
def test_override_codes_are_real(act: str) -> None:
    rule = REQUIREMENTS.acts[act].override
    assert rule is None or all(code in catalogue() for code in rule.codes)
    assert rule is None or all(f"override-reason:{reason}" in names(REQUIREMENTS, "es") for reason in rule.reasons)


def test_facts_are_filled_in_as_people_write_them() -> None:
    refusal = Refusal("competence.lapsed", {"competence": "competence:venipuncture", "until": datetime(2026, 5, 3, 22, 0, tzinfo=UTC)})
    english = text_of(refusal, "en", zone=ZoneInfo("America/New_York"), names=names(REQUIREMENTS, "en"))
    spanish = text_of(refusal, "es", zone=ZoneInfo("America/New_York"), names=names(REQUIREMENTS, "es"))
    assert english.words == "Your sign-off in venipuncture ended on 3 May 2026, 18:00."
    assert spanish.words == "Su certificación en venopunción venció el 3 de mayo de 2026, 18:00."
    expired = Refusal("lot.expired", {"kind": "lot:tube", "lot": "A1", "expires": date(2026, 1, 31)})
    assert text_of(expired, "en").words == "The tube lot A1 expired on 31 January 2026."


def test_a_blank_is_an_error() -> None:
    with pytest.raises(RefusalWordsMissing, match="until"):
        text_of(Refusal("competence.lapsed", {"competence": "x"}))
    with pytest.raises(RefusalWordsMissing, match="no words"):
        text_of(Refusal("no.such.code"))
    with pytest.raises(RefusalWordsMissing, match="no words"):
        text_of(Refusal("order.none"), "fr")


def test_a_refusal_is_data() -> None:
    facts = {"amount": Decimal("4.10")}
    refusal = Refusal("order.none", facts)
    facts["amount"] = Decimal(0)
    assert refusal.facts["amount"] == Decimal("4.10")
    assert refusal == Refusal("order.none", {"amount": Decimal("4.10")})
    assert len({refusal, Refusal("order.none", {"amount": Decimal("4.10")})}) == 1
    with pytest.raises(ValueError, match="not a refusal code"):
        Refusal("Order None")
    with pytest.raises(ValueError, match="at least one"):
        ActRefused(())
    assert str(ActRefused((refusal, Refusal("consent.refused")))) == "order.none, consent.refused"


@pytest.mark.parametrize("language", LANGUAGES)
def test_gettext_reads_the_catalogue(language: str, tmp_path: Path) -> None:
    import gettext

    source, compiled = tmp_path / "refusals.po", tmp_path / "refusals.mo"
    source.write_text(po_text(language), encoding="utf-8")
    try:
        subprocess.run(["msgfmt", "--check", "-o", str(compiled), str(source)], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("msgfmt of GNU gettext is not installed")
    with compiled.open("rb") as stream:
        translations = gettext.GNUTranslations(stream)
    for identifier, text in gettext_entries(language).items():
        assert translations.gettext(identifier) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_matrix_has_words_everywhere(language: str) -> None:
    table = matrix(REQUIREMENTS, language)
    assert [role for role, _ in table.roles] == list(REQUIREMENTS.roles)
    assert {row.act for row in table.rows} == set(REQUIREMENTS.acts)
    for row in table.rows:
        assert [cell.role for cell in row.cells] == list(REQUIREMENTS.roles)
        assert all((row.words, row.kind_words, row.source, *(cell.words for cell in row.cells), *row.conditions))
        assert not any("{" in text for text in row.conditions)
    collect = next(row for row in table.rows if row.act == "collect_specimen")
    assert {cell.role: cell.permission for cell in collect.cells}["junior_technician"] == "supervised"


def test_why_cant_i_names_who_can() -> None:
    facts = ready("junior_technician", supervisor=None)
    answer = explain(
        "collect_specimen",
        facts,
        REQUIREMENTS,
        AT,
        colleagues=[person("technician"), person("front_desk"), person("junior_technician", "Practitioner/j2")],
    )
    assert not answer.permitted
    assert [refusal.code for refusal, _ in answer.reasons] == ["supervision.none"]
    assert answer.others == ("Practitioner/technician",)
    assert not answer.override_clears_all
    assert "nurse" in answer.override_roles
    allowed = explain("collect_specimen", ready(), REQUIREMENTS, AT)
    assert (allowed.permitted, allowed.reasons, allowed.others) == (True, (), ())
