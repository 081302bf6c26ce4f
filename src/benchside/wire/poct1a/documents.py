"""Documents out of a stream: each ends where its root element ends, not where a read does. Source: CLSI POCT1-A2, 4.2 (DML over TCP).

Only markup is followed here; whether a document is good XML is for `xml`. Blanks, byte order marks and MLLP's marks between documents are
passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

DOCUMENT_BYTES_MAX: Final = 1024 * 1024
NESTING_MAX: Final = 32
_BETWEEN: Final = b" \t\r\n\x00\x0b\x1c\xef\xbb\xbf"
TAG_BYTES_MAX: Final = 64 * 1024
_TAG: Final = re.compile(rb"""(?:[^"'<>]++|"[^"<]*"|'[^'<]*')*+>""")


class StreamRefused(ValueError):
    """The stream cannot be followed any further; the message says why, `begun` is what there was. The connection must be closed."""

    def __init__(self, words: str, begun: bytes) -> None:
        super().__init__(words)
        self.begun = begun


class Documents:
    """Takes the pieces of one connection and gives the documents they complete."""

    def __init__(self, *, bytes_max: int = DOCUMENT_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._kept = bytearray()
        self._place = self._depth = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Take a piece; give each document that ends in it, byte for byte. Raises StreamRefused."""
        self._kept += piece
        while (document := self._next()) is not None:
            yield document

    def finish(self) -> bytes:
        """The connection ended: what was begun; b"" when nothing was."""
        rest = bytes(self._kept).strip(_BETWEEN)
        self._kept.clear()
        self._place = self._depth = 0
        return rest

    def _refuse(self, words: str) -> StreamRefused:
        begun = bytes(self._kept[: self._bytes_max])
        self.finish()
        return StreamRefused(words, begun)

    def _next(self) -> bytes | None:
        kept = self._kept
        if self._place == 0:
            begin = next((place for place, byte in enumerate(kept) if byte not in _BETWEEN), len(kept))
            del kept[:begin]
            if kept and kept[:1] != b"<":
                raise self._refuse("what came is no XML document")
        while (step := self._step()) is not None:
            self._place, change = step
            self._depth += change
            if self._depth > NESTING_MAX:
                raise self._refuse(f"the document is nested more than {NESTING_MAX} deep")
            if self._depth == 0 and change:
                document = bytes(kept[: self._place])
                del kept[: self._place]
                self._place = 0
                return document
            if self._depth < 0:
                raise self._refuse("an element ends that never began")
        if len(kept) > self._bytes_max:
            raise self._refuse(f"a document is longer than {self._bytes_max:,} bytes")
        return None

    def _step(self) -> tuple[int, int] | None:
        """Follow the next piece of markup: where it ends, and how it changes the depth. None when it has not come whole."""
        kept = self._kept
        begin = kept.find(b"<", self._place)
        if begin < 0:
            self._place = max(self._place, len(kept)) if self._place else self._place
            return None
        head = bytes(kept[begin : begin + 9])
        for opening, closing in ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<![CDATA[", b"]]>")):
            if head.startswith(opening):
                end = kept.find(closing, begin + len(opening))
                return None if end < 0 else (end + len(closing), 0)
        if head[:2] == b"<!":
            if any(opening.startswith(head) for opening in (b"<!--", b"<![CDATA[")):
                return None
            raise self._refuse("a document type or another declaration is not allowed")
        found = _TAG.match(kept, begin + 1)
        if found is None:
            if len(kept) - begin > TAG_BYTES_MAX:
                raise self._refuse(f"a tag is longer than {TAG_BYTES_MAX:,} bytes, or none")
            return None
        end = found.end()
        if head[1:2] == b"/":
            return end, -1
        if kept[end - 2 : end - 1] == b"/":
            if self._depth == 0:  # a root without content
                self._depth = 1
                return end, -1
            return end, 0
        return end, 1
