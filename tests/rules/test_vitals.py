"""Vital signs: N1 to N10 of docs/clinical/vital-signs.md. NEWS2 vectors and bounds are the facts' own."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.areas.bedside.vitals import (
    PARAMETERS,
    News2Input,
    Reading,
    age_ranges,
    contradictions,
    critical_signs,
    mean_pressure,
    news2,
    news2_refusals,
    package_vitals,
    read_signs,
)
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.critical import package_critical
from benchside.readiness.gathering.critical_calls import FIRST_STEP, GOAL
from benchside.terms.quantity import is_unit
from tests.rules.facts import facts

TABLE = package_vitals()
ON = date(2026, 5, 10)


def d(value: object) -> Decimal:
    return Decimal(str(value))


def test_bounds_are_those_of_the_facts() -> None:
    keys = {
        "hr": "heart_rate",
        "rr": "respiratory_rate",
        "sbp": "systolic",
        "dbp": "diastolic",
        "spo2": "spo2",
        "temp_c": "temperature",
        "weight_kg": "weight",
        "height_cm": "height",
        "glucose_mg_dl": "glucose",
        "pain": "pain",
    }
    bounds = facts("vitals")["hard_bounds"]
    for key, sign in keys.items():
        assert [float(bound) for bound in TABLE.signs[sign].hard] == bounds[key]
    assert all(is_unit(sign.unit) for sign in TABLE.signs.values())


def test_news2_bands_are_those_of_the_facts() -> None:
    bands = facts("vitals")["news2"]
    for key, ours in (
        ("rr", TABLE.news2.respiratory_rate),
        ("spo2_1", TABLE.news2.spo2_scale_1),
        ("sbp", TABLE.news2.systolic),
        ("pulse", TABLE.news2.heart_rate),
        ("temp_c", TABLE.news2.temperature),
    ):
        assert [(None if highest is None else float(highest), score) for highest, score in ours] == [
            (row["max"], row["s"]) for row in bands[key]
        ]


def test_usual_values_by_age_are_those_of_the_facts() -> None:
    rows = facts("vitals")["pals_2015"]
    for row, ours in zip(rows[:7], TABLE.by_age[:7], strict=True):
        assert (row["hr_awake"], row["rr"], row["sbp"], row["dbp"]) == (
            list(ours.heart_rate),
            list(ours.respiratory_rate),
            list(ours.systolic),
            list(ours.diastolic),
        )


@pytest.mark.parametrize(
    ("sign", "value", "unit", "read", "expected"),
    [
        pytest.param("heart_rate", "72", "/min", "72", [], id="N1-as-it-is"),
        pytest.param("temperature", "98.6", "[degF]", "37.0", [], id="N1-fahrenheit-told"),
        pytest.param("weight", "150", "[lb_av]", "68.04", [], id="N1-pounds-told"),
        pytest.param("systolic", "16", "kPa", "120", [], id="N1-kilopascal"),
        pytest.param("heart_rate", "72", "mm[Hg]", None, ["vitals.sign.unit"], id="N1-wrong-unit"),
        pytest.param("mood", "7", "1", None, ["vitals.sign.unknown"], id="N1-unknown-sign"),
        pytest.param("heart_rate", "20", "/min", "20", [], id="N2-on-the-low-bound"),
        pytest.param("heart_rate", "19", "/min", None, ["vitals.sign.impossible"], id="N2-below"),
        pytest.param("spo2", "100", "%", "100", [], id="N2-on-the-high-bound"),
        pytest.param("spo2", "101", "%", None, ["vitals.sign.impossible"], id="N2-above"),
        pytest.param("temperature", "45.0", "Cel", "45.0", [], id="N2-hot"),
        pytest.param("temperature", "45.1", "Cel", None, ["vitals.sign.impossible"], id="N2-too-hot"),
        pytest.param("temperature", "98.6", "Cel", None, ["vitals.temperature.fahrenheit"], id="N2-fahrenheit-as-celsius"),
        pytest.param("temperature", "95", "Cel", None, ["vitals.temperature.fahrenheit"], id="N2-fahrenheit-from-95"),
        pytest.param("temperature", "106", "Cel", None, ["vitals.temperature.fahrenheit"], id="N2-fahrenheit-to-106"),
        pytest.param("temperature", "106.1", "Cel", None, ["vitals.sign.impossible"], id="N2-beyond-106"),
        pytest.param("temperature", "94.9", "Cel", None, ["vitals.sign.impossible"], id="N2-neither"),
    ],
)
def test_reading(sign: str, value: str, unit: str, read: str | None, expected: list[str]) -> None:
    values, refusals = read_signs([Reading(sign, Decimal(value), unit)], TABLE)
    assert [refusal.code for refusal in refusals] == expected
    assert {name: str(found) for name, found in values.items()} == ({} if read is None else {sign: read})


def test_N2_every_fault_is_told_and_the_good_is_kept() -> None:
    values, refusals = read_signs(
        [Reading("heart_rate", d(500), "/min"), Reading("systolic", d(120), "mm[Hg]"), Reading("spo2", d(1), "%")], TABLE
    )
    assert values == {"systolic": 120}
    assert [refusal.code for refusal in refusals] == ["vitals.sign.impossible", "vitals.sign.impossible"]


@pytest.mark.parametrize(
    ("values", "extra", "expected"),
    [
        pytest.param({"systolic": 120, "diastolic": 80}, {}, [], id="N3-good"),
        pytest.param({"systolic": 80, "diastolic": 80}, {}, ["vitals.pressure.reversed"], id="N3-equal"),
        pytest.param({"systolic": 80, "diastolic": 120}, {}, ["vitals.pressure.reversed"], id="N3-reversed"),
        pytest.param({"systolic": 90, "diastolic": 80}, {}, [], id="N3-ten-apart"),
        pytest.param({"systolic": 89, "diastolic": 80}, {}, ["vitals.pressure.narrow"], id="N3-nine-apart"),
        pytest.param({"weight": 77}, {"last_weight_kg": d(70), "weight_days_ago": 30}, [], id="N4-ten-percent"),
        pytest.param(
            {"weight": "77.1"}, {"last_weight_kg": d(70), "weight_days_ago": 30}, ["vitals.weight.changed"], id="N4-over-ten-percent"
        ),
        pytest.param({"weight": "77.1"}, {"last_weight_kg": d(70), "weight_days_ago": 31}, [], id="N4-long-ago"),
        pytest.param({"height": 172}, {"last_height_cm": d(170)}, [], id="N5-two-centimetres"),
        pytest.param({"height": "172.1"}, {"last_height_cm": d(170)}, ["vitals.height.changed"], id="N5-more"),
        pytest.param({"height": "172.1"}, {"last_height_cm": d(170), "adult": False}, [], id="N5-children-grow"),
        pytest.param({"weight": 180, "height": 165}, {}, ["vitals.weight.unlikely"], id="N6-pounds-as-kilograms"),
        pytest.param({"weight": 60, "height": 100}, {}, [], id="N6-exactly-sixty"),
        pytest.param({"weight": 10, "height": 100}, {}, [], id="N6-exactly-ten"),
        pytest.param({"weight": "9.9", "height": 100}, {}, ["vitals.weight.unlikely"], id="N6-under-ten"),
    ],
)
def test_contradictions(values: dict[str, object], extra: dict[str, object], expected: list[str]) -> None:
    found = contradictions({name: d(value) for name, value in values.items()}, **extra)  # type: ignore[arg-type]  # the rows name real arguments
    assert [refusal.code for refusal in found] == expected


def test_N7_the_vectors_of_the_facts() -> None:
    vectors = facts("vitals")["news2"]["test_vectors"]
    assert len(vectors) == 5
    for vector in vectors:
        given_ = vector["in"]
        score = news2(
            News2Input(
                d(given_["rr"]),
                d(given_["spo2"]),
                given_["o2"] == "oxygen",
                d(given_["sbp"]),
                d(given_["pulse"]),
                given_["acvpu"],
                d(given_["t"]),
                given_["scale"] == 2,
            ),
            TABLE,
        )
        assert score.total == vector["out"]


WELL = News2Input(d(16), d(98), False, d(120), d(70), "A", d("37.0"))


@pytest.mark.parametrize(
    ("changes", "total", "response"),
    [
        pytest.param({}, 0, "routine", id="N7-well"),
        pytest.param({"respiratory_rate": d("8.4")}, 3, "single-three", id="N8-rounded-to-the-chart-first"),
        pytest.param({"respiratory_rate": d("8.5")}, 1, "low", id="N8-rounded-up"),
        pytest.param({"temperature": d("38.04")}, 0, "routine", id="N8-one-decimal"),
        pytest.param({"temperature": d("38.05")}, 1, "low", id="N8-one-decimal-up"),
        pytest.param({"consciousness": "C"}, 3, "single-three", id="N9-new-confusion-alone"),
        pytest.param({"systolic": d(90), "heart_rate": d(111)}, 5, "urgent", id="N9-five"),
        pytest.param({"systolic": d(90), "heart_rate": d(131)}, 6, "urgent", id="N9-six-with-threes-is-urgent"),
        pytest.param({"systolic": d(90), "heart_rate": d(131), "temperature": d("38.1")}, 7, "emergency", id="N9-seven"),
        pytest.param({"spo2": d(93), "on_oxygen": True}, 4, "low", id="N7-oxygen-adds-two"),
        pytest.param({"spo2": d(97), "on_oxygen": True, "scale_2": True}, 5, "urgent", id="N7-scale-two-too-much-oxygen"),
        pytest.param({"spo2": d(97), "scale_2": True}, 0, "routine", id="N7-scale-two-on-air"),
        pytest.param({"spo2": d(85), "scale_2": True}, 2, "low", id="N7-scale-two-low"),
    ],
)
def test_news2(changes: dict[str, object], total: int, response: str) -> None:
    score = news2(replace(WELL, **changes), TABLE)  # type: ignore[arg-type]  # the rows name real fields
    assert (score.total, score.response) == (total, response)


@pytest.mark.parametrize("left_out", ["respiratory_rate", "spo2", "on_oxygen", "systolic", "heart_rate", "consciousness", "temperature"])
def test_N9_a_missing_parameter_gives_no_total(left_out: str) -> None:
    score = news2(replace(WELL, **{left_out: None}), TABLE)
    assert (score.total, score.response) == (None, None)
    assert score.missing == (left_out.replace("on_", ""),)
    assert len(score.scores) == len(PARAMETERS) - 1


@given(
    st.integers(4, 60),
    st.integers(40, 100),
    st.booleans(),
    st.integers(40, 300),
    st.integers(20, 250),
    st.sampled_from("ACVPU"),
    st.decimals(min_value=25, max_value=45, places=1),
    st.booleans(),
)
def test_news2_always_lies_between_nothing_and_twenty(
    rr: int, spo2: int, oxygen: bool, systolic: int, pulse: int, acvpu: str, temperature: Decimal, scale_2: bool
) -> None:
    score = news2(News2Input(d(rr), d(spo2), oxygen, d(systolic), d(pulse), acvpu, temperature, scale_2), TABLE)  # type: ignore[arg-type]  # ACVPU
    assert score.total is not None
    assert 0 <= score.total <= 20
    assert score.total == sum(score.scores.values())


@pytest.mark.parametrize(
    ("birth", "pregnant", "spinal", "expected"),
    [
        pytest.param(date(2010, 5, 10), False, False, [], id="N10-sixteen-today"),
        pytest.param(date(2010, 5, 11), False, False, ["vitals.news2.child"], id="N10-sixteen-tomorrow"),
        pytest.param(None, False, False, ["vitals.news2.age-unknown"], id="N10-age-unknown"),
        pytest.param(date(1990, 1, 1), True, True, ["vitals.news2.pregnancy", "vitals.news2.spinal-injury"], id="N10-both"),
    ],
)
def test_who_news2_is_not_for(birth: date | None, pregnant: bool, spinal: bool, expected: list[str]) -> None:
    assert [refusal.code for refusal in news2_refusals(birth, ON, pregnant=pregnant, spinal_injury=spinal)] == expected


@pytest.mark.parametrize(
    ("birth", "low", "heart_rate"),
    [
        (date(2026, 5, 1), 60, (100, 205)),
        (date(2026, 1, 1), 70, (100, 190)),
        (date(2024, 5, 10), 74, (98, 140)),
        (date(2017, 1, 1), 88, (75, 118)),
        (date(2012, 1, 1), 90, (60, 100)),
        (date(1980, 1, 1), None, (60, 100)),
    ],
    ids=["newborn", "infant", "two-years", "nine-years", "fourteen-years", "adult"],
)
def test_usual_values_of_an_age(birth: date, low: int | None, heart_rate: tuple[int, int]) -> None:
    row, hypotension = age_ranges(birth, ON, TABLE)
    assert (hypotension, row.heart_rate) == (low, heart_rate)


@pytest.mark.parametrize(
    ("birth", "systolic"),
    [
        (date(2026, 4, 13), (67, 84)),
        (date(2026, 4, 12), (72, 104)),
        (date(2025, 5, 11), (72, 104)),
        (date(2025, 5, 10), (86, 106)),
        (date(2010, 5, 10), (90, 139)),
    ],
    ids=["twenty-seven-days", "twenty-eight-days", "one-tomorrow", "one-today", "sixteen-today"],
)
def test_usual_values_change_on_the_birthday(birth: date, systolic: tuple[int, int]) -> None:
    assert age_ranges(birth, ON, TABLE)[0].systolic == systolic


@pytest.mark.parametrize(
    ("readings", "mean", "expected"),
    [
        pytest.param([], None, [], id="N11-none"),
        pytest.param([(121, 80)], (121, 80), [], id="N11-one"),
        pytest.param([(125, 80), (120, 75)], (123, 78), [], id="N11-five-apart"),
        pytest.param([(126, 80), (120, 80)], (123, 80), ["vitals.pressure.readings-differ"], id="N11-six-apart"),
        pytest.param([(126, 80), (120, 80), (120, 80)], (122, 80), [], id="N11-three"),
        pytest.param([(120, 80)] * 5, (120, 80), ["vitals.pressure.too-many"], id="N11-five"),
    ],
)
def test_readings_of_a_sitting(readings: list[tuple[int, int]], mean: tuple[int, int] | None, expected: list[str]) -> None:
    found, refusals = mean_pressure([(d(high), d(low)) for high, low in readings], TABLE)
    assert (found, [refusal.code for refusal in refusals]) == (None if mean is None else (d(mean[0]), d(mean[1])), expected)


ADULT, CHILD, NEWBORN = date(1980, 1, 1), date(2017, 1, 1), date(2026, 5, 1)


@pytest.mark.parametrize(
    ("sign", "value", "birth", "alarm"),
    [
        pytest.param("spo2", 91, ADULT, "LL", id="N12-spo2-91"),
        pytest.param("spo2", 92, ADULT, None, id="N12-spo2-92"),
        pytest.param("spo2", 91, None, "LL", id="N12-age-unknown"),
        pytest.param("respiratory_rate", 8, ADULT, "LL", id="N12-breathing-8"),
        pytest.param("respiratory_rate", 25, ADULT, "HH", id="N12-breathing-25"),
        pytest.param("respiratory_rate", 24, ADULT, None, id="N12-breathing-24"),
        pytest.param("systolic", 90, ADULT, "LL", id="N12-systolic-90"),
        pytest.param("systolic", 220, ADULT, "HH", id="N12-systolic-220"),
        pytest.param("heart_rate", 131, ADULT, "HH", id="N12-pulse-131"),
        pytest.param("temperature", "35.0", ADULT, "LL", id="N12-cold"),
        pytest.param("temperature", "39.5", ADULT, None, id="N12-hot-scores-two"),
        pytest.param("systolic", 87, CHILD, "LL", id="N12-nine-years-87"),
        pytest.param("systolic", 88, CHILD, None, id="N12-nine-years-88"),
        pytest.param("spo2", 89, CHILD, "LL", id="N12-child-spo2"),
        pytest.param("respiratory_rate", 25, CHILD, None, id="N12-a-child-breathes-faster"),
        pytest.param("glucose", 49, ADULT, "LL", id="N12-glucose-49"),
        pytest.param("glucose", 451, CHILD, "HH", id="N12-glucose-451"),
        pytest.param("glucose", 301, NEWBORN, "HH", id="N12-newborn-glucose-301"),
        pytest.param("glucose", 45, NEWBORN, None, id="N12-newborn-glucose-45"),
        pytest.param("pain", 10, ADULT, None, id="N12-pain-is-not-called"),
    ],
)
def test_what_is_told_at_once(sign: str, value: object, birth: date | None, alarm: str | None) -> None:
    assert critical_signs({sign: d(value)}, birth, ON, TABLE).get(sign) == alarm


def test_a_prescribed_target_moves_the_alarm_of_spo2() -> None:
    assert critical_signs({"spo2": d(88)}, ADULT, ON, TABLE, scale_2=True) == {}
    assert critical_signs({"spo2": d(83)}, ADULT, ON, TABLE, scale_2=True) == {"spo2": "LL"}


def test_glucose_and_the_goal_are_those_of_the_laboratory() -> None:
    facts_ = package_catalogue().tests["POCGLU"].facts.critical
    limits = TABLE.critical.every_age["glucose"]
    assert (limits.low, limits.high) == (facts_.low, facts_.high)
    newborn, rows = TABLE.critical.newborn["glucose"], package_critical().by_age["POCGLU"]
    assert (newborn.low, newborn.high) == (rows[0].low, rows[0].high)
    assert GOAL.total_seconds() == package_critical().goal_min * 60
    assert package_critical().ladder[0].to == FIRST_STEP
