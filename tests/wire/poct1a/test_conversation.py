"""Whole conversations, as the standard's message flows tell them; the device is played by the test."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.wire.poct1a import writing
from benchside.wire.poct1a.conversation import Broken, Conversation, Event, Finished, Greeted, Received, Send, State, Told
from benchside.wire.poct1a.documents import Documents
from benchside.wire.poct1a.message import Message, read_message
from benchside.wire.poct1a.writing import Operator, Patient, Unwritable

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
S = timedelta(seconds=1)


def device(kind: str, control_id: str, inner: str = "") -> bytes:
    return f'<{kind}><HDR><HDR.control_id V="{control_id}"/></HDR>{inner}</{kind}>'.encode()


HELLO = device("HEL.R01", "1", '<DEV><DEV.device_id V="D1"/></DEV>')
OBSERVED = device("OBS.R01", "3", '<SVC><PT><PT.patient_id V="7"/><OBS><OBS.observation_id V="GLU"/><OBS.value V="5"/></OBS></PT></SVC>')
END_OF_OBSERVATIONS = device("EOT.R01", "4", '<EOT><EOT.topic_cd V="OBS"/></EOT>')


def status(quantity: str) -> bytes:
    return device("DST.R01", "2", f'<DST><DST.new_observations_qty V="{quantity}"/></DST>')


def sent(events: list[Event]) -> list[Message]:
    stream = b"".join(event.content for event in events if isinstance(event, Send))
    return [read_message(raw) for raw in Documents().feed(stream)]


def said(events: list[Event]) -> list[str]:
    return [" ".join(filter(None, (one.kind, one.of("ACK", "ACK.type_cd"), one.of("ACK", "ACK.ack_control_id")))) for one in sent(events)]


def accepted(events: list[Event], code: str = "AA", note: str = "") -> bytes:
    """The device's acknowledgement of the last message it got."""
    to = sent(events)[-1].control_id
    return device("ACK.R01", "99", f'<ACK><ACK.type_cd V="{code}"/><ACK.ack_control_id V="{to}"/><ACK.note_txt V="{note}"/></ACK>')


def greeted(quantity: str = "0", *, continuous: bool = False) -> Conversation:
    conversation = Conversation(now=NOW, continuous=continuous)
    events = conversation.receive(HELLO, NOW)
    assert said(events) == ["ACK.R01 AA 1"]
    assert any(isinstance(event, Greeted) and event.device.device_id == "D1" for event in events)
    return conversation


def test_observations_are_asked_for_kept_and_only_then_acknowledged() -> None:
    conversation = greeted()
    events = conversation.receive(status("2"), NOW)
    assert said(events) == ["ACK.R01 AA 2", "REQ.R01"]
    assert sent(events)[1].of("REQ", "REQ.request_cd") == "ROBS"
    (received,) = conversation.receive(OBSERVED + OBSERVED.replace(b'V="3"', b'V="33"'), NOW)
    assert isinstance(received, Received)
    assert received.message.raw == OBSERVED
    events = conversation.kept(NOW)
    assert said(events) == ["ACK.R01 AA 3"]
    assert any(isinstance(event, Received) and event.message.control_id == "33" for event in events)
    assert said(conversation.not_kept(NOW, "the disk is full")) == ["ACK.R01 AE 33"]
    events = conversation.receive(END_OF_OBSERVATIONS, NOW)
    assert said(events) == ["ACK.R01 AA 4", "END.R01"]
    assert conversation.receive(accepted(events), NOW) == [Finished("ended")]
    assert conversation.state is State.CLOSED


def test_lists_and_the_time_are_told_one_after_the_other() -> None:
    conversation = greeted()
    conversation.tell_operators([Operator("op1", "Ana <A>", "4")], NOW)
    conversation.tell_patients([Patient("7", "Doe", "Jane", "1980-01-02", "F")], NOW)
    conversation.tell_time(NOW)
    kinds: list[str] = []
    events = conversation.receive(status("0"), NOW)
    while not any(isinstance(event, Finished) for event in events):
        kinds.append(sent(events)[-1].kind)
        events = conversation.receive(accepted(events), NOW)
    assert kinds == ["OPL.R01", "EOT.R01", "PTL.R01", "EOT.R01", "DTV.R02", "END.R01"]


def test_a_device_that_does_not_acknowledge_the_end_of_a_topic_is_not_waited_for_long() -> None:
    conversation = greeted()
    conversation.tell_operators([Operator("op1")], NOW)
    conversation.tell_time(NOW)
    events = conversation.receive(status("0"), NOW)
    assert said(conversation.receive(accepted(events), NOW)) == ["EOT.R01"]
    assert conversation.deadline == NOW + 5 * S
    assert said(conversation.time(NOW + 5 * S)) == ["DTV.R02"]


def test_what_the_device_does_not_take_is_told() -> None:
    conversation = greeted()
    conversation.tell_time(NOW)
    events = conversation.receive(status("0"), NOW)
    assert Told("DTV.R02", "no clock") in conversation.receive(accepted(events, "AE", "no clock"), NOW)


def test_continuous_mode_is_asked_for_once_and_lasts() -> None:
    conversation = greeted(continuous=True)
    events = conversation.receive(status("0"), NOW)
    assert said(events) == ["ACK.R01 AA 2", "DTV.R01"]
    conversation.receive(accepted(events), NOW)
    assert said(conversation.receive(device("KPA.R01", "5"), NOW + 300 * S)) == ["ACK.R01 AA 5"]
    assert conversation.deadline == NOW + 900 * S
    assert isinstance(conversation.receive(OBSERVED, NOW + 301 * S)[0], Received)
    conversation.kept(NOW + 301 * S)
    events = conversation.tell_time(NOW + 302 * S)
    assert said(events) == ["DTV.R02"]
    assert conversation.receive(accepted(events), NOW + 303 * S) == [Told("DTV.R02")]
    assert said(conversation.end(NOW + 304 * S)) == ["END.R01"]


