"""The catalogue: K1 to K4 of docs/clinical/catalogue.md. Figures are compared with the facts, codes with LOINC's check digit."""

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from benchside.areas.laboratory.catalogue import (
    NotInCatalogue,
    build_catalogue,
    loinc_check_digit_holds,
    package_catalogue,
    search,
)
from benchside.areas.laboratory.words import AgeSpan, DefinitionsTable, RangesTable, birthday_plus
from benchside.terms.package_data import TableInvalid, parse_table
from benchside.terms.quantity import is_unit
from tests.rules.facts import FACTS, facts

CATALOGUE = package_catalogue()
ROOT = Path(__file__).resolve().parents[2]


def test_K1_the_table_is_what_the_tool_makes_of_the_facts() -> None:
    facts("tests")
    result = subprocess.run(
        [sys.executable, str(ROOT / "tools/build_laboratory_tests.py"), "--check"],
        env={"BENCHSIDE_FACTS": str(FACTS)},
        check=False,
    )
    assert result.returncode == 0


def test_K1_every_test_of_the_facts_is_here_with_its_code_tubes_and_limits() -> None:
    rows = facts("tests")["tests"]
    assert len(rows) == 60
    assert set(CATALOGUE.tests) == {row["id"] for row in rows}
    for row in rows:
        ours = CATALOGUE.tests[row["id"]].facts
        assert (ours.loinc, list(ours.tubes), ours.unit) == (row["loinc"], row["tubes"], row["unit"])
        assert (float(ours.usual_ml), float(ours.smallest_ml)) == (row["vol"], row["min"])
        expected = [None if limit == "site" else limit for limit in row["crit"]]
        assert [None if limit is None else float(limit) for limit in (ours.critical.low, ours.critical.high)] == expected


@pytest.mark.parametrize(
    ("code", "place", "expected"),
    [
        ("GLUCOSE", "unspun", [("2", None, None), ("24", "FLUORIDE", None)]),
        ("ICA", "unspun", [("1", None, None), ("4", None, "on-ice")]),
        ("APTT", "unspun", [("6", None, None), ("1", None, "on-heparin")]),
        ("LACTATE", "unspun", [("0.25", None, "on-ice")]),
        ("AMMONIA", "room", None),
        ("CREATININE", "frozen", [("2160", None, None)]),
        ("UCX", "unspun", [("2", "URINE_CUP", None), ("72", "URINE_BORATE", None)]),
        ("POCGLU", "unspun", [("0", None, None)]),
    ],
)
def test_K1_stability_strings_became_hours(code: str, place: str, expected: list[tuple[str, str | None, str | None]] | None) -> None:
    limits = getattr(CATALOGUE.tests[code].facts.stability, place)
    found = None if limits is None else [(str(limit.hours), limit.tube, limit.condition) for limit in limits]
    assert found == expected


@pytest.mark.parametrize(
    ("code", "holds"),
    [
        ("2823-3", True),
        ("2823-4", False),
        ("58410-2", True),
        ("718-7", True),
        ("718-8", False),
        ("7187", False),
        ("abc-1", False),
        ("718-77", False),
    ],
)
def test_K2_loinc_check_digit(code: str, holds: bool) -> None:
    # The digits of published LOINC codes; one changed digit each.
    assert loinc_check_digit_holds(code) == holds


def test_K2_every_loinc_code_has_a_right_check_digit_and_is_used_once() -> None:
    panels = [panel.definition.loinc for panel in CATALOGUE.panels.values() if panel.definition.loinc and not panel.definition.test]
    codes = (
        [test.facts.loinc for test in CATALOGUE.tests.values()]
        + [analyte.loinc for code, analyte in CATALOGUE.analytes.items() if code not in CATALOGUE.tests]
        + panels
    )
    assert [code for code in codes if not loinc_check_digit_holds(code)] == []
    assert len(codes) == len(set(codes))


def test_every_analyte_is_named_bounded_and_in_a_known_unit() -> None:
    for analyte in CATALOGUE.analytes.values():
        assert analyte.name.en
        assert analyte.name.es
        if analyte.kind == "numeric":
            assert is_unit(analyte.unit), analyte.code
            assert analyte.decimals is not None, analyte.code
            assert analyte.plausible is not None, analyte.code
            assert analyte.plausible[0] < analyte.plausible[1]
        if analyte.answers:
            assert set(analyte.normal) <= set(analyte.answers)


def test_every_range_has_its_source_and_lies_inside_what_is_possible() -> None:
    for analyte in CATALOGUE.analytes.values():
        for entry in analyte.ranges:
            assert entry.span
            assert analyte.plausible is not None
            if entry.low is not None:
                assert analyte.plausible[0] <= entry.low, analyte.code
            if entry.high is not None:
                assert entry.high <= analyte.plausible[1], analyte.code
            assert entry.low is None or entry.high is None or entry.low < entry.high


def test_no_two_ranges_of_one_test_claim_the_same_person() -> None:
    on = date(2026, 6, 1)
    for analyte in CATALOGUE.analytes.values():
        for days in (0, 10, 20, 27, 28, 30, 45, 75, 120, 250, 400, 800, 1500, 4000, 5000, 5900, 6400, 9000, 30000):
            birth = date.fromordinal(on.toordinal() - days)
            for sex in ("female", "male"):
                fitting = [entry for entry in analyte.ranges if entry.span.holds(birth, on) and entry.sex in (None, sex)]
                assert len(fitting) <= 1, (analyte.code, days, sex)


