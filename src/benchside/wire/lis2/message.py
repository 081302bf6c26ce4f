"""A message of records, read lazily: records at once, fields of a record when first asked for. `raw` is what came, byte for byte.

Source: CLSI LIS2-A2 (ASTM E1394), sections 5 and 6. Fields are numbered as in the standard: field 1 is the record's letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_ENDS: Final = re.compile(r"\r\n|\r|\n")
_LEADING: Final = "\ufeff \t\r\n\x00"
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
RECORDS_MAX: Final = 100_000


class Unreadable(ValueError):
    """These bytes are no LIS2 message; the message says why, in words for the work queue."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The delimiters of one message, from its header. A sender may leave out the last ones: they are then ""."""

    field: str = "|"
    repeat: str = "\\"
    component: str = "^"
    escape: str = "&"

    @property
    def definition(self) -> str:
        """Field 2 of the header."""
        return self.repeat + self.component + self.escape


@dataclass(slots=True)
class Record:
    """One record."""

    text: str
    delimiters: Delimiters
    _fields: list[str] | None = None

    @property
    def type(self) -> str:
        """Its letter: H, P, O, R, C, Q, M, S or L."""
        return self.text[:1].upper()

    def field(self, number: int) -> str:
        """Field `number` as it was sent, with its repeats and escapes; "" when it is not there."""
        fields = self._fields
        if fields is None:
            fields = self._fields = self.text.split(self.delimiters.field)
        return fields[number - 1] if number <= len(fields) else ""

    @property
    def length(self) -> int:
        """The number of the last field that was sent."""
        return self.text.count(self.delimiters.field) + 1

    def repeats(self, number: int) -> list[str]:
        """Each repeat of a field, as it was sent; none when the field is empty."""
        text, mark = self.field(number), self.delimiters.repeat
        if not text or self._is_definition(number):
            return [text] if text else []
        return text.split(mark) if mark and mark in text else [text]

    def value(self, number: int, component: int = 1, repeat: int = 1) -> str:
        """One value with its escapes resolved and without the blanks around it; "" when it is not there."""
        components = self.components(number, repeat)
        return components[component - 1].strip() if component <= len(components) else ""

    def components(self, number: int, repeat: int = 1) -> list[str]:
        """The components of a field with their escapes resolved."""
        pieces = self.repeats(number)
        if repeat > len(pieces):
            return []
        text, mark = pieces[repeat - 1], self.delimiters.component
        if self._is_definition(number) or not mark:
            return [text]
        return [unescaped(part, self.delimiters) for part in text.split(mark)]

    def text_of(self, number: int) -> str:
        """A whole field with its escapes resolved, its repeats and components as they were sent."""
        return unescaped(self.field(number), self.delimiters)

    def _is_definition(self, number: int) -> bool:
        return number == 2 and self.type == "H"


@dataclass(slots=True)
class Message:
    """A message as it came. `certain` is False when its letters are neither ASCII nor UTF-8 and were read as Windows' Latin ones."""

    raw: bytes
    records: list[Record]
    delimiters: Delimiters
    certain: bool

    @property
    def header(self) -> Record:
        """H."""
        return self.records[0]

    @property
    def is_complete(self) -> bool:
        """Whether it ends with its terminator record."""
        return self.records[-1].type == "L"

    def all(self, letter: str) -> Iterator[Record]:
        """Every record of this letter, in order."""
        return (record for record in self.records if record.type == letter)

    def first(self, letter: str) -> Record | None:
        """The first record of this letter."""
        return next(self.all(letter), None)


