"""Times and ages as people read them; the boundaries are where charts change their unit."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from benchside.pages.reading import Age, Reading, TimeLeft, age_parts, time_left

TODAY = date(2026, 5, 3)
CHICAGO = Reading(language=lambda: "en", zone=lambda: ZoneInfo("America/Chicago"))
MADRID = Reading(language=lambda: "es", zone=lambda: ZoneInfo("Europe/Madrid"))


@pytest.mark.parametrize(
    ("born", "age"),
    [
        pytest.param("2026-05-03", Age(0, "days"), id="born-today"),
        pytest.param("2026-04-06", Age(27, "days"), id="last-neonatal-day"),
        pytest.param("2026-04-05", Age(0, "months"), id="28-days-is-under-a-month"),
        pytest.param("2026-04-03", Age(1, "months"), id="one-month"),
        pytest.param("2024-05-04", Age(23, "months"), id="day-before-two-years"),
        pytest.param("2024-05-03", Age(2, "years"), id="two-years"),
        pytest.param("1961-05-04", Age(64, "years"), id="day-before-birthday"),
        pytest.param("1961-05-03", Age(65, "years"), id="birthday"),
        pytest.param("2000-02-29", Age(26, "years"), id="leap-day"),
        pytest.param("1990-07", Age(35, "years"), id="month-known"),
        pytest.param("1990", Age(36, "years"), id="year-known"),
        pytest.param("2025", None, id="year-too-vague-for-a-child"),
        pytest.param("2027-01-01", None, id="future"),
    ],
)
def test_ages(born: str, age: Age | None) -> None:
    assert age_parts(born, TODAY) == age


@pytest.mark.parametrize(
    ("seconds", "left"),
    [
        pytest.param(3600, TimeLeft("later", 1, 0), id="an-hour"),
        pytest.param(15 * 60, TimeLeft("near", 0, 15), id="near-begins"),
        pytest.param(15 * 60 + 1, TimeLeft("later", 0, 15), id="just-before-near"),
        pytest.param(0, TimeLeft("near", 0, 0), id="due-now"),
        pytest.param(-1, TimeLeft("overdue", 0, 0), id="just-overdue"),
        pytest.param(-3 * 3600 - 59, TimeLeft("overdue", 3, 0), id="long-overdue"),
    ],
)
def test_time_left(seconds: int, left: TimeLeft) -> None:
    now = datetime(2026, 5, 3, 12, tzinfo=UTC)
    assert time_left(now + timedelta(seconds=seconds), now) == left


def test_a_moment_is_told_in_the_sites_zone_and_language() -> None:
    late = datetime(2026, 5, 4, 3, 30, tzinfo=UTC)
    assert CHICAGO.moment(late) == "3 May 2026, 22:30"
    assert MADRID.moment(late) == "4 may 2026, 05:30"
    assert CHICAGO.moment(late, datetime(2026, 5, 3, 23, tzinfo=ZoneInfo("America/Chicago"))) == "22:30"


@pytest.mark.parametrize(("known", "words"), [("1961-02-14", "14 Feb 1961"), ("1961-02", "Feb 1961"), ("1961", "1961")])
def test_a_birth_date_shows_what_is_known_and_no_more(known: str, words: str) -> None:
    assert CHICAGO.birth_date(known) == words
