"""Controls, calibration, lots: Q1 to Q12 of docs/clinical/quality.md. The Westgard rows are the facts' own test vectors."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.areas.laboratory.quality import (
    ControlPoint,
    Judgement,
    QualityFacts,
    judge,
    levels_needed,
    package_quality,
    quality_refusals,
)
from tests.rules.facts import facts

TABLE = package_quality()
AT = datetime(2026, 5, 10, 9, 0, tzinfo=UTC)


def point(z: float | str, run: int, level: str = "1", **changes: object) -> ControlPoint:
    base = ControlPoint(f"run-{run}", level, 100 + 10 * Decimal(str(z)), Decimal(100), Decimal(10), AT + timedelta(hours=run))
    return replace(base, **changes)  # type: ignore[arg-type]  # the rows name real fields


def row(*values: float | str, level: str = "1") -> list[ControlPoint]:
    return [point(z, run, level) for run, z in enumerate(values)]


def rules(judgement: Judgement) -> list[str]:
    return [violation.rule for violation in judgement.violations]


def test_the_vectors_of_the_facts() -> None:
    vectors = facts("qc")["test_vectors"]
    assert len(vectors) == 8
    for vector in vectors:
        points = (
            [point(z, 1, level=str(index)) for index, z in enumerate(vector["z_same_run"])] if "z_same_run" in vector else row(*vector["z"])
        )
        assert rules(judge(points, TABLE)) == vector["expect"], vector


def test_the_rules_are_those_of_the_facts() -> None:
    by_name = {entry["rule"]: entry["action"] for entry in facts("qc")["westgard"]}
    assert set(TABLE.actions) == set(by_name)
    for rule, action in by_name.items():
        allowed = {"warning": {"warn"}, "reject": {"reject"}}.get(action, {"warn", "reject"})
        assert TABLE.actions[rule] in allowed


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param(row("2.0"), [], id="Q1-on-two-is-inside"),
        pytest.param(row("2.01"), ["1_2s"], id="Q1-over-two-warns"),
        pytest.param(row("-2.01"), ["1_2s"], id="Q1-under-minus-two-warns"),
        pytest.param(row("3.0"), ["1_2s"], id="Q2-on-three-is-inside"),
        pytest.param(row("3.01"), ["1_2s", "1_3s"], id="Q2-over-three"),
        pytest.param(row("2.5", "2.5"), ["1_2s", "2_2s"], id="Q3-twice-running"),
        pytest.param(row("2.5", "0.5", "2.5"), ["1_2s"], id="Q3-not-running"),
        pytest.param([point("2.5", 1, "1"), point("2.5", 1, "2")], ["1_2s", "2_2s"], id="Q3-two-levels-one-run"),
        pytest.param([point("2.5", 1, "1"), point("2.5", 2, "2")], ["1_2s"], id="Q3-two-levels-two-runs"),
        pytest.param([*row("2.5", "2.5", level="2"), point("0.1", 2, "1")], [], id="Q3-another-level-of-earlier-runs"),
        pytest.param([point("2.5", 1, "1"), point("-2.5", 1, "2")], ["1_2s", "R_4s"], id="Q4-two-levels-one-run"),
        pytest.param([point("2.5", 1, "1"), point("-2.5", 2, "2")], ["1_2s"], id="Q4-never-across-runs"),
        pytest.param([point("2.5", 1, "1"), point("-2.0", 1, "2")], ["1_2s"], id="Q4-on-the-limit-is-inside"),
        pytest.param(row("1.1", "1.1", "1.1", "1.1"), ["4_1s"], id="Q5-four-in-a-row"),
        pytest.param(row("1.1", "1.1", "1.0", "1.1"), [], id="Q5-on-the-limit-breaks"),
        pytest.param(
            [point("1.1", 1, "1"), point("1.1", 1, "2"), point("1.1", 2, "1"), point("1.1", 2, "2")], ["4_1s"], id="Q5-across-levels"
        ),
        pytest.param(row(*["0.1"] * 8), ["8_x"], id="Q6-eight"),
        pytest.param(row(*["0.1"] * 7), [], id="Q6-seven"),
        pytest.param(row(*["0.1"] * 7, "0"), [], id="Q6-on-the-mean-breaks"),
        pytest.param(row(*["-0.1"] * 10), ["8_x", "10_x"], id="Q7-ten-below"),
        pytest.param(row(*["0.1"] * 12), ["8_x", "10_x", "12_x"], id="Q8-twelve"),
    ],
)
def test_westgard(points: list[ControlPoint], expected: list[str]) -> None:
    judgement = judge(points, TABLE)
    assert judgement.evaluated
    assert rules(judgement) == expected
    assert judgement.rejected == any(TABLE.actions[rule] == "reject" for rule in expected)


def test_excluded_points_never_count() -> None:
    assert rules(judge([*row("2.5", "2.5")[:1], point("2.5", 1, excluded=True), point("0.1", 2)], TABLE)) == []


def test_a_new_lot_starts_anew() -> None:
    old = [point("0.1", run, lot="A") for run in range(11)]
    assert rules(judge([*old, point("0.1", 11, lot="A")], TABLE)) == ["8_x", "10_x", "12_x"]
    assert rules(judge([*old, point("0.1", 11, lot="B")], TABLE)) == []


@pytest.mark.parametrize("broken", [{"sd": None}, {"sd": Decimal(0)}, {"mean": None}], ids=["Q9-no-sd", "Q9-sd-zero", "Q9-no-mean"])
def test_what_cannot_be_judged_is_not_a_pass(broken: dict[str, object]) -> None:
    judgement = judge([point("0.1", 1), point("0.1", 2, **broken)], TABLE)
    assert (judgement.evaluated, judgement.violations) == (False, ())
    assert judge([], TABLE).evaluated is False


def test_a_rule_that_is_off_stays_silent() -> None:
    quiet = type(TABLE)(actions={**TABLE.actions, "1_2s": "off"}, valid_hours=24, levels=TABLE.levels)
    assert rules(judge(row("2.5"), quiet)) == []


PASSED = judge([point("0.1", 0, "1"), point("-0.1", 0, "2")], TABLE)
GOOD = QualityFacts("Device/a", PASSED, 2, None, calibration_failed=False, lots=(("R1", date(2026, 5, 10)),))
FAILED = judge([point("3.5", 0, "1"), point("-0.1", 0, "2")], TABLE)
UNJUDGED = judge([point("0.1", 0, "1", sd=None), point("0.1", 0, "2")], TABLE)


@pytest.mark.parametrize(
    ("given", "at", "expected"),
    [
        pytest.param(GOOD, AT, [], id="Q9-good"),
        pytest.param(replace(GOOD, judgement=judge([], TABLE)), AT, ["quality.control.none"], id="Q9-none"),
        pytest.param(replace(GOOD, judgement=FAILED), AT, ["quality.control.rejected"], id="Q9-rejected"),
        pytest.param(replace(GOOD, judgement=UNJUDGED), AT, ["quality.control.not-evaluated"], id="Q9-not-evaluated"),
        pytest.param(
            replace(GOOD, judgement=judge([point("0.1", 0)], TABLE)), AT, ["quality.control.levels-missing"], id="Q9-one-level-of-two"
        ),
        pytest.param(GOOD, AT + timedelta(hours=24), [], id="Q10-twenty-four-hours"),
        pytest.param(GOOD, AT + timedelta(hours=24, seconds=1), ["quality.control.too-old"], id="Q10-over"),
        pytest.param(replace(GOOD, calibration_due=AT), AT, ["quality.calibration.overdue"], id="Q11-due-now"),
        pytest.param(replace(GOOD, calibration_due=AT + timedelta(seconds=1)), AT, [], id="Q11-due-soon"),
        pytest.param(replace(GOOD, calibration_failed=True, calibration_due=AT), AT, ["quality.calibration.failed"], id="Q11-failed"),
        pytest.param(
            replace(GOOD, lots=(("R1", date(2026, 5, 9)), ("R2", date(2026, 5, 11)))), AT, ["quality.lot.expired"], id="Q12-lot-expired"
        ),
        pytest.param(
            replace(GOOD, last_lot_change=AT + timedelta(minutes=1)),
            AT + timedelta(hours=1),
            ["quality.control.before-lot-change"],
            id="Q12-no-control-since-the-lot",
        ),
        pytest.param(replace(GOOD, last_lot_change=AT - timedelta(minutes=1)), AT, [], id="Q12-control-after-the-lot"),
        pytest.param(replace(GOOD, last_lot_change=AT), AT, [], id="Q12-control-at-the-change"),
    ],
)
def test_gate(given: QualityFacts, at: datetime, expected: list[str]) -> None:
    assert [refusal.code for refusal in quality_refusals(given, TABLE, at=at, today=AT.date())] == expected


def test_levels() -> None:
    assert levels_needed("SODIUM", TABLE) == 2


@given(st.lists(st.tuples(st.decimals(min_value=-4, max_value=4, places=2), st.sampled_from(["1", "2"])), min_size=1, max_size=30))
def test_the_mirror_image_breaks_the_same_rules(values: list[tuple[Decimal, str]]) -> None:
    points = [point(str(z), index // 2, level) for index, (z, level) in enumerate(values)]
    mirrored = [point(str(-z), index // 2, level) for index, (z, level) in enumerate(values)]
    assert rules(judge(points, TABLE)) == rules(judge(mirrored, TABLE))


@given(st.lists(st.decimals(min_value=-4, max_value=4, places=2), min_size=1, max_size=20))
def test_Q4_one_control_a_run_can_never_break_R_4s(values: list[Decimal]) -> None:
    assert "R_4s" not in rules(judge(row(*(str(z) for z in values)), TABLE))


def test_Q9_a_rejection_names_its_rules_and_only_those_that_reject() -> None:
    refusals = quality_refusals(replace(GOOD, judgement=FAILED), TABLE, at=AT, today=AT.date())
    assert [refusal.facts["rules"] for refusal in refusals] == ["1-3s"]
