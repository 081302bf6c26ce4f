"""A critical potassium at two in the night that nobody answers; a value that changes after people knew it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchside.accounts.principal import Principal
from benchside.areas.laboratory.acts import (
    acknowledge_report,
    amend_result,
    call_critical_value,
    call_due,
    cancel_result,
    escalate_overdue,
)
from benchside.readiness.performing import Performance
from benchside.record.access_log import Access, AccessLog
from benchside.record.keys import microseconds
from benchside.terms.refusal import ActRefused
from tests.acts.clinic import Clinic
from tests.stories.steps import to_result

NIGHT = datetime(2026, 5, 12, 1, 10, tzinfo=UTC)


def worker(clinic: Clinic) -> Performance:
    """The site's own worker, with the clock told."""
    return Performance(clinic.record, Principal("system", 1, "worker", "Device/setup", (), frozenset()), clinic.now)


def codes(refused: pytest.ExceptionInfo[ActRefused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


def test_a_critical_potassium_nobody_answers_climbs_until_somebody_reads_it_back(clinic: Clinic) -> None:
    clinic.tell(at=NIGHT)
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "7.1")], priority="stat")
    known = clinic.now
    assert known == NIGHT + timedelta(minutes=49)
    (call,) = verified.calls
    assert verified.lines[0].flag == "HH"
    assert clinic.rows("SELECT kind, priority, words, (due_us - authored_us) / 60000000 FROM work_row WHERE id = ?", call) == [
        ("call-critical", 0, "Potassium 7.1 mmol/L", 60)
    ]
    # 01:59, 02:04: the orderer does not answer.
    for _ in range(2):
        line = call_critical_value(clinic.by("theo"), call, "not-reached", person="Practitioner/dana")
        assert escalate_overdue(worker(clinic)).calls == (), "not before its time"
        clinic.tell(minutes=5)
    assert (line.state, line.next_step) == ("open", "covering-clinician"), "her tries are used up"
    # 02:09: the covering clinician is next, and is told.
    climbed = escalate_overdue(worker(clinic))
    assert climbed.calls == ((call, "covering-clinician"),)
    assert clinic.rows("SELECT recipient FROM communication_row WHERE kind = 'critical-call' AND recipient = 'Practitioner/omar'") == [
        ("Practitioner/omar",)
    ]
    assert escalate_overdue(worker(clinic)).calls == (), "the same rung is climbed to once"
    # Nobody calls at all: time alone climbs.
    clinic.tell(at=known + timedelta(minutes=20))
    assert escalate_overdue(worker(clinic)).calls == ((call, "charge-nurse"),)
    clinic.tell(at=known + timedelta(minutes=30))
    assert escalate_overdue(worker(clinic)).calls == ((call, "medical-director"),)
    clinic.tell(at=known + timedelta(minutes=61))
    owed = call_due(clinic.record, call, clinic.now)
    assert owed is not None
    assert (owed.step, owed.late) == ("medical-director", True)
    # 03:00 the nurse answers; the first read-back is wrong, the second right.
    call_critical_value(clinic.by("theo"), call, "reached", person="Practitioner/nora")
    with pytest.raises(ActRefused) as refused:
        call_critical_value(clinic.by("theo"), call, "read-back-right", person="Practitioner/nora", read_back="potassium 1.7 mmol/L")
    assert codes(refused) == ["critical.call.read-back"]
    call_critical_value(clinic.by("theo"), call, "read-back-wrong", person="Practitioner/nora", read_back="potassium 1.7 mmol/L")
    clinic.tell(minutes=1)
    heard = call_critical_value(clinic.by("theo"), call, "read-back-right", person="Practitioner/nora", read_back="potassium 7.1 mmol/L")
    assert (heard.state, heard.next_step) == ("read-back", "")
    assert clinic.rows("SELECT status FROM work_row WHERE id = ?", call) == [("completed",)]
    assert call_due(clinic.record, call, clinic.now) is None
    lines = clinic.rows("SELECT DISTINCT id, version FROM communication_row WHERE work = ?", f"Task/{call}")
    assert len(lines) == 8
    assert {version for _, version in lines} == {1}, "write-once: no line was ever changed"
    # In the morning she acknowledges: the call is closed by it.
    clinic.tell(at=datetime(2026, 5, 12, 7, 0, tzinfo=UTC))
    assert acknowledge_report(clinic.by("dana"), verified.review).calls == (call,)
    with pytest.raises(ActRefused) as refused:
        call_critical_value(clinic.by("theo"), call, "not-reached")
    assert "work.not-open" in codes(refused)


