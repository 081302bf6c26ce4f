"""Points and stretches of time as whole microseconds since 1970-01-01T00:00:00Z.

FHIR dates say how precise they are: `2024-03` is a whole month. Here each becomes a span, first to last microsecond,
so that dates of any precision compare as whole numbers. Source: https://hl7.org/fhir/R4/datatypes.html#dateTime.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

INSTANT_MIN: Final = -62_135_596_800_000_000
"""0001-01-01T00:00:00Z in microseconds since 1970 UTC."""

INSTANT_MAX: Final = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999Z in microseconds since 1970 UTC."""

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,20}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)


@lru_cache(maxsize=1024)
def _offset(text: str) -> int:
    """Microseconds east of UTC of `Z` or `+hh:mm`."""
    if text == "Z":
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    if minutes > 59 or hours > 14 or (hours == 14 and minutes):
        raise ValueError(f"The offset {text} is not between -14:00 and +14:00.")
    return (-1 if text[0] == "-" else 1) * (hours * 60 + minutes) * _MINUTE


@lru_cache(maxsize=16_384)
def _midnight(year: str, month: str, day: str) -> int:
    """Start of a calendar day in UTC."""
    return (date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY) * 1440 * _MINUTE


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC of the aware `moment`, kept within INSTANT_MIN and INSTANT_MAX."""
    return min(max((moment - _EPOCH) // _MICROSECOND, INSTANT_MIN), INSTANT_MAX)


def _days(year: int, month: int, day: int, zone: tzinfo) -> int:
    """Start of a day in `zone`; the day after 9999-12-31 is one microsecond past INSTANT_MAX."""
    if year > 9999:
        return INSTANT_MAX + 1
    return microseconds(datetime(year, month, day, tzinfo=zone))


def _date_span(year: int, month: int | None, day: int | None, zone: tzinfo) -> tuple[int, int]:
    start = _days(year, 1 if month is None else month, 1 if day is None else day, zone)
    if month is None:
        after = _days(year + 1, 1, 1, zone)
    elif day is None:
        after = _days(year + month // 12, month % 12 + 1, 1, zone)
    elif (year, month, day) == (9999, 12, 31):
        after = INSTANT_MAX + 1
    else:
        following = datetime(year, month, day) + timedelta(days=1)  # noqa: DTZ001 - a calendar day; the zone comes next
        after = _days(following.year, following.month, following.day, zone)
    return start, after - 1


@lru_cache(maxsize=65_536)
def span(text: str, zone: tzinfo) -> tuple[int, int]:
    """First and last microsecond of a FHIR date, dateTime, instant or a part of one, such as `2024-03` or `2024-03-01T10:15`.

    `zone` is used where the text has no offset. A fraction is kept to six digits. A leap second (`:60`) is the first second of the next
    minute. The span is kept within years 0001 to 9999 UTC. Raises ValueError when `text` is none of these.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date: write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz.")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    if hour is None:
        return _date_span(int(year), int(month) if month else None, int(day) if day else None, zone)
    hours, minutes, seconds = int(hour), int(minute), int(second) if second else 0
    if hours > 23 or minutes > 59 or seconds > 60:
        raise ValueError(f"{text!r} has no such time of day: hours go to 23, minutes to 59, seconds to 59 (60 in a leap second).")
    start = _midnight(year, month, day) + (hours * 60 + minutes) * _MINUTE + seconds * _SECOND
    if offset is None:
        local = datetime(int(year), int(month), int(day), hours, minutes, min(seconds, 59), tzinfo=zone)
        start = microseconds(local) + (_SECOND if seconds == 60 else 0)
    else:
        start -= _offset(offset)
    if second is None:
        width = _MINUTE
    elif fraction is None:
        width = _SECOND
    else:
        start += int(f"{fraction:0<6.6}")
        width = int(10 ** max(6 - len(fraction), 0))
    return min(max(start, INSTANT_MIN), INSTANT_MAX), min(max(start + width - 1, INSTANT_MIN), INSTANT_MAX)


def moment_of(instant: int) -> datetime:
    """The UTC datetime of `instant`, microseconds since 1970 UTC."""
    return _EPOCH + timedelta(microseconds=instant)
