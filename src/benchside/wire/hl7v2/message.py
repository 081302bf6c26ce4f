"""A message, read lazily: segments at once, fields of a segment when first asked for. `raw` is what came, byte for byte.

Source: HL7 v2.8 chapter 2 (sections 2.5 to 2.7); variants that senders really write: docs/hl7v2.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchside.wire.hl7v2.charset import decoded

NULL: Final = '""'
"""A field that holds this says: delete what you have. An empty one says nothing."""

_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
_ENDS: Final = re.compile(r"\r\n|\r|\n")
_LEADING: Final = "\x0b\ufeff \t\r\n"


class Unreadable(ValueError):
    """These bytes are no HL7 v2 message; the message says why, in words for the work queue."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The separators of one message, from MSH-1 and MSH-2. A message may leave out the last ones: they are then ""."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    """HL7 v2.7 and later; senders of older versions write it too."""

    @property
    def encoding_characters(self) -> str:
        """MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation


@dataclass(slots=True)
class Segment:
    """One segment. Fields are numbered as in the standard: MSH-1 is the field separator itself."""

    text: str
    delimiters: Delimiters
    codec: str = "utf-8"
    _fields: list[str] | None = None

    @property
    def name(self) -> str:
        """Its three letters; Z segments have names of their own."""
        return self.text[:3]

    def field(self, number: int) -> str:
        """Field `number` as it was sent, with its repetitions and escapes; "" when it is not there."""
        fields = self._fields
        if fields is None:
            fields = self._split()
        return fields[number] if number < len(fields) else ""

    @property
    def length(self) -> int:
        """The number of the last field that was sent."""
        return len(self._fields if self._fields is not None else self._split()) - 1

    def _split(self) -> list[str]:
        separator = self.delimiters.field
        fields = self.text.split(separator)
        if fields[0] in _HEADERS:
            fields.insert(1, separator)
        self._fields = fields
        return fields

    def repetitions(self, number: int) -> list[str]:
        """Each repetition of a field, as it was sent; none when the field is empty."""
        text = self.field(number)
        mark = self.delimiters.repetition
        if not text or self._is_encoding(number):
            return [text] if text else []
        return text.split(mark) if mark and mark in text else [text]

    def value(self, number: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """One value with its escapes resolved; "" when it is not there, `NULL` when it is to be deleted."""
        if self._is_encoding(number):
            return self.field(number)
        pieces = self.repetitions(number)
        if repetition > len(pieces):
            return ""
        text = _piece(pieces[repetition - 1], self.delimiters.component, component)
        return self.unescaped(_piece(text, self.delimiters.subcomponent, subcomponent))

    def components(self, number: int, repetition: int = 1) -> list[str]:
        """The components of a field with escapes resolved; subcomponents stay joined by their separator, unescaped apart."""
        pieces = self.repetitions(number)
        if repetition > len(pieces):
            return []
        text, mark = pieces[repetition - 1], self.delimiters.component
        return [self.unescaped(part) for part in (text.split(mark) if mark else [text])]

    def unescaped(self, text: str) -> str:
        """Resolve the escape sequences of a text; what is no sequence of the standard stays as it was sent."""
        mark = self.delimiters.escape
        if not mark or mark not in text:
            return text
        return unescaped(text, self.delimiters, self.codec)

    def _is_encoding(self, number: int) -> bool:
        return number <= 2 and self.text[:3] in _HEADERS


_HEADERS: Final = frozenset({"MSH", "BHS", "FHS"})


def _piece(text: str, mark: str, number: int) -> str:
    if not mark or mark not in text:
        return text if number == 1 else ""
    pieces = text.split(mark, number)
    return pieces[number - 1] if number <= len(pieces) else ""


@dataclass(slots=True)
class Message:
    """A message as it came. `codec` is how its bytes were read; `certain` is False when the sender did not say so truly."""

    raw: bytes
    segments: list[Segment]
    delimiters: Delimiters
    codec: str
    certain: bool

    @property
    def header(self) -> Segment:
        """MSH."""
        return self.segments[0]

    @property
    def event(self) -> tuple[str, str]:
        """Message code and trigger event of MSH-9: `("ADT", "A01")`; of an old acknowledgement `("ACK", "")`."""
        return self.header.value(9), self.header.value(9, 2)

    @property
    def structure(self) -> str:
        """MSH-9.3, or what code and event make of it where it is empty."""
        code, event = self.event
        return self.header.value(9, 3) or (f"{code}_{event}" if event else code)

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.value(10)

    @property
    def version(self) -> str:
        """MSH-12.1."""
        return self.header.value(12)

    @property
    def sender(self) -> tuple[str, str]:
        """Sending application and facility: MSH-3.1 and MSH-4.1."""
        return self.header.value(3), self.header.value(4)

    def all(self, name: str) -> Iterator[Segment]:
        """Every segment of this name, in order."""
        return (segment for segment in self.segments if segment.text.startswith(name))

    def first(self, name: str) -> Segment | None:
        """The first segment of this name."""
        return next(self.all(name), None)


def read_message(raw: bytes) -> Message:
    """Read one message. Raises Unreadable.

    A leading VT, byte order mark or blank lines are passed over; segments end with CR, LF or both; a line that begins like no
    segment belongs to the one before it (a text with a line break in it that the sender did not escape).
    """
    text, codec, certain = decoded(raw)
    text = text.lstrip(_LEADING)
    delimiters = _delimiters(text)
    lines = text.split("\r") if "\n" not in text else _ENDS.split(text)
    segments: list[Segment] = []
    for line in lines:
        if line[3:4] == delimiters.field or (len(line) == 3 and _NAME.fullmatch(line)):
            segments.append(Segment(line, delimiters, codec))
        elif line.strip("\x1c\x00 \t"):
            _continue(segments, line)
    return Message(raw, segments, delimiters, codec, certain)


def _continue(segments: list[Segment], line: str) -> None:
    segments[-1].text += "\n" + line


def _delimiters(text: str) -> Delimiters:
    if not text.startswith("MSH"):
        begin = text[:20].encode("unicode_escape").decode()
        raise Unreadable(f"A message begins with MSH; this one begins with {begin!r}." if text else "The message is empty.")
    if len(text) < 8:
        raise Unreadable("The message ends within its first segment: MSH-1 and MSH-2 are not complete.")
    field = text[3]
    if field.isalnum() or field in "\r\n":
        raise Unreadable(f"MSH-1, the field separator, is {field!r}; it must not be a letter, a digit or an end of line.")
    characters = re.split("[" + re.escape(field) + "\r\n]", text[4:20], maxsplit=1)[0]
    if not 1 <= len(characters) <= 5:
        raise Unreadable(f"MSH-2, the encoding characters, has {len(characters)} characters; four or five are right.")
    if len(set(characters + field)) != len(characters) + 1:
        raise Unreadable(f"MSH-2 is {characters!r}: two separators of this message are the same character.")
    component, repetition, escape, subcomponent, truncation = (*characters, "", "", "", "")[:5]
    return Delimiters(field, component, repetition, escape, subcomponent, truncation)


_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def unescaped(text: str, delimiters: Delimiters, codec: str = "utf-8") -> str:
    r"""Resolve escape sequences (HL7 v2.8, 2.7). `\.br\` and `\.sp\` become line breaks, highlighting (`\H\`, `\N\`) goes.

    `\X..\` are bytes in the message's own code. A sequence that we do not know, or that does not end, stays as it was sent.
    """
    mark = delimiters.escape
    own = {"F": delimiters.field, "S": delimiters.component, "T": delimiters.subcomponent, "R": delimiters.repetition, "E": mark}
    pieces = text.split(mark)
    out, place = [pieces[0]], 1
    while place < len(pieces):
        if place + 1 == len(pieces):  # no closing mark
            out.append(mark + pieces[place])
            break
        found = own.get(pieces[place])
        if found is None:
            found = _sequence(pieces[place], delimiters, codec)
        if found is None:  # no sequence: the mark stands for itself, and the next mark may begin one
            out.append(mark + pieces[place])
            place += 1
            continue
        out.append(found + pieces[place + 1])
        place += 2
    return "".join(out)


def _sequence(code: str, delimiters: Delimiters, codec: str) -> str | None:
    if code in ("H", "N"):
        return ""
    if code == "P" and delimiters.truncation:
        return delimiters.truncation
    if code == ".br":
        return "\n"
    if code.startswith(".sp"):
        count = code[3:].strip()
        return "\n" * (min(int(count), 100) if count.isdecimal() else 1)
    if code in (".ce", ".fi", ".nf") or code[:3] in (".in", ".ti", ".sk"):
        return " " if code.startswith(".sk") else "\n" if code == ".ce" else ""
    if code[:1] == "X" and _HEX.fullmatch(code[1:]):
        return bytes.fromhex(code[1:]).decode(codec, errors="replace")
    return None


def escaped(text: str, delimiters: Delimiters) -> str:
    r"""Write a text so that no character of it can be taken for a separator; line breaks become `\.br\`."""
    mark = delimiters.escape
    out = text.replace(mark, f"{mark}E{mark}")
    for letter, character in (
        ("F", delimiters.field),
        ("S", delimiters.component),
        ("T", delimiters.subcomponent),
        ("R", delimiters.repetition),
    ):
        if character:
            out = out.replace(character, f"{mark}{letter}{mark}")
    if delimiters.truncation:
        out = out.replace(delimiters.truncation, f"{mark}P{mark}")
    return re.sub(r"\r\n|\r|\n", lambda _: f"{mark}.br{mark}", out)


def messages_in(raw: bytes) -> Iterator[bytes]:
    """The messages of a file or batch, each byte for byte: FHS, BHS, BTS and FTS lines stand between them (HL7 v2.8, 2.10.3)."""
    starts = [found.start() for found in re.finditer(rb"(?:\A|(?<=[\r\n\x0b]))\s*(?:MSH|[FB]TS|[FB]HS)", raw)]
    for begin, end in zip(starts, [*starts, len(raw)][1:], strict=True):
        piece = raw[begin:end]
        if piece.lstrip().startswith(b"MSH"):
            yield piece
