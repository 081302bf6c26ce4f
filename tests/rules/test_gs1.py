"""A manufacturer's barcode: product, lot and last day, and nothing of what is none."""

from datetime import date

import pytest

from benchside.terms.gs1 import Marked, read_marked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("]C1010950110153000317270131" + "10AB-12", Marked("09501101530003", "AB-12", date(2027, 1, 31))),
        ("]d20109501101530003" + "10AB-12\x1d17270131", Marked("09501101530003", "AB-12", date(2027, 1, 31))),
        ("(01)09501101530003(17)270200(10)7", Marked("09501101530003", "7", date(2027, 2, 28))),
        ("17280200", Marked("", "", date(2028, 2, 29))),
        ("(01)09501101530003(21)SERIAL(17)271231", Marked("09501101530003", "", date(2027, 12, 31))),
    ],
)
def test_what_it_says(text: str, expected: Marked) -> None:
    assert read_marked(text) == expected


@pytest.mark.parametrize("text", ["", "26-0000001", "MRN123", "B0000001", "17271301", "17270230", "0109501101530", "10", "]C1"])
def test_what_is_none(text: str) -> None:
    assert read_marked(text) is None