def test_a_report_nobody_acknowledges_is_raised_once(clinic: Clinic) -> None:
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.0")], priority="stat")
    clinic.tell(minutes=30)
    assert escalate_overdue(worker(clinic)).reviews == ()
    clinic.tell(minutes=1)
    assert escalate_overdue(worker(clinic)).reviews == (verified.review,)
    assert escalate_overdue(worker(clinic)).reviews == ()
    assert clinic.rows("SELECT recipient FROM communication_row WHERE kind = 'escalation' ORDER BY recipient") == [
        ("Practitioner/dana",),
        ("Practitioner/omar",),
    ]


def test_everybody_who_saw_the_earlier_value_is_told_of_the_new_one(clinic: Clinic, tmp_path: Path) -> None:
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "7.1")])
    (call,) = verified.calls
    own = verified.lines[0].observation
    call_critical_value(clinic.by("theo"), call, "reached", person="Practitioner/nora")
    call_critical_value(clinic.by("theo"), call, "read-back-right", person="Practitioner/nora", read_back="7.1 mmol/L")
    acknowledge_report(clinic.by("dana"), verified.review)
    log = AccessLog(tmp_path)
    clinic.tell(minutes=5)
    log.append(Access(microseconds(clinic.now), "Practitioner/omar", "read", f"DiagnosticReport/{verified.report}", patients=("ana",)))
    log.take_over(clinic.record.engine, clinic.now.timestamp())
    clinic.tell(minutes=60)
    with pytest.raises(ActRefused) as refused:
        amend_result(clinic.by("tara"), own, "4.1", "haemolysed")
    assert codes(refused) == ["signature.missing"]
    amended = amend_result(clinic.by("tara", signed=True), own, "4.1", "the sample was haemolysed")
    assert amended.told == ("Practitioner/dana", "Practitioner/nora", "Practitioner/omar")
    assert clinic.rows("SELECT recipient, priority FROM communication_row WHERE kind = 'amendment' ORDER BY recipient") == [
        ("Practitioner/dana", 0),
        ("Practitioner/nora", 0),
        ("Practitioner/omar", 2),
    ], "who acted on it or was called first"
    assert clinic.rows("SELECT status, value, flag FROM result_row WHERE id = ?", own) == [("corrected", "4.1", "N")]
    assert clinic.rows("SELECT status FROM report_row WHERE id = ?", verified.report) == [("corrected",)]
    assert clinic.rows("SELECT owner, open FROM work_row WHERE id = ?", amended.review) == [("Practitioner/dana", 1)], (
        "she acknowledges once more"
    )
    before = clinic.record.read_version("Observation", own, 2)
    assert b"7.1" in before.content, "the value that was is still in the history"


def test_a_call_for_a_value_that_no_longer_stands_is_withdrawn(clinic: Clinic) -> None:
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "7.1")])
    (call,) = verified.calls
    amend_result(clinic.by("tara", signed=True), verified.lines[0].observation, "4.1", "the sample was haemolysed")
    assert clinic.rows("SELECT status, reason FROM work_row WHERE id = ?", call) == [
        ("cancelled", "changed to 4.1 mmol/L: the sample was haemolysed")
    ]
    assert escalate_overdue(replace(worker(clinic), at=clinic.now + timedelta(hours=1))).calls == ()


def test_a_value_that_becomes_critical_by_correction_is_called(clinic: Clinic) -> None:
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.1")])
    assert verified.calls == ()
    amend_result(clinic.by("tara", signed=True), verified.lines[0].observation, "2.2", "two tubes were mixed up")
    assert clinic.rows("SELECT count(*) FROM work_row WHERE kind = 'call-critical' AND open = 1") == [(1,)]


def test_a_result_taken_back_opens_its_order_again_and_is_told(clinic: Clinic) -> None:
    placed, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.1")])
    own = verified.lines[0].observation
    with pytest.raises(ActRefused) as refused:
        cancel_result(clinic.by("tara", signed=True), own, "other patient's tube")
    assert codes(refused) == ["role.not-permitted"], "a senior's act"
    taken = cancel_result(clinic.by("sena", signed=True), own, "other patient's tube")
    assert taken.told == ("Practitioner/dana",)
    assert clinic.rows("SELECT status FROM result_row WHERE id = ?", own) == [("entered-in-error",)]
    assert clinic.rows("SELECT status FROM order_row WHERE id = ?", placed.orders[0]) == [("active",)]
