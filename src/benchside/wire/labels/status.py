"""What a printer says of itself: the answer to ~HS and the label counter.

Source: ZPL II Programming Guide (Zebra P1099958), ~HS: three strings, each <STX> ... <ETX><CR><LF>. Set-Get-Do command
`odometer.total_label_count`: a quoted number, `?` where the printer does not know the setting.
"""

import re
from dataclasses import dataclass

HOST_STATUS = b"~HS"
LABEL_COUNT = b'! U1 getvar "odometer.total_label_count"\r\n'

ANSWER_BYTES_MAX = 4_096
"""An answer longer than this is not one of ours."""

_STRINGS = re.compile(rb"\x02([0-9A-Za-z, .]*)\x03", re.ASCII)
_COUNT = re.compile(rb'"(\d{1,12}|\?|[^"]{0,64})"')
_FIELD_COUNTS = (12, 11, 2)


class StatusUnreadable(ValueError):
    """The printer's answer to ~HS is not in the form its manual gives; check that it speaks ZPL II."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStatus:
    """The flags and counters of one answer to ~HS, in the manual's order."""

    is_paper_out: bool
    is_paused: bool
    label_length_dots: int
    formats_in_buffer: int
    is_buffer_full: bool
    is_partial_format: bool
    is_memory_corrupt: bool
    is_too_cold: bool
    is_too_hot: bool
    is_head_open: bool
    is_ribbon_out: bool
    is_label_waiting: bool
    labels_remaining: int

    @property
    def faults(self) -> tuple[str, ...]:
        """Return the codes of everything that keeps the printer from printing, in words by `words_of_reason`."""
        flags = {
            "paper-out": self.is_paper_out,
            "ribbon-out": self.is_ribbon_out,
            "head-open": self.is_head_open,
            "paused": self.is_paused,
            "too-hot": self.is_too_hot,
            "too-cold": self.is_too_cold,
            "memory-corrupt": self.is_memory_corrupt,
            "buffer-full": self.is_buffer_full,
        }
        return tuple(code for code, is_set in flags.items() if is_set)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits: no format in the buffer, none half received, no label left of a batch."""
        return not (self.formats_in_buffer or self.is_partial_format or self.labels_remaining)


def is_complete_status(answer: bytes) -> bool:
    """Whether `answer` holds all three strings of ~HS."""
    return len(_STRINGS.findall(answer)) >= len(_FIELD_COUNTS)


def parse_host_status(answer: bytes) -> HostStatus:
    """Read an answer to ~HS. Raises StatusUnreadable when it is not three strings of 12, 11 and 2 fields."""
    strings = [match.decode("ascii").split(",") for match in _STRINGS.findall(answer[:ANSWER_BYTES_MAX])]
    if tuple(map(len, strings)) != _FIELD_COUNTS:
        raise StatusUnreadable(f"~HS was answered with {answer[:80]!r}, not with strings of 12, 11 and 2 fields.")
    first, second, _ = strings
    try:
        return HostStatus(
            is_paper_out=_flag(first[1]),
            is_paused=_flag(first[2]),
            label_length_dots=int(first[3]),
            formats_in_buffer=int(first[4]),
            is_buffer_full=_flag(first[5]),
            is_partial_format=_flag(first[7]),
            is_memory_corrupt=_flag(first[9]),
            is_too_cold=_flag(first[10]),
            is_too_hot=_flag(first[11]),
            is_head_open=_flag(second[2]),
            is_ribbon_out=_flag(second[3]),
            is_label_waiting=_flag(second[7]),
            labels_remaining=int(second[8]),
        )
    except ValueError as error:
        raise StatusUnreadable(f"~HS was answered with {answer[:80]!r}: {error}.") from error


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"{text!r} is not a flag")
    return text == "1"


def is_complete_count(answer: bytes) -> bool:
    """Whether `answer` holds a whole quoted value."""
    return _COUNT.search(answer) is not None


def parse_label_count(answer: bytes) -> int | None:
    """Read the label counter; None when the printer does not have one (`?`) or answers something else."""
    match = _COUNT.search(answer)
    return int(match[1]) if match and match[1].isdigit() else None
