"""What the fields of each record mean, by the standard's names. Source: CLSI LIS2-A2 (ASTM E1394), sections 6 to 14.

An instrument that puts something elsewhere says so in its family's file (`benchside.wire.instruments`); here stands the standard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

from benchside.wire.lis2.message import Message, Record

_TIME: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(?:\.\d+)?(Z|[+-]\d{4})?")


def time_of(text: str, zone: tzinfo) -> datetime | None:
    """A time `YYYYMMDDHHMMSS`, as an aware one; `zone` is where the instrument's clock is read when the text names no offset.

    None when it is empty, a mere date, or no time there is.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None or found[4] is None:
        return None
    try:
        moment = datetime(*(int(part or 0) for part in found.groups()[:6]), tzinfo=zone)
        if offset := found[7]:
            minutes = 0 if offset == "Z" else int(offset[0] + "1") * (int(offset[1:3]) * 60 + int(offset[3:5]))
            moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    except ValueError:
        return None
    return moment


@dataclass(slots=True)
class Result:
    """A result record with what it stands under, and the comments and other records that stand under it."""

    record: Record
    order: Record | None
    patient: Record | None
    comments: list[Record] = field(default_factory=list)
    others: list[Record] = field(default_factory=list)
    """Manufacturer's and scientific records."""


def results_of(message: Message) -> Iterator[Result]:
    """Each result with its order, patient and comments (LIS2-A2 5.3: what a record belongs to is told by its place)."""
    patient: Record | None = None
    order: Record | None = None
    current: Result | None = None
    for record in message.records:
        letter = record.type
        if letter in "CMS" and current is not None:
            (current.comments if letter == "C" else current.others).append(record)
            continue
        if current is not None and letter in "HPORQL":
            yield current
            current = None
        if letter == "P":
            patient, order = record, None
        elif letter == "O":
            order = record
        elif letter == "R":
            current = Result(record, order, patient)
    if current is not None:
        yield current


@dataclass(frozen=True, slots=True)
class Query:
    """A request for orders (Q). `specimen_ids` are empty when the instrument asks for everything there is."""

    record: Record
    specimen_ids: tuple[str, ...]
    tests: tuple[str, ...]
    """As they were asked for; `ALL` is told by an empty tuple."""
    status: str
    """Field 13: `O` orders and demographics, `D` demographics, `A` cancels the request before, `R` results, ..."""

    @property
    def is_cancelled(self) -> bool:
        """Whether the instrument withdraws what it asked before (LIS2-A2 12.13, code A) rather than asking."""
        return self.status == "A"


def queries_of(message: Message, *, specimen_components: tuple[int, ...] = (2, 3, 1)) -> Iterator[Query]:
    """Each request of a message. The specimen's id stands in the first of `specimen_components` of field 3 that says something."""
    for record in message.all("Q"):
        found: list[str] = []
        for repeat in range(1, len(record.repeats(3)) + 1):
            texts = (record.value(3, component, repeat) for component in specimen_components)
            text = next((text for text in texts if text), "")
            found += [text] if text and text.upper() != "ALL" else []
        tests = tuple("^".join(filter(None, record.components(5, repeat))) for repeat in range(1, len(record.repeats(5)) + 1))
        yield Query(record, tuple(found), () if any(test.upper() == "ALL" for test in tests) else tests, record.value(13))


TERMINATIONS: Final = {
    "N": "normal",
    "": "normal",
    "T": "the sender broke it off",
    "R": "the receiver asked to break it off",
    "E": "an error that the sender does not know",
    "Q": "an error in the last request",
    "I": "there is nothing for the last request",
    "F": "the last request is done",
}
"""Termination codes of the L record, field 3 (LIS2-A2 13.3), in words."""
