"""Reading FHIRPath: precedence, literals, limits, and every expression HL7 published with R4."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.fhir.fhirpath.parser import DEPTH_MAX, EXPRESSION_LENGTH_MAX, parse
from benchside.fhir.fhirpath.syntax import FHIRPathError, depth, text
from tests.fhir.search.official import documents

PRECEDENCE = [  # the table "Operator Precedence" of http://hl7.org/fhirpath/N1, written with parentheses
    ("a.b[0].c", "`a`.`b`[0].`c`"),
    ("-a + b", "((-`a`) + `b`)"),
    ("a + b * c", "(`a` + (`b` * `c`))"),
    ("a - b - c", "((`a` - `b`) - `c`)"),
    ("a & b is String", "((`a` & `b`) is String)"),
    ("a as FHIR.Quantity | b", "((`a` as Quantity) | `b`)"),
    ("a | b > c", "((`a` | `b`) > `c`)"),
    ("a > b = c", "((`a` > `b`) = `c`)"),
    ("a = b in c", "((`a` = `b`) in `c`)"),
    ("a in b and c", "((`a` in `b`) and `c`)"),
    ("a and b or c", "((`a` and `b`) or `c`)"),
    ("a or b implies c", "((`a` or `b`) implies `c`)"),
    ("a implies b implies c", "((`a` implies `b`) implies `c`)"),
    ("a xor b or c", "((`a` xor `b`) or `c`)"),
    ("a.contains('x') contains b", "(`a`.contains('x') contains `b`)"),
    ("as(canonical) = '#'", "(as(`canonical`) = '#')"),
    ("text.`div`.exists()", "`text`.`div`.exists()"),
    ("$this.x | %resource.y | %`ext-a`", "(($this.`x` | %`resource`.`y`) | %`ext-a`)"),
    ("{} // nothing\n /* at all */", "{}"),
    ("@2020-01-01T10:00:00Z > @2020 and @T10:00 = @2020-01T", "((@2020-01-01T10:00:00Z > @2020) and (@T10:00 = @2020-01T))"),
    ("4 days + 1.50 'mg' - 2 + 3.0", "(((4 'days' + 1.50 'mg') - 2) + 3.0)"),
    (r"'it\'s \u0041\n'", "'it\\'s A\n'"),
    ("true and false", "(true and false)"),
    ("a.is(Patient)", "`a`.is(`Patient`)"),
]


@pytest.mark.parametrize(("expression", "expected"), PRECEDENCE)
def test_precedence(expression: str, expected: str) -> None:
    assert text(parse(expression)) == expected


@pytest.mark.parametrize(
    "expression",
    ["", "a.", "a b", "(a", "a)", "a[", "a[]", "'open", "a..b", "a +", "is", "a is", "a is 3", "f(a,)", "@20", "%", "#", "a = = b", "."],
)
def test_what_is_no_expression(expression: str) -> None:
    if expression == "is":
        assert text(parse(expression)) == "`is`"  # a keyword may be a name
        return
    with pytest.raises(FHIRPathError, match=r".+"):
        parse(expression)


def test_limits() -> None:
    with pytest.raises(FHIRPathError, match=str(EXPRESSION_LENGTH_MAX)):
        parse("a" * (EXPRESSION_LENGTH_MAX + 1))
    for deep in ("(" * 2000 + "a" + ")" * 2000, ".".join("a" * (DEPTH_MAX + 1)), " | ".join("a" * (DEPTH_MAX + 1)), "-" * 3000 + "a"):
        with pytest.raises(FHIRPathError, match="deep"):
            parse(deep)
    assert depth(parse(".".join("a" * DEPTH_MAX))) == DEPTH_MAX


def _published() -> set[str]:
    found: set[str] = set()
    for _, document in documents("StructureDefinition-*.json"):
        for element in document.get("snapshot", {}).get("element", ()):
            found.update(each["expression"] for each in element.get("constraint", ()) if "expression" in each)
    for _, document in documents("SearchParameter-*.json"):
        if "expression" in document:
            found.add(document["expression"])
            found.update(each["expression"] for each in document.get("component", ()))
    return found


def test_every_published_expression_is_read_and_written_back() -> None:
    published = _published()
    assert len(published) > 1400
    for expression in published:
        parsed = parse(expression)
        assert parse(text(parsed)) == parsed


@given(st.text(alphabet="ab.()[]'`%@$|&=<>!~+-*/, \\019T:Zisornd{}", max_size=60))
def test_anything_is_read_or_refused(expression: str) -> None:
    with suppress(FHIRPathError):
        parsed = parse(expression)
        assert parse(text(parsed)) == parsed
