"""Every family's file, and results read as the families say. Messages here are invented in the form of the manuals."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from benchside.terms.package_data import TableInvalid, parse_table
from benchside.terms.quantity import is_unit
from benchside.wire.instruments.family import Family, families, recognised, unit_spellings
from benchside.wire.instruments.printed import Reports, UnreadableReport, read_report
from benchside.wire.instruments.reading import answer, read_queries, read_results
from benchside.wire.instruments.result import InstrumentResult, number_in
from benchside.wire.lis2.message import read_message
from benchside.wire.lis2.writing import Order


def results(name: str, *records: str) -> list[InstrumentResult]:
    return read_results(read_message("\r".join(records).encode()), families()[name], zone=UTC)


def test_every_unit_is_ucum_and_every_pattern_compiles() -> None:
    assert [unit for unit in unit_spellings().values() if not is_unit(unit)] == []
    for family in families().values():
        for place in (*family.recognised_by, *family.code, *family.specimen, *family.controls, *family.measured_at):
            re.compile(place.pattern)
        re.compile(family.files + family.unread_specimen)
        assert family.reference
        assert family.maker


def test_a_file_with_a_key_that_nobody_knows_is_refused() -> None:
    text = "name: x\nmaker: y\nmodels: []\nreference: z\nproof: standard\n"
    assert parse_table(text, Family, name="x").name == "x"
    with pytest.raises(TableInvalid, match="codes"):
        parse_table(text + "codes: []\n", Family, name="x")
    with pytest.raises(TableInvalid, match="proof"):
        parse_table(text.replace("standard", "surely"), Family, name="x")


@pytest.mark.parametrize(
    ("text", "number", "comparator"),
    [
        ("4.10", "4.10", None),
        ("<0.5", "0.5", "<"),
        (">= 128", "128", ">="),
        ("-1.2", "-1.2", None),
        ("1:160", None, None),
        ("3+", None, None),
        ("----", None, None),
        ("4,1", None, None),
        ("", None, None),
    ],
)
def test_numbers(text: str, number: str | None, comparator: str | None) -> None:
    assert number_in(text) == (Decimal(number) if number else None, comparator)


def test_a_yumizen_control() -> None:
    (found,) = results(
        "yumizen",
        "H|\\^&|||H500^1^2.2|||||||Q|LIS2-A2|20260302084000",
        "P|1",
        "O|1|LOT12M||^^^DIF|R|20260302083900|||||||||CTRL^^CTRL MEDIUM||||||||||F",
        "R|1|^^^HGB^718-7|13.2|g/dL|12.0 - 14.0^CTRL|N||F||op^^admin||20260302084000",
        "L|1|N",
    )
    assert (found.specimen_id, found.is_control, found.test_code, found.qualifiers) == ("LOT12M", True, "HGB", ("718-7",))
    assert (found.number, found.unit, found.reference_range, found.flags) == (Decimal("13.2"), "g/dL", "12.0 - 14.0^CTRL", ())
    assert (found.status, found.operator, found.measured_at) == ("final", "op", datetime(2026, 3, 2, 8, 40, tzinfo=UTC))


def test_a_cobas_result_and_an_id_it_could_not_read() -> None:
    header = "H|\\^&|||cobas-e411^1|||||host|RSUPL^REAL|P|1"
    patient = "O|1|004711|5^0^2^^S1^SC|^^^10/1/not|R||||||N||||1|||||||20260302||||F"
    control = "O|1|PC TM1|6^0^3^^QC^SC|^^^10/1/not|R||||||Q"
    unread = "O|1|@7|7^0^4^^S1^SC|^^^10/1/not|R||||||N"
    value = "R|1|^^^10/1/not|-1^0.454|COI||N||F|||20260302083000|20260302085000"
    found = results("cobas-e411", header, "P|1", patient, value, "P|2", control, value, "P|3", unread, value, "L|1|N")
    assert [(one.specimen_id, one.is_control) for one in found] == [("004711", False), ("PC TM1", True), ("", False)]
    assert (found[0].test_code, found[0].value_text, found[0].number, found[0].unit) == ("10", "-1^0.454", Decimal("0.454"), "{COI}")


@pytest.mark.parametrize(
    ("sent", "unit"), [("K/uL", "10*3/uL"), ("G/L", "10*9/L"), ("U/l", "U/L"), ("C", None), ("furlong", None), ("", None)]
)
def test_units_are_what_laboratories_mean_by_them(sent: str, unit: str | None) -> None:
    (found,) = results("standard", "H|\\^&", "O|1|A", f"R|1|^^^X|1|{sent}", "L|1|N")
    assert (found.unit, found.unit_as_sent) == (unit, sent)


def test_a_cobas_c311_result() -> None:
    (found,) = results(
        "cobas-c311",
        "H|\\^&|||c311^1|||||host|RSUPL^REAL|P|1",
        "P|1",
        "O|1|11^ A-24-7           ^1^^004|R1|^^^685/\\^^^687/|R||||||N||^^||SC||||||20260302132011|||F",
        "R|1|^^^685/|31.5|U/l||A||F|||||P1",
        "C|1|I|43|I",
        "L|1|N",
    )
    assert (found.specimen_id, found.test_code, found.number, found.unit, found.flags) == ("A-24-7", "685", Decimal("31.5"), "U/L", ("A",))
    assert found.comments == ("43",)


def test_an_em_200_with_delimiters_of_its_own() -> None:
    (found,) = results(
        "em-200", "H|`^&|||EM200|||||host||P|1", "P|1", "O|1|0042||^^^GLU`^^^URE|R", "R|1|^^^GLU|104.00|mg/dl|70-110|N`H^x||F", "L|1|N"
    )
    assert (found.specimen_id, found.test_code, found.number, found.unit) == ("0042", "GLU", Decimal("104.00"), "mg/dL")
    assert (found.reference_range, found.flags) == ("70-110", ("H", "x"))


def test_a_liver_enzyme_is_not_taken_for_a_susceptibility_test() -> None:
    assert recognised(read_message(b"H|\\^&|||Any\rO|1|A\rR|1|^^^AST|31|U/L\rL|1|N")) is None


def test_a_family_is_recognised_or_nobody_is() -> None:
    for sender, name in [("cobas-e411^1", "cobas-e411"), ("    XN-550^00", "sysmex-xn"), ("H500^1", "yumizen"), ("Other", None)]:
        found = recognised(read_message(f"H|\\^&|||{sender}\rL|1|N".encode()))
        assert (found.name if found else None) == name


def test_a_request_is_answered_in_the_familys_form() -> None:
    family = families()["cobas-e411"]
    asked = read_message(b"H|\\^&|||cobas-e411^1|||||host|TSREQ^REAL|P|1\rQ|1|^^004711^12^0^5^^S1^SC||ALL||||||||O\rL|1|N\r")
    (query,) = read_queries(asked, family)
    assert (query.specimen_ids, query.tests) == (("004711",), ())
    at = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    sent = answer(query, [Order("004711", ("10", "20"))], family, sender="host", receiver="cobas-e411", at=at)
    assert sent.split(b"\r") == [
        b"H|\\^&|||host|||||cobas-e411|TSDWN^REPLY|P|LIS2-A2|20260302083000",
        b"P|1",
        b"O|1|004711|12^0^5^^S1^SC|^^^10^\\^^^20^|R||||||A||||1||||||||||O",
        b"L|1|N",
        b"",
    ]
    assert answer(query, [], family, sender="host", receiver="x", at=at).endswith(b"\rQ|1|^^004711^12^0^5^^S1^SC||||||||||X\rL|1|I\r")


REPORT = (
    b"--- Siemens Diagnostics  348 ---\r\nBlood Gas Report\r\n348-D1  08:30    2 Mar 2026\r\nSample No.   7      Syringe\r\n"
    b"Patient  ID    0042\r\nMeasured      37 'C\r\n  pH          7.401      \r\n  K+           3.38v   mmol/L\r\n  Ca++\r\n"
    b"Reference Ranges\r\n  K+           3.40 -  4.50\r\nCalculated Data\r\n  BE(B)        -1.5    mmol/L\r\n"
    b"--------------------------------\r\n"
)


def test_a_printed_report_however_it_is_cut() -> None:
    for cut in range(len(REPORT) + 1):
        reports = Reports()
        assert [*reports.feed(REPORT[:cut]), *reports.feed(REPORT[cut:])] == [REPORT]
        assert reports.finish() == b""
    found = read_report(REPORT, families()["siemens-348"], zone=UTC)
    assert [(one.test_code, one.number, one.flags, one.unit, one.reference_range) for one in found] == [
        ("pH", Decimal("7.401"), (), "[pH]", ""),
        ("K+", Decimal("3.38"), ("v",), "mmol/L", "3.40 - 4.50"),
        ("BE(B)", Decimal("-1.5"), (), "mmol/L", ""),
    ]
    assert {(one.specimen_id, one.is_control, one.measured_at) for one in found} == {
        ("0042", False, datetime(2026, 3, 2, 8, 30, tzinfo=UTC))
    }


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (REPORT.replace(b"Blood Gas Report", b"Calibration Report"), "none of patients or controls"),
        (REPORT[: REPORT.index(b"Sample No.")] + b"Short sample\r\n", "Short sample"),
        (b"hello", "does not begin"),
    ],
)
def test_a_report_that_cannot_be_used_says_why(raw: bytes, why: str) -> None:
    with pytest.raises(UnreadableReport, match=why):
        read_report(raw, families()["siemens-348"], zone=UTC)
    (control,) = {one.is_control for one in read_report(REPORT.replace(b"Blood Gas", b"QC"), families()["siemens-348"], zone=UTC)}
    assert control
