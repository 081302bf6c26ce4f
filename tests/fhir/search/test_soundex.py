"""Search by sound, against the examples that the National Archives give."""

import pytest

from benchside.fhir.search.soundex import soundex


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("Washington", "W252"),
        ("Lee", "L000"),
        ("Gutierrez", "G362"),
        ("Pfister", "P236"),
        ("Jackson", "J250"),
        ("Tymczak", "T522"),
        ("VanDeusen", "V532"),
        ("Ashcraft", "A261"),
        ("Ashcroft", "A261"),
        ("Rupert", "R163"),
        ("Núñez", "N520"),
        ("1", ""),
        ("", ""),
        ("李", ""),
    ],
)
def test_soundex(word: str, code: str) -> None:
    assert soundex(word) == code
