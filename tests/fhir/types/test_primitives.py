"""Primitive types: never looser than HL7's patterns, dates as the calendar has them."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.fhir import primitives
from benchside.fhir.rules import is_base64, is_code
from benchside.fhir.values import wrong

OURS = {
    "date": primitives.DATE_PATTERN,
    "dateTime": primitives.DATE_TIME_PATTERN,
    "instant": primitives.INSTANT_PATTERN,
    "time": primitives.TIME_PATTERN,
    "id": primitives.ID_PATTERN,
    "code": primitives.CODE_PATTERN,
    "uri": primitives.URI_PATTERN,
    "oid": primitives.OID_PATTERN,
    "uuid": primitives.UUID_PATTERN,
}


@pytest.fixture(scope="module")
def hl7(examples: Path) -> dict[str, re.Pattern[str]]:
    """HL7's own pattern of each primitive type."""
    found: dict[str, re.Pattern[str]] = {}
    for name in OURS:
        text = (examples / f"StructureDefinition-{name}.json").read_text(encoding="utf-8")
        value: dict[str, Any] = json.loads(text)["snapshot"]["element"][-1]["type"][0]
        patterns = [item["valueString"] for item in value["extension"] if item["url"].endswith("/regex")]
        found[name] = re.compile(patterns[0], re.ASCII)
    return found


@pytest.mark.parametrize("name", OURS)
def test_never_looser_than_hl7(hl7: dict[str, re.Pattern[str]], name: str) -> None:
    @given(st.one_of(st.from_regex(OURS[name]), st.from_regex(hl7[name], fullmatch=True), st.text(max_size=12)))
    def tried(text: str) -> None:
        if re.search(OURS[name], text) and not any(character in text for character in "\x1c\x1d\x1e\x1f"):
            assert hl7[name].fullmatch(text)

    tried()


@given(st.integers(0, 10_000), st.integers(0, 13), st.integers(0, 32))
def test_days_are_those_of_the_calendar(year: int, month: int, day: int) -> None:
    text = f"{year:04d}-{month:02d}-{day:02d}"
    try:
        dt.date(year, month, day)
        real = True
    except ValueError:
        real = False
    assert bool(re.search(primitives.DATE_PATTERN, text)) == real
    assert bool(re.search(primitives.DATE_TIME_PATTERN, text + "T12:00:00Z")) == real
    assert bool(re.search(primitives.INSTANT_PATTERN, text + "T12:00:00Z")) == real


@pytest.mark.parametrize("year", [1600, 1700, 1800, 1900, 1999, 2000, 2004, 2100, 2400])
def test_leap_years(year: int) -> None:
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    assert bool(re.search(primitives.DATE_PATTERN, f"{year}-02-29")) == leap


@given(st.binary(min_size=1, max_size=200))
def test_base64_of_anything(data: bytes) -> None:
    import base64

    text = base64.encodebytes(data).decode()
    assert is_base64(text)
    assert not is_base64(text.strip()[:-1])


@pytest.mark.parametrize("text", ["a", "a b", "a b c", "8302-2", "<=", "\u00e9"])
def test_codes(text: str) -> None:
    assert is_code(text)


@pytest.mark.parametrize("text", ["", " ", " a", "a ", "a  b", "a\n", "\ta"])
def test_no_codes(text: str) -> None:
    assert not is_code(text)


@given(st.text())
def test_strings_hold_no_control_characters(text: str) -> None:
    forbidden = any(ord(character) < 32 and character not in "\t\n\r" for character in text)
    assert bool(wrong("string", text)) == (forbidden or not text)


def test_patterns_do_not_back_up() -> None:
    """A pattern that backs up takes exponential time: these would never end."""
    for pattern in (*OURS.values(), primitives.MIME_TYPE_PATTERN):
        for text in (
            "a " * 50_000 + "\n",
            "9" * 100_000,
            "a" * 100_000 + " ",
            "urn:oid:1" + ".1" * 50_000 + "x",
            "a/b" + ";a" * 50_000 + "\n",
        ):
            re.search(pattern, text)
