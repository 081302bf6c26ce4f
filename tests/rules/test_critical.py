"""Critical values: X1 to X9 of docs/clinical/critical-values.md."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.critical import (
    CALL_TRANSITIONS,
    CallEntry,
    CriticalCall,
    add_entry,
    critical_limits,
    critical_names,
    due,
    is_critical,
    package_critical,
)
from benchside.areas.laboratory.results import CodedValue
from benchside.areas.laboratory.words import Patient
from benchside.terms.quantity import Quantity
from tests.rules.facts import facts

CATALOGUE, TABLE = package_catalogue(), package_critical()
ON = date(2026, 5, 10)
T0 = datetime(2026, 5, 10, 2, 0, tzinfo=UTC)
ADULT = Patient(date(1980, 3, 4), "male")


def aged(days: int) -> Patient:
    return Patient(date.fromordinal(ON.toordinal() - days), None)


def test_X1_adult_limits_are_those_of_the_facts() -> None:
    for row in facts("tests")["tests"]:
        if row["id"] == "AMMONIA":  # "under 18 y only"
            continue
        expected = tuple(None if limit in (None, "site") else Decimal(str(limit)) for limit in row["crit"])
        assert critical_limits(row["id"], ADULT, ON, CATALOGUE, TABLE) == expected, row["id"]


@pytest.mark.parametrize(
    ("code", "patient", "low", "high"),
    [
        # University of Iowa, Critical Laboratory Tests and Values: neonates and children.
        pytest.param("GLUCOSE", aged(20), "40", "300", id="X2-newborn-glucose"),
        pytest.param("GLUCOSE", aged(40), "50", "450", id="X2-glucose-over-a-month"),
        pytest.param("POTASSIUM", Patient(date(2010, 5, 11), None), "3.0", "6.5", id="X2-fifteen-years"),
        pytest.param("POTASSIUM", Patient(date(2010, 5, 10), None), "2.8", "6.2", id="X2-sixteen-today"),
        pytest.param("TBIL", aged(0), None, "10", id="X2-bilirubin-first-day"),
        pytest.param("TBIL", aged(1), None, "13", id="X2-bilirubin-second-day"),
        pytest.param("TBIL", aged(30), None, "13", id="X2-bilirubin-day-thirty"),
        pytest.param("TBIL", aged(31), None, "15", id="X2-bilirubin-day-thirty-one"),
        pytest.param("AMMONIA", aged(3000), None, "150", id="X2-ammonia-child"),
        pytest.param("AMMONIA", ADULT, None, None, id="X2-ammonia-adult"),
        pytest.param("AMMONIA", Patient(), None, "150", id="X2-unknown-age-keeps-the-alarm"),
        pytest.param("POTASSIUM", Patient(), "2.8", "6.2", id="X2-unknown-age-adult-default"),
        pytest.param("BG_PH", ADULT, "7.20", "7.60", id="X2-component"),
        pytest.param("MCV", ADULT, None, None, id="X2-no-limit"),
    ],
)
def test_limits(code: str, patient: Patient, low: str | None, high: str | None) -> None:
    found = critical_limits(code, patient, ON, CATALOGUE, TABLE)
    assert found == (None if low is None else Decimal(low), None if high is None else Decimal(high))


def test_X1_the_sites_own_limit_wins() -> None:
    own = {"HSTNI": (None, Decimal(26))}
    assert critical_limits("HSTNI", ADULT, ON, CATALOGUE, TABLE, site=own) == (None, Decimal(26))
    assert CATALOGUE.tests["HSTNI"].facts.critical.site_sets


LIMITS = (Decimal("2.8"), Decimal("6.2"))


@pytest.mark.parametrize(
    ("value", "comparator", "critical"),
    [
        pytest.param("6.2", None, False, id="X3-on-the-limit"),
        pytest.param("6.3", None, True, id="X3-above"),
        pytest.param("2.8", None, False, id="X3-on-the-low-limit"),
        pytest.param("2.7", None, True, id="X3-below"),
        pytest.param("6.2", ">", True, id="X3-greater-than-the-limit"),
        pytest.param("6.0", ">", False, id="X3-not-known-to-be-beyond"),
        pytest.param("2.8", "<", True, id="X3-less-than-the-limit"),
        pytest.param("9.9", "<", False, id="X3-could-be-anything"),
    ],
)
def test_is_critical(value: str, comparator: str | None, critical: bool) -> None:
    assert is_critical("POTASSIUM", Quantity(Decimal(value), "mmol/L", comparator), LIMITS, TABLE) == critical


def test_X3_any_positive_blood_culture_is_critical() -> None:
    assert is_critical("BCX", CodedValue("gram-negative-rods"), (None, None), TABLE)
    assert not is_critical("BCX", CodedValue("no-growth"), (None, None), TABLE)
    assert not is_critical("U_NITRITE", CodedValue("positive"), (None, None), TABLE)


CALL = CriticalCall("Observation/1", "Patient/1", "potassium 6.8 mmol/L", "laboratory", T0)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def entry(event: str, minutes: float = 1, **changes: str) -> CallEntry:
    base = CallEntry(event, at(minutes), "Practitioner/tech", step="orderer")  # type: ignore[arg-type]  # literals below
    return replace(base, **changes)  # type: ignore[arg-type]  # the rows name real fields


REACHED = entry("reached", 2, person="Dr Rivas")
RIGHT = entry("read-back-right", 3, read_back="yes: Potassium 6.8 mmol/L for Ana")


def after(*entries: CallEntry) -> CriticalCall:
    call = CALL
    for line in entries:
        call, refusals = add_entry(call, line)
        assert refusals == ()
    return call


@pytest.mark.parametrize(
    ("before", "line", "expected"),
    [
        pytest.param((), REACHED, [], id="X4-reached"),
        pytest.param((), RIGHT, ["critical.call.not-possible"], id="X4-no-read-back-before-anybody-was-reached"),
        pytest.param((), entry("acknowledged"), ["critical.call.not-possible"], id="X4-no-acknowledgement-without-read-back"),
        pytest.param((REACHED,), entry("acknowledged", 3), ["critical.call.not-possible"], id="X4-read-back-is-mandatory"),
        pytest.param((REACHED,), RIGHT, [], id="X4-read-back"),
        pytest.param((REACHED,), entry("not-reached", 3), [], id="X4-the-line-broke"),
        pytest.param((REACHED, RIGHT), entry("acknowledged", 4), [], id="X4-acknowledged"),
        pytest.param(
            (REACHED, RIGHT),
            entry("reached", 4, person="x"),
            ["critical.call.not-possible"],
            id="X5-nothing-after-the-end-but-acknowledgement",
        ),
        pytest.param((entry("withdrawn", text="value corrected"),), REACHED, ["critical.call.not-possible"], id="X5-withdrawn-is-the-end"),
        pytest.param((), entry("withdrawn"), ["critical.call.withdrawal-reason"], id="X5-withdrawn-without-a-reason"),
        pytest.param((), entry("not-reached", -1), ["critical.call.time-runs-back"], id="X6-before-it-was-known"),
        pytest.param((REACHED,), entry("read-back-wrong", 1), ["critical.call.time-runs-back"], id="X6-before-the-last-line"),
        pytest.param((REACHED,), entry("read-back-wrong", 2), [], id="X6-the-same-minute"),
        pytest.param((), entry("reached"), ["critical.call.who"], id="X7-nobody-named"),
        pytest.param(
            (REACHED,),
            entry("read-back-right", 3, read_back="potassium 8.6 mmol/L"),
            ["critical.call.read-back"],
            id="X7-another-value-was-read-back",
        ),
        pytest.param((REACHED,), entry("read-back-right", 3), ["critical.call.read-back"], id="X7-nothing-was-read-back"),
        pytest.param((REACHED,), entry("read-back-right", 3, read_back=" POTASSIUM  6.8   mmol/l "), [], id="X7-blanks-and-case-aside"),
    ],
)
def test_call(before: tuple[CallEntry, ...], line: CallEntry, expected: list[str]) -> None:
    call = after(*before)
    following, refusals = add_entry(call, line)
    assert [refusal.code for refusal in refusals] == expected
    assert following.entries == (call.entries if expected else (*call.entries, line))


def test_X5_the_record_takes_two_hundred_lines() -> None:
    full = replace(CALL, entries=tuple(entry("not-reached", number) for number in range(200)))
    assert [refusal.code for refusal in add_entry(full, entry("not-reached", 300))[1]] == ["critical.call.too-long"]


def misses(step: str, *minutes: float) -> tuple[CallEntry, ...]:
    return tuple(entry("not-reached", minute, step=step) for minute in minutes)


@pytest.mark.parametrize(
    ("entries", "minute", "step", "try_at", "overdue", "late"),
    [
        # Ladder: orderer at 0, covering clinician at 10, nurse in charge at 20, medical director at 30; two tries five minutes apart.
        pytest.param((), 0, "orderer", 0, True, False, id="X8-at-once"),
        pytest.param(misses("orderer", 1), 2, "orderer", 6, False, False, id="X8-again-in-five-minutes"),
        pytest.param(misses("orderer", 1), 6, "orderer", 6, True, False, id="X8-now-again"),
        pytest.param(misses("orderer", 1, 3), 4, "covering-clinician", 8, False, False, id="X8-two-tries-then-the-next"),
        pytest.param(misses("orderer", 1), 10, "covering-clinician", 10, True, False, id="X8-time-climbs-too"),
        pytest.param((), 25, "charge-nurse", 20, True, False, id="X8-a-call-nobody-made-climbs"),
        pytest.param((), 60, "medical-director", 30, True, False, id="X9-on-the-goal"),
        pytest.param((), 61, "medical-director", 30, True, True, id="X9-past-the-goal"),
        pytest.param(
            (*misses("orderer", 1, 2), *misses("covering-clinician", 7, 9), *misses("charge-nurse", 14, 16)),
            21,
            "medical-director",
            21,
            True,
            False,
            id="X8-quick-tries-climb-quickly",
        ),
    ],
)
def test_ladder(entries: tuple[CallEntry, ...], minute: float, step: str, try_at: float, overdue: bool, late: bool) -> None:
    found = due(after(*entries), TABLE, at(minute))
    assert found is not None
    assert (found.step, found.try_at, found.overdue, found.late, found.exhausted) == (step, at(try_at), overdue, late, False)


def test_X8_a_critical_potassium_at_two_in_the_morning_nobody_answers() -> None:
    call, minute, called = CALL, 0.0, list[str]()
    while minute <= 120:
        owed = due(call, TABLE, at(minute))
        assert owed is not None
        if owed.overdue:
            called.append(owed.step)
            call, refusals = add_entry(call, entry("not-reached", minute, step=owed.step))
            assert refusals == ()
        minute += 1
    assert list(dict.fromkeys(called)) == ["orderer", "covering-clinician", "charge-nurse", "medical-director"]
    assert [called.count(step) for step in ("orderer", "covering-clinician", "charge-nurse")] == [2, 2, 2]
    last = due(call, TABLE, at(121))
    assert last is not None
    assert (last.step, last.late, last.exhausted) == ("medical-director", True, True)


@pytest.mark.parametrize(
    "end",
    [(REACHED, RIGHT), (entry("withdrawn", text="corrected"),), (REACHED, RIGHT, entry("acknowledged", 5))],
    ids=["X8-read-back", "X8-withdrawn", "X8-acknowledged"],
)
def test_nothing_is_owed_after_the_end(end: tuple[CallEntry, ...]) -> None:
    assert due(after(*end), TABLE, at(500)) is None


def test_X8_reached_but_not_read_back_is_still_owed() -> None:
    assert due(after(REACHED), TABLE, at(30)) is not None


@given(st.lists(st.sampled_from(sorted({event for _, event in CALL_TRANSITIONS})), max_size=12))
def test_X5_lines_are_only_ever_added_and_the_end_needs_a_right_read_back(events: list[str]) -> None:
    call = CALL
    for minute, event in enumerate(events):
        line = entry(event, minute, person="x", read_back=CALL.value_words, text="reason")
        following, _ = add_entry(call, line)
        assert following.entries[: len(call.entries)] == call.entries
        call = following
    if call.state == "acknowledged":
        assert any(line.event == "read-back-right" for line in call.entries)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_rung_has_a_name(language: str) -> None:
    assert len(critical_names(language)) == len(TABLE.ladder)
    assert critical_names(language)["ladder:charge-nurse"] == {"en": "the nurse in charge", "es": "la enfermera a cargo"}[language]


@pytest.mark.parametrize(
    ("tries", "exhausted"), [(2, False), (3, True), (4, True)], ids=["X8-two-of-three", "X8-three-of-three", "X8-four"]
)
def test_the_last_rung_says_when_its_tries_are_used_up(tries: int, exhausted: bool) -> None:
    found = due(after(*misses("medical-director", *range(31, 31 + tries))), TABLE, at(40))
    assert found is not None
    assert (found.step, found.exhausted, found.try_at) == ("medical-director", exhausted, at(31 + tries - 1 + 10))
