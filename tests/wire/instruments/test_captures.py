"""What real instruments sent. Expected values were read from the captures' own text."""

import os
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from benchside.wire.astm.link import Link
from benchside.wire.astm.states import BrokenOff, Event, Noticed, Party, Received, Send
from benchside.wire.instruments.family import families, recognised
from benchside.wire.instruments.printed import Reports, UnreadableReport, read_report
from benchside.wire.instruments.reading import read_queries, read_results
from benchside.wire.instruments.result import InstrumentResult
from benchside.wire.lis2.message import Message, Unreadable, messages_in, read_message

CAPTURES = Path(os.environ.get("BENCHSIDE_DATA", "../shared/data")) / "messages" / "astm"
HERE = ZoneInfo("Europe/Berlin")
pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no captured messages at {CAPTURES}")
REFUSED = {"siemens_clinitek.txt": "begins with H", "electrolytes_plain_text.txt": "begins with H"}
"""HL7 v2 written as a program's text, and a printer's stream: neither is LIS2."""


def capture(name: str) -> bytes:
    return next(CAPTURES.rglob(name)).read_bytes()


def over_the_line(*pieces: bytes) -> list[Event]:
    link = Link(Party.HOST)
    events: list[Event] = []
    for piece in pieces:
        events += (new := link.receive(piece, 0.0))
        while any(isinstance(event, Received) for event in new):
            events += (new := link.kept(0.0))
    return events + link.time(1.0)


def message(raw: bytes) -> Message:
    if b"\x02" not in raw:
        return read_message(raw)
    (received,) = (event for event in over_the_line(raw) if isinstance(event, Received))
    return read_message(received.text)


def one(found: list[InstrumentResult], code: str) -> InstrumentResult:
    (result,) = (result for result in found if result.test_code == code)
    return result


def every_capture() -> Iterator[Path]:
    yield from sorted(file for file in CAPTURES.rglob("*") if file.is_file())


def test_every_capture_is_read_or_refused_for_a_known_reason() -> None:
    read = 0
    for file in every_capture():
        raw = file.read_bytes()
        if file.name in REFUSED:
            with pytest.raises(Unreadable, match=REFUSED[file.name]):
                read_message(raw)
            continue
        for piece in [raw] if b"\x02" in raw else messages_in(raw):
            found = message(piece)
            family = recognised(found) or families()["standard"]
            for result in read_results(found, family, zone=HERE):
                assert result.test_code
                assert result.raw_record in [record.text for record in found.records]
            read += 1
    assert read >= 9


def test_sysmex_xn_550() -> None:
    raw = capture("sysmex_550_sample.txt")
    found = message(raw)
    family = recognised(found)
    assert family is families()["sysmex-xn"]
    results = read_results(found, family, zone=HERE)
    assert {(result.specimen_id, result.is_control, result.status) for result in results} == {("QC-82151403", True, "final")}
    assert len(results) == 32
    assert len([result for result in results if result.is_file]) == 4
    white = one(results, "WBC")
    assert (white.number, white.unit, white.flags) == (Decimal("16.74"), "10*3/uL", ())
    assert white.measured_at == datetime(2018, 11, 6, 9, 35, 9, tzinfo=HERE)
    expected = {"RBC": ("5.28", "10*6/uL"), "HGB": ("16.4", "g/dL"), "MCHC": ("36.0", "g/dL"), "PLT": ("586", "10*3/uL"), "PCT": ("0.58", "%"),
                "IG#": ("2.51", "10*3/uL"), "RDW-SD": ("47.0", "fL"), "MCH": ("31.1", "pg"), "P-LCR": ("21.6", "%")}  # fmt: skip
    for code, (value, unit) in expected.items():
        assert (one(results, code).value_text, str(one(results, code).number), one(results, code).unit) == (value, value, unit)
    picture = one(results, "SCAT_WDF")
    assert (picture.value_text, picture.number) == ("PNG\\20181106\\2018_11_06_09_35_QC-82151403_WDF.PNG", None)


def test_a_second_frame_under_the_number_of_the_one_before_is_refused() -> None:
    """The capture holds two different frames with number 2; the instrument would send the refused one again."""
    events = over_the_line(capture("sysmex_550_sample.txt"))
    assert sum(event == Send(b"\x15") for event in events) == 1
    assert any(isinstance(event, Noticed) and "another content" in event.words for event in events)
    assert not any(isinstance(event, BrokenOff) for event in events)


def test_the_line_gives_the_same_however_it_is_cut() -> None:
    raw = capture("sysmex_550_sample.txt")
    whole = [event for event in over_the_line(raw) if isinstance(event, Received)]
    for size in (1, 8, 97):
        pieces = [raw[begin : begin + size] for begin in range(0, len(raw), size)]
        assert [event for event in over_the_line(*pieces) if isinstance(event, Received)] == whole
    for cut in range(0, len(raw), 29):
        assert [event for event in over_the_line(raw[:cut], raw[cut:]) if isinstance(event, Received)] == whole


