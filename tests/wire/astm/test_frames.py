"""Frames of LIS1: checksums, cuts, and what senders really write."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.wire.astm.frames import Control, Frame, Noise, Token, Tokens, checksum, framed, frames_of


def tokens(*pieces: bytes) -> list[Token]:
    reader = Tokens()
    return [*(token for piece in pieces for token in reader.feed(piece)), *reader.flush()]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"1H|\\^&\r\x03", b"E5"),  # summed by hand: 31 48 7C 5C 5E 26 0D 03 = 1E5
        (b"7L|1|N\r\x03", b"0A"),  # as a Sysmex XN-550 sends it
        (b"3C|1||\r\x03", b"2B"),  # the same instrument
        (b"2L|1|N\r\x03", b"05"),
        (b"0\x17", b"47"),
    ],
)
def test_checksums(content: bytes, expected: bytes) -> None:
    assert checksum(content) == expected


def test_a_frame_as_the_standard_has_it() -> None:
    assert framed(7, b"L|1|N\r") == b"\x027L|1|N\r\x030A\r\n"
    assert framed(8, b"x", final=False)[1:4] == b"0x\x17"
    assert tokens(framed(7, b"L|1|N\r")) == [Frame(7, b"L|1|N\r", final=True, raw=b"\x027L|1|N\r\x030A\r\n")]
    with pytest.raises(ValueError, match="0x04"):
        framed(1, b"a\x04b")


def test_a_long_record_goes_over_several_frames() -> None:
    message = b"H|\\^&\rC|1|" + b"x" * 500 + b"\rL|1|N\r"
    frames = [token for token in tokens(*frames_of(message)) if isinstance(token, Frame)]
    assert [(frame.number, frame.final, len(frame.text)) for frame in frames] == [
        (1, True, 6), (2, False, 240), (3, False, 240), (4, True, 25), (5, True, 6),
    ]  # fmt: skip
    assert b"".join(frame.text for frame in frames) == message


@pytest.mark.parametrize(
    ("raw", "variant"),
    [
        (b"\x023C|1||\r\x032b\r\n", "small letters"),
        (b"\x023C|1||\r\x032B", "CR LF is missing"),
        (b"\x023C|1||\r\x032B\r", "CR LF is missing"),
        (b"\x023C|1||\r\n\x032B\r\n", "line feeds were put into"),
        (b"\x023C|1||\n\x032B\r\n", "line feeds stand for carriage returns"),
    ],
)
def test_variants_are_taken_and_named(raw: bytes, variant: str) -> None:
    (frame,) = tokens(raw)
    assert isinstance(frame, Frame)
    assert (frame.number, frame.text.rstrip(b"\r"), frame.raw, frame.fault) == (3, b"C|1||", raw, "")
    assert variant in frame.variant


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"\x023C|1||\r\x032C\r\n", "checksum is 2C, and should be 2B"),
        (b"\x023C|1||\r\x03\r\n", "no checksum"),
        (b"\x029C|1||\r\x0331\r\n", "none of 0 to 7"),
        (b"\x023C|\x05||\r\x03FF\r\n", "control character 0x05"),
        (b"\x02\x03\r\n", "none of 0 to 7"),
    ],
)
def test_faults_are_told(raw: bytes, fault: str) -> None:
    (frame,) = tokens(raw)
    assert isinstance(frame, Frame)
    assert fault in frame.fault
    assert frame.raw == raw


def test_a_frame_that_never_ends_is_bounded_and_one_begun_anew_is_told() -> None:
    reader = Tokens(frame_bytes_max=50)
    (frame,) = reader.feed(b"\x021" + b"x" * 60)
    assert isinstance(frame, Frame)
    assert "50 bytes" in frame.fault
    assert tokens(b"\x021half" + framed(1, b"whole"))[0] == Noise(b"\x021half")


def test_cut_at_every_byte() -> None:
    raw = b"\x05" + framed(1, b"H|\\^&\r") + framed(2, b"C|1|x", final=False) + framed(3, b"y\r") + b"\x04"
    expected = tokens(raw)
    assert expected[0] is Control.ENQ
    assert expected[-1] is Control.EOT
    for cut in range(len(raw) + 1):
        assert tokens(raw[:cut], raw[cut:]) == expected
    assert tokens(*(raw[place : place + 1] for place in range(len(raw)))) == expected


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80), st.lists(st.integers(0, 80), max_size=6))
def test_any_bytes_give_the_same_tokens_however_they_are_cut(raw: bytes, cuts: list[int]) -> None:
    raw = raw + framed(1, b"H\r") + b"\x05"
    places = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    assert _joined(tokens(*(raw[begin:end] for begin, end in pairwise(places)))) == _joined(tokens(raw))


def _joined(found: list[Token]) -> list[Token]:
    """Noise may be cut where the pieces are; only how much of it there is counts."""
    return [token for token in found if not isinstance(token, Noise)]
