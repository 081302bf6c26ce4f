"""A document as elements, read strictly: no document type, no entities of its own, bounded depth and size.

Source: CLSI POCT1-A2, annex B (DML: each value stands in the attribute V; SN names its code system, SV that one's version, U its unit).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from benchside.wire.poct1a.documents import DOCUMENT_BYTES_MAX, NESTING_MAX

ELEMENTS_MAX: Final = 20_000
ATTRIBUTES_MAX: Final = 50


class Unreadable(ValueError):
    """These bytes are no document that we take; the message says why, in words for the work queue."""


@dataclass(slots=True)
class Element:
    """One element. `text` is what stands in it outside of other elements, without the blanks around it."""

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    @property
    def value(self) -> str:
        """Its attribute V without the blanks around it, or else its text."""
        return self.attributes.get("V", self.text).strip()

    def all(self, name: str) -> Iterator[Element]:
        """The children of this name, in order."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> Element | None:
        """The first child of this name."""
        return next(self.all(name), None)

    def of(self, name: str) -> str:
        """The value of the first child of this name; "" when there is none."""
        child = self.first(name)
        return child.value if child is not None else ""

    def below(self, name: str) -> Iterator[Element]:
        """Every element of this name at any depth below, in the document's order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.below(name)


class _Builder:
    def __init__(self) -> None:
        self.open: list[Element] = []
        self.root: Element | None = None
        self.count = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = self.doctype
        parser.EntityDeclHandler = self.doctype
        parser.ExternalEntityRefHandler = self.doctype
        self.parser = parser

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) >= NESTING_MAX:
            _refuse(f"The document is nested more than {NESTING_MAX} deep.")
        if self.count > ELEMENTS_MAX or len(attributes) > ATTRIBUTES_MAX:
            _refuse(f"The document has more than {ELEMENTS_MAX:,} elements, or one has more than {ATTRIBUTES_MAX} attributes.")
        element = Element(name, attributes)
        if self.open:
            self.open[-1].children.append(element)
        self.root = self.root or element
        self.open.append(element)

    def end(self, _name: str) -> None:
        element = self.open.pop()
        element.text = element.text.strip()

    def characters(self, words: str) -> None:
        self.open[-1].text += words

    def doctype(self, *_: object) -> NoReturn:
        _refuse("The document has a document type or entities of its own, which is not allowed.")


def _refuse(words: str) -> NoReturn:
    raise Unreadable(words)


def read_document(raw: bytes) -> Element:
    """Read one document; its root. Raises Unreadable."""
    if len(raw) > DOCUMENT_BYTES_MAX:
        _refuse(f"The document is longer than {DOCUMENT_BYTES_MAX:,} bytes.")
    builder = _Builder()
    try:
        builder.parser.Parse(raw.strip(b" \t\r\n\x00\x0b\x1c"), True)
    except expat.ExpatError as error:
        raise Unreadable(f"The document is no well-formed XML: {expat.ErrorString(error.code)}, line {error.lineno}.") from error
    except (LookupError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"The document's letters cannot be read: {error}.") from error
    if builder.root is None:
        _refuse("The document has no element.")
    return builder.root
