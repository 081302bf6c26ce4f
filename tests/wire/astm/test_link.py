"""The conversation of LIS1: establishment, transfer, termination, contention and the times, each told as the standard tells it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.wire.astm.frames import framed, frames_of
from benchside.wire.astm.link import LineBusy, Link
from benchside.wire.astm.states import QUEUE_MESSAGES_MAX, BrokenOff, Event, Noticed, NotSent, Party, Received, Send, Sent, State

ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"
MESSAGE = b"H|\\^&\rR|1|^^^K|4.1\rL|1|N\r"
FRAMES = list(frames_of(MESSAGE))


def written(events: list[Event]) -> bytes:
    return b"".join(event.content for event in events if isinstance(event, Send))


def told(events: list[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, Send | Noticed)]


def receiving() -> Link:
    link = Link(Party.HOST)
    assert written(link.receive(ENQ, 0.0)) == ACK
    return link


def sending(party: Party = Party.HOST) -> Link:
    link = Link(party)
    assert written(link.send(MESSAGE, 0.0)) == ENQ
    return link


# Receiving


def test_the_last_frame_is_not_acknowledged_before_the_message_is_kept() -> None:
    link = receiving()
    assert written(link.receive(FRAMES[0], 1.0)) == ACK
    assert written(link.receive(FRAMES[1], 1.0)) == ACK
    events = link.receive(FRAMES[2], 1.0)
    assert events == [Received(MESSAGE, b"".join(FRAMES))]
    assert (link.state, link.deadline_s) == (State.KEEPING, None)
    assert link.kept(2.0) == [Send(ACK)]
    assert link.receive(EOT, 2.0) == []
    assert link.state is State.IDLE


def test_what_could_not_be_kept_is_refused_and_taken_when_it_comes_again() -> None:
    link = receiving()
    link.receive(FRAMES[0] + FRAMES[1] + FRAMES[2], 1.0)
    assert link.not_kept(1.0) == [Send(NAK)]
    assert link.receive(FRAMES[2], 2.0) == [Received(MESSAGE, b"".join(FRAMES))]
    assert link.kept(2.0) == [Send(ACK)]


def test_a_repeated_frame_is_acknowledged_and_taken_once() -> None:
    link = receiving()
    assert written(link.receive(FRAMES[0], 1.0)) == ACK
    assert written(link.receive(FRAMES[0], 1.0)) == ACK
    link.receive(FRAMES[1], 1.0)
    assert told(link.receive(FRAMES[2], 1.0)) == [Received(MESSAGE, b"".join(FRAMES))]
    link.kept(1.0)
    assert written(link.receive(FRAMES[2], 1.0)) == ACK  # our acknowledgement had been lost


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (FRAMES[1], "its number is 2, and 1 was due"),
        (b"\x021H|\\^&\r\x03FF\r\n", "checksum is FF"),
    ],
)
def test_a_frame_that_is_not_right_is_refused(frame: bytes, words: str) -> None:
    events = receiving().receive(frame, 1.0)
    assert written(events) == NAK
    assert any(isinstance(event, Noticed) and words in event.words for event in events)


def test_another_content_under_the_number_of_the_frame_before_is_refused() -> None:
    link = receiving()
    link.receive(framed(1, b"H|\\^&\r"), 1.0)
    assert written(link.receive(framed(1, b"H|\\^&|x\r"), 1.0)) == NAK


def test_frame_numbers_go_round() -> None:
    message = b"H|\\^&\r" + b"".join(b"R|%d\r" % number for number in range(20)) + b"L|1\r"
    link = receiving()
    events = [event for frame in frames_of(message) for event in link.receive(frame, 1.0)]
    assert [event.text for event in events if isinstance(event, Received)] == [message]


def test_records_over_several_frames_and_several_records_in_one() -> None:
    link = receiving()
    pieces = framed(1, b"H|\\^&\rR|1|^^^10/1/no", final=False) + framed(2, b"t|5\rL|1|N\r")
    assert told(link.receive(pieces, 1.0)) == [Received(b"H|\\^&\rR|1|^^^10/1/not|5\rL|1|N\r", pieces)]


def test_records_without_their_carriage_return() -> None:
    link = receiving()
    pieces = framed(1, b"H|\\^&") + framed(2, b"L|1|N")
    assert told(link.receive(pieces, 1.0)) == [Received(b"H|\\^&\rL|1|N", pieces)]


def test_a_missing_line_end_is_waited_for_a_moment() -> None:
    link = receiving()
    assert link.receive(FRAMES[0][:-2], 1.0) == []
    assert link.deadline_s == 1.5
    assert written(link.time(1.5)) == ACK


def test_a_frame_that_does_not_go_on_is_dropped() -> None:
    link = receiving()
    link.receive(FRAMES[0][:7], 1.0)
    assert link.deadline_s == 6.0
    assert written(link.time(6.0)) == NAK
    assert written(link.receive(FRAMES[0], 7.0)) == ACK
    idle = Link(Party.HOST)
    idle.receive(b"\x02", 0.0)  # noise that looks like the beginning of a frame
    idle.time(5.0)
    assert written(idle.receive(ENQ, 6.0)) == ACK


def test_a_sender_that_falls_silent() -> None:
    link = receiving()
    link.receive(FRAMES[0], 1.0)
    assert link.deadline_s == 31.0
    assert link.time(30.9) == []
    assert link.time(31.0) == [BrokenOff(b"H|\\^&\r", FRAMES[0], "nothing came for 30 seconds")]
    assert written(link.receive(ENQ, 40.0)) == ACK


def test_a_message_without_terminator_is_handed_out_as_broken_off() -> None:
    link = receiving()
    link.receive(FRAMES[0], 1.0)
    assert told(link.receive(EOT, 1.0)) == [BrokenOff(b"H|\\^&\r", FRAMES[0], "it ended without a terminator record")]
    careful = Link(Party.HOST, keep_each_frame=True)
    careful.receive(ENQ, 0.0)
    assert told(careful.receive(FRAMES[0], 1.0)) == [Received(b"H|\\^&\r", FRAMES[0], complete=False)]
    assert written(careful.kept(1.0)) == ACK


def test_a_sender_that_began_anew_and_one_that_sends_no_enq() -> None:
    link = receiving()
    link.receive(FRAMES[0], 1.0)
    events = link.receive(ENQ, 2.0)
    assert (written(events), told(events)) == (ACK, [BrokenOff(b"H|\\^&\r", FRAMES[0], "the sender began anew")])
    silent = Link(Party.HOST)
    assert written(silent.receive(ACK + ACK + FRAMES[0], 0.0)) == ACK
    stranger = Link(Party.HOST)
    assert written(stranger.receive(FRAMES[1] + FRAMES[2], 0.0)) == b""  # the middle of what we never heard begin


def test_a_sender_that_did_not_wait_gets_no_late_acknowledgement() -> None:
    """A late ACK would be taken for the answer to its next ENQ or frame."""
    link = receiving()
    link.receive(b"".join(FRAMES), 1.0)
    assert link.receive(EOT + ENQ, 20.0) == []
    assert written(link.kept(21.0)) == ACK  # to the ENQ
    assert link.state is State.RECEIVING


def test_sessions_back_to_back_in_one_piece() -> None:
    link = Link(Party.HOST)
    session = ENQ + b"".join(FRAMES) + EOT
    events = link.receive(session * 3, 0.0)
    for _ in range(3):
        assert told(events) == [Received(MESSAGE, b"".join(FRAMES))]
        events = link.kept(0.0)
    assert (told(events), link.state) == ([], State.IDLE)


# Sending


def test_a_message_goes_out_frame_by_frame() -> None:
    link = sending()
    assert written(link.receive(ACK, 1.0)) == FRAMES[0]
    assert written(link.receive(ACK, 1.0)) == FRAMES[1]
    assert written(link.receive(ACK, 1.0)) == FRAMES[2]
    assert link.receive(ACK, 1.0) == [Send(EOT), Sent(MESSAGE)]
    assert (link.state, link.deadline_s) == (State.IDLE, None)


def test_a_refused_frame_is_sent_six_times_more_then_given_up() -> None:
    link = sending()
    link.receive(ACK, 1.0)
    for _ in range(6):
        assert written(link.receive(NAK, 1.0)) == FRAMES[0]
    assert link.receive(NAK, 1.0) == [Send(EOT), NotSent(MESSAGE, "the other side refused a frame 7 times")]


def test_no_answer_to_a_frame() -> None:
    link = sending()
    link.receive(ACK, 1.0)
    assert link.deadline_s == 16.0
    assert link.time(16.0) == [Send(EOT), NotSent(MESSAGE, "the other side stopped answering")]


def test_no_answer_to_enq_and_a_busy_receiver() -> None:
    link = sending()
    assert link.deadline_s == 15.0
    assert written(link.time(15.0)) == EOT
    assert link.deadline_s == 25.0
    assert written(link.time(25.0)) == ENQ
    assert written(link.receive(NAK, 26.0)) == b""
    assert link.deadline_s == 36.0
    now, events = 36.0, []
    while not told(events):
        events = link.time(now)
        now = link.deadline_s or now
    assert isinstance(told(events)[0], NotSent)


@pytest.mark.parametrize(("party", "seconds"), [(Party.INSTRUMENT, 1.0), (Party.HOST, 20.0)])
def test_when_both_want_to_send_the_instrument_goes_first(party: Party, seconds: float) -> None:
    link = sending(party)
    assert written(link.receive(ENQ, 2.0)) == b""
    assert (link.state, link.deadline_s) == (State.IDLE, 2.0 + seconds)
    assert written(link.receive(ENQ, 2.5)) == ACK  # the other side may begin meanwhile
    assert written(link.receive(EOT, 3.0)) == ENQ  # and when it is done, ours goes out


def test_a_receiver_that_asks_for_the_line_gets_it_after_the_message() -> None:
    link = sending()
    link.send(MESSAGE, 0.0)
    link.receive(ACK, 1.0)
    assert written(link.receive(EOT, 1.0)) == FRAMES[1]
    link.receive(ACK, 1.0)
    assert written(link.receive(ACK, 1.0)) == EOT
    assert link.deadline_s == 16.0
    assert written(link.time(16.0)) == ENQ


def test_an_answer_waits_until_the_question_has_ended() -> None:
    link = receiving()
    link.receive(b"".join(FRAMES), 1.0)
    assert link.send(MESSAGE, 1.0) == []
    link.kept(1.0)
    assert written(link.receive(EOT, 1.0)) == ENQ


def test_a_connection_that_ends_gives_back_what_was_not_done() -> None:
    link = sending()
    link.receive(ACK, 1.0)
    assert link.lost(2.0) == [NotSent(MESSAGE, "the connection ended")]
    broken = receiving()
    broken.receive(FRAMES[0], 1.0)
    assert broken.lost(2.0) == [BrokenOff(b"H|\\^&\r", FRAMES[0], "the connection ended")]


def test_the_queue_has_an_end() -> None:
    link = sending()
    for _ in range(QUEUE_MESSAGES_MAX - 1):
        link.send(MESSAGE, 0.0)
    with pytest.raises(LineBusy):
        link.send(MESSAGE, 0.0)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_two_ends_over_a_bad_line_lose_nothing(data: st.DataObject) -> None:
    """Bytes are damaged on the way to the receiver; what the sender holds for sent, the receiver has kept."""
    message = b"H|\\^&\rR|1|^^^K|4.1|mmol/L\rR|2|^^^Na|140|mmol/L\rL|1|N\r"
    host, instrument = Link(Party.HOST), Link(Party.INSTRUMENT)
    kept: list[bytes] = []
    now, outcome = 0.0, None
    events = instrument.send(message, now)
    for _ in range(200):
        outcome = next((event for event in events if isinstance(event, Sent | NotSent)), None)
        if outcome is not None:
            break
        sent = bytearray(written(events))
        if len(sent) > 4 and data.draw(st.integers(0, 3)) == 0:
            sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
        answers = host.receive(bytes(sent), now)
        arrived = [event.text for event in answers if isinstance(event, Received)]
        if arrived:
            kept += arrived
            answers += host.kept(now)
        events = instrument.receive(written(answers), now)
        if not events:
            now = min(moment for moment in (host.deadline_s, instrument.deadline_s) if moment is not None)
            answers = host.time(now)
            events = instrument.time(now) + instrument.receive(written(answers), now)
    assert not isinstance(outcome, Sent) or kept[-1] == message
    assert all(one == message for one in kept)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from([ENQ, ACK, NAK, EOT, *FRAMES]), st.binary(max_size=12)), max_size=25), st.booleans())
def test_whatever_comes_the_line_stays_usable(pieces: list[bytes], wants_to_send: bool) -> None:
    link = Link(Party.HOST)
    if wants_to_send:
        link.send(MESSAGE, 0.0)
    now = 0.0
    for piece in pieces:
        events = link.receive(piece, now)
        while any(isinstance(event, Received) for event in events):
            assert link.state is State.KEEPING
            events = link.kept(now)
        now += 1.0
    for _ in range(60):  # silence: the line comes to rest
        if link.deadline_s is None:
            break
        now = max(now, link.deadline_s)
        link.time(now)
    assert link.state is State.IDLE
    assert written(link.receive(ENQ, now)) == ACK
    assert any(isinstance(event, Received) for event in link.receive(b"".join(FRAMES), now))
