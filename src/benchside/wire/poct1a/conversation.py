"""The data manager's side of the conversation, as a machine without sockets and clock: bytes and times in, bytes and events out.

The device says hello (HEL) and how it is (DST); we ask for what it measured (REQ), it sends that (OBS ... EOT), then we tell it lists and
directives, and part (END) or stay for what it measures next. Observations are answered when the caller has kept them, not before.

Source: CLSI POCT1-A2, section 4 (message flows of the device interface) and annex B.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from types import MappingProxyType
from typing import ClassVar, Final, Literal

from benchside.wire.poct1a import writing
from benchside.wire.poct1a.documents import Documents, StreamRefused
from benchside.wire.poct1a.message import Device, Message, device_of, read_message
from benchside.wire.poct1a.xml import Element, Unreadable

HELLO_WITHIN: Final = timedelta(seconds=60)
ANSWER_WITHIN: Final = timedelta(seconds=30)
END_OF_TOPIC_WITHIN: Final = timedelta(seconds=5)
"""Some devices acknowledge our EOT and some do not; the next topic waits no longer than this."""
SILENCE: Final = timedelta(minutes=10)
"""In continuous mode a device sends KPA now and then; one that is silent so long is gone."""
WAITING_DOCUMENTS_MAX: Final = 1_000
Document = Callable[[str, datetime], Element]
"""Makes a message of ours from its control id and the time."""


class State(Enum):
    """Where the conversation stands."""

    AWAITING_HELLO = auto()
    AWAITING_STATUS = auto()
    OBSERVING = auto()
    """We asked for observations or events; they come until EOT."""
    TELLING = auto()
    """A message of ours awaits its acknowledgement."""
    CONTINUOUS = auto()
    """Nothing is asked or told; the device sends what it measures when it has."""
    ENDING = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes to the connection, now."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Greeted:
    """The device has told who it is."""

    device: Device


@dataclass(frozen=True, slots=True)
class Received:
    """Observations, events, or something of a maker's own. Keep it, then call `kept` (or `not_kept`): only then is it answered."""

    message: Message


@dataclass(frozen=True, slots=True)
class Broken:
    """What came cannot be read; keep it and show it to a person."""

    raw: bytes
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """The device answered what we told it. `refused` holds its words when it did not take it, "" when it did."""

    kind: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """Close the connection."""

    reason: Literal["ended", "silent", "refused", "lost"]
    not_told: tuple[str, ...] = ()
    """Kinds of messages that the device did not get any more, or did not answer."""


Event = Send | Greeted | Received | Broken | Told | Finished


