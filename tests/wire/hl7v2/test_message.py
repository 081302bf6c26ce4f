"""Reading HL7 v2: the standard's examples, senders' habits, and every real message we were given, without losing a byte."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.wire.hl7v2.message import Delimiters, Unreadable, escaped, messages_in, read_message, unescaped

CAPTURES = Path(os.environ.get("BENCHSIDE_DATA", "../shared/data")) / "messages" / "hl7v2"
USUAL = Delimiters()


def message(*segments: str, end: str = "\r") -> bytes:
    return (end.join(["MSH|^~\\&|LAB|MAIN|EHR|MAIN|20260302083000||ORU^R01^ORU_R01|42|P|2.5.1", *segments]) + end).encode()


def test_the_header_says_what_it_is() -> None:
    found = read_message(message())
    assert (found.event, found.structure, found.control_id, found.version) == (("ORU", "R01"), "ORU_R01", "42", "2.5.1")
    assert found.sender == ("LAB", "MAIN")
    assert found.header.field(1) == "|"
    assert found.header.field(2) == found.delimiters.encoding_characters == "^~\\&"
    assert found.header.length == 12


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_segments_end_as_senders_end_them(end: str) -> None:
    found = read_message(message("PID|1||A12^^^CLINIC&1.2.3&ISO^MR~B7^^^STATE||Doe^Jane", "OBX|1|NM|K||4.10", end=end))
    assert [segment.name for segment in found.segments] == ["MSH", "PID", "OBX"]
    pid = found.first("PID")
    assert pid is not None
    assert pid.repetitions(3) == ["A12^^^CLINIC&1.2.3&ISO^MR", "B7^^^STATE"]
    assert (pid.value(3), pid.value(3, 4, 2), pid.value(3, repetition=2), pid.value(3, 4, repetition=2)) == ("A12", "1.2.3", "B7", "STATE")
    assert (pid.value(5), pid.value(5, 2), pid.value(5, 3), pid.value(99)) == ("Doe", "Jane", "", "")


def test_a_line_break_that_was_not_escaped_stays_in_its_text() -> None:
    found = read_message(message("OBX|1|TX|C||first line\nsecond line|", "OBX|2|TX|C||x"))
    assert [segment.value(5) for segment in found.all("OBX")] == ["first line\nsecond line", "x"]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
        (r"one\.br\two\.sp2\three", "one\ntwo\n\nthree"),
        (r"\H\high\N\ low", "high low"),
        (r"\X48C3A9\x", "H\u00e9x"),
        (r"100\% of \Z9\ and \ alone", r"100\% of \Z9\ and \ alone"),
        (r"open \F", r"open \F"),
        (r"C:\temp\F\x", r"C:\temp|x"),
    ],
)
def test_escapes(sent: str, meant: str) -> None:
    assert unescaped(sent, USUAL) == meant


@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",))))
def test_what_is_escaped_is_read_again(text: str) -> None:
    assert unescaped(escaped(text, USUAL), USUAL) == text
    sent = read_message(message(f"NTE|1||{escaped(text, USUAL)}|end"))
    note = sent.first("NTE")
    assert note is not None
    assert (note.value(3), note.value(4)) == (text, "end")


@given(st.sampled_from("!#$%*+,-./:;<=>?@[]_`{}"), st.permutations("^~\\&#"))
def test_odd_separators(field: str, marks: list[str]) -> None:
    if field in marks:
        return
    encoding = "".join(marks)
    component, repetition, _, sub, _ = marks
    head = f"MSH{field}{encoding}{field}APP{sub}X{component}Y{field}{field}{field}{field}{field}{field}ACK{field}7"
    found = read_message(f"{head}\rZZZ{field}a{repetition}b{component}c".encode())
    assert found.delimiters.encoding_characters == encoding
    assert (found.header.value(3), found.header.value(3, 1, 2), found.header.value(3, 2)) == ("APP", "X", "Y")
    assert found.control_id == "7"
    assert found.segments[1].value(1, 2, repetition=2) == "c"


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "empty"),
        (b"\x0b\r\n", "empty"),
        (b"PID|1", "begins with MSH"),
        (b"MSH|^", "not complete"),
        (b"MSHA^~\\&AAAA", "field separator"),
        (b"MSH|^^\\&|A|B", "same character"),
        (b"MSH|^~\\&!?*|A|B", "has 7 characters"),
    ],
)
def test_what_is_no_message_is_refused_in_words(sent: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read_message(sent)


@pytest.mark.parametrize(
    ("claim", "codec", "certain"),
    [
        ("UNICODE UTF-8", "utf-8", True),
        ("8859/1", "iso8859-1", True),
        ("ISO IR87", "utf-8", False),
        ("", "utf-8", False),
        ("MARS", "utf-8", False),
    ],
)
def test_letters_are_read_as_the_sender_says(claim: str, codec: str, certain: bool) -> None:
    raw = f"MSH|^~\\&|A|B|C|D|||ADT^A01|1|P|2.5|||||| {claim}~X\rPID|||||Núñez".encode("iso8859-1" if claim == "8859/1" else "utf-8")
    found = read_message(raw.replace(b"| ", b"|"))
    assert found.segments[1].value(5) == "Núñez"
    assert (found.codec, found.certain) == (codec, certain)


def test_bytes_that_fit_no_claim_are_kept_and_told() -> None:
    raw = b"MSH|^~\\&|A|B|C|D|||ADT^A01|1|P|2.5||||||UNICODE UTF-8\rPID|||||N\xfa\xf1ez"
    found = read_message(raw)
    assert (found.raw, found.codec, found.certain) == (raw, "cp1252", False)
    assert found.segments[1].value(5) == "Núñez"


def test_a_byte_order_mark_is_passed_over_and_kept_in_the_raw_message() -> None:
    for mark, codec in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le")):
        raw = mark + message("PID|||||Núñez").decode().encode(codec)
        found = read_message(raw)
        assert found.raw == raw
        assert found.segments[1].value(5) == "Núñez"


def test_a_batch_gives_its_messages() -> None:
    one, two = message("PID|1"), message("PID|2", "BTX|not an end")
    batch = b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + one + two + b"BTS|2\rFTS|1\r"
    assert list(messages_in(batch)) == [one, two]
    assert list(messages_in(b"FHS|^~\\&|A\rFTS|0\r")) == []


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fall(raw: bytes) -> None:
    for begin in (b"", b"MSH|", b"MSH|^~\\&|"):
        try:
            found = read_message(begin + raw)
        except Unreadable:
            continue
        assert found.raw == begin + raw
        for segment in found.segments:
            assert [segment.components(number) for number in range(segment.length + 2)]


REFUSED = {
    "empty-batch.hl7": "begins with MSH",
    "samples_020.hl7": "begins with MSH",
    "Hl7ORUMessageTest_002.hl7": "same character",  # MSH-2 with its backslash doubled, as program texts write it
    "SegmentUtilTest_007.hl7": "same character",
    "Hl7MedicationRequestFHIRConversionTest_020.hl7": "same character",
    "test_parser_009.hl7": "same character",
}


@pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no captured messages at {CAPTURES}")
def test_every_captured_message_is_read_or_refused_for_a_known_reason() -> None:
    read = 0
    for file in sorted(file for kind in ("hl7", "er7", "txt") for file in CAPTURES.rglob(f"*.{kind}")):
        raw = file.read_bytes()
        for one in list(messages_in(raw)) or [raw]:
            if file.name in REFUSED:
                with pytest.raises(Unreadable, match=REFUSED[file.name]):
                    read_message(one)
                continue
            found = read_message(one)
            read += 1
            assert found.raw == one
            kept = "".join(segment.text for segment in found.segments)
            assert re.sub(r"[\s\x0b\x1c\ufeff]", "", kept) == re.sub(r"[\s\x0b\x1c\ufeff]", "", one.decode(found.codec)), file
            assert found.event[0] or file.parent.name == "inline", file
    assert read >= 350
