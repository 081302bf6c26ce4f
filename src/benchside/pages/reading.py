"""Times, dates and numbers as people read them.

Dates carry the month's name ("3 May 2026"), because 3/5 is read two ways. Times are on the 24-hour clock. Results are never
reformatted: the digits and the decimal point of the record are shown in every language, so that nothing is misread in a handover.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from babel.dates import format_date

AGE_DAYS_MAX = 28
"""Below this many days an age is told in days (the neonatal period)."""
AGE_MONTHS_MAX = 24
"""Below this many months an age is told in months, above in years, as paediatric charts do."""
NEAR_DUE_S = 15 * 60
"""From this many seconds before it is due, work is shown as nearly due."""


DAYS_KEPT_MAX = 5000


@dataclass(frozen=True, slots=True)
class Reading:
    """The filters that need the reader's language and the site's zone; both are asked at each use."""

    language: Callable[[], str]
    zone: Callable[[], tzinfo]

    def day(self, value: datetime | date) -> str:
        """Write a day: "3 May 2026"."""
        if isinstance(value, datetime):
            value = self._here(value).date()
        return _written(value, "d MMM y", self._locale())

    def clock(self, value: datetime) -> str:
        """Write a time of day on the 24-hour clock: "14:05"."""
        return f"{self._here(value):%H:%M}"

    def moment(self, value: datetime, now: datetime | None = None) -> str:
        """Write day and time; only the time when it is the same day as `now`."""
        if now is not None and self._here(value).date() == self._here(now).date():
            return self.clock(value)
        return f"{self.day(value)}, {self.clock(value)}"

    def birth_date(self, value: str) -> str:
        """Write a FHIR date with all that is known of it: "14 Feb 1961", "Feb 1961", "1961"."""
        parts = [int(part) for part in value.split("-")]
        pattern = ("y", "MMM y", "d MMM y")[len(parts) - 1]
        known = date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)
        return _written(known, pattern, self._locale())

    def _here(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be shown")
        return value.astimezone(self.zone())

    def _locale(self) -> str:
        return self.language().replace("-", "_")


@lru_cache(maxsize=DAYS_KEPT_MAX)
def _written(day: date, pattern: str, locale: str) -> str:
    """Write a day; kept, because the same days stand in every row."""
    return format_date(day, pattern, locale=locale)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How long until something is due, or how long it has been overdue."""

    state: Literal["later", "near", "overdue"]
    hours: int
    minutes: int


def time_left(due: datetime, now: datetime, *, near_s: int = NEAR_DUE_S) -> TimeLeft:
    """Split the time between `now` and `due` into whole hours and minutes, rounded towards now."""
    seconds = (due - now).total_seconds()
    state: Literal["later", "near", "overdue"] = "overdue" if seconds < 0 else "near" if seconds <= near_s else "later"
    minutes = int(abs(seconds) // 60)
    return TimeLeft(state, minutes // 60, minutes % 60)


@dataclass(frozen=True, slots=True)
class Age:
    """An age as a number and the unit it is told in."""

    number: int
    unit: Literal["days", "months", "years"]


def age_parts(birth_date: str, today: date | datetime) -> Age | None:
    """Give the age on `today`: days below 28 days, months below 24 months, else years.

    `None` when the date is too vague to say (year alone within two years, or a birth date in the future).
    """
    if isinstance(today, datetime):
        today = today.date()
    parts = [int(part) for part in birth_date.split("-")]
    if len(parts) == 1:
        years = today.year - parts[0]
        return Age(years, "years") if years > AGE_MONTHS_MAX // 12 else None
    born = date(parts[0], parts[1], parts[2] if len(parts) > 2 else 1)
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if (today - born).days < 0:
        return None
    if len(parts) > 2 and (today - born).days < AGE_DAYS_MAX:
        return Age((today - born).days, "days")
    return Age(months, "months") if months < AGE_MONTHS_MAX else Age(months // 12, "years")


def plain(value: Decimal | float | str) -> str:
    """Write a number with exactly the digits it has, never in powers of ten; text passes unchanged."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
