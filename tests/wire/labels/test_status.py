"""Reading ~HS and the label counter, by the manual."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.wire.labels.status import (
    StatusUnreadable,
    is_complete_count,
    is_complete_status,
    parse_host_status,
    parse_label_count,
)

READY = b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
"""A printer at rest, in the form of the ZPL II Programming Guide."""


def flagged(string: int, position: int, value: bytes = b"1") -> bytes:
    """READY with one field of one string changed; strings and fields count from 0."""
    lines = READY.split(b"\r\n")
    fields = lines[string].strip(b"\x02\x03").split(b",")
    fields[position] = value
    lines[string] = b"\x02" + b",".join(fields) + b"\x03"
    return b"\r\n".join(lines)


def test_a_printer_at_rest() -> None:
    status = parse_host_status(READY)
    assert status.faults == ()
    assert status.is_idle
    assert status.label_length_dots == 1245


@pytest.mark.parametrize(
    ("string", "position", "fault"),
    [  # letters are the manual's
        pytest.param(0, 1, "paper-out", id="b"),
        pytest.param(0, 2, "paused", id="c"),
        pytest.param(0, 5, "buffer-full", id="f"),
        pytest.param(0, 9, "memory-corrupt", id="j"),
        pytest.param(0, 10, "too-cold", id="k"),
        pytest.param(0, 11, "too-hot", id="l"),
        pytest.param(1, 2, "head-open", id="o"),
        pytest.param(1, 3, "ribbon-out", id="p"),
    ],
)
def test_each_flag_is_its_fault(string: int, position: int, fault: str) -> None:
    assert parse_host_status(flagged(string, position)).faults == (fault,)


@pytest.mark.parametrize(
    ("string", "position", "value"),
    [pytest.param(0, 4, b"003", id="eee"), pytest.param(0, 7, b"1", id="h"), pytest.param(1, 8, b"00000002", id="uuuuuuuu")],
)
def test_what_waits_is_not_idle(string: int, position: int, value: bytes) -> None:
    status = parse_host_status(flagged(string, position, value))
    assert not status.is_idle
    assert status.faults == ()


def test_a_label_waiting_in_peel_off_mode_is_told() -> None:
    assert parse_host_status(flagged(1, 7)).is_label_waiting


@pytest.mark.parametrize("length", range(len(READY)))
def test_a_cut_answer_is_not_complete(length: int) -> None:
    whole = len(READY) - 2  # the last line end adds nothing
    assert is_complete_status(READY[:length]) == (length >= whole)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"ERROR",
        READY.replace(b"1234,0", b"1234"),
        READY.replace(b",0,0,1245", b",2,0,1245"),
        READY.replace(b"1245", b"12x5"),
        READY[: READY.index(b"\x021234")],
        READY + READY,
    ],
)
def test_an_answer_of_another_form_is_unreadable(answer: bytes) -> None:
    with pytest.raises(StatusUnreadable):
        parse_host_status(answer)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_readers(answer: bytes) -> None:
    with suppress(StatusUnreadable):
        parse_host_status(answer)
    count = parse_label_count(answer)
    assert count is None or (count >= 0 and is_complete_count(answer))


@pytest.mark.parametrize(
    ("answer", "count"),
    [(b'"8124"', 8124), (b'"8124"\r\n', 8124), (b'"0"', 0), (b'"?"', None), (b'"1489 INCHES"', None), (b'"81', None)],
)
def test_the_label_counter(answer: bytes, count: int | None) -> None:
    assert parse_label_count(answer) == count