def read_message(raw: bytes) -> Message:
    """Read one message: the text of frames put together, or a file of records. Raises Unreadable.

    Records end with CR, LF or both. A line that begins like no record belongs to the one before it (a text with a line break in it).
    """
    try:
        text, certain = raw.decode("utf-8"), True
    except UnicodeDecodeError:
        text, certain = raw.decode("cp1252", errors="replace"), False
    text = text.lstrip(_LEADING)
    delimiters = _delimiters(text)
    records: list[Record] = []
    for line in _ENDS.split(text):
        if line[:1].isalpha() and line[:1].isascii() and line[1:2] in ("", delimiters.field):
            records.append(Record(line, delimiters))
        elif line.strip("\x00 \t"):
            records[-1].text += "\n" + line
        if len(records) > RECORDS_MAX:
            raise Unreadable(f"The message has more than {RECORDS_MAX:,} records.")
    for second in records[1:]:
        if second.type == "H":
            raise Unreadable("A second header stands within the message: two messages came as one.")
    return Message(raw, records, delimiters, certain)


def messages_in(raw: bytes) -> list[bytes]:
    """The messages of a file or session, each byte for byte: a header begins each."""
    starts = [found.start() for found in re.finditer(rb"(?:\A|(?<=[\r\n]))H(?=[^A-Za-z0-9\s])", raw)]
    return [raw[begin:end] for begin, end in zip(starts, [*starts, len(raw)][1:], strict=True)] or [raw]


def _delimiters(text: str) -> Delimiters:
    if text[:1].upper() != "H":
        begin = text[:20].encode("unicode_escape").decode()
        raise Unreadable(f"A message begins with H; this one begins with {begin!r}." if text else "The message is empty.")
    field = text[1:2]
    if not field or field.isalnum() or field.isspace():
        raise Unreadable(f"The character after H, the field delimiter, is {field!r}; it must not be a letter, a digit or a blank.")
    definition = re.split("[" + re.escape(field) + "\r\n]", text[2:12], maxsplit=1)[0]
    if not 1 <= len(definition) <= 3:
        raise Unreadable(f"The delimiter definition has {len(definition)} characters; three are right: repeat, component, escape.")
    if len(set(definition + field)) != len(definition) + 1 or any(mark.isalnum() or mark.isspace() for mark in definition):
        raise Unreadable(f"The delimiter definition is {definition!r}: two delimiters are the same, or one is a letter, digit or blank.")
    repeat, component, escape = (*definition, "", "")[:3]
    return Delimiters(field, repeat, component, escape)


def unescaped(text: str, delimiters: Delimiters) -> str:
    """Resolve the escape sequences of a text (LIS2-A2 5.4.6): `&F&`, `&S&`, `&R&`, `&E&`, `&Xhh..&`, and `&H&`, `&N&`, which say nothing here.

    A mark that begins no sequence is itself: units and names hold one often.
    """
    mark = delimiters.escape
    if not mark or mark not in text:
        return text
    own = {"F": delimiters.field, "S": delimiters.component, "R": delimiters.repeat, "E": mark, "H": "", "N": ""}
    pieces = text.split(mark)
    out, place = [pieces[0]], 1
    while place < len(pieces):
        code = pieces[place]
        found = own.get(code)
        if found is None and code[:1] == "X" and _HEX.fullmatch(code[1:]):
            found = bytes.fromhex(code[1:]).decode("utf-8", errors="replace")
        if found is None or place + 1 == len(pieces):
            out.append(mark + code)
            place += 1
            continue
        out.append(found + pieces[place + 1])
        place += 2
    return "".join(out)


def escaped(text: str, delimiters: Delimiters) -> str:
    """Write a text so that no character of it can be taken for a delimiter or the end of a record."""
    mark = delimiters.escape
    if not mark:
        return re.sub(r"[\x00-\x1f" + re.escape(delimiters.field + delimiters.repeat + delimiters.component) + "]", " ", text)
    out = text.replace(mark, f"{mark}E{mark}")
    for letter, character in (("F", delimiters.field), ("S", delimiters.component), ("R", delimiters.repeat)):
        if character:
            out = out.replace(character, f"{mark}{letter}{mark}")
    return re.sub(r"[\x00-\x1f]", lambda found: f"{mark}X{ord(found[0]):02X}{mark}", out)
