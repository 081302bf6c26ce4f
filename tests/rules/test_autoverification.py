"""Auto-verification: A1 to A13 of docs/clinical/autoverification.md, each failed by one change to a result that passes."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from benchside.areas.laboratory.autoverification import (
    Candidate,
    assess_candidate,
    check_names,
    contradictions,
    package_autoverification,
    shadow_record,
    summarise_shadow,
)
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.results import CodedValue, Delta, interpret
from benchside.areas.laboratory.words import Patient
from benchside.terms.quantity import Quantity
from benchside.terms.refusal import Refusal

TABLE, CATALOGUE = package_autoverification(), package_catalogue()
K = CATALOGUE.analyte("POTASSIUM")
WOMAN, ON, AT = Patient(date(1980, 3, 4), "female"), date(2026, 5, 10), datetime(2026, 5, 10, 9, 0, tzinfo=UTC)


def candidate(
    value: str = "4.1", code: str = "POTASSIUM", patient: Patient = WOMAN, comparator: str | None = None, **changes: object
) -> Candidate:
    analyte = CATALOGUE.analyte(code)
    quantity = Quantity(Decimal(value), analyte.unit, comparator)
    base = Candidate(
        analyte, quantity, interpret(quantity, analyte, patient, ON, critical=(Decimal("2.8"), Decimal("6.2"))), critical=False, delta=None
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # the rows name real fields


JUMP = Delta("absolute", Decimal(2), Decimal("1.5"), Decimal(24), exceeded=True)


@pytest.mark.parametrize(
    ("given", "failed"),
    [
        pytest.param(candidate(), [], id="A0-a-quiet-result-passes"),
        pytest.param(replace(candidate(), value=CodedValue("high")), ["A1", "A2", "A3", "A6"], id="A1-not-a-number"),
        pytest.param(replace(candidate(), value=Quantity(Decimal("4.1"), "mg/dL")), ["A1"], id="A1-another-unit"),
        pytest.param(candidate("5.0", comparator=">"), ["A2"], id="A2-a-bound"),
        pytest.param(candidate("15.5"), ["A3", "A4", "A6"], id="A3-impossible"),
        pytest.param(candidate("6.3"), ["A4"], id="A4-critical-by-its-flag"),
        pytest.param(candidate(critical=True), ["A4"], id="A4-critical-otherwise"),
        pytest.param(candidate(patient=Patient(None, None)), ["A5", "A6"], id="A5-no-range"),
        # Range 3.5-5.1, width 1.6: up to 6.7 and down to 1.9 are near.
        pytest.param(candidate("6.2"), [], id="A6-near"),
        pytest.param(candidate("140", code="GLUCOSE", patient=WOMAN), ["A4", "A5", "A6"], id="A5-range-only-for-the-fasting"),
        pytest.param(candidate(delta=JUMP), ["A7"], id="A7-jumped"),
        pytest.param(candidate(delta=replace(JUMP, exceeded=False)), [], id="A7-within-the-limit"),
        pytest.param(candidate(device_alarms=("clot",)), ["A8"], id="A8-alarm"),
        pytest.param(candidate(indices_over=("hemolysis",)), ["A9"], id="A9-hemolyzed"),
        pytest.param(candidate(indices_over=None), ["A9"], id="A9-not-measured-is-not-good"),
        pytest.param(candidate(quality=(Refusal("quality.control.none", {"device": "D"}),)), ["A10"], id="A10-no-control"),
        pytest.param(candidate(specimen_good=False), ["A11"], id="A11-specimen"),
        pytest.param(candidate(panel={"HGB": Decimal(10), "HCT": Decimal(40)}), ["A12"], id="A12-contradiction"),
        pytest.param(
            candidate(device_alarms=("clot",), delta=JUMP, specimen_good=False), ["A7", "A8", "A11"], id="A13-every-reason-is-told"
        ),
    ],
)
def test_rules(given: Candidate, failed: list[str]) -> None:
    verdict = assess_candidate(given, TABLE)
    assert [outcome.number for outcome in verdict.failed] == failed
    assert verdict.passed == (not failed)
    assert len(verdict.outcomes) == len(TABLE.rules)


@pytest.mark.parametrize("code", ["TYPESCREEN", "ABO", "RH", "ABSCREEN", "BCX", "UCX"])
def test_A13_blood_groups_and_cultures_are_never_released_alone(code: str) -> None:
    rule = next(rule for rule in TABLE.rules if rule.number == "A13")
    assert code in rule.never


@pytest.mark.parametrize(
    ("panel", "found"),
    [
        pytest.param({"HGB": "14", "HCT": "42"}, [], id="A12-three-times"),
        pytest.param({"HGB": "14", "HCT": "45"}, [], id="A12-within-three"),
        pytest.param({"HGB": "14", "HCT": "45.1"}, ["hgb-hct"], id="A12-beyond-three"),
        pytest.param({"POTASSIUM": "6.1", "CALCIUM": "5.9"}, ["edta"], id="A12-edta"),
        pytest.param({"POTASSIUM": "6.0", "CALCIUM": "5.9"}, [], id="A12-potassium-on-the-limit"),
        pytest.param({"TP": "4.0", "ALBUMIN": "4.0"}, ["tp-albumin"], id="A12-albumin-not-less"),
        pytest.param({"SODIUM": "140", "CHLORIDE": "90", "CO2": "9"}, ["anion-gap"], id="A12-anion-gap-41"),
        pytest.param({"SODIUM": "140", "CHLORIDE": "90", "CO2": "10"}, [], id="A12-anion-gap-40"),
        pytest.param({"SODIUM": "140", "CHLORIDE": "90"}, [], id="A12-a-part-is-missing"),
    ],
)
def test_contradictions(panel: dict[str, str], found: list[str]) -> None:
    assert [check.name for check in contradictions({code: Decimal(value) for code, value in panel.items()}, TABLE.consistency)] == found


def test_the_table_is_whole() -> None:
    assert [rule.number for rule in TABLE.rules] == [f"A{number}" for number in range(1, 14)]
    assert {rule.check for rule in TABLE.rules} == check_names()
    assert all(rule.en != rule.es for rule in TABLE.rules)
    assert TABLE.shadow, "a site starts in shadow mode"


def test_rules_are_told_in_the_persons_language_and_can_be_switched() -> None:
    spanish = assess_candidate(candidate(), TABLE, language="es").outcomes[5].words
    assert spanish == "El valor no se aleja del intervalo más de 1.0 veces su amplitud."
    fewer = type(TABLE)(shadow=True, rules=tuple(rule for rule in TABLE.rules if rule.number != "A8"), consistency=())
    assert assess_candidate(candidate(device_alarms=("clot",)), fewer).passed


@pytest.mark.parametrize(
    ("given", "released", "changed", "agreement"),
    [
        pytest.param(candidate(), True, False, "both-release", id="shadow-both-release"),
        pytest.param(candidate(), True, True, "rules-looser", id="shadow-person-changed-it"),
        pytest.param(candidate(), False, False, "rules-looser", id="shadow-person-held-it"),
        pytest.param(candidate(critical=True), False, False, "both-hold", id="shadow-both-hold"),
        pytest.param(candidate(critical=True), True, False, "rules-stricter", id="shadow-rules-stricter"),
    ],
)
def test_shadow(given: Candidate, released: bool, changed: bool, agreement: str) -> None:
    assert shadow_record(assess_candidate(given, TABLE), AT, person_released=released, changed=changed).agreement == agreement


def test_shadow_summary_names_the_rule_that_alone_held_results_back() -> None:
    quiet, critical, two = (
        assess_candidate(given, TABLE) for given in (candidate(), candidate(critical=True), candidate(critical=True, specimen_good=False))
    )
    records = [shadow_record(verdict, AT, person_released=True, changed=False) for verdict in (quiet, quiet, critical, critical, two)]
    summary = summarise_shadow(records)
    assert summary.total == 5
    assert summary.counts == {"both-release": 2, "both-hold": 0, "rules-stricter": 3, "rules-looser": 0}
    assert summary.held_by_one_rule == {"A4": 2}
