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
    news2,
    news2_refusals,
    package_vitals,
    read_signs,
)
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
