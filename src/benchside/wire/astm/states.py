"""The words of the link: its states and signals, the times and counts of LIS1, and the events that go to the caller.

Source: CLSI LIS1-A (ASTM E1381), 6.2 (establishment, transfer, termination), 6.2.7 (contention), 6.5.2 (defects) and annex A (state diagrams).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

ANSWER_WITHIN_S: Final = 15.0
"""A sender waits so long for an answer to ENQ or to a frame, then ends with EOT; after an interrupt request it stays silent as long."""
SILENCE_S: Final = 30.0
"""A receiver waits so long for a frame or EOT, then gives the message up."""
AFTER_NAK_S: Final = 10.0
"""A sender whose ENQ was refused waits at least so long."""
RETRANSMISSIONS_MAX: Final = 6
ENQUIRIES_MAX: Final = 6
"""How often a message is offered before it is given back as not sent; the standard leaves it to the sender."""
LINE_END_S: Final = 0.5
"""A frame is answered without its CR LF after so long; some senders leave them out."""
FRAME_PAUSE_S: Final = 5.0
"""A frame that has begun and does not go on for so long is dropped: noise may look like its beginning, and would swallow what follows."""
MESSAGE_BYTES_MAX: Final = 4 * 1024 * 1024
QUEUE_MESSAGES_MAX: Final = 100
WAITING_TOKENS_MAX: Final = 1_000
"""Frames and characters held back while the caller keeps a message; what comes beyond is dropped, unanswered."""


class Party(Enum):
    """Which end of the line we are. When both send ENQ, the instrument goes first: it waits 1 s, the host 20 s."""

    INSTRUMENT = 1.0
    HOST = 20.0

    @property
    def contention_s(self) -> float:
        """Seconds to wait after both have sent ENQ."""
        return self.value


class State(Enum):
    """Where the link stands."""

    IDLE = auto()
    ENQUIRING = auto()
    """ENQ is sent, its answer awaited."""
    SENDING = auto()
    """A frame is sent, its answer awaited."""
    RECEIVING = auto()
    """The other side's ENQ is accepted; a frame or EOT is awaited."""
    KEEPING = auto()
    """A frame is handed to the caller, who has not said yet that it is kept; the other side waits."""


class Signal(Enum):
    """What can happen."""

    ENQ = auto()
    ACK = auto()
    NAK = auto()
    EOT = auto()
    NEXT_FRAME = auto()
    """A good frame with the number that is due."""
    SAME_FRAME = auto()
    """The frame that was accepted last, once more."""
    BAD_FRAME = auto()
    WANTS_TO_SEND = auto()
    KEPT = auto()
    NOT_KEPT = auto()
    TIME_IS_UP = auto()


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes to the line, now."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A message came whole. Keep it, then call `kept` (or `not_kept`): only then is its last frame answered.

    `text` are its records, `raw` the accepted frames as they came: the same message sent again has the same `raw`. `complete` is False for a
    frame that is handed out before its message has ended, which a link does when told to have each frame kept.
    """

    text: bytes
    raw: bytes
    complete: bool = True


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """A message ended without its terminator record. Its frames are acknowledged already; keep it and show it to a person."""

    text: bytes
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Every frame of this message was acknowledged."""

    message: bytes


@dataclass(frozen=True, slots=True)
class NotSent:
    """This message was given up; it has to be offered again as a whole."""

    message: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something that was not as the standard has it, and what was made of it; for the link's log. It quotes no content."""

    words: str


Event = Send | Received | BrokenOff | Sent | NotSent | Noticed
