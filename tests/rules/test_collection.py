"""At the patient's side: C1 to C10 and B1 to B5 of docs/clinical/collection.md."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.areas.laboratory.blood_volume import (
    EarlierDraw,
    is_limited,
    limits,
    package_blood_volume,
    volume_refusals,
)
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.child_draw import capillary_possible, plan_for_child
from benchside.areas.laboratory.collection import (
    UNABLE_REASONS,
    ArmRestriction,
    Attempt,
    TubeInHand,
    arm_refusals,
    attempt_refusals,
    collection_time,
    fasting_refusals,
    tube_refusals,
    unable_to_collect,
)
from benchside.areas.laboratory.tubes import package_tubes
from benchside.areas.laboratory.words import Patient
from benchside.readiness.identity import Identity, Mismatch, compare_identity, mismatch_report
from benchside.terms.refusal import Refusal
from tests.rules.facts import facts

AT = datetime(2026, 5, 10, 9, 0, tzinfo=UTC)
TODAY = AT.date()
JANE = Identity("Núñez", "Ana María", date(1980, 3, 4), "MRN-0012", "555 0100")


def codes(refusals: tuple[Refusal, ...]) -> list[str]:
    return [refusal.code for refusal in refusals]


@pytest.mark.parametrize(
    ("found", "matched", "differed"),
    [
        pytest.param(JANE, {"name", "birth-date", "record-number", "phone"}, (), id="C1-the-same"),
        pytest.param(Identity("NUNEZ", "ana  maria", date(1980, 3, 4)), {"name", "birth-date"}, (), id="C1-case-accents-and-spaces"),
        pytest.param(Identity("Nunes", "Ana María", date(1980, 3, 4)), {"birth-date"}, ("name",), id="C1-one-letter-is-another-name"),
        pytest.param(Identity("Núñez", "Ana María", date(1980, 4, 3)), {"name"}, ("birth-date",), id="C1-day-and-month-swapped"),
        pytest.param(Identity(record_number="mrn 0012", phone="5550100"), {"record-number", "phone"}, (), id="C1-dashes-and-blanks"),
        pytest.param(Identity("Núñez"), set(), (), id="C1-half-a-name-says-nothing"),
        pytest.param(Identity(), set(), (), id="C1-nothing-known"),
    ],
)
def test_identity(found: Identity, matched: set[str], differed: tuple[str, ...]) -> None:
    comparison = compare_identity(JANE, found)
    assert (comparison.matched, comparison.differed) == (matched, differed)


def test_C2_the_mismatch_report_shows_both_sides() -> None:
    band = Identity("Núñez", "Ana Marta", date(1980, 3, 4), "MRN-0013")
    assert mismatch_report(JANE, band) == (
        Mismatch("name", "Núñez, Ana María", "Núñez, Ana Marta"),
        Mismatch("record-number", "MRN-0012", "MRN-0013"),
    )
    assert mismatch_report(JANE, JANE) == ()


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("asked", "meal", "expected"),
    [
        pytest.param(False, None, [], id="C3-not-asked"),
        pytest.param(True, None, ["collection.fasting.not-told"], id="C3-not-told"),
        pytest.param(True, AT - 9 * HOUR, [], id="C3-nine-hours"),
        pytest.param(True, AT - 9 * HOUR + MINUTE, ["collection.fasting.not-met"], id="C3-a-minute-short"),
        pytest.param(True, AT - 14 * HOUR, [], id="C3-fourteen-hours"),
        pytest.param(True, AT - 14 * HOUR - MINUTE, ["collection.fasting.too-long"], id="C3-a-minute-over"),
    ],
)
def test_fasting(asked: bool, meal: datetime | None, expected: list[str]) -> None:
    refusals = fasting_refusals(asked=asked, last_meal=meal, at=AT)
    assert codes(refusals) == expected
    if expected == ["collection.fasting.not-met"]:
        assert refusals[0].facts["earliest"] == AT + MINUTE


LEFT_FISTULA = (ArmRestriction("left", "fistula"),)
LEFT_INFUSION = (ArmRestriction("left", "infusion"),)


@pytest.mark.parametrize(
    ("side", "restrictions", "stopped", "below", "expected"),
    [
        pytest.param("right", LEFT_FISTULA, None, False, [], id="C4-other-arm"),
        pytest.param("left", LEFT_FISTULA, None, False, ["collection.arm.restricted"], id="C4-fistula"),
        pytest.param("left", (ArmRestriction("left", "mastectomy"),), None, False, ["collection.arm.restricted"], id="C4-mastectomy"),
        pytest.param("left", LEFT_INFUSION, None, False, ["collection.arm.infusion"], id="C5-running"),
        pytest.param("left", LEFT_INFUSION, 2, True, [], id="C5-below-stopped-two-minutes"),
        pytest.param("left", LEFT_INFUSION, 1, True, ["collection.arm.infusion"], id="C5-below-stopped-one-minute"),
        pytest.param("left", LEFT_INFUSION, 5, False, ["collection.arm.infusion"], id="C5-above-never"),
        pytest.param(
            "left",
            (*LEFT_FISTULA, *LEFT_INFUSION),
            None,
            False,
            ["collection.arm.restricted", "collection.arm.infusion"],
            id="C4-both-are-told",
        ),
    ],
)
def test_arm(side: str, restrictions: tuple[ArmRestriction, ...], stopped: int | None, below: bool, expected: list[str]) -> None:
    assert codes(arm_refusals(side, restrictions, infusion_stopped_min=stopped, below_infusion=below)) == expected  # type: ignore[arg-type]  # literals above


def tries(*people: tuple[str, bool]) -> list[Attempt]:
    return [Attempt(person, AT, succeeded) for person, succeeded in people]


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        pytest.param(tries(), [], id="C6-first"),
        pytest.param(tries(("me", False)), [], id="C6-second"),
        pytest.param(tries(("me", False), ("me", False)), ["collection.attempts.hand-over"], id="C6-third-is-handed-over"),
        pytest.param(tries(("other", False), ("other", False)), [], id="C6-a-second-person-starts-anew"),
        pytest.param(tries(("me", False), ("me", True), ("other", False)), [], id="C6-a-success-does-not-count"),
    ],
)
def test_attempts(attempts: list[Attempt], expected: list[str]) -> None:
    assert codes(attempt_refusals(attempts, "me")) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(TubeInHand("EDTA", TODAY, "A1.1", "Patient/1"), [], id="C7-last-day"),
        pytest.param(TubeInHand("EDTA", TODAY - timedelta(days=1), "A1.1", "Patient/1"), ["collection.tube.expired"], id="C7-day-after"),
        pytest.param(TubeInHand("EDTA", None, "A1.1", "Patient/1"), ["collection.tube.expiry-unknown"], id="C7-no-date"),
        pytest.param(TubeInHand("CITRATE", TODAY, "A1.1", "Patient/1"), ["collection.tube.wrong"], id="C7-wrong-tube"),
        pytest.param(TubeInHand("EDTA", TODAY, "A1.2", "Patient/1"), ["collection.label.mismatch"], id="C8-other-label"),
        pytest.param(TubeInHand("EDTA", TODAY, "B7.1", "Patient/2"), ["collection.label.other-patient"], id="C8-other-patient"),
        pytest.param(
            TubeInHand("CITRATE", None, "B7.1", "Patient/2"),
            ["collection.tube.wrong", "collection.tube.expiry-unknown", "collection.label.other-patient"],
            id="C8-all-at-once",
        ),
    ],
)
def test_tube(found: TubeInHand, expected: list[str]) -> None:
    assert codes(tube_refusals(found, planned_tube="EDTA", planned_label="A1.1", patient="Patient/1", today=TODAY)) == expected


@pytest.mark.parametrize(
    ("scanned", "expected"),
    [
        pytest.param(AT, [], id="C9-now"),
        pytest.param(AT - timedelta(seconds=300), [], id="C9-five-minutes"),
        pytest.param(AT - timedelta(seconds=301), ["collection.scan.late"], id="C9-over-five-minutes"),
        pytest.param(AT + timedelta(seconds=60), [], id="C9-clock-a-minute-ahead"),
        pytest.param(AT + timedelta(seconds=61), ["collection.scan.future"], id="C9-clock-too-far-ahead"),
    ],
)
def test_collection_time_is_the_scan(scanned: datetime, expected: list[str]) -> None:
    moment, refusals = collection_time(scanned, AT)
    assert moment == scanned
    assert codes(refusals) == expected


def test_C10_every_reason_says_whether_the_work_comes_back() -> None:
    assert unable_to_collect("no-vein-found") == (True, ())
    assert unable_to_collect("patient-refused") == (False, ())
    assert codes(unable_to_collect("felt like it")[1]) == ["collection.unable.reason-unknown"]
    assert len(UNABLE_REASONS) >= 10


BLOOD = package_blood_volume()
BIRTH = {"term newborn": date(2026, 5, 1), "1-12 months": date(2025, 10, 1), "older child": date(2018, 1, 1)}


def test_B2_limits_are_those_of_the_facts() -> None:
    rows = facts("pediatric_draw")["test_vectors"]
    assert len(rows) == 3
    for row in rows:
        found = limits(Patient(BIRTH[row["age"]], None, Decimal(str(row["kg"]))), TODAY, BLOOD)
        assert found is not None
        assert [float(found.single_ml), float(found.day_ml), float(found.month_ml)] == [row["single_ml"], row["day_ml"], row["month_ml"]]


@pytest.mark.parametrize(
    ("birth", "limited"),
    [
        pytest.param(date(2008, 5, 10), False, id="B1-eighteen-today"),
        pytest.param(date(2008, 5, 11), True, id="B1-eighteen-tomorrow"),
        pytest.param(None, False, id="B1-birth-date-unknown"),
    ],
)
def test_who_is_limited(birth: date | None, limited: bool) -> None:
    assert is_limited(Patient(birth, None, Decimal(60)), TODAY, BLOOD) == limited


def test_B2_a_preterm_newborn_has_more_blood_a_kilogram() -> None:
    found = limits(Patient(date(2026, 5, 1), None, Decimal(1), preterm=True), TODAY, BLOOD)
    assert found is not None
    assert found.single_ml == Decimal("2.25")  # 90 mL/kg x 2.5 %


CHILD = Patient(date(2018, 1, 1), "female", Decimal(30))  # limits 48.75, 97.5, 195 mL


@pytest.mark.parametrize(
    ("planned", "earlier", "expected"),
    [
        pytest.param("48.75", [], [], id="B3-exactly-the-single-limit"),
        pytest.param("48.76", [], ["window:single"], id="B3-over-the-single-limit"),
        pytest.param("40", [(1, "57.5")], [], id="B4-exactly-the-day-limit"),
        pytest.param("40", [(1, "57.6")], ["window:day"], id="B4-over-the-day-limit"),
        pytest.param("40", [(0, "57.6")], ["window:day"], id="B4-a-draw-of-this-minute-counts"),
        pytest.param("40", [(0, "155.1")], ["window:day", "window:month"], id="B5-a-draw-of-this-minute-counts"),
        pytest.param("40", [(-1, "155.1")], [], id="B5-a-draw-of-the-future-does-not"),
        pytest.param("40", [(24, "57.6")], [], id="B4-twenty-four-hours-ago-is-another-day"),
        pytest.param("40", [(48, "155")], [], id="B5-exactly-the-month-limit"),
        pytest.param("40", [(48, "155.1")], ["window:month"], id="B5-over-the-month-limit"),
        pytest.param("40", [(24 * 30, "155.1")], [], id="B5-thirty-days-ago-is-another-month"),
        pytest.param("60", [(1, "60"), (48, "100")], ["window:single", "window:day", "window:month"], id="B5-all-at-once"),
    ],
)
def test_blood_volume(planned: str, earlier: list[tuple[int, str]], expected: list[str]) -> None:
    draws = [EarlierDraw(AT - timedelta(hours=hours), Decimal(ml)) for hours, ml in earlier]
    refusals = volume_refusals(Decimal(planned), draws, CHILD, at=AT, on=TODAY, table=BLOOD)
    assert [refusal.facts["window"] for refusal in refusals] == expected


@pytest.mark.parametrize("weight", [None, Decimal("0.2"), Decimal(501)], ids=["B2-not-weighed", "B2-too-light", "B2-too-heavy"])
def test_a_child_without_a_weight_is_weighed_first(weight: Decimal | None) -> None:
    refusals = volume_refusals(Decimal(1), [], Patient(date(2018, 1, 1), None, weight), at=AT, on=TODAY, table=BLOOD)
    assert codes(refusals) == ["collection.blood-volume.weight-unknown"]


@given(
    st.decimals(min_value="0.5", max_value=90, places=2),
    st.decimals(min_value="0.1", max_value=400, places=1),
    st.decimals(min_value=0, max_value=300, places=1),
)
def test_B5_more_blood_before_never_allows_more_now(weight: Decimal, planned: Decimal, before: Decimal) -> None:
    patient = Patient(date(2018, 1, 1), None, weight)
    less = volume_refusals(planned, [], patient, at=AT, on=TODAY, table=BLOOD)
    more = volume_refusals(planned, [EarlierDraw(AT - HOUR, before)], patient, at=AT, on=TODAY, table=BLOOD)
    assert {item.facts["window"] for item in less} <= {item.facts["window"] for item in more}


@pytest.mark.parametrize(
    ("kg", "orders", "way", "allowed"),
    [
        # Older child, 65 mL/kg, 2.5 % of it at once: 1.625 mL/kg. CMP and CBC: usual tubes take 6 mL, the smallest 5, micro tubes 1.1.
        pytest.param("20", ["CMP", "CBC"], "usual", True, id="B6-usual-tubes"),
        pytest.param("3.5", ["CMP", "CBC"], "smallest", True, id="B6-smaller-tubes"),
        pytest.param("2", ["CMP", "CBC"], "micro", True, id="B6-micro-tubes"),
        pytest.param("0.5", ["CMP", "CBC"], "micro", False, id="B6-nothing-fits"),
        pytest.param("0.5", ["PT"], "smallest", False, id="B6-citrate-has-no-micro-tube"),
    ],
)
def test_child_draw(kg: str, orders: list[str], way: str, allowed: bool) -> None:
    found = plan_for_child(
        orders, package_catalogue(), package_tubes(), Patient(date(2018, 1, 1), None, Decimal(kg)), [], at=AT, on=TODAY, limits=BLOOD
    )
    assert (found.way, not found.refusals) == (way, allowed)


def test_B6_what_must_not_come_from_a_finger_never_does() -> None:
    assert not capillary_possible(["AMMONIA"], package_catalogue(), package_tubes())
    assert not capillary_possible(["BCX"], package_catalogue(), package_tubes())
    assert capillary_possible(["CMP", "CBC"], package_catalogue(), package_tubes())


@pytest.mark.parametrize("weight", ["0.3", "500"], ids=["B2-lightest", "B2-heaviest"])
def test_the_bounds_of_weight_belong_to_it(weight: str) -> None:
    assert limits(Patient(date(2018, 1, 1), None, Decimal(weight)), TODAY, BLOOD) is not None
