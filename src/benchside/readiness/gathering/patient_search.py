"""Finding a patient by what somebody remembers: words of the name with slips, birth date, record number, phone.

Slips are looked for in two steps: the words of all names that share enough trigrams with the typed one, judged by edit
distance; then the patients who have such words. So the cost follows the number of different words, not of patients.
"""

import re
from dataclasses import dataclass
from datetime import date

from benchside.readiness.gathering.patients import name_words, trigrams
from benchside.record import Record
from benchside.record.sql_text import Sql, all_of, members, sql
from benchside.terms.folding import fold

QUERY_LENGTH_MAX = 100
WORDS_MAX = 6
RESULTS_MAX = 50
CANDIDATES_MAX = 200
NEAR_WORDS_MAX = 12
WORDS_PER_TRIGRAM_MAX = 400
PHONE_DIGITS_MIN = 4

_ISO = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """A line of the search, `rank` 0 for what fits exactly and larger the worse. `birth_date` is a FHIR date or ""."""

    id: str
    name: str
    family: str
    given: str
    birth_date: str
    sex: str
    record_number: str
    phone: str
    active: bool
    deceased: bool
    rank: int


def birth_dates(text: str) -> list[str]:
    """The days a text may mean: 1990-02-03 and 19900203 one, 3/2/1990 the two readings of the world."""
    if match := _ISO.fullmatch(text):
        parts = [(match[1], match[2], match[3])]
    elif match := _DAY_FIRST.fullmatch(text):
        parts = [(match[3], match[2], match[1]), (match[3], match[1], match[2])]
    else:
        return []
    days: dict[str, None] = {}
    for year, month, day in parts:
        try:
            days[date(int(year), int(month), int(day)).isoformat()] = None
        except ValueError:
            continue
    return list(days)


def distance(one: str, other: str, limit: int) -> int | None:
    """Edit distance where swapped neighbours count once (optimal string alignment); None above `limit`."""
    if abs(len(one) - len(other)) > limit:
        return None
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        last, earlier = row, before
        row = [i]
        for j, right in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        before = last
        if min(row) > limit:
            return None
    return row[-1] if row[-1] <= limit else None


# The different words of one trigram, hopping from word to word in the index.
_HOP = """
WITH RECURSIVE near(word) AS (
  SELECT min(word) FROM patient_trigram WHERE trigram = ?
  UNION ALL
  SELECT (SELECT min(t.word) FROM patient_trigram t WHERE t.trigram = ? AND t.word > near.word) FROM near WHERE near.word IS NOT NULL
) SELECT word FROM near WHERE word IS NOT NULL LIMIT ?"""


def near_words(record: Record, word: str) -> dict[str, int]:
    """Words of names that `word` may be a slip of, with their distance: one letter up to six letters, two beyond."""
    limit = 1 if len(word) <= 6 else 2
    if len(word) < 3:
        return {}
    shared: dict[str, int] = {}
    for three in trigrams(word):
        for (found,) in record.engine.rows(_HOP, (three, three, WORDS_PER_TRIGRAM_MAX)):
            shared[found] = shared.get(found, 0) + 1
    judged = {found: far for found in shared if (far := distance(word, found, limit)) is not None}
    best = sorted(judged, key=lambda found: (judged[found], -shared[found], found))[:NEAR_WORDS_MAX]
    return {found: judged[found] for found in best}


_COLUMNS = "p.id, p.name, p.family, p.given, p.birth_date, p.sex, p.record_number, p.phone, p.active, p.deceased, p.resource"


def _numeric(text: str) -> list[Sql]:
    """What a word with digits in it may be: a birth date, a record number, the end of a phone number."""
    readings = [members("p.birth_date", days)] if (days := birth_dates(text)) else []
    folded = fold(text)
    readings.append(sql("p.record_number_folded >= ? AND p.record_number_folded < ?", folded, folded + "\uffff"))
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) >= PHONE_DIGITS_MIN and not any(character.isalpha() for character in text):
        reversed_ = digits[::-1]
        readings.append(sql("p.phone_reversed >= ? AND p.phone_reversed < ?", reversed_, reversed_ + "\uffff"))
    return readings


def _with_words(choices: list[Sql]) -> list[Sql]:
    return [Sql(f"p.resource IN (SELECT w.resource FROM patient_word w WHERE {choice.text})", choice.values) for choice in choices]


def _rows(record: Record, conditions: list[Sql]) -> list[FoundPatient]:
    condition = all_of(conditions)
    return [
        FoundPatient(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], bool(row[8]), bool(row[9]), 0)
        for row in record.engine.rows(
            f"SELECT {_COLUMNS} FROM patient_row p WHERE {condition.text} ORDER BY p.folded, p.id LIMIT {CANDIDATES_MAX}",
            condition.values,
        )
    ]


