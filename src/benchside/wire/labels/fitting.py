"""Fitting a text into a box, by rule: smaller type first, then a shorter text, and what was left out always shows.

F1  An identifier (record number, birth date, accession, copy number) is never shortened; one that does not fit in the
    smallest type is refused.
F2  A name reads FAMILY, GIVEN M: capitals, first given name, initials of the others. Smaller type comes first; then the
    initials go, then letters of the given name, then of the family name. What was cut ends in "...", and one letter of
    the given name stays.
F3  Words are cut at the end, after "..." nothing follows.
F4  A list is cut between its parts and says how many are missing: "CBC, BMP +3".
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from benchside.wire.labels.content import PersonName, printable_text

ELLIPSIS = "..."
"""Three full stops: every printer's font has them."""

FAMILY_CHARACTERS_MIN = 3
"""A family name is cut to no fewer characters than this."""

Measure = Callable[[str], float]
"""The width of a text in type heights."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text and the type height, in dots, at which it fits."""

    text: str
    height: int


@dataclass(frozen=True, slots=True)
class Box:
    """The room for one line: `width`, and type between `height_min` and `height`, all in dots."""

    width: int
    height: int
    height_min: int


def fit_first(candidates: Iterable[str], box: Box, measure: Measure) -> Fitted | None:
    """Return the first candidate that fits in the smallest type, in the largest type it fits in; None if none does."""
    for text in candidates:
        width = measure(text)
        if width * box.height_min <= box.width:
            height = box.height if width == 0 else min(box.height, int(box.width / width))
            return Fitted(text, height)
    return None


def name_forms(name: PersonName) -> Iterator[str]:
    """Yield the forms of a name from the fullest to the shortest (F2)."""
    family = printable_text(name.family).upper()
    given = [part for part in (printable_text(part).upper() for part in name.given) if part]
    if not family or not given:
        yield from word_forms(family or " ".join(given) or printable_text(name.text).upper())
        return
    initials = " ".join(_first_letter(part) for part in given[1:])
    if initials:
        yield f"{family}, {given[0]} {initials}"
        yield f"{family}, {given[0]} {ELLIPSIS}"
    else:
        yield f"{family}, {given[0]}"
    for shorter in _shortened(given[0], 1):
        yield f"{family}, {shorter}{ELLIPSIS}"
    for shorter in _shortened(family, FAMILY_CHARACTERS_MIN):
        yield f"{shorter}{ELLIPSIS}, {_first_letter(given[0])}{ELLIPSIS}"


def word_forms(text: str) -> Iterator[str]:
    """Yield `text`, then ever shorter beginnings of it ending in an ellipsis (F3)."""
    return chain((text,), (f"{shorter}{ELLIPSIS}" for shorter in _shortened(text, 1)))


def list_forms(parts: tuple[str, ...], more: str) -> Iterator[str]:
    """Yield the parts joined by commas, then fewer of them and how many are missing (F4); `more` is `+{count}`."""
    yield ", ".join(parts)
    for shown in range(len(parts) - 1, 0, -1):
        yield f"{', '.join(parts[:shown])} {more.format(count=len(parts) - shown)}"
    rest = f" {more.format(count=len(parts) - 1)}" if len(parts) > 1 else ""
    for shorter in _shortened("".join(parts[:1]), 1):
        yield f"{shorter}{ELLIPSIS}{rest}"


def _shortened(text: str, characters_min: int) -> Iterator[str]:
    """Yield shorter beginnings of `text`, never cutting a letter from its marks."""
    for end in range(len(text) - 1, characters_min - 1, -1):
        if not _continues(text[end]):
            yield text[:end].rstrip(" ,-")


def _first_letter(text: str) -> str:
    end = 1
    while end < len(text) and _continues(text[end]):
        end += 1
    return text[:end]


def _continues(character: str) -> bool:
    """Whether `character` belongs to the letter before it: a combining mark or a joiner."""
    return unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf")
