"""Spans of time of FHIR dates, against datetime."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.terms.instant import INSTANT_MAX, INSTANT_MIN, microseconds, moment_of, span

NEW_YORK = ZoneInfo("America/New_York")

SPANS = [  # text, first and last moment in New York or with its own offset
    ("2024", "2024-01-01T00:00:00-05:00", "2024-12-31T23:59:59.999999-05:00"),
    ("2024-03", "2024-03-01T00:00:00-05:00", "2024-03-31T23:59:59.999999-04:00"),
    ("2024-12", "2024-12-01T00:00:00-05:00", "2024-12-31T23:59:59.999999-05:00"),
    ("2024-02-29", "2024-02-29T00:00:00-05:00", "2024-02-29T23:59:59.999999-05:00"),
    ("2024-03-10", "2024-03-10T00:00:00-05:00", "2024-03-10T23:59:59.999999-04:00"),  # 23 hours: summer time begins
    ("2024-11-03", "2024-11-03T00:00:00-04:00", "2024-11-03T23:59:59.999999-05:00"),  # 25 hours: it ends
    ("2024-07-01T10:15", "2024-07-01T10:15:00-04:00", "2024-07-01T10:15:59.999999-04:00"),
    ("2024-07-01T10:15Z", "2024-07-01T10:15:00+00:00", "2024-07-01T10:15:59.999999+00:00"),
    ("2024-07-01T10:15:30", "2024-07-01T10:15:30-04:00", "2024-07-01T10:15:30.999999-04:00"),
    ("2015-02-07T13:28:17-05:00", "2015-02-07T13:28:17-05:00", "2015-02-07T13:28:17.999999-05:00"),
    ("2015-02-07T13:28:17.2Z", "2015-02-07T13:28:17.2+00:00", "2015-02-07T13:28:17.299999+00:00"),
    ("2015-02-07T13:28:17.239+14:00", "2015-02-07T13:28:17.239+14:00", "2015-02-07T13:28:17.239999+14:00"),
    ("2015-02-07T13:28:17.123456Z", "2015-02-07T13:28:17.123456+00:00", "2015-02-07T13:28:17.123456+00:00"),
    ("2015-02-07T13:28:17.1234567Z", "2015-02-07T13:28:17.123456+00:00", "2015-02-07T13:28:17.123456+00:00"),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00", "2017-01-01T00:00:00.999999+00:00"),  # a leap second
    ("9999", "9999-01-01T00:00:00-05:00", "9999-12-31T23:59:59.999999+00:00"),
    ("9999-12-31", "9999-12-31T00:00:00-05:00", "9999-12-31T23:59:59.999999+00:00"),
    ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00"),
]


@pytest.mark.parametrize(("text", "first", "last"), SPANS)
def test_spans(text: str, first: str, last: str) -> None:
    start, stop = span(text, NEW_YORK)
    assert (moment_of(start), moment_of(stop)) == (datetime.fromisoformat(first), datetime.fromisoformat(last))


@pytest.mark.parametrize(
    "text",
    [
        "", "24", "2024-13", "2024-00", "2024-02-30", "0000", "2024-1-1", "2024-01-01T", "2024-01-01T24:00:00Z", "2024-01-01T10",
        "2024-01-01T10:60:00Z", "2024-01-01T10:15:61Z", "2024-01-01T10:15:00+15:00", "2024-01-01T10:15:00+14:30", "2024-01-01 ",
        "2024-01-01T10:15:00.Z", "٢٠٢٤", "-2024", "2024-01-01T10:15:00+0100",
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        span(text, UTC)


def test_the_ends_of_time() -> None:
    assert moment_of(INSTANT_MIN) == datetime.min.replace(tzinfo=UTC)
    assert moment_of(INSTANT_MAX) == datetime.max.replace(tzinfo=UTC)
    assert microseconds(datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))) == INSTANT_MIN


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime.fromisoformat("0001-01-02"), max_value=datetime.fromisoformat("9999-12-30"), timezones=OFFSETS))
def test_a_moment_written_out_is_that_moment(moment: datetime) -> None:
    start, stop = span(moment.isoformat(timespec="microseconds"), NEW_YORK)
    assert start == stop == microseconds(moment)
    assert moment_of(start) == moment


@given(st.dates(min_value=date(1, 1, 2), max_value=date(9999, 12, 30)))
def test_a_day_lies_in_its_month_and_its_year(day: date) -> None:
    text = str(day)
    starts, stops = zip(*(span(part, NEW_YORK) for part in (text[:4], text[:7], text)), strict=True)
    assert list(starts) == sorted(starts)
    assert list(stops) == sorted(stops, reverse=True)
