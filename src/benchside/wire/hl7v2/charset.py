"""Which bytes are which letters: MSH-18, byte order marks, and senders who say nothing or the wrong thing.

Source: HL7 table 0211 (alternate character sets).
"""

import codecs
import re
from typing import Final

CODECS: Final = {
    "ASCII": "ascii",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "UNICODE UTF-16": "utf-16",
    "UNICODE UTF-32": "utf-32",
    "ISO IR6": "ascii",
    "ISO IR14": "iso2022-jp",
    "ISO IR87": "iso2022-jp",
    "ISO IR159": "iso2022-jp-1",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc-kr",
    "CNS 11643-1992": "euc-tw",
    "BIG-5": "big5",
}
"""Values of MSH-18 and Python's names for them; `euc-tw` is none of Python's and so reads as unknown."""

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FIELD_18: Final = 17
_LINE_END: Final = re.compile(rb"[\r\n]")


def decoded(raw: bytes) -> tuple[str, str, bool]:
    """The message's text, the codec it was read by, and whether that is what the sender said.

    Every byte becomes something: what fits no claim is read as UTF-8 or else as Windows' Latin letters, and told as doubtful.
    """
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(codec, errors="replace"), codec, True
    claimed = _claimed(raw)
    if claimed is None and raw.isascii():
        return raw.decode("ascii"), "ascii", True
    codec = "utf-8" if claimed is None else CODECS.get(claimed, "")
    for candidate in (codec, "utf-8"):
        try:
            return raw.decode(candidate), candidate, bool(claimed) and candidate == codec
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("cp1252", errors="replace"), "cp1252", False


def _claimed(raw: bytes) -> str | None:
    """The first repetition of MSH-18 in upper case; None when it is empty."""
    begin = raw.find(b"MSH")
    if begin < 0 or len(raw) < begin + 8:
        return None
    end = _LINE_END.search(raw, begin)
    fields = raw[begin : end.start() if end else len(raw)].split(raw[begin + 3 : begin + 4])
    if len(fields) <= _FIELD_18 or not fields[_FIELD_18]:
        return None
    first = re.split(rb"[~^]", fields[_FIELD_18])[0]
    return first.decode("ascii", errors="replace").strip().upper() or None