def test_K3_a_panel_gives_its_parts_and_its_tests_are_collected_once() -> None:
    assert CATALOGUE.results_of("BMP") == (
        "SODIUM",
        "POTASSIUM",
        "CHLORIDE",
        "CO2",
        "GLUCOSE",
        "BUN",
        "CREATININE",
        "CALCIUM",
        "ANION_GAP",
        "EGFR",
    )
    assert set(CATALOGUE.tests_of(["BMP", "CMP", "POTASSIUM"])) == set(CATALOGUE.panels["CMP"].tests)
    assert CATALOGUE.tests_of(["CBCDIFF"]) == ("CBC", "DIFF")
    assert {"WBC", "HGB", "NEUT", "MPV"} <= set(CATALOGUE.results_of("CBCDIFF"))
    with pytest.raises(NotInCatalogue):
        CATALOGUE.tests_of(["NOPE"])
    with pytest.raises(NotInCatalogue):
        CATALOGUE.results_of("NOPE")
    with pytest.raises(NotInCatalogue):
        CATALOGUE.analyte("CBC")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("pot", "POTASSIUM"),
        ("k", "POTASSIUM"),
        ("na", "SODIUM"),
        ("cmp", "CMP"),
        ("potasium", "POTASSIUM"),
        ("potassuim", "POTASSIUM"),
        ("creatnine", "CREATININE"),
        ("sodio", "SODIUM"),
        ("HEMOGRAMA", "CBC"),
        ("free t4", "FT4"),
        ("t4 free", "FT4"),
        ("vit d", "VITD"),
        ("ptt", "APTT"),
        ("sed rate", "ESR"),
        ("blood c", "BCX"),
        ("lipid", "LIPID"),
        ("ácido láctico", "LACTATE"),
        ("acido lac", "LACTATE"),
        ("a1c", "HBA1C"),
        ("fingerstick", "POCGLU"),
    ],
    ids=lambda value: str(value).replace(" ", "-"),
)
def test_K4_search_finds_it_first(typed: str, first: str) -> None:
    assert search(CATALOGUE, typed)[0].code == first


def test_K4_search_keeps_its_limits() -> None:
    assert search(CATALOGUE, "") == ()
    assert search(CATALOGUE, "   ") == ()
    assert search(CATALOGUE, "xyzzy") == ()
    assert len(search(CATALOGUE, "a", limit=3)) == 3
    assert len(search(CATALOGUE, "a", limit=10_000)) <= 50
    assert search(CATALOGUE, "potassium " * 100)[0].code == "POTASSIUM"
    assert [hit.name for hit in search(CATALOGUE, "potas", language="es")] == ["Potasio"]


def test_a_catalogue_that_does_not_hang_together_names_every_fault() -> None:
    broken = parse_table(
        "tests: {X: {es: x, kind: chemistry, processing: spun, handling: [unknown]}}\ncomponents: {}\npanels: {P: {name: p, es: p, kind: k, of: [Y]}}",
        DefinitionsTable,
        name="t",
    )
    with pytest.raises(ValueError, match=r"X: no facts.*unknown handling.*P: unknown part Y"):
        build_catalogue({}, broken, RangesTable({}, {}), {})
    with pytest.raises(TableInvalid, match="colour"):
        parse_table("tests: {X: {colour: red}}", DefinitionsTable, name="t")


@pytest.mark.parametrize(
    ("birth", "amount", "unit", "expected"),
    [
        (date(2024, 2, 29), 1, "y", date(2025, 2, 28)),
        (date(2024, 2, 29), 4, "y", date(2028, 2, 29)),
        (date(2024, 1, 31), 1, "mo", date(2024, 2, 29)),
        (date(2024, 12, 15), 1, "mo", date(2025, 1, 15)),
        (date(2024, 1, 1), 28, "d", date(2024, 1, 29)),
    ],
)
def test_birthdays(birth: date, amount: int, unit: str, expected: date) -> None:
    assert birthday_plus(birth, amount, unit) == expected


@pytest.mark.parametrize(
    ("span", "on", "holds"),
    [
        ("18y..", date(2026, 5, 10), True),
        ("18y..", date(2026, 5, 9), False),
        ("..18y", date(2026, 5, 9), True),
        ("..18y", date(2026, 5, 10), False),
        ("..", date(2008, 5, 10), True),
        ("..", date(2008, 5, 9), False),
        ("28d..1y", date(2008, 6, 7), True),
        ("28d..1y", date(2008, 6, 6), False),
    ],
)
def test_age_spans_end_on_the_birthday(span: str, on: date, holds: bool) -> None:
    assert AgeSpan.parse(span).holds(date(2008, 5, 10), on) == holds


@pytest.mark.parametrize("text", ["18", "18y", "y..", "1w..", "99999999d.."])
def test_what_is_no_age_span_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"age span|grows that old"):
        AgeSpan.parse(text)


def test_decimals_of_a_table_keep_their_digits() -> None:
    assert str(parse_table("4.10", Decimal, name="t")) == "4.10"
    assert parse_table("[no, on, true]", list[str | bool], name="t") == ["no", "on", True]
