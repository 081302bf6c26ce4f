"""Controls block and free a device, test by test: what a laboratory sees of Westgard's rules."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from benchside.areas.laboratory.acts import (
    ControlValue,
    NewLot,
    exclude_control,
    record_control_result,
    register_lot,
    verify_result,
    withdraw_lot,
)
from benchside.areas.laboratory.acts.controlling import ControlRun
from benchside.readiness.facts import Lot
from benchside.readiness.gathering.equipment import equipment_of
from benchside.readiness.gathering.lots import ControlTarget, as_it_stands, lots_of_kind
from benchside.terms.refusal import ActRefused
from tests.acts.clinic import Clinic
from tests.stories.steps import REAGENT, collect, order, receive, result

LAST_DAY = date(2026, 12, 31)


def codes(refused: pytest.ExceptionInfo[ActRefused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


def targets(mean: str, sd: str, *tests: str) -> tuple[ControlTarget, ...]:
    return tuple(ControlTarget(test, Decimal(mean), Decimal(sd)) for test in tests)


@pytest.fixture
def lots(clinic: Clinic) -> tuple[str, str]:
    """Two levels of control material for potassium and sodium."""
    low = NewLot("control", "C1-26", LAST_DAY, "Control 1", level="1", targets=targets("4.0", "0.1", "POTASSIUM", "SODIUM"))
    high = NewLot("control", "C2-26", LAST_DAY, "Control 2", level="2", targets=targets("6.0", "0.1", "POTASSIUM"))
    return register_lot(clinic.by("tara"), low).lot, register_lot(clinic.by("tara"), high).lot


def run(clinic: Clinic, lots: tuple[str, str], low: str, high: str) -> ControlRun:
    values = [ControlValue(lots[0], "POTASSIUM", low), ControlValue(lots[1], "POTASSIUM", high)]
    return record_control_result(clinic.by("tara"), "analyzer", values)


def to_verify(clinic: Clinic, code: str, value: str) -> str:
    placed = order(clinic, code, confirmed=[code])
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    return result(clinic, placed.orders[0], collected.specimens[0], [(code, value)]).report


def test_r4s_across_two_levels_of_one_run_blocks_potassium_until_a_control_passes(clinic: Clinic, lots: tuple[str, str]) -> None:
    report = to_verify(clinic, "POTASSIUM", "4.0")
    rejected = run(clinic, lots, "4.3", "5.7")
    assert (rejected.state, rejected.tests[0].rejections, rejected.tests[0].warnings) == ("failed", ("R-4s",), ("1-2s",))
    with pytest.raises(ActRefused) as refused:
        verify_result(clinic.by("theo"), report)
    assert codes(refused) == ["equipment.qc-failed"]
    assert clinic.rows("SELECT count(*) FROM control_row WHERE rules = '1-2s, R-4s' AND run = ?", rejected.run) == [(2,)]
    # The blocked device takes the control run that frees it.
    clinic.tell(minutes=15)
    passed = run(clinic, lots, "4.0", "6.1")
    assert passed.state == "passed"
    assert equipment_of(clinic.record, "analyzer").qc_valid_until == clinic.now + timedelta(hours=24)
    assert verify_result(clinic.by("theo"), report).status == "final"


def test_a_rejected_control_of_potassium_leaves_calcium_alone(clinic: Clinic, lots: tuple[str, str]) -> None:
    calcium = to_verify(clinic, "CALCIUM", "9.4")
    low = NewLot("control", "CA1", LAST_DAY, level="1", targets=targets("9.0", "0.2", "CALCIUM"))
    high = NewLot("control", "CA2", LAST_DAY, level="2", targets=targets("12.0", "0.2", "CALCIUM"))
    both = [register_lot(clinic.by("tara"), lot).lot for lot in (low, high)]
    values = [ControlValue(own, "CALCIUM", text) for own, text in zip(both, ("9.1", "12.1"), strict=True)]
    record_control_result(clinic.by("tara"), "analyzer", values)
    assert run(clinic, lots, "4.4", "6.0").tests[0].rejections == ("1-3s",)
    assert equipment_of(clinic.record, "analyzer").qc == "failed", "the device as a whole"
    assert equipment_of(clinic.record, "analyzer", tests=["CALCIUM"]).qc == "passed"
    assert verify_result(clinic.by("theo"), calcium).status == "final"


def test_one_level_alone_is_no_pass_and_neither_is_a_control_without_a_mean(clinic: Clinic, lots: tuple[str, str]) -> None:
    half = record_control_result(clinic.by("tara"), "analyzer", [ControlValue(lots[0], "POTASSIUM", "4.0")])
    assert (half.state, half.tests[0].levels, half.tests[0].needed) == ("due", 1, 2)
    whole = record_control_result(clinic.by("tara"), "analyzer", [ControlValue(lots[1], "POTASSIUM", "6.0")], run=half.run)
    assert whole.state == "passed", "the second level of the same run"
    new = register_lot(clinic.by("tara"), NewLot("control", "C9", LAST_DAY, level="1")).lot
    blind = record_control_result(clinic.by("tara"), "analyzer", [ControlValue(new, "POTASSIUM", "4.0")])
    assert blind.state == "due"


def test_a_pass_runs_out_after_a_day(clinic: Clinic, lots: tuple[str, str]) -> None:
    run(clinic, lots, "4.0", "6.0")
    report = to_verify(clinic, "POTASSIUM", "4.0")
    clinic.tell(minutes=24 * 60)
    with pytest.raises(ActRefused) as refused:
        verify_result(clinic.by("theo"), report)
    assert codes(refused) == ["equipment.qc-due"]


def test_a_point_left_out_counts_no_more_but_stays_on_the_chart(clinic: Clinic, lots: tuple[str, str]) -> None:
    first = run(clinic, lots, "4.3", "6.0")
    with pytest.raises(ActRefused) as refused:
        exclude_control(clinic.by("tara", signed=True), first.observations[0], "bubble in the cup")
    assert codes(refused) == ["role.not-permitted"]
    exclude_control(clinic.by("sena", signed=True), first.observations[0], "bubble in the cup")
    clinic.tell(minutes=5)
    again = run(clinic, lots, "4.3", "6.0")
    assert again.tests[0].rejections == (), "two running beyond 2 SD would have been 2-2s"
    assert clinic.rows("SELECT excluded, note FROM control_row WHERE id = ?", first.observations[0]) == [(1, "bubble in the cup")]


def test_lots_are_known_in_date_and_may_be_withdrawn(clinic: Clinic, lots: tuple[str, str]) -> None:
    with pytest.raises(ActRefused) as refused:
        register_lot(clinic.by("tara"), NewLot("control", "C1-26", date(2026, 5, 10)))
    assert codes(refused) == ["lot.expired", "lot.known", "lot.level"]
    register_lot(clinic.by("tara"), NewLot("reagent", REAGENT.number, REAGENT.expires_on, "ISE", device="analyzer"))
    (reagent,) = lots_of_kind(clinic.record, "reagent", device="analyzer")
    assert lots_of_kind(clinic.record, "reagent", device="meter") == []
    report = to_verify(clinic, "POTASSIUM", "4.0")
    withdraw_lot(clinic.by("nora"), reagent.id, "recalled by its maker")
    assert as_it_stands(clinic.record, REAGENT).recalled
    with pytest.raises(ActRefused) as refused:
        verify_result(clinic.by("theo"), report)
    assert codes(refused) == ["lot.recalled"], "what was measured with it is not released any more"
    assert as_it_stands(clinic.record, Lot("reagent", "unknown", LAST_DAY)).accepted


def test_what_is_no_control_is_refused_with_every_reason(clinic: Clinic, lots: tuple[str, str]) -> None:
    reagent = register_lot(clinic.by("tara"), NewLot("reagent", "R1", LAST_DAY)).lot
    values = [
        ControlValue(reagent, "POTASSIUM", "4.0"),
        ControlValue(lots[0], "POTASSIUM", "<4.0"),
        ControlValue(lots[0], "SODIUM", "forty"),
    ]
    with pytest.raises(ActRefused) as refused:
        record_control_result(clinic.by("juno"), "analyzer", values)
    assert set(codes(refused)) == {
        "quality.control.not-a-control",
        "results.value.not-a-number",
        "supervision.none",
    }
    assert clinic.rows("SELECT count(*) FROM control_row") == [(0,)]
