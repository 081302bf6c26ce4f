"""A result as an instrument gave it, in one form for all families."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from benchside.wire.instruments.family import Family, Status, unit_spellings

_NUMBER: Final = re.compile(r"(<=|>=|<|>)?\s*([+-]?\d{1,20}(?:\.\d{1,20})?)")
STANDARD_STATUSES: Final[Mapping[str, Status]] = {
    "F": "final", "V": "final", "": "unknown", "P": "preliminary", "C": "corrected", "X": "impossible", "I": "pending", "S": "partial",
    "R": "repeated", "W": "questionable", "M": "final", "N": "unknown", "Q": "final",
}  # fmt: skip
"""LIS2-A2 9.9: V is verified by a person at the instrument, M a MIC level, Q an answer to a request."""


@dataclass(frozen=True, slots=True)
class InstrumentResult:
    """One result. Nothing in it is guessed: what the instrument did not say is "" or None, and the texts are its own."""

    family: str
    specimen_id: str
    """As it was read or typed at the instrument; "" when it could not be read."""
    is_control: bool
    test_code: str
    qualifiers: tuple[str, ...]
    value_text: str
    """The whole value field, escapes resolved."""
    number: Decimal | None
    comparator: str | None
    """`<`, `<=`, `>` or `>=` when only a bound is known."""
    unit: str | None
    """UCUM; None when the instrument sent none or one that we do not know."""
    unit_as_sent: str
    reference_range: str
    flags: tuple[str, ...]
    status: Status
    status_as_sent: str
    measured_at: datetime | None
    operator: str
    comments: tuple[str, ...]
    is_file: bool
    """Its value is the name of a file (a scattergram), not a measurement."""
    raw_record: str


def number_in(text: str) -> tuple[Decimal | None, str | None]:
    """The number of a value and its comparator; None when it is more or other than a number (`1:160`, `3+`, `----`)."""
    found = _NUMBER.fullmatch(text.strip())
    return (Decimal(found[2]), found[1]) if found else (None, None)


def ucum(family: Family, code: str, sent: str) -> str | None:
    """The UCUM code of a unit as this family writes it; None for a spelling that nobody has listed."""
    if sent in family.units:
        return family.units[sent] or None
    return unit_spellings().get(sent) if sent else family.units_of_tests.get(code)