class Conversation:
    """One connection with a device. All times are aware and never go back."""

    def __init__(self, *, now: datetime, continuous: bool = False) -> None:
        self.state = State.AWAITING_HELLO
        self.deadline: datetime | None = now + HELLO_WITHIN
        """When `time` wants to be called; None when nothing is awaited."""
        self._continuous = continuous
        self._documents = Documents()
        self._now = now
        self._events: list[Event] = []
        self._waiting: deque[bytes] = deque()
        self._keeping: Message | None = None
        self._control_id = 0
        self._to_tell: deque[tuple[str, Document]] = deque()
        self._awaited: tuple[str, str] | None = None  # control id and kind of ours
        self._to_ask: list[str] = []
        self._is_asked_to_stay = False

    # What the owner of the connection calls

    def receive(self, piece: bytes, now: datetime) -> list[Event]:
        """Take what came at `now`."""
        self._now = now
        if self.state is State.CLOSED:
            return []
        try:
            for raw in self._documents.feed(piece):
                self._take(raw)
        except StreamRefused as refused:
            self._events.append(Broken(refused.begun, f"{refused}; the connection was closed"))
            self._say(lambda control_id, at: writing.end(control_id, at, "ABN"))
            self._close("refused")
        return self._done()

    def kept(self, now: datetime) -> list[Event]:
        """What `Received` handed out is safe: it is acknowledged with AA."""
        return self._answer_kept(now, "AA", "")

    def not_kept(self, now: datetime, words: str) -> list[Event]:
        """What `Received` handed out could not be kept: it is acknowledged with AE and these words; the device sends it again later."""
        return self._answer_kept(now, "AE", words)

    def time(self, now: datetime) -> list[Event]:
        """Say what time it is; anything that is due is done."""
        self._now = now
        if self.deadline is None or now < self.deadline or self._keeping is not None:  # while we keep, the device waits
            return []
        if self.state is State.TELLING and self._awaited is not None and self._awaited[1] == "EOT.R01":
            self._go_on()
        elif self.state is State.ENDING:
            self._close("ended")
        else:
            self._say(lambda control_id, at: writing.end(control_id, at, "ABN"))
            self._close("silent")
        return self._done()

    def lost(self, now: datetime) -> list[Event]:
        """The connection is gone."""
        self._now = now
        rest = self._documents.finish()
        if rest:
            self._events.append(Broken(rest, "the connection ended within a document"))
        if self.state is not State.CLOSED:
            self._close("lost")
        return self._done()

    def tell(self, kind: str, document: Document, now: datetime) -> list[Event]:
        """Tell the device something of `kind`, when its turn comes: after what it has to say itself."""
        self._now = now
        self._to_tell.append((kind, document))
        if self.state is State.CONTINUOUS:
            self._go_on()
        return self._done()

    def tell_operators(self, operators: Sequence[writing.Operator], now: datetime) -> list[Event]:
        """Send the whole list of operators."""
        return self._tell_list("OPL", lambda control_id, at: writing.operator_list(control_id, at, operators), now)

    def tell_patients(self, patients: Sequence[writing.Patient], now: datetime) -> list[Event]:
        """Send the whole list of patients."""
        return self._tell_list("PTL", lambda control_id, at: writing.patient_list(control_id, at, patients), now)

    def tell_time(self, now: datetime) -> list[Event]:
        """Set the device's clock; the time is that at which it is sent."""
        return self.tell("DTV.R02", writing.set_time, now)

    def end(self, now: datetime) -> list[Event]:
        """Part when what is to be told is told."""
        self._now = now
        self._continuous = False
        if self.state is State.CONTINUOUS:
            self._go_on()
        return self._done()

    # What comes

    def _take(self, raw: bytes) -> None:
        if self._keeping is not None:
            if len(self._waiting) < WAITING_DOCUMENTS_MAX:
                self._waiting.append(raw)
            return
        if self.state is State.CLOSED:
            return
        try:
            message = read_message(raw)
        except Unreadable as error:
            self._events.append(Broken(raw, str(error)))
            self._acknowledge("", "AE", str(error))
            return
        if self.state is State.AWAITING_HELLO and message.kind != "HEL.R01":
            self._acknowledge(message.control_id, "AE", "HEL.R01 comes first")
            return
        if self.state in (State.OBSERVING, State.CONTINUOUS):
            self._wait_for_device()
        self._KINDS.get(message.kind, Conversation._take_to_keep)(self, message)

    def _take_hello(self, message: Message) -> None:
        self._acknowledge(message.control_id)
        self._events.append(Greeted(device_of(message)))
        self._go(State.AWAITING_STATUS, ANSWER_WITHIN)

    def _take_status(self, message: Message) -> None:
        self._acknowledge(message.control_id)
        if message.of("DST", "DST.new_observations_qty").strip() != "0":  # a device that does not say how many may have some
            self._to_ask.append("ROBS")
        if message.of("DST", "DST.new_events_qty").strip() not in ("", "0"):
            self._to_ask.append("RDEV")
        if self.state in (State.AWAITING_STATUS, State.CONTINUOUS):
            self._go_on()

    def _take_to_keep(self, message: Message) -> None:
        self._keeping = message
        self._events.append(Received(message))

    def _take_end_of_topic(self, message: Message) -> None:
        self._acknowledge(message.control_id)
        if self.state is State.OBSERVING:
            self._go_on()

    def _take_keep_alive(self, message: Message) -> None:
        self._acknowledge(message.control_id)

    def _take_end(self, message: Message) -> None:
        self._acknowledge(message.control_id)
        self._close("ended")

    def _take_acknowledgement(self, message: Message) -> None:
        to, awaited = message.of("ACK", "ACK.ack_control_id"), self._awaited
        if awaited is None or (to and to != awaited[0]):
            return  # an answer that is not awaited any more
        code = message.of("ACK", "ACK.type_cd")
        refused = "" if code == "AA" else message.of("ACK", "ACK.note_txt") or f"the device answered {code or 'nothing'}"
        if self.state is State.ENDING:
            self._close("ended")
        elif self.state is State.TELLING or (self.state is State.OBSERVING and refused):
            self._events.append(Told(awaited[1], refused))
            self._go_on()

    _KINDS: ClassVar[Mapping[str, Callable[[Conversation, Message], None]]] = MappingProxyType(
        {
            "HEL.R01": _take_hello,
            "DST.R01": _take_status,
            "EOT.R01": _take_end_of_topic,
            "ESC.R01": _take_end_of_topic,
            "KPA.R01": _take_keep_alive,
            "END.R01": _take_end,
            "ACK.R01": _take_acknowledgement,
        }
    )
    """What is done with each kind of message; any other is handed out to be kept."""

    # What goes

    def _answer_kept(self, now: datetime, code: Literal["AA", "AE"], words: str) -> list[Event]:
        self._now = now
        message, self._keeping = self._keeping, None
        if message is not None and self.state is not State.CLOSED:
            self._acknowledge(message.control_id, code, words)
            if self.state is not State.ENDING and self.deadline is not None:
                self._wait_for_device()
        while self._waiting and self._keeping is None and self.state is not State.CLOSED:
            self._take(self._waiting.popleft())
        return self._done()

    def _acknowledge(self, to: str, code: Literal["AA", "AE"] = "AA", note: str = "") -> None:
        self._say(lambda control_id, at: writing.acknowledgement(control_id, at, to=to, code=code, note=note))

    def _say(self, document: Document) -> str:
        self._control_id += 1
        control_id = str(self._control_id)
        self._events.append(Send(writing.written(document(control_id, self._now))))
        return control_id

    def _tell_list(self, topic: str, document: Document, now: datetime) -> list[Event]:
        events = self.tell(f"{topic}.R01", document, now)
        return events + self.tell("EOT.R01", lambda control_id, at: writing.end_of_topic(control_id, at, topic), now)

    def _go_on(self) -> None:
        """What comes next: what the device has, then what we have, then parting or waiting."""
        self._awaited = None
        if self._to_ask:
            code = self._to_ask.pop(0)
            self._awaited = (self._say(lambda control_id, at: writing.request(control_id, at, code)), "REQ.R01")
            self._go(State.OBSERVING, ANSWER_WITHIN)
        elif self._to_tell:
            kind, document = self._to_tell.popleft()
            self._awaited = (self._say(document), kind)
            self._go(State.TELLING, END_OF_TOPIC_WITHIN if kind == "EOT.R01" else ANSWER_WITHIN)
        elif self._continuous:
            self._stay()
        else:
            self._awaited = (self._say(writing.end), "END.R01")
            self._go(State.ENDING, ANSWER_WITHIN)

    def _stay(self) -> None:
        """Ask the device, once, to send what it measures from now on; it is taken however it answers."""
        if not self._is_asked_to_stay:
            self._is_asked_to_stay = True
            self._say(lambda control_id, at: writing.directive(control_id, at, "START_CONTINUOUS"))
        self._go(State.CONTINUOUS, SILENCE)

    def _wait_for_device(self) -> None:
        self.deadline = self._now + (SILENCE if self.state is State.CONTINUOUS else ANSWER_WITHIN)

    def _go(self, state: State, within: timedelta) -> None:
        self.state = state
        self.deadline = self._now + within

    def _close(self, reason: Literal["ended", "silent", "refused", "lost"]) -> None:
        waiting = [kind for kind, _ in self._to_tell if kind != "EOT.R01"]
        begun = [self._awaited[1]] if self._awaited is not None and self.state is State.TELLING else []
        self._events.append(Finished(reason, tuple(kind for kind in begun + waiting if kind != "EOT.R01")))
        self.state, self.deadline = State.CLOSED, None
        self._waiting.clear()

    def _done(self) -> list[Event]:
        events, self._events = self._events, []
        return events
