"""The barcode a manufacturer puts on a tube or a box of strips: lot and last day, from a GS1 element string. Pure.

Source: GS1 General Specifications, application identifiers 01 (product), 10 (batch or lot), 11 (made), 17 (expiry), 21 (serial);
a day of 00 means the last day of the month.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

FIXED: Final = {"01": 14, "02": 14, "11": 6, "13": 6, "15": 6, "17": 6}
VARIABLE: Final = {"10": 20, "21": 20, "240": 30, "30": 8}
SEPARATOR: Final = "\x1d"
LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Marked:
    """What a manufacturer's barcode says; "" and None where it says nothing."""

    product: str = ""
    lot: str = ""
    expires_on: date | None = None


def _day(text: str) -> date | None:
    if len(text) != 6 or not text.isdigit():
        return None
    year, month, day = 2000 + int(text[:2]), int(text[2:4]), int(text[4:])
    if not 1 <= month <= 12:
        return None
    last = monthrange(year, month)[1]
    return date(year, month, day or last) if day <= last else None


def _elements(text: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    rest = text
    while rest:
        code = next((rest[:size] for size in (3, 2) if rest[:size] in FIXED or rest[:size] in VARIABLE), None)
        if code is None:
            return None
        rest = rest[len(code) :]
        if code in FIXED:
            value, rest = rest[: FIXED[code]], rest[FIXED[code] :]
            if len(value) != FIXED[code]:
                return None
        else:
            value, _, rest = rest.partition(SEPARATOR)
            if not value or len(value) > VARIABLE[code]:
                return None
        found[code] = value
        rest = rest.removeprefix(SEPARATOR)
    return found


def read_marked(text: str) -> Marked | None:
    """Read a scanned GS1 element string, with or without its symbology identifier or brackets; None of anything else."""
    plain = text.strip()[:LENGTH_MAX]
    for start in ("]C1", "]d2", "]Q3", "]e0"):
        plain = plain.removeprefix(start)
    if plain.startswith("("):
        plain = plain.replace("(", SEPARATOR).replace(")", "").removeprefix(SEPARATOR)
    elements = _elements(plain.removeprefix(SEPARATOR))
    if elements is None or not {"01", "17", "10"} & elements.keys():
        return None
    expires = _day(elements["17"]) if "17" in elements else None
    if "17" in elements and expires is None:
        return None
    return Marked(elements.get("01", ""), elements.get("10", ""), expires)
