"""Acknowledgements: HL7 v2.8, 2.9 and tables 0008, 0155, 0357."""

from datetime import UTC, datetime

import pytest

from benchside.wire.hl7v2.acknowledgement import MISSING_FIELD, Problem, accept_code, acknowledgement
from benchside.wire.hl7v2.message import read_message

AT = datetime(2026, 3, 2, 8, 30, 5, tzinfo=UTC)


def sent(version: str = "2.5.1", accept: str = "", application: str = "", marks: str = "|^~\\&") -> bytes:
    text = f"MSH|^~\\&|LAB|MAIN|EHR|WEST|20260302||ORU^R01^ORU_R01|A42|T|{version}|||{accept}|{application}|||"
    return text.replace("|", marks[0]).encode()


def test_the_answer_goes_back_to_the_sender_in_its_own_words() -> None:
    answer = read_message(acknowledgement(read_message(sent(marks="#^~\\&")), "AA", at=AT, control_id="9"))
    assert answer.delimiters.field == "#"
    assert [answer.header.value(n) for n in (3, 4, 5, 6)] == ["EHR", "WEST", "LAB", "MAIN"]
    assert answer.structure == "ACK"
    assert (answer.event, answer.header.value(7), answer.header.value(11), answer.version) == (
        ("ACK", "R01"), "20260302083005+0000", "T", "2.5.1",
    )  # fmt: skip
    verdict = answer.first("MSA")
    assert verdict is not None
    assert (verdict.value(1), verdict.value(2)) == ("AA", "A42")


@pytest.mark.parametrize(("version", "errors"), [("2.3", 0), ("2.4", 0), ("2.5", 1), ("2.8.2", 1)])
def test_what_was_wrong_is_told_as_the_version_can(version: str, errors: int) -> None:
    problem = Problem(*MISSING_FIELD, "PID-3, the patient's number, is empty.", "PID^1^3")
    answer = read_message(acknowledgement(read_message(sent(version)), "AE", at=AT, control_id="9", problems=(problem,)))
    verdict, found = answer.first("MSA"), list(answer.all("ERR"))
    assert verdict is not None
    assert (verdict.value(1), verdict.value(3)) == ("AE", "PID-3, the patient's number, is empty.")
    assert len(found) == errors
    for error in found:
        assert (error.value(2), error.value(2, 3), error.value(3), error.value(3, 3), error.value(4)) == ("PID", "3", "101", "HL70357", "E")


@pytest.mark.parametrize(
    ("accept", "application", "stored", "code"),
    [
        ("", "", True, "AA"),
        ("", "", False, "AE"),
        ("AL", "NE", True, "CA"),
        ("AL", "NE", False, "CE"),
        ("ER", "", True, None),
        ("ER", "", False, "CE"),
        ("SU", "", True, "CA"),
        ("NE", "AL", True, None),
        ("", "AL", True, "CA"),
    ],
)
def test_who_wants_which_answer(accept: str, application: str, stored: bool, code: str | None) -> None:
    assert accept_code(read_message(sent(accept=accept, application=application)), stored=stored) == code
