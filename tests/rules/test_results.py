"""Results: R1 to R12 and F1 to F3 of docs/clinical/results.md."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.areas.laboratory.calculations import age_in_years, calculate, egfr_ckd_epi_2021
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.results import (
    FHIR_STATUS,
    TRANSITIONS,
    CodedValue,
    Delta,
    Earlier,
    Notice,
    Seen,
    TextValue,
    TiterValue,
    ToVerify,
    Value,
    amendment_notices,
    delta_check,
    interpret,
    next_state,
    range_for,
    read_value,
    reasons_not_to_verify,
)
from benchside.areas.laboratory.words import DeltaLimit, Patient, ReferenceRange
from benchside.terms.quantity import Quantity
from benchside.terms.refusal import Refusal

CATALOGUE = package_catalogue()
K, NA, GLU, HGB, WBC = (CATALOGUE.analyte(code) for code in ("POTASSIUM", "SODIUM", "GLUCOSE", "HGB", "WBC"))
ON = date(2026, 5, 10)
AT = datetime(2026, 5, 10, 9, 0, tzinfo=UTC)
WOMAN, MAN = Patient(date(1980, 3, 4), "female"), Patient(date(1980, 3, 4), "male")
TITER = replace(K, code="T", kind="titer", ranges=())
TEXT = replace(K, code="X", kind="text", ranges=())


def codes(refusals: tuple[Refusal, ...]) -> list[str]:
    return [refusal.code for refusal in refusals]


@pytest.mark.parametrize(
    ("analyte", "text", "unit", "door", "value", "expected"),
    [
        pytest.param(K, "4.1", None, "person", Quantity(Decimal("4.1"), "mmol/L"), [], id="R1-number"),
        pytest.param(K, " <0.9 ", None, "person", Quantity(Decimal("0.9"), "mmol/L", "<"), [], id="R1-comparator"),
        pytest.param(K, ">=10", None, "person", Quantity(Decimal("10.0"), "mmol/L", ">="), [], id="R1-two-sign-comparator"),
        pytest.param(K, "4,1", None, "person", None, ["results.value.not-a-number"], id="R1-a-comma-is-not-guessed"),
        pytest.param(K, "4.1.2", None, "person", None, ["results.value.not-a-number"], id="R1-two-points"),
        pytest.param(K, "high", None, "person", None, ["results.value.not-a-number"], id="R1-words"),
        pytest.param(K, "4.1e2", None, "person", None, ["results.value.not-a-number"], id="R1-no-exponents"),
        pytest.param(K, "  ", None, "person", None, ["results.value.empty"], id="R1-empty"),
        pytest.param(GLU, "5.5", "mmol/L", "instrument", Quantity(Decimal(99), "mg/dL"), [], id="R2-amount-to-mass"),
        pytest.param(HGB, "141", "g/L", "instrument", Quantity(Decimal("14.1"), "g/dL"), [], id="R2-litre-to-decilitre"),
        pytest.param(K, "4.1", "mg/dL", "instrument", None, ["results.value.unit"], id="R2-no-molar-mass-no-guess"),
        pytest.param(K, "4.1", "mEq", "instrument", None, ["results.value.unit"], id="R2-unknown-unit"),
        pytest.param(K, "4.12", None, "person", None, ["results.value.too-many-decimals"], id="R3-a-person-rounds"),
        pytest.param(K, "4.15", None, "instrument", Quantity(Decimal("4.2"), "mmol/L"), [], id="R3-an-instrument-is-rounded"),
        pytest.param(K, "4", None, "person", Quantity(Decimal("4.0"), "mmol/L"), [], id="R3-missing-digits-are-the-tests"),
        pytest.param(CATALOGUE.analyte("U_NITRITE"), "positive", None, "person", CodedValue("positive"), [], id="R4-answer"),
        pytest.param(CATALOGUE.analyte("U_NITRITE"), "maybe", None, "person", None, ["results.value.not-an-answer"], id="R4-no-answer"),
        pytest.param(TITER, "1:80", None, "person", TiterValue(80), [], id="R4-titer"),
        pytest.param(TITER, "<1 : 20", None, "person", TiterValue(20, "<"), [], id="R4-titer-below"),
        pytest.param(TITER, "80", None, "person", None, ["results.value.not-a-titer"], id="R4-no-titer"),
        pytest.param(TITER, "1:0", None, "person", None, ["results.value.not-a-titer"], id="R4-titer-zero"),
        pytest.param(TITER, "1:1", None, "person", TiterValue(1), [], id="R4-titer-one"),
        pytest.param(TITER, "1:10000000", None, "person", TiterValue(10_000_000), [], id="R4-titer-limit"),
        pytest.param(TITER, "1:10000001", None, "person", None, ["results.value.not-a-titer"], id="R4-titer-over-the-limit"),
        pytest.param(CATALOGUE.analyte("BCX"), "no-growth", None, "person", CodedValue("no-growth"), [], id="R4-open-answer"),
        pytest.param(TEXT, "No growth", None, "person", TextValue("No growth"), [], id="R4-text"),
        pytest.param(TEXT, "x" * 4001, None, "person", None, ["results.value.too-long"], id="R4-text-too-long"),
        pytest.param(
            CATALOGUE.analyte("EGFR"), "60", None, "person", None, ["results.value.calculated"], id="R4-nobody-types-a-calculated-value"
        ),
        pytest.param(K, "15.0", None, "person", Quantity(Decimal("15.0"), "mmol/L"), [], id="R5-on-the-bound"),
        pytest.param(K, "0.8", None, "person", Quantity(Decimal("0.8"), "mmol/L"), [], id="R5-on-the-low-bound"),
        pytest.param(K, "15.1", None, "person", None, ["results.value.implausible"], id="R5-beyond"),
        pytest.param(K, "41", None, "person", None, ["results.value.implausible"], id="R5-a-lost-point"),
        pytest.param(
            K, "41.12", None, "person", None, ["results.value.too-many-decimals", "results.value.implausible"], id="R5-both-are-told"
        ),
    ],
)
def test_reading(analyte: object, text: str, unit: str | None, door: str, value: Value | None, expected: list[str]) -> None:
    found, refusals = read_value(text, analyte, unit=unit, door=door)  # type: ignore[arg-type]  # the rows hold analytes and literals
    assert codes(refusals) == expected
    assert found == value
    if isinstance(found, Quantity) and isinstance(value, Quantity):
        assert str(found.value) == str(value.value), "digits are kept"


BABY = Patient(date(2026, 4, 20), "female")  # 20 days


@pytest.mark.parametrize(
    ("analyte", "patient", "conditions", "expected"),
    [
        pytest.param(HGB, WOMAN, (), (12, 16), id="R6-woman"),
        pytest.param(HGB, MAN, (), (14, 17), id="R6-man"),
        pytest.param(HGB, BABY, (), (Decimal("13.4"), Decimal("19.9")), id="R6-newborn"),
        pytest.param(HGB, Patient(date(2026, 4, 10), None), (), (Decimal("10.7"), Decimal("17.1")), id="R6-one-month-today"),
        pytest.param(HGB, Patient(date(1980, 3, 4), None), (), "sex-unknown", id="R6-sex-unknown"),
        pytest.param(HGB, Patient(None, "female"), (), "age-unknown", id="R6-age-unknown"),
        pytest.param(HGB, Patient(date(2020, 1, 1), "female"), (), "not-for-this-age", id="R6-a-gap-is-said"),
        pytest.param(HGB, Patient(date(2008, 5, 11), "female"), (), "not-for-this-age", id="R6-eighteen-tomorrow"),
        pytest.param(HGB, Patient(date(2008, 5, 10), "female"), (), (12, 16), id="R6-eighteen-today"),
        pytest.param(CATALOGUE.analyte("TSH"), WOMAN, (), "no-range", id="R6-no-range-at-all"),
        pytest.param(GLU, WOMAN, (), "condition-unknown", id="R6-not-known-to-be-fasting"),
        pytest.param(GLU, WOMAN, ("fasting",), (70, 99), id="R6-fasting"),
    ],
)
def test_range(analyte: object, patient: Patient, conditions: tuple[str, ...], expected: object) -> None:
    found = range_for(analyte, patient, ON, conditions=frozenset(conditions))  # type: ignore[arg-type]  # the rows hold analytes
    assert ((found.low, found.high) if isinstance(found, ReferenceRange) else found) == expected


CRITICAL = (Decimal("2.8"), Decimal("6.2"))


def k(text: str) -> Value:
    value, refusals = read_value(text, K)
    assert value is not None, refusals
    return value


@pytest.mark.parametrize(
    ("text", "patient", "flag", "reason"),
    [
        # Potassium: range 3.5-5.1 (Scripps), critical 2.8 and 6.2 (facts).
        pytest.param("4.0", WOMAN, "N", "range", id="R7-inside"),
        pytest.param("3.5", WOMAN, "N", "range", id="R7-on-the-low-limit"),
        pytest.param("5.1", WOMAN, "N", "range", id="R7-on-the-high-limit"),
        pytest.param("3.4", WOMAN, "L", "range", id="R7-low"),
        pytest.param("5.2", WOMAN, "H", "range", id="R7-high"),
        pytest.param("2.8", WOMAN, "L", "range", id="R7-on-the-critical-limit"),
        pytest.param("2.7", WOMAN, "LL", "critical", id="R7-critically-low"),
        pytest.param("6.3", WOMAN, "HH", "critical", id="R7-critically-high"),
        pytest.param("6.3", Patient(None, None), "HH", "critical", id="R7-critical-needs-no-range"),
        pytest.param("4.0", Patient(None, None), None, "age-unknown", id="R8-no-range-is-never-normal"),
        pytest.param("<3.5", WOMAN, "L", "range", id="R8-below-the-limit-for-sure"),
        pytest.param("<=3.5", WOMAN, None, "indeterminate", id="R8-perhaps-on-the-limit"),
        pytest.param("<4.0", WOMAN, None, "indeterminate", id="R8-could-be-anything"),
        pytest.param(">5.1", WOMAN, "H", "range", id="R8-above-for-sure"),
        pytest.param(">6.2", WOMAN, "HH", "critical", id="R8-above-critical-for-sure"),
        pytest.param(">6.0", WOMAN, "H", "range", id="R8-high-and-perhaps-critical"),
    ],
)
def test_flags(text: str, patient: Patient, flag: str | None, reason: str) -> None:
    found = interpret(k(text), K, patient, ON, critical=CRITICAL)
    assert (found.flag, found.reason) == (flag, reason)


def test_R8_answers_are_abnormal_only_where_a_normal_one_is_known() -> None:
    nitrite, colour = CATALOGUE.analyte("U_NITRITE"), CATALOGUE.analyte("U_COLOR")
    assert interpret(CodedValue("positive"), nitrite, WOMAN, ON).flag == "A"
    assert interpret(CodedValue("negative"), nitrite, WOMAN, ON).flag == "N"
    assert interpret(CodedValue("yellow"), colour, WOMAN, ON).flag is None
    assert interpret(TextValue("x"), TEXT, WOMAN, ON).flag is None


@given(st.decimals(min_value="0.8", max_value=15, places=1), st.sampled_from([None, "<", "<=", ">", ">="]))
def test_R8_a_flag_is_never_wrong_for_any_value_the_comparator_allows(value: Decimal, comparator: str | None) -> None:
    flag = interpret(Quantity(value, "mmol/L", comparator), K, WOMAN, ON, critical=CRITICAL).flag
    step = Decimal("0.1")
    possible = {
        None: [value],
        "<": [value - step, value - 1],
        "<=": [value, value - 1],
        ">": [value + step, value + 1],
        ">=": [value, value + 1],
    }[comparator]
    for true_value in possible:
        exact = interpret(Quantity(true_value, "mmol/L"), K, WOMAN, ON, critical=CRITICAL).flag
        assert flag is None or flag == exact or (flag, exact) in {("H", "HH"), ("L", "LL")}


def earlier(value: str, hours_ago: float, unit: str = "mmol/L", comparator: str | None = None) -> Earlier:
    return Earlier(Quantity(Decimal(value), unit, comparator), AT - timedelta(hours=hours_ago))


PERCENT = replace(K, delta=DeltaLimit("percent", Decimal(50), 72))
RATE = replace(K, delta=DeltaLimit("rate", Decimal(50), 72))


@pytest.mark.parametrize(
    ("analyte", "now", "before", "expected"),
    [
        # Sodium 13 mmol/L in 3 days: AACC scientific short on delta checks, 2011.
        pytest.param(NA, "153", [earlier("140", 24)], (13, False), id="R9-exactly-the-limit"),
        pytest.param(NA, "154", [earlier("140", 24)], (14, True), id="R9-over-the-limit"),
        pytest.param(NA, "126", [earlier("140", 24)], (14, True), id="R9-downwards-too"),
        pytest.param(NA, "154", [earlier("140", 72)], (14, True), id="R9-seventy-two-hours"),
        pytest.param(NA, "154", [earlier("140", 72.01)], None, id="R9-too-long-ago"),
        pytest.param(NA, "154", [], None, id="R9-nothing-to-compare"),
        pytest.param(NA, "154", [earlier("140", 48), earlier("150", 2)], (4, False), id="R9-the-latest-counts"),
        pytest.param(NA, "154", [earlier("140", -1)], None, id="R9-not-with-the-future"),
        pytest.param(RATE, "6.0", [earlier("4.0", 0)], None, id="R9-not-with-the-same-moment"),
        pytest.param(NA, "154", [earlier("140", 24, comparator=">")], None, id="R9-not-with-a-bound"),
        pytest.param(PERCENT, "6.0", [earlier("4.0", 24)], (50, False), id="R9-percent-on-the-limit"),
        pytest.param(PERCENT, "6.1", [earlier("4.0", 24)], (Decimal("52.5"), True), id="R9-percent-over"),
        pytest.param(PERCENT, "6.1", [earlier("0", 24)], None, id="R9-percent-of-nothing"),
        pytest.param(RATE, "6.0", [earlier("4.0", 12)], (100, True), id="R9-rate-a-day"),
        pytest.param(RATE, "6.0", [earlier("4.0", 48)], (25, False), id="R9-the-same-change-slowly"),
    ],
)
def test_delta(analyte: object, now: str, before: list[Earlier], expected: tuple[object, bool] | None) -> None:
    found = delta_check(Quantity(Decimal(now), "mmol/L"), AT, before, analyte)  # type: ignore[arg-type]  # the rows hold analytes
    assert (None if found is None else (found.change, found.exceeded)) == expected


def test_R9_an_earlier_result_in_another_unit_is_converted() -> None:
    found = delta_check(Quantity(Decimal(220), "mg/dL"), AT, [earlier("5.5", 24, "mmol/L")], GLU)
    assert found is not None
    assert found.exceeded  # 5.5 mmol/L is 99.1 mg/dL; 220 is 122 % more


@pytest.mark.parametrize(
    ("state", "event", "following"),
    [
        pytest.param("registered", "enter", "entered", id="R10-enter"),
        pytest.param("entered", "verify", "verified", id="R10-verify"),
        pytest.param("verified", "release", "released", id="R10-release"),
        pytest.param("released", "amend", "amended", id="R10-amend"),
        pytest.param("amended", "correct", "corrected", id="R10-correct"),
        pytest.param("registered", "verify", None, id="R10-nothing-to-verify"),
        pytest.param("entered", "release", None, id="R10-never-unverified"),
        pytest.param("released", "cancel", None, id="R10-released-is-never-cancelled"),
        pytest.param("released", "enter", None, id="R10-released-is-never-overwritten"),
        pytest.param("cancelled", "enter", None, id="R10-cancelled-stays"),
        pytest.param("entered-in-error", "amend", None, id="R10-an-error-stays"),
    ],
)
def test_life(state: str, event: str, following: str | None) -> None:
    found, refusals = next_state(state, event)  # type: ignore[arg-type]  # literals above
    assert found == following
    assert codes(refusals) == ([] if following else ["results.state.not-possible"])
    if refusals:
        offered = str(refusals[0].facts["possible"]).split(", ")
        known = [f"result-event:{name}" for at, name in TRANSITIONS if at == state]
        assert offered == (known or ["result-event:none"])


def test_R10_the_table_is_closed_and_released_values_never_go_back() -> None:
    public = {"released", "amended", "corrected", "entered-in-error"}
    for (state, _), following in TRANSITIONS.items():
        assert following in FHIR_STATUS
        if state in public:
            assert following in public - {"released"}
    assert set(FHIR_STATUS.values()) <= {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error"}


GOOD = ToVerify("POTASSIUM", "entered", Quantity(Decimal("4.1"), "mmol/L"), "Practitioner/1")
JUMP = Delta("absolute", Decimal("2.0"), Decimal("1.5"), Decimal(24), exceeded=True)


@pytest.mark.parametrize(
    ("result", "verifier", "self_verification", "expected"),
    [
        pytest.param(GOOD, "Practitioner/2", False, [], id="R11-a-second-pair-of-eyes"),
        pytest.param(GOOD, "Practitioner/1", False, ["results.verify.own-result"], id="R11-own"),
        pytest.param(GOOD, "Practitioner/1", True, [], id="R11-own-where-the-site-allows"),
        pytest.param(replace(GOOD, state="released"), "Practitioner/2", False, ["results.verify.state"], id="R11-already"),
        pytest.param(replace(GOOD, value=None), "Practitioner/2", False, ["results.verify.no-value"], id="R11-no-value"),
        pytest.param(
            replace(GOOD, specimen_rejected=True), "Practitioner/2", False, ["results.verify.specimen-rejected"], id="R11-rejected"
        ),
        pytest.param(replace(GOOD, delta=JUMP), "Practitioner/2", False, ["results.verify.delta"], id="R11-delta-not-looked-at"),
        pytest.param(replace(GOOD, delta=JUMP, delta_reviewed=True), "Practitioner/2", False, [], id="R11-delta-looked-at"),
        pytest.param(
            replace(GOOD, delta=JUMP, value=None, quality=(Refusal("quality.control.none", {"device": "D"}),)),
            "Practitioner/1",
            False,
            ["results.verify.no-value", "results.verify.own-result", "results.verify.delta", "quality.control.none"],
            id="R11-all-at-once",
        ),
    ],
)
def test_verification(result: ToVerify, verifier: str, self_verification: bool, expected: list[str]) -> None:
    assert codes(reasons_not_to_verify(result, verifier, self_verification=self_verification)) == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param([], [Notice("orderer", 0, urgent=False)], id="R12-always-the-orderer"),
        pytest.param(
            [Seen("nurse", 1, "viewed")], [Notice("nurse", 1, urgent=False), Notice("orderer", 0, urgent=False)], id="R12-who-looked"
        ),
        pytest.param([Seen("nurse", 2, "viewed")], [Notice("orderer", 0, urgent=False)], id="R12-not-who-saw-only-the-new-one"),
        pytest.param([Seen("orderer", 1, "acknowledged")], [Notice("orderer", 1, urgent=True)], id="R12-who-acknowledged-is-urgent"),
        pytest.param(
            [Seen("nurse", 1, "called"), Seen("nurse", 1, "viewed")],
            [Notice("nurse", 1, urgent=True), Notice("orderer", 0, urgent=False)],
            id="R12-once-and-urgent-stays",
        ),
    ],
)
def test_amendment_notices(seen: list[Seen], expected: list[Notice]) -> None:
    assert list(amendment_notices(seen, "orderer", changed_version=2)) == expected


def test_F1_anion_gap() -> None:
    assert calculate("anion-gap", {"SODIUM": Decimal(140), "CHLORIDE": Decimal(104), "CO2": Decimal(24)}, WOMAN, ON) == 12
    assert calculate("anion-gap", {"SODIUM": Decimal(140)}, WOMAN, ON) is None


@pytest.mark.parametrize(
    ("triglyceride", "expected"),
    [
        pytest.param("150", "120", id="F2-friedewald"),
        pytest.param("400", "70", id="F2-four-hundred"),
        pytest.param("401", None, id="F2-beyond"),
    ],
)
def test_ldl(triglyceride: str, expected: str | None) -> None:
    values = {"CHOL": Decimal(200), "HDL": Decimal(50), "TRIG": Decimal(triglyceride)}
    assert calculate("ldl-friedewald", values, WOMAN, ON) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "expected"),
    [
        # Worked by logarithms from the published formula, apart from our code: 142 x 0.9938^age and the creatinine terms.
        pytest.param("0.7", 40, "female", 112, id="F3-woman-at-kappa"),  # 142 x 0.9938^40 x 1.012 = 112.1
        pytest.param("0.9", 40, "male", 111, id="F3-man-at-kappa"),  # 142 x 0.9938^40 = 110.7
        pytest.param("1.4", 60, "female", 43, id="F3-woman-twice-kappa"),  # x 2^-1.2 = 0.4353: 142 x 0.6886 x 1.012 x 0.4353 = 43.1
        pytest.param("1.8", 60, "male", 43, id="F3-man-twice-kappa"),  # 142 x 0.6886 x 0.4353 = 42.6
        pytest.param("0.45", 60, "male", 121, id="F3-man-half-kappa"),  # x 0.5^-0.302 = 1.2328: 97.8 x 1.2328 = 120.5
    ],
)
def test_egfr(creatinine: str, age: int, sex: str, expected: int) -> None:
    found = egfr_ckd_epi_2021(Decimal(creatinine), Patient(date(2026 - age, 5, 10), sex), ON)  # type: ignore[arg-type]  # literals above
    assert found is not None
    assert round(found) == expected


@pytest.mark.parametrize(
    "patient",
    [Patient(None, "male"), Patient(date(1980, 1, 1), None), Patient(date(2008, 5, 11), "male")],
    ids=["F3-age-unknown", "F3-sex-unknown", "F3-seventeen"],
)
def test_egfr_is_not_guessed(patient: Patient) -> None:
    assert egfr_ckd_epi_2021(Decimal(1), patient, ON) is None


def test_every_calculated_component_has_its_formula_and_unknown_ones_are_errors() -> None:
    values = {code: Decimal(1) for code in CATALOGUE.analytes}
    for analyte in CATALOGUE.analytes.values():
        if analyte.formula is not None:
            calculate(analyte.formula, values, WOMAN, ON)
    with pytest.raises(LookupError):
        calculate("crystal-ball", {}, WOMAN, ON)


def test_ages_turn_on_the_birthday() -> None:
    assert [age_in_years(date(2008, 5, 10), day) for day in (date(2026, 5, 9), date(2026, 5, 10))] == [17, 18]
