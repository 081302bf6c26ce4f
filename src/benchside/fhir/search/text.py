"""The words of a resource, for full text search (`_text`, `_content`).

Source: https://hl7.org/fhir/R4/search.html#text.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from benchside.fhir.r4 import AnyResource

TEXT_CHARACTERS_MAX: Final = 1_000_000
"""Longer texts of one resource are cut here."""

_NOT_WORDS: Final = frozenset({"id", "url", "system", "reference", "data", "contentType", "hash", "versionId", "lastUpdated"})
"""Elements whose text nobody would look for as words."""


class _Words(HTMLParser):
    """Gathers the text between the tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.extend(data.split())


def narrative_text(resource: AnyResource) -> str:
    """The words of the narrative, each parted by one space; "" when there is none."""
    narrative = getattr(resource, "text", None)
    if narrative is None:
        return ""
    return _plain(narrative.div)


def all_text(resource: AnyResource) -> str:
    """The words of the narrative and of every text in the resource, without identifiers of systems and references."""
    found = [narrative_text(resource)]
    waiting: list[Any] = [resource]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.extend(value.split())
        elif isinstance(value, list):
            waiting.extend(reversed(value))  # pyright: ignore[reportUnknownArgumentType] - elements of any R4 type
        elif isinstance(value, msgspec.Struct):
            waiting.extend(_worded(value))
    return " ".join(word for word in found if word)[:TEXT_CHARACTERS_MAX]


def _worded(value: msgspec.Struct) -> list[Any]:
    """The elements of a struct that may hold words, last first."""
    names = [name for name in value.__struct_fields__ if name not in _NOT_WORDS and name != "div"]
    return [held for name in reversed(names) if isinstance(held := getattr(value, name), str | list | msgspec.Struct)]


def _plain(div: str) -> str:
    parser = _Words()
    parser.feed(div)
    parser.close()
    return " ".join(parser.words)[:TEXT_CHARACTERS_MAX]
