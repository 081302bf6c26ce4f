"""Documents out of a stream, and what of them is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.wire.poct1a.documents import Documents, StreamRefused
from benchside.wire.poct1a.xml import Unreadable, read_document

ONE = b'<?xml version="1.0"?>\r\n<!-- a > b --><A.R01><X V="a > b / c"/><Y V=\'>\'><![CDATA[</A.R01>]]></Y></A.R01>'
TWO = b'<B.R01 V="/"/>'


@pytest.mark.parametrize("between", [b"", b"\r\n", b"\x1c\r\x0b", b"\x00", b"\xef\xbb\xbf"])
def test_cut_at_every_byte(between: bytes) -> None:
    stream = between + ONE + between + TWO + between + ONE
    for cut in range(len(stream) + 1):
        documents = Documents()
        assert [*documents.feed(stream[:cut]), *documents.feed(stream[cut:])] == [ONE, TWO, ONE]
        assert documents.finish() == b""
    documents = Documents()
    assert [one for place in range(len(stream)) for one in documents.feed(stream[place : place + 1])] == [ONE, TWO, ONE]


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document type"),
        (b"<a><!ENTITY x 'y'></a>", "document type"),
        (b"<a>" * 40, "more than 32 deep"),
        (b"hello", "no XML document"),
        (b"</a>", "never began"),
        (b"<a>" + b"x" * 1000, "longer than 500 bytes"),
        (b"\xff\xfe<\x00a\x00/\x00>\x00", "no XML document"),
    ],
)
def test_a_stream_that_cannot_be_followed_is_refused(stream: bytes, why: str) -> None:
    with pytest.raises(StreamRefused, match=why) as refused:
        list(Documents(bytes_max=500).feed(stream))
    assert refused.value.begun == stream[:500]


def test_what_was_begun_is_given_back() -> None:
    documents = Documents()
    assert list(documents.feed(b" <a><b")) == []
    assert documents.finish() == b"<a><b"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "not allowed"),
        (b'<!DOCTYPE a [<!ENTITY x "yyyy">]><a>&x;</a>', "not allowed"),
        (b"<a>&x;</a>", "undefined entity"),
        (b"<a><b></a></b>", "mismatched tag"),
        (b"<a>", "no element found"),
        (b"", "no element found"),
        (b"<a/><b/>", "junk after"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "unknown encoding"),
        (b"<a>" * 33 + b"</a>" * 33, "more than 32 deep"),
        (b"<a>" + b"<b/>" * 20_001 + b"</a>", "more than 20,000 elements"),
        (b"<a>" + b"x" * 1024 * 1024 + b"</a>", "longer than"),
    ],
)
def test_a_document_that_is_not_taken_says_why(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read_document(raw)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=100))
def test_no_bytes_make_it_fall(raw: bytes) -> None:
    for begin in (b"", b"<a>", b"<A.R01><HDR V='"):
        documents = Documents()
        try:
            found = [*documents.feed(begin + raw)]
        except StreamRefused:
            continue
        for document in found:
            try:
                read_document(document)
            except Unreadable:
                continue
