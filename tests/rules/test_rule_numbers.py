"""Every numbered rule of docs/clinical has a test that carries its number, and every number in a test has its rule."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULE = re.compile(r"\*\*([A-Z]\d+)\*\*")
DOCUMENTED = {
    number: page.name for page in sorted((ROOT / "docs/clinical").glob("*.md")) for number in RULE.findall(page.read_text(encoding="utf-8"))
}
TESTED = {
    number
    for folder in ("rules", "readiness")
    for path in (ROOT / "tests" / folder).glob("test_*.py")
    for number in re.findall(r'(?:"|def test_)([A-Z]\d+)[-_]', path.read_text(encoding="utf-8"))
}


def test_the_pages_were_read() -> None:
    assert len(DOCUMENTED) > 100


@pytest.mark.parametrize("number", sorted(DOCUMENTED))
def test_every_rule_has_a_test(number: str) -> None:
    assert number in TESTED, f"{DOCUMENTED[number]}: rule {number} has no test"


@pytest.mark.parametrize("number", sorted(TESTED - {"A0"}))
def test_every_tested_number_is_a_rule(number: str) -> None:
    assert number in DOCUMENTED


def test_every_page_is_in_the_list() -> None:
    index = (ROOT / "docs/clinical/README.md").read_text(encoding="utf-8")
    assert all(f"({page.name})" in index for page in (ROOT / "docs/clinical").glob("*.md") if page.name != "README.md")
