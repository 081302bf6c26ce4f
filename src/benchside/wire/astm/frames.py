"""Frames and control characters out of pieces of any size. Source: CLSI LIS1-A (ASTM E1381), 6.3 and 6.5.

`STX number text ETB|ETX checksum checksum CR LF`. Inside a frame only STX, ETB and ETX mean something: a control character that noise
put into a text must not be taken for one that the other side sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

STX: Final = 0x02
ETX: Final = 0x03
EOT: Final = 0x04
ENQ: Final = 0x05
ACK: Final = 0x06
LF: Final = 0x0A
CR: Final = 0x0D
NAK: Final = 0x15
ETB: Final = 0x17
FRAME_BYTES_MAX: Final = 64_000
"""LIS1-A2 permits 63,993 characters of text; E1381 permitted 240."""
TEXT_CHARACTERS_MAX: Final = 240
"""What every receiver takes."""
OVERHEAD_BYTES: Final = 7
_RESTRICTED: Final = frozenset((0x01, 0x02, 0x04, 0x05, 0x06, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16))
"""Not permitted in a text (LIS1-A 6.5.1); LF is not either, and is told apart because files and gateways add it."""
_HEX: Final = frozenset(b"0123456789ABCDEFabcdef")


class Control(Enum):
    """A control character that stands alone."""

    ENQ = ENQ
    ACK = ACK
    NAK = NAK
    EOT = EOT

    @property
    def byte(self) -> bytes:
        """What goes over the line."""
        return bytes((self.value,))


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came. `fault` says why it cannot be taken; `variant` what in it is not as the standard writes it.

    `final` is True for ETX, False for ETB (the record goes on in the next frame). `raw` are its bytes.
    """

    number: int
    text: bytes
    final: bool
    raw: bytes
    fault: str = ""
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that are neither a frame nor a control character."""

    content: bytes


Token = Control | Frame | Noise


def checksum(content: bytes) -> bytes:
    """Two upper-case hexadecimal digits: the sum modulo 256 of the bytes from the frame number through ETB or ETX (LIS1-A 6.3.3)."""
    return b"%02X" % (sum(content) % 256)


def framed(number: int, text: bytes, *, final: bool = True) -> bytes:
    """One frame. `number` counts on beyond 7; the frame carries it modulo 8. Raises ValueError when the text may not be sent."""
    wrong = _RESTRICTED.union((ETX, ETB, LF)).intersection(text)
    if wrong:
        raise ValueError(f"the text holds the control character 0x{min(wrong):02X}, which a frame cannot carry; take it out")
    content = b"%d" % (number % 8) + text + bytes((ETX if final else ETB,))
    return bytes((STX,)) + content + checksum(content) + b"\r\n"


def frames_of(message: bytes, *, characters_max: int = TEXT_CHARACTERS_MAX) -> Iterator[bytes]:
    """Cut a message into frames: one record in each, a long record over several of at most `characters_max` characters of text."""
    number = 1
    for record in message.replace(b"\r\n", b"\r").replace(b"\n", b"\r").split(b"\r"):
        if not record:
            continue
        whole = record + b"\r"
        for begin in range(0, len(whole), characters_max):
            part = whole[begin : begin + characters_max]
            yield framed(number, part, final=begin + characters_max >= len(whole))
            number += 1


class Tokens:
    """Takes the pieces of one connection and gives the frames and control characters they complete."""

    def __init__(self, *, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self._bytes_max = frame_bytes_max
        self._kept = bytearray()
        self._searched = 1

    @property
    def waits_for_line_end(self) -> bool:
        """Whether a frame has come but for its CR and LF, which some senders leave out; `flush` gives it after a moment."""
        end = self._end()
        return end is not None and len(self._kept) >= end + 3

    @property
    def is_within_frame(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._kept)

    def feed(self, piece: bytes) -> Iterator[Token]:
        """Take a piece; give what is complete with it."""
        self._kept += piece
        return self._tokens(flush=False)

    def flush(self) -> Iterator[Token]:
        """Give the frame that still waits for its CR and LF."""
        return self._tokens(flush=True)

    def reset(self) -> bytes:
        """Forget a frame that never ended; what there was of it."""
        begun = bytes(self._kept)
        self._kept.clear()
        self._searched = 1
        return begun

    def _tokens(self, *, flush: bool) -> Iterator[Token]:
        while self._kept:
            first = self._kept[0]
            if first == STX:
                token = self._frame(flush=flush)
                if token is None:
                    return
                yield token
            elif first in (ENQ, ACK, NAK, EOT):
                del self._kept[0]
                yield Control(first)
            else:
                length = next((place for place, byte in enumerate(self._kept) if byte in (STX, ENQ, ACK, NAK, EOT)), len(self._kept))
                content = bytes(self._kept[:length])
                del self._kept[:length]
                if content.strip(b"\r\n\x00 "):
                    yield Noise(content)

    def _end(self) -> int | None:
        """Where the ETB or ETX of the frame at the beginning stands."""
        if not self._kept or self._kept[0] != STX:
            return None
        for place in range(self._searched, len(self._kept)):
            if self._kept[place] in (ETX, ETB, STX):
                return place
        self._searched = max(1, len(self._kept))
        return None

    def _frame(self, *, flush: bool) -> Token | None:
        kept, end = self._kept, self._end()
        if end is None:
            if len(kept) <= self._bytes_max:
                return None
            return Frame(-1, b"", final=False, raw=self.reset(), fault=f"it does not end within {self._bytes_max:,} bytes")
        if kept[end] == STX:  # the sender began anew
            return Noise(self._take(end))
        after = kept[end + 1 : end + 5]
        line_end = next((place for place, byte in enumerate(after) if byte not in _HEX), None)
        digits = 2 if line_end is None else min(2, line_end)
        if line_end is None and len(after) < 3 and not (flush and len(after) == 2):
            return None
        ends = bytes(after[digits : digits + 2])
        if not flush and ends == b"\r":
            return None
        whole = 2 if ends == b"\r\n" else 1 if ends[:1] in (b"\r", b"\n") else 0
        return _read(self._take(end + 1 + digits + whole), end, digits)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._kept[:count])
        del self._kept[:count]
        self._searched = 1
        return taken


def _read(raw: bytes, end: int, digits: int) -> Frame:
    content, final = raw[1 : end + 1], raw[end] == ETX
    number = content[0] - 0x30
    text = content[1:-1]
    if not 0 <= number <= 7:
        return Frame(-1, text, final, raw, fault="its number is none of 0 to 7")
    wrong = _RESTRICTED.intersection(text)
    if wrong:
        return Frame(number, text, final, raw, fault=f"its text holds the control character 0x{min(wrong):02X}")
    sent = raw[end + 1 : end + 1 + digits]
    if digits < 2:
        return Frame(number, text, final, raw, fault="it has no checksum")
    variants = ["the checksum is in small letters"] if sent != sent.upper() else []
    variants += ["CR LF is missing at the end"] if not raw.endswith(b"\r\n") else []
    for candidate, variant in _readings(content):
        if checksum(candidate) == sent.upper():
            variants += [variant] if variant else []
            return Frame(number, candidate[1:-1], final, raw, variant="; ".join(variants))
    return Frame(number, text, final, raw, fault=f"its checksum is {sent.decode()}, and should be {checksum(content).decode()}")


def _readings(content: bytes) -> Iterator[tuple[bytes, str]]:
    """The content as it came; and, since a text may hold no LF, as it was before a gateway or a file put some in."""
    yield content, ""
    if b"\n" in content:
        yield content.replace(b"\n", b""), "line feeds were put into the text"
        yield content.replace(b"\n", b"\r"), "line feeds stand for carriage returns"
