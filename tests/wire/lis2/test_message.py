"""Reading LIS2 records: the standard's rules and senders' habits."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.wire.lis2.message import Delimiters, Unreadable, escaped, messages_in, read_message, unescaped
from benchside.wire.lis2.records import queries_of, results_of, time_of
from benchside.wire.lis2.writing import Order, header, nothing_for, orders

USUAL = Delimiters()
EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_records_and_fields(end: str) -> None:
    found = read_message(end.join(["H|\\^&|||XN^1", "P|1||||Doe^Jane", "R|1|^^^K\\^^^Na| 4.10 |mmol/L", "L|1|N", ""]).encode())
    assert [record.type for record in found.records] == ["H", "P", "R", "L"]
    assert found.is_complete
    result = found.records[2]
    assert (result.field(4), result.value(4), result.value(3, 4), result.value(3, 4, repeat=2)) == (" 4.10 ", "4.10", "K", "Na")
    assert (result.value(3, 9), result.value(99), result.length, found.header.field(2)) == ("", "", 5, "\\^&")


@pytest.mark.parametrize(
    ("begin", "expected"),
    [
        ("H|\\^&|", Delimiters()),
        ("H|`^&|", Delimiters(repeat="`")),
        ("H|@^\\|", Delimiters(repeat="@", escape="\\")),
        ("H*!%~*", Delimiters("*", "!", "%", "~")),
        ("H|\\^|", Delimiters(escape="")),
    ],
)
def test_delimiters_are_the_senders(begin: str, expected: Delimiters) -> None:
    found = read_message((begin + "\rR" + expected.field + "1" + expected.field + f"a{expected.component}b\r").encode())
    assert found.delimiters == expected
    assert found.records[1].value(3, 2) == "b"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("PNG&R&20181106&R&x.PNG", "PNG\\20181106\\x.PNG"),
        ("a&F&b&S&c&E&d", "a|b^c&d"),
        ("&H&high&N&", "high"),
        ("&X4869&!", "Hi!"),
        ("R&D, Q&A", "R&D, Q&A"),
        ("open &F", "open &F"),
    ],
)
def test_escapes(sent: str, meant: str) -> None:
    assert unescaped(sent, USUAL) == meant


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_what_is_escaped_is_read_again(text: str) -> None:
    assert unescaped(escaped(text, USUAL), USUAL) == text


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "empty"),
        (b"P|1", "begins with H"),
        (b"HELLO", "field delimiter"),
        (b"H|\\\\&|", "two delimiters are the same"),
        (b"H|\\^&!|", "has 4 characters"),
        (b"H||", "has 0 characters"),
        (b"H|\\^&|\rL|1\rH|\\^&|\r", "two messages came as one"),
    ],
)
def test_what_is_no_message_is_refused_in_words(sent: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read_message(sent)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120))
def test_no_bytes_make_it_fall(raw: bytes) -> None:
    for begin in (b"", b"H|\\^&|"):
        try:
            found = read_message(begin + raw)
        except Unreadable:
            continue
        assert found.raw == begin + raw
        for record in found.records:
            assert [record.components(number) for number in range(1, record.length + 2)]
        list(results_of(found))
        list(queries_of(found))


def test_what_belongs_to_a_result() -> None:
    lines = "H|\\^&\rP|1\rC|1||of the patient\rO|1|A\rR|1|^^^K|4\rC|1||of the result\rM|1|x\rR|2|^^^Na|140\rP|2\rO|1|B\rR|1|^^^K|5\rL|1"
    found = list(results_of(read_message(lines.encode())))
    assert [(one.order and one.order.field(3), one.patient and one.patient.field(2), one.record.value(3, 4)) for one in found] == [
        ("A", "1", "K"), ("A", "1", "Na"), ("B", "2", "K"),
    ]  # fmt: skip
    assert [[comment.field(4) for comment in one.comments] for one in found] == [["of the result"], [], []]
    assert found[0].others[0].type == "M"


def test_messages_of_one_session_come_apart() -> None:
    one, two = b"H|\\^&|1\rR|1|Have|H\rL|1|N\r", b"H|\\^&|2\r\nL|1|N\r\n"
    assert messages_in(one + two) == [one, two]


def test_requests() -> None:
    (query,) = queries_of(read_message(b"H|\\^&\rQ|1|^A1\\^A2||ALL||||||||O\rL|1|N\r"))
    assert (query.specimen_ids, query.tests, query.is_cancelled) == (("A1", "A2"), (), False)
    (query,) = queries_of(read_message(b"H|\\^&\rQ|1|ALL||^^^GLU\\^^^K||||||||A\rL|1|N\r"))
    assert (query.specimen_ids, query.tests, query.is_cancelled) == ((), ("GLU", "K"), True)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20181106093509", datetime(2018, 11, 6, 9, 35, 9, tzinfo=EAST)),
        ("201811060935", datetime(2018, 11, 6, 9, 35, tzinfo=EAST)),
        ("20181106093509+0000", datetime(2018, 11, 6, 9, 35, 9, tzinfo=UTC)),
        ("20181106", None),
        ("20181306093509", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_times(text: str, moment: datetime | None) -> None:
    assert time_of(text, EAST) == moment


def test_an_order_as_it_goes_out() -> None:
    begin = header(sender="Benchside", receiver="XN", at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC))
    order = Order("A^1", ("WBC", "PLT"), priority="S", patient_id="7", family="Doe", given="Jane", birth_date="19800102", sex="F")
    assert orders(begin, [order]) == (
        b"H|\\^&|||Benchside|||||XN||P|LIS2-A2|20260302083000\r"
        b"P|1||7||Doe^Jane||19800102|F\r"
        b"O|1|A&S&1||^^^WBC\\^^^PLT|S||||||N||||||||||||||O\r"
        b"L|1|N\r"
    )
    found = read_message(orders(begin, [order]))
    assert found.records[2].value(3) == "A^1"


def test_nothing_for_a_request_is_said_in_the_senders_delimiters() -> None:
    asked = read_message(b"H|@^\\\rQ|1|^A1@^A2||ALL\rL|1|N\r")
    begin = header(sender="B", receiver="X", at=datetime(2026, 3, 2, tzinfo=UTC), marks=asked.delimiters)
    answer = nothing_for(begin, asked.records[1])
    assert answer.splitlines()[1:] == [b"Q|1|^A1@^A2||||||||||X", b"L|1|I"]
    assert read_message(answer).delimiters == asked.delimiters
