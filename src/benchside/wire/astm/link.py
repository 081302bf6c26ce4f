"""One end of an ASTM line as a machine without sockets and clock: bytes and times in, bytes and events out.

Whoever owns the connection feeds what came (`receive`), calls `time` when `deadline_s` is reached, and does what the events say. Times are
seconds of any clock that never goes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from benchside.wire.astm import states
from benchside.wire.astm.frames import TEXT_CHARACTERS_MAX, Control, Frame, Noise, Token, Tokens, frames_of
from benchside.wire.astm.states import BrokenOff, Event, Noticed, NotSent, Party, Received, Send, Sent, Signal, State

_SIGNALS: Final = {Control.ENQ: Signal.ENQ, Control.ACK: Signal.ACK, Control.NAK: Signal.NAK, Control.EOT: Signal.EOT}


class LineBusy(RuntimeError):
    """More messages wait to be sent than the link holds; wait until some are sent."""


class Link:
    """The state of one line. `keep_each_frame` hands out every final frame to be kept, for instruments that send no terminator record."""

    def __init__(self, party: Party, *, keep_each_frame: bool = False, text_characters_max: int = TEXT_CHARACTERS_MAX) -> None:
        self.state = State.IDLE
        self.deadline_s: float | None = None
        """When `time` wants to be called; None when nothing is awaited."""
        self._party, self._keep_each_frame, self._characters_max = party, keep_each_frame, text_characters_max
        self._tokens = Tokens()
        self._waiting: deque[Token] = deque()
        self._events: list[Event] = []
        self._now_s = 0.0
        self._pause_s: float | None = None
        self._state_ends_s: float | None = None
        # sending
        self._messages: deque[bytes] = deque()
        self._frames: list[bytes] = []
        self._place = self._tries = self._enquiries = 0
        self._pause_after = False
        # receiving
        self._text, self._raw, self._due = bytearray(), bytearray(), 1
        self._accepted: Frame | None = None
        self._offered: Frame | None = None
        self._whole = False

    def receive(self, piece: bytes, now_s: float) -> list[Event]:
        """Take what came over the line at `now_s`."""
        self._now_s = now_s
        for token in self._tokens.feed(piece):
            self._take(token)
        self._pause_s = None
        if self._tokens.is_within_frame:
            self._pause_s = now_s + (states.LINE_END_S if self._tokens.waits_for_line_end else states.FRAME_PAUSE_S)
        return self._done()

    def time(self, now_s: float) -> list[Event]:
        """Say what time it is; anything that is due is done."""
        self._now_s = now_s
        if self._pause_s is not None and now_s >= self._pause_s:
            self._pause_s = None
            for token in self._tokens.flush():
                self._take(token)
            if begun := self._tokens.reset():
                self._notice(f"a frame did not go on after {len(begun)} bytes")
                self._do(Signal.BAD_FRAME)
        if self._state_ends_s is not None and now_s >= self._state_ends_s:
            self._state_ends_s = None
            self._do(Signal.TIME_IS_UP)
        return self._done()

    def send(self, message: bytes, now_s: float) -> list[Event]:
        """Offer a message (records ended by CR); it goes out when the line is free. Raises LineBusy, and ValueError for letters it may not hold."""
        if len(self._messages) >= states.QUEUE_MESSAGES_MAX:
            raise LineBusy(f"{states.QUEUE_MESSAGES_MAX} messages wait to be sent on this line")
        if not list(frames_of(message, characters_max=self._characters_max)):
            raise ValueError("the message is empty")
        self._now_s = now_s
        self._messages.append(message)
        if self._state_ends_s is None:  # else the line must rest yet
            self._do(Signal.WANTS_TO_SEND)
        return self._done()

    def kept(self, now_s: float) -> list[Event]:
        """What `Received` handed out is safe: it is acknowledged."""
        return self._answer(Signal.KEPT, now_s)

    def not_kept(self, now_s: float) -> list[Event]:
        """What `Received` handed out could not be kept: the sender is told, and sends it again."""
        return self._answer(Signal.NOT_KEPT, now_s)

    def lost(self, now_s: float, reason: str = "the connection ended") -> list[Event]:
        """The connection is gone: hand out what was begun in either direction."""
        self._now_s = now_s
        if self.state is not State.KEEPING:  # else the caller has it
            self._break_off(reason)
        while self._messages:
            self._events.append(NotSent(self._messages.popleft(), reason))
        self._tokens.reset()
        self._waiting.clear()
        self._pause_s = None
        self._go(State.IDLE)
        return self._done()

    # How a signal becomes an action

    def _done(self) -> list[Event]:
        events, self._events = self._events, []
        moments = [moment for moment in (self._pause_s, self._state_ends_s) if moment is not None]
        self.deadline_s = min(moments, default=None)
        return events

    def _answer(self, signal: Signal, now_s: float) -> list[Event]:
        self._now_s = now_s
        self._do(signal)
        while self._waiting and self.state is not State.KEEPING:
            self._take(self._waiting.popleft())
        return self._done()

    def _take(self, token: Token) -> None:
        if self.state is State.KEEPING:
            if len(self._waiting) < states.WAITING_TOKENS_MAX:
                self._waiting.append(token)
        elif isinstance(token, Noise):
            self._notice(f"{len(token.content)} bytes outside of any frame were passed over")
        elif isinstance(token, Control):
            self._do(_SIGNALS[token])
        else:
            self._judge(token)

    def _judge(self, frame: Frame) -> None:
        if frame.variant:
            self._notice(f"frame {frame.number}: {frame.variant}")
        if self.state is State.IDLE and not frame.fault and frame.number == 1 and frame.text[:1] == b"H":
            self._notice("a message began without ENQ")
            self._begin()
        if self.state is not State.RECEIVING:
            self._notice("a frame outside of any session was passed over")
            return
        fault, last = frame.fault, self._accepted
        if not fault and frame.number == self._due % 8:
            self._offered = frame
            self._do(Signal.NEXT_FRAME)
            return
        if not fault and last is not None and (frame.number, frame.text) == (last.number, last.text):
            self._do(Signal.SAME_FRAME)
            return
        if not fault and last is not None and frame.number == last.number:
            fault = "it has the number of the frame before and another content"
        self._notice(f"a frame was refused: {fault or f'its number is {frame.number}, and {self._due % 8} was due'}")
        self._do(Signal.BAD_FRAME)

    def _do(self, signal: Signal) -> None:
        action = self._TABLE.get((self.state, signal))
        if action is not None:
            action(self)

    def _go(self, state: State, seconds: float | None = None) -> None:
        self.state = state
        self._state_ends_s = None if seconds is None else self._now_s + seconds

    def _write(self, content: bytes) -> None:
        self._events.append(Send(content))

    def _notice(self, words: str) -> None:
        self._events.append(Noticed(words))

    # Sending

    def _enquire(self) -> None:
        if self._messages:
            self._enquiries += 1
            self._write(Control.ENQ.byte)
            self._go(State.ENQUIRING, states.ANSWER_WITHIN_S)

    def _rest(self, seconds: float | None) -> None:
        """Leave the line alone; `seconds` from now the next message may be offered, at once when None."""
        self._go(State.IDLE, seconds)
        if seconds is None:
            self._enquire()

    def _wait_as_refused(self) -> None:
        self._rest_or_give_up(states.AFTER_NAK_S, "the other side is busy")

    def _yield_the_line(self) -> None:
        self._enquiries -= 1  # both wanted the line: no attempt that failed
        self._notice("both sides wanted to send")
        self._rest(self._party.contention_s)

    def _give_up_enquiry(self) -> None:
        self._write(Control.EOT.byte)
        self._rest_or_give_up(states.AFTER_NAK_S, "the other side does not answer")

    def _rest_or_give_up(self, seconds: float, reason: str) -> None:
        if self._enquiries >= states.ENQUIRIES_MAX:
            self._enquiries = 0
            self._events.append(NotSent(self._messages.popleft(), f"{reason}; it was offered {states.ENQUIRIES_MAX} times"))
        self._rest(seconds)

    def _send_first_frame(self) -> None:
        self._frames = list(frames_of(self._messages[0], characters_max=self._characters_max))
        self._place = self._tries = self._enquiries = 0
        self._pause_after = False
        self._send_frame()

    def _send_frame(self) -> None:
        self._write(self._frames[self._place])
        self._go(State.SENDING, states.ANSWER_WITHIN_S)

    def _send_next_frame(self) -> None:
        self._place += 1
        self._tries = 0
        if self._place < len(self._frames):
            self._send_frame()
            return
        self._write(Control.EOT.byte)
        self._events.append(Sent(self._messages.popleft()))
        self._rest(states.ANSWER_WITHIN_S if self._pause_after else None)

    def _send_next_frame_then_pause(self) -> None:
        """An EOT in place of ACK asks for the line: the message is finished first, then the other side has time to begin (6.2.5)."""
        self._pause_after = True
        self._send_next_frame()

    def _send_frame_again(self) -> None:
        self._tries += 1
        if self._tries > states.RETRANSMISSIONS_MAX:
            self._give_up(f"the other side refused a frame {self._tries} times")
        else:
            self._send_frame()

    def _give_up_message(self) -> None:
        self._give_up("the other side stopped answering")

    def _give_up(self, reason: str) -> None:
        self._write(Control.EOT.byte)
        self._events.append(NotSent(self._messages.popleft(), reason))
        self._rest(states.AFTER_NAK_S)

    # Receiving

    def _begin(self) -> None:
        self._text.clear()
        self._raw.clear()
        self._due, self._accepted, self._offered = 1, None, None
        self._go(State.RECEIVING, states.SILENCE_S)

    def _begin_receiving(self) -> None:
        self._begin()
        self._write(Control.ACK.byte)

    def _begin_receiving_again(self) -> None:
        self._break_off("the sender began anew")
        self._begin_receiving()

    def _add_frame(self, frame: Frame) -> None:
        if self._accepted is not None and self._accepted.final and self._text and not self._text.endswith(b"\r"):
            self._text += b"\r"  # some senders leave out the CR before ETX
        self._text += frame.text
        self._raw += frame.raw

    def _acknowledge(self) -> None:
        self._write(Control.ACK.byte)
        self._go(State.RECEIVING, states.SILENCE_S)

    def _refuse_frame(self) -> None:
        self._write(Control.NAK.byte)
        self._go(State.RECEIVING, states.SILENCE_S)

    def _end_receiving(self) -> None:
        self._break_off("it ended without a terminator record")
        self._rest(None)

    def _give_up_receiving(self) -> None:
        self._tokens.reset()
        self._break_off(f"nothing came for {states.SILENCE_S:.0f} seconds")
        self._rest(None)

    def _break_off(self, reason: str) -> None:
        if self._text.strip():
            self._events.append(BrokenOff(bytes(self._text), bytes(self._raw), reason))
        self._text.clear()
        self._raw.clear()

    def _accept_kept_frame(self) -> None:
        frame = self._offered
        if frame is None:
            return
        if self._whole:
            self._text.clear()
            self._raw.clear()
        self._accept(frame)
        if any(token in (Control.EOT, Control.ENQ) for token in self._waiting):
            self._notice("the sender did not wait for the answer to its last frame")
            self._go(State.RECEIVING, states.SILENCE_S)
        else:
            self._acknowledge()

    def _refuse_kept_frame(self) -> None:
        frame = self._offered
        if frame is None:
            return
        del self._text[len(self._text) - len(frame.text) :]
        del self._raw[len(self._raw) - len(frame.raw) :]
        self._offered = None
        self._refuse_frame()

    def _accept(self, frame: Frame) -> None:
        self._accepted, self._offered = frame, None
        self._due += 1

    def _take_frame(self) -> None:
        frame = self._offered
        if frame is None:
            return
        if len(self._raw) + len(frame.raw) > states.MESSAGE_BYTES_MAX:
            self._offered = None
            self._notice(f"a message is longer than {states.MESSAGE_BYTES_MAX:,} bytes")
            self._refuse_frame()
            return
        self._add_frame(frame)
        self._whole = frame.final and _ends_message(self._text)
        if self._whole or (frame.final and self._keep_each_frame):
            self._go(State.KEEPING)
            self._events.append(Received(bytes(self._text), bytes(self._raw), complete=self._whole))
            return
        self._accept(frame)
        self._acknowledge()

    _TABLE: ClassVar[Mapping[tuple[State, Signal], Callable[[Link], None]]] = MappingProxyType(
        {
            (State.IDLE, Signal.ENQ): _begin_receiving,
            (State.IDLE, Signal.WANTS_TO_SEND): _enquire,
            (State.IDLE, Signal.TIME_IS_UP): _enquire,
            (State.ENQUIRING, Signal.ACK): _send_first_frame,
            (State.ENQUIRING, Signal.NAK): _wait_as_refused,
            (State.ENQUIRING, Signal.ENQ): _yield_the_line,
            (State.ENQUIRING, Signal.TIME_IS_UP): _give_up_enquiry,
            (State.SENDING, Signal.ACK): _send_next_frame,
            (State.SENDING, Signal.EOT): _send_next_frame_then_pause,
            (State.SENDING, Signal.NAK): _send_frame_again,
            (State.SENDING, Signal.ENQ): _send_frame_again,
            (State.SENDING, Signal.TIME_IS_UP): _give_up_message,
            (State.RECEIVING, Signal.NEXT_FRAME): _take_frame,
            (State.RECEIVING, Signal.SAME_FRAME): _acknowledge,
            (State.RECEIVING, Signal.BAD_FRAME): _refuse_frame,
            (State.RECEIVING, Signal.EOT): _end_receiving,
            (State.RECEIVING, Signal.ENQ): _begin_receiving_again,
            (State.RECEIVING, Signal.TIME_IS_UP): _give_up_receiving,
            (State.KEEPING, Signal.KEPT): _accept_kept_frame,
            (State.KEEPING, Signal.NOT_KEPT): _refuse_kept_frame,
        }
    )
    """LIS1-A 6.2 and annex A: the action for each state and signal; whatever is not here changes nothing.

    In KEEPING, frames and characters wait until the caller has spoken.
    """


def _ends_message(text: bytearray) -> bool:
    """Whether the last record is a terminator, `L`."""
    end = len(text)
    while end and text[end - 1] in b"\r\n \x00":
        end -= 1
    begin = max(text.rfind(b"\r", 0, end), text.rfind(b"\n", 0, end)) + 1
    return text[begin : begin + 1] == b"L" and not text[begin + 1 : begin + 2].isalnum()
