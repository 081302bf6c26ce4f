"""ICD-10-CM: the codes that are valid on a claim, found by a few letters. Public domain, see NOTICE; made by tools/build_icd10cm.py.

Held as one text and searched by the substring search of the language: no index to build, some 25 MB a process once it is asked.
"""

from __future__ import annotations

import gzip
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from benchside.terms.folding import fold

QUERY_LENGTH_MAX = 80
WORDS_MAX = 6
CANDIDATES_MAX = 6_000
RESULTS_MAX = 50
LATER_VISIT_BEHIND = 40
"""Characters by which codes of later visits stand behind."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One code and its name in English."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class _Codes:
    text: str
    starts: array[int]
    """Where each line of `text` begins."""
    folded: str
    folded_starts: array[int]

    def line(self, number: int) -> Diagnosis:
        begin = self.starts[number]
        code, _, name = self.text[begin : self.text.index("\n", begin)].partition("\t")
        return Diagnosis(code, name)


def _starts(text: str) -> array[int]:
    found = array("I")
    at = 0
    while at < len(text):
        found.append(at)
        at = text.index("\n", at) + 1
    return found


@cache
def _codes() -> _Codes:
    text = gzip.decompress((files("benchside.fhir.terminology") / "icd10cm.txt.gz").read_bytes()).decode()
    folded = text.lower()
    for letter in {letter for letter in folded if not letter.isascii()}:
        folded = folded.replace(letter, fold(letter))
    return _Codes(text, _starts(text), folded, _starts(folded))


def diagnosis(code: str) -> Diagnosis | None:
    """The code with its name, None when there is no such code (or it is divided further)."""
    known, wanted = _codes(), code.strip().upper()
    number = bisect_left(range(len(known.starts)), wanted, key=lambda at: known.line(at).code)
    found = known.line(number) if number < len(known.starts) else None
    return found if found is not None and found.code == wanted else None


def find_diagnoses(query: str, *, limit: int = 12) -> tuple[Diagnosis, ...]:
    """Codes that begin as typed (`e11.9` or `e119`), then those whose name holds every typed word at the beginning of one of its words.

    At most `limit` (1 to RESULTS_MAX), shorter names first: they are the more general ones.
    """
    words = fold(query[:QUERY_LENGTH_MAX]).split()[:WORDS_MAX]
    if not words:
        return ()
    known, numbers = _codes(), dict[int, None]()
    if len(words) == 1 and len(words[0]) > 1 and any(letter.isdigit() for letter in words[0]):
        numbers |= dict.fromkeys(_by_code(known, words[0]))
    numbers |= dict.fromkeys(_by_words(known, words))
    return tuple(known.line(number) for number in list(numbers)[: max(1, min(limit, RESULTS_MAX))])


def _by_code(known: _Codes, word: str) -> list[int]:
    plain = word.replace(".", "")
    written = plain if len(plain) <= 3 else f"{plain[:3]}.{plain[3:]}"
    found: list[int] = []
    at = -1
    while len(found) < RESULTS_MAX and (at := known.folded.find(f"\n{written}", at + 1)) >= 0:
        found.append(bisect_right(known.folded_starts, at + 1) - 1)
    return found


def _by_words(known: _Codes, words: list[str]) -> list[int]:
    rarest = min(words, key=known.folded.count) if len(words) > 1 else words[0]
    others = [word for word in words if word != rarest]
    found: dict[int, int] = {}
    at, looked = -1, 0
    while looked < CANDIDATES_MAX and (at := known.folded.find(rarest, at + 1)) >= 0:
        if known.folded[at - 1].isalnum():
            continue
        looked += 1
        number = bisect_right(known.folded_starts, at) - 1
        begin = known.folded_starts[number]
        end = known.folded.index("\n", at)
        if number not in found and all(_begins(known.folded, word, begin, end) for word in others):
            later = known.folded[begin + 7 : begin + 9] in ("d\t", "s\t")  # a later visit or a sequela stands behind the first visit
            found[number] = end - begin + (LATER_VISIT_BEHIND if later else 0)
        at = end
    return sorted(found, key=lambda number: (found[number], number))


def _begins(text: str, word: str, begin: int, end: int) -> bool:
    """Whether a word of `text[begin:end]` begins with `word`."""
    at = begin - 1
    while (at := text.find(word, at + 1, end)) >= 0:
        if at == begin or not text[at - 1].isalnum():
            return True
    return False
