"""Frames of MLLP: VT, the message, FS, CR. Source: HL7 v2 transport specification, MLLP release 1.

TCP pieces come in any size. What stands outside frames, and what never ends, is handed out as it came, to be kept and shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

START: Final = b"\x0b"
END: Final = b"\x1c"
CR: Final = b"\r"
FRAME_BYTES_MAX: Final = 16 * 1024 * 1024
"""A message with an embedded report fits; a sender who never ends does not fill our memory."""
_BLANK: Final = b"\r\n \t\x00"


@dataclass(frozen=True, slots=True)
class Frame:
    """One block as it came. `whole` is False for bytes outside any frame and for a frame that was broken off."""

    content: bytes
    whole: bool = True


def framed(content: bytes) -> bytes:
    """Put a message into a frame."""
    return START + content + END + CR


class TooLong(ValueError):
    """The sender's frame exceeds the limit; the connection must be closed, and what came is in `begun`."""

    def __init__(self, begun: bytes) -> None:
        super().__init__(f"a frame is longer than {FRAME_BYTES_MAX:,} bytes")
        self.begun = begun


class Frames:
    """Takes the pieces of one connection and gives the frames they complete."""

    def __init__(self, *, bytes_max: int = FRAME_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._kept = bytearray()
        self._inside = False
        self._searched = 0

    def feed(self, piece: bytes) -> list[Frame]:
        """Take a piece; the frames that are complete with it. Raises TooLong."""
        self._kept += piece
        found: list[Frame] = []
        while (frame := self._next()) is not None:
            found += [frame] if frame.content.strip(_BLANK) else []
        if len(self._kept) > self._bytes_max:
            raise TooLong(bytes(self._kept[: self._bytes_max]))
        return found

    def finish(self) -> list[Frame]:
        """The connection has ended: what was begun and never completed."""
        rest = bytes(self._kept)
        self._kept.clear()
        self._inside, self._searched = False, 0
        return [Frame(rest, whole=False)] if rest.strip(_BLANK) else []

    def _next(self) -> Frame | None:
        kept = self._kept
        if not self._inside:
            begin = kept.find(START, self._searched)
            if begin < 0:
                self._searched = len(kept)
                return None
            outside = bytes(kept[:begin]).removeprefix(CR)
            self._take(begin + 1)
            self._inside = True
            if outside.strip(_BLANK):
                return Frame(outside, whole=False)
        end, again = kept.find(END, self._searched), kept.find(START, self._searched)
        if again >= 0 and (end < 0 or again < end):  # a new block begins within one that never ended
            broken = bytes(kept[:again])
            self._take(again + 1)
            return Frame(broken, whole=False)
        if end < 0:
            self._searched = len(kept)
            return None
        content = bytes(kept[:end])
        self._take(end + 1)
        self._inside = False
        return Frame(content)

    def _take(self, count: int) -> None:
        del self._kept[:count]
        self._searched = 0
