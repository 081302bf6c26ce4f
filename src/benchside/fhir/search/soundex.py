"""American Soundex, for search by sound (`phonetic=`).

Source: National Archives and Records Administration, "The Soundex Indexing System" (2007).
"""

from __future__ import annotations

from typing import Final

from benchside.terms.folding import fold

_DIGIT: Final = {
    letter: digit
    for letters, digit in (("bfpv", "1"), ("cgjkqsxz", "2"), ("dt", "3"), ("l", "4"), ("mn", "5"), ("r", "6"))
    for letter in letters
}
_LENGTH: Final = 4


def soundex(word: str) -> str:
    """The code of `word`: its first letter and three digits (`Tymczak` is T522); "" when it has no letter of a to z."""
    letters = [letter for letter in fold(word) if "a" <= letter <= "z"]
    if not letters:
        return ""
    code = letters[0].upper()
    last = _DIGIT.get(letters[0], "")
    for letter in letters[1:]:
        digit = _DIGIT.get(letter, "")
        if digit and digit != last:
            code += digit
            if len(code) == _LENGTH:
                break
        if letter not in "hw":  # h and w do not part two letters of the same digit; vowels do
            last = digit
    return code.ljust(_LENGTH, "0")