@pytest.mark.parametrize("begun", [b"", b"<HEL.R01>"])
def test_a_device_that_does_not_say_hello_is_let_go(begun: bytes) -> None:
    conversation = Conversation(now=NOW)
    conversation.receive(begun, NOW)
    assert conversation.time(NOW + 59 * S) == []
    events = conversation.time(NOW + 60 * S)
    assert (said(events), events[-1]) == (["END.R01"], Finished("silent"))


def test_a_device_that_falls_silent_is_let_go_and_what_it_did_not_get_is_told() -> None:
    conversation = greeted()
    conversation.tell_time(NOW)
    conversation.receive(status("1"), NOW)
    assert conversation.time(NOW + 30 * S)[-1] == Finished("silent", ("DTV.R02",))
    assert conversation.receive(OBSERVED, NOW + 31 * S) == []


def test_while_we_keep_the_device_is_not_silent() -> None:
    conversation = greeted()
    conversation.receive(status("1"), NOW)
    conversation.receive(OBSERVED, NOW)
    assert conversation.time(NOW + 100 * S) == []
    conversation.kept(NOW + 100 * S)
    assert conversation.deadline == NOW + 130 * S


def test_hello_comes_first() -> None:
    assert said(Conversation(now=NOW).receive(OBSERVED, NOW)) == ["ACK.R01 AE 3"]


def test_a_document_that_cannot_be_read_is_handed_out_and_the_next_one_taken() -> None:
    conversation = greeted()
    events = conversation.receive(b"<OBS.R01><A></B></OBS.R01>" + status("0"), NOW)
    assert isinstance(events[0], Broken)
    assert said(events)[:2] == ["ACK.R01 AE", "ACK.R01 AA 2"]


def test_a_hostile_stream_is_closed_and_kept() -> None:
    conversation = greeted()
    events = conversation.receive(b'<!DOCTYPE x SYSTEM "file:///etc/passwd">', NOW)
    assert isinstance(events[0], Broken)
    assert said(events) == ["END.R01"]
    assert events[-1] == Finished("refused")


def test_a_connection_that_ends_leaves_what_came() -> None:
    conversation = greeted()
    conversation.receive(OBSERVED[:20], NOW)
    assert conversation.lost(NOW) == [Broken(OBSERVED[:20], "the connection ended within a document"), Finished("lost")]


def test_a_makers_own_message_is_handed_out_to_be_kept() -> None:
    conversation = greeted()
    assert isinstance(conversation.receive(device("ACME.LOG", "8"), NOW)[0], Received)
    assert said(conversation.kept(NOW)) == ["ACK.R01 AA 8"]


def test_a_conversation_is_the_same_however_it_is_cut() -> None:
    stream = HELLO + status("1") + OBSERVED + END_OF_OBSERVATIONS

    def all_of(pieces: list[bytes]) -> list[Event]:
        conversation = Conversation(now=NOW)
        events: list[Event] = []
        for piece in pieces:
            events += (new := conversation.receive(piece, NOW))
            while any(isinstance(event, Received) for event in new):
                events += (new := conversation.kept(NOW))
        return events

    whole = all_of([stream])
    for cut in range(1, len(stream)):
        assert all_of([stream[:cut], stream[cut:]]) == whole


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.sampled_from([HELLO, status("1"), OBSERVED, END_OF_OBSERVATIONS]), st.binary(max_size=20)), max_size=12))
def test_whatever_comes_the_conversation_ends(pieces: list[bytes]) -> None:
    conversation = Conversation(now=NOW)
    finished: list[Event] = []
    for piece in pieces:
        events = conversation.receive(piece, NOW)
        while any(isinstance(event, Received) for event in events):
            events = conversation.kept(NOW)
        finished += [event for event in events if isinstance(event, Finished)]
    now = NOW
    while conversation.deadline is not None:
        now = max(now, conversation.deadline)
        finished += [event for event in conversation.time(now) if isinstance(event, Finished)]
    assert len(finished) == 1
    assert conversation.state is State.CLOSED


def test_changes_of_operators_and_a_makers_list_of_lots() -> None:
    changes = writing.operator_changes("1", NOW, added=[Operator("b", level="2")], removed=["a"])
    assert [(update.of("UPD.action_cd"), [one.value for one in update.below("OPR.operator_id")]) for update in changes.all("UPD")] == [
        ("D", ["a"]), ("I", ["b"]),
    ]  # fmt: skip
    lots = writing.vendor_list("ACME.LOTS", "1", NOW, row="LOT", rows=[{"lot_number": "L1", "expiration_dttm": "2026-12-31"}])
    assert writing.written(lots).endswith(b'<LOT><LOT.lot_number V="L1"/><LOT.expiration_dttm V="2026-12-31"/></LOT></ACME.LOTS>')


def test_what_is_written_is_read_again_and_cannot_break_out() -> None:
    nasty = 'a"/><END.R01/>&\n'
    element = writing.operator_list("1", NOW, [Operator("x", nasty)])
    found = read_message(writing.written(element))
    assert next(found.root.below("OPR.name")).attributes["V"] == nasty
    with pytest.raises(Unwritable):
        writing.written(writing.operator_list("1", NOW, [Operator("\x01")]))