def test_cobas_e411_request_in_one_frame_after_stray_acknowledgements() -> None:
    found = message(capture("roche_enquiry.txt"))
    family = recognised(found)
    assert family is families()["cobas-e411"]
    (query,) = read_queries(found, family)
    assert (query.specimen_ids, query.tests, query.is_cancelled) == (("0000000387",), (), True)


def test_esr() -> None:
    (result,) = read_results(message(capture("esr.txt")), families()["esr"], zone=HERE)
    assert recognised(message(capture("esr.txt"))) is families()["esr"]
    assert (result.specimen_id, result.is_control, result.test_code, result.qualifiers) == ("231", False, "ESR", ("82477-1",))
    assert (result.number, result.unit, result.status) == (Decimal(11), "mm/h", "preliminary")
    assert result.measured_at == datetime(2023, 7, 11, 14, 16, 27, tzinfo=HERE)


def test_galileo() -> None:
    found = message(capture("result.astm"))
    results = read_results(found, families()["galileo-echo"], zone=HERE)
    assert recognised(found) is families()["galileo-echo"]
    assert len(results) == 14
    assert {(result.specimen_id, result.number, result.status, result.operator) for result in results} == {
        ("0651439A", None, "final", "brentp")
    }
    assert one(results, "Anti-B").value_text == "3+^3+^45"
    assert one(results, "Anti-A").value_text == "0^0^0"
    assert one(results, "ABOD Full Interp").value_text == "B Pos"
    assert one(results, "Screen Interp").measured_at == datetime(2006, 3, 6, 16, 44, 29, tzinfo=HERE)
    assert read_results(message(capture("order.astm")), families()["galileo-echo"], zone=HERE) == []


@pytest.mark.parametrize(("name", "count"), [("bloodtype.astm", 4), ("bloodtype_por.astm", 5)])
def test_ih_com(name: str, count: int) -> None:
    found = message(capture(name))
    assert recognised(found) is families()["ih-com"]
    results = read_results(found, families()["ih-com"], zone=HERE)
    assert len(results) == count
    assert {(result.specimen_id, result.number, result.unit, result.unit_as_sent) for result in results} == {
        ("1122206642", None, None, "C")
    }
    group = one(results, "Result")
    assert (group.value_text, group.qualifiers[0], group.comments) == ("A^NEG^NEG^ccee^K-^NEG^^^", "MO10", ())
    assert group.measured_at == datetime(2022, 3, 11, 11, 41, 3, tzinfo=HERE)
    assert "5005352062212117030" in results[0].comments[0] or "ID-Diluent" in results[0].comments[0]
    assert (results[0].test_code, results[0].value_text) == ("AntiA", "40^^")


def test_siemens_348_prints() -> None:
    raw = capture("electrolytes_plain_text.txt")
    for pieces in ([raw], [raw[begin:end] for begin, end in pairwise([*range(0, len(raw), 8), len(raw)])]):
        reports = Reports()
        first, short, second = (report for piece in pieces for report in reports.feed(piece))
    family = families()["siemens-348"]
    results = read_report(first, family, zone=HERE)
    assert {(result.specimen_id, result.is_control, result.operator) for result in results} == {("000008233", False, "")}
    assert results[0].measured_at == datetime(2019, 11, 20, 12, 58, tzinfo=HERE)
    assert [(result.test_code, str(result.number), result.flags, result.unit, result.reference_range) for result in results] == [
        ("pH", "7.973", ("^",), "[pH]", "7.350 - 7.450"),
        ("pCO2", "8.9", ("v",), "mm[Hg]", "32.0 - 45.0"),
        ("pO2", "145.4", ("^",), "mm[Hg]", "75.0 - 100.0"),
        ("Na+", "134", (), "mmol/L", ""),
        ("K+", "3.38", ("v",), "mmol/L", "3.40 - 4.50"),
        ("Cl-", "94", ("v",), "mmol/L", "96 - 108"),
        ("HCO3act", "20.1", (), "mmol/L", ""),
        ("HCO3std", "33.3", (), "mmol/L", ""),
        ("BE(ecf)", "4.6", (), "mmol/L", ""),
        ("BE(B)", "9.5", (), "mmol/L", ""),
        ("ctCO2", "20.4", (), "mmol/L", ""),
        ("AnGap", "22.6", (), "mmol/L", ""),
        ("O2SAT", "99.6", (), "%", ""),
    ]
    assert len(read_report(second, family, zone=HERE)) == 13
    assert read_report(second, family, zone=HERE)[0].specimen_id == "000009601"
    with pytest.raises(UnreadableReport, match="Short sample"):
        read_report(short, family, zone=HERE)
