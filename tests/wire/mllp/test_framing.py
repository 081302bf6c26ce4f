"""Frames of MLLP out of pieces of any size; nothing that came is lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.wire.mllp.framing import Frame, Frames, TooLong, framed

CONTENT = st.binary(min_size=1, max_size=60).filter(lambda raw: not set(raw) & {0x0B, 0x1C} and raw.strip(b"\r\n \t\x00") != b"")


def pieces(raw: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    return [raw[begin:end] for begin, end in pairwise(places)]


@given(st.lists(CONTENT, max_size=6), st.lists(st.integers(0, 1000), max_size=12))
def test_frames_come_back_however_they_are_cut(contents: list[bytes], cuts: list[int]) -> None:
    frames = Frames()
    found = [frame for piece in pieces(b"".join(map(framed, contents)), cuts) for frame in frames.feed(piece)]
    assert found == [Frame(content) for content in contents]
    assert frames.finish() == []


def test_cut_at_every_byte() -> None:
    raw = framed(b"MSH|1\r") + b"stray" + framed(b"MSH|2\r")
    for cut in range(len(raw) + 1):
        frames = Frames()
        assert [*frames.feed(raw[:cut]), *frames.feed(raw[cut:])] == [Frame(b"MSH|1\r"), Frame(b"stray", whole=False), Frame(b"MSH|2\r")]


@given(st.binary(max_size=200), st.lists(st.integers(0, 1000), max_size=8))
def test_every_byte_of_anything_is_handed_out(raw: bytes, cuts: list[int]) -> None:
    frames = Frames()
    found = [frame for piece in pieces(raw, cuts) for frame in frames.feed(piece)] + frames.finish()
    marks = bytes.maketrans(b"", b"")
    blank = b"\x0b\x1c\r\n \t\x00"
    assert b"".join(frame.content for frame in found).translate(marks, blank) == raw.translate(marks, blank)


def test_a_block_that_never_ended_is_told_apart() -> None:
    assert Frames().feed(b"\x0bMSH|lost\x0bMSH|found\x1c\r") == [Frame(b"MSH|lost", whole=False), Frame(b"MSH|found")]


def test_a_missing_cr_does_no_harm() -> None:
    assert Frames().feed(b"\x0bone\x1c\x0btwo\x1c") == [Frame(b"one"), Frame(b"two")]


def test_a_connection_that_breaks_off_leaves_what_came() -> None:
    frames = Frames()
    assert frames.feed(b"\x0bMSH|half") == []
    assert frames.finish() == [Frame(b"MSH|half", whole=False)]
    assert frames.finish() == []


def test_a_frame_without_end_is_bounded() -> None:
    frames = Frames(bytes_max=1000)
    with pytest.raises(TooLong) as refused:
        for _ in range(100):
            frames.feed(b"\x0b" + b"x" * 99 if _ == 0 else b"x" * 100)
    assert len(refused.value.begun) == 1000