def search_patients(record: Record, query: str, *, limit: int = 20, inactive: bool = False) -> list[FoundPatient]:
    """Find patients: every typed word must fit. Name words fit whole, as a beginning, or with a slip when nothing else fits.

    A word with digits is read as a birth date, the beginning of a record number or the end of a phone number. At most `limit`
    lines (1 to RESULTS_MAX), best first, then by name. A query is cut at QUERY_LENGTH_MAX characters and WORDS_MAX words.
    """
    typed = query[:QUERY_LENGTH_MAX].split()
    numeric = [word for word in typed if any(character.isdigit() for character in word)][:WORDS_MAX]
    names = name_words(" ".join(word for word in typed if word not in numeric))[:WORDS_MAX]
    phone_in_parts = "".join(character for character in query[:QUERY_LENGTH_MAX] if character.isdigit())
    if (
        not names
        and len(numeric) > 1
        and len(phone_in_parts) >= PHONE_DIGITS_MIN
        and all(not any(c.isalpha() for c in word) for word in numeric)
    ):
        numeric = [phone_in_parts]
    if not numeric and not names:
        return []
    base: list[list[Sql]] = [[]] if inactive else [[sql("p.active = 1")]]
    for word in numeric:  # each reading is a search of its own, so that each uses its index
        base = [[*conditions, reading] for conditions in base for reading in _numeric(word)][:9]
    exact = [sql("w.word >= ? AND w.word < ?", word, word + "\uffff") for word in names]
    found = {hit.id: hit for conditions in base for hit in _rows(record, [*conditions, *_with_words(exact)])}
    slips: dict[str, dict[str, int]] = {}
    if not found and names:
        slips = {word: near_words(record, word) for word in names}
        choices = [members("w.word", near) if near else sql("1 = 0") for near in (slips[word] for word in names)]
        either = [Sql(f"({whole.text}) OR ({near.text})", whole.values + near.values) for whole, near in zip(exact, choices, strict=True)]
        found = {hit.id: hit for conditions in base for hit in _rows(record, [*conditions, *_with_words(either)])}
    ranked = sorted(((_rank(hit, names, slips), hit) for hit in found.values()), key=lambda pair: (pair[0], fold(pair[1].name), pair[1].id))
    return [
        FoundPatient(
            hit.id, hit.name, hit.family, hit.given, hit.birth_date, hit.sex, hit.record_number, hit.phone, hit.active, hit.deceased, rank
        )
        for rank, hit in ranked[: max(1, min(limit, RESULTS_MAX))]
    ]


def _rank(hit: FoundPatient, names: list[str], slips: dict[str, dict[str, int]]) -> int:
    """The sum over typed words: 0 the whole word, 1 its beginning, 2 and more with a slip."""
    words = name_words(f"{hit.name} {hit.family} {hit.given}")
    total = 0
    for typed in names:
        if typed in words:
            continue
        if any(word.startswith(typed) for word in words):
            total += 1
        else:
            near = slips.get(typed, {})
            total += 2 * min((near[word] for word in words if word in near), default=2)
    return total


def likely_duplicates(record: Record, *, family: str, given: str, birth_date: str = "", phone: str = "") -> list[FoundPatient]:
    """Patients who may be the same person: the same birth date or phone and a family or given name that agrees but for a slip."""
    found: dict[str, FoundPatient] = {}
    conditions: list[Sql] = [sql("p.birth_date = ?", birth_date)] if birth_date else []
    digits = "".join(character for character in phone if character.isdigit())
    if len(digits) >= PHONE_DIGITS_MIN:
        conditions.append(sql("p.phone_reversed >= ? AND p.phone_reversed < ?", digits[::-1], digits[::-1] + "\uffff"))
    wanted = [name_words(family), name_words(given)]
    for condition in conditions:
        for hit in _rows(record, [condition]):
            theirs = name_words(f"{hit.family} {hit.given}")
            agree = [any(_same(word, other) for word in part for other in theirs) for part in wanted if part]
            if agree and (all(agree) or (any(agree) and birth_date == hit.birth_date)):
                found[hit.id] = hit
    return sorted(found.values(), key=lambda hit: (fold(hit.name), hit.id))[:RESULTS_MAX]


def _same(one: str, other: str) -> bool:
    return distance(one, other, 0 if len(one) < 4 else 1 if len(one) <= 6 else 2) is not None
