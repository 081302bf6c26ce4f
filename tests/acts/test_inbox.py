"""The clinician's answers: reports acknowledged alone and together, a critical value read back on the screen, messages."""

import pytest

from benchside.areas.laboratory.acts import (
    acknowledge_reports,
    amend_result,
    answer_message,
    call_due,
    read_message,
    send_message,
)
from benchside.areas.laboratory.acts.calling import call_of
from benchside.fhir import r4, read
from benchside.terms.refusal import ActRefused
from tests.acts.clinic import Clinic
from tests.stories.steps import to_result


def codes(refused: pytest.ExceptionInfo[ActRefused]) -> list[str]:
    return [one.code for one in refused.value.refusals]


def test_several_plain_reports_at_once_and_nothing_else(clinic: Clinic) -> None:
    sodium = to_result(clinic, "SODIUM", [("SODIUM", "140")])[1]
    potassium = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.2")])[1]
    high = to_result(clinic, "GLUCOSE", [("GLUCOSE", "180")])[1]
    with pytest.raises(ActRefused) as refused:
        acknowledge_reports(clinic.by("dana"), [sodium.review, potassium.review, high.review])
    assert codes(refused) == ["inbox.not-normal"]
    done = acknowledge_reports(clinic.by("dana", request_key="k1"), [sodium.review, potassium.review])
    assert acknowledge_reports(clinic.by("dana", request_key="k1"), [sodium.review, potassium.review]) == done, "sent twice, done once"
    assert clinic.rows("SELECT id FROM work_row WHERE kind = 'review-result' AND open = 1") == [(high.review,)]
    acknowledge_reports(clinic.by("dana"), [high.review], note="diet discussed")
    with pytest.raises(ActRefused) as refused:
        acknowledge_reports(clinic.by("omar"), [high.review])
    assert codes(refused) == ["work.not-open"]
    with pytest.raises(ActRefused) as refused:
        acknowledge_reports(clinic.by("dana"), [])
    assert codes(refused) == ["inbox.none-chosen"]


def test_a_changed_report_is_answered_by_itself(clinic: Clinic) -> None:
    sodium = to_result(clinic, "SODIUM", [("SODIUM", "140")])[1]
    other = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.2")])[1]
    changed = amend_result(clinic.by("theo", signed=True), sodium.lines[0].observation, "141", "typing error")
    with pytest.raises(ActRefused) as refused:
        acknowledge_reports(clinic.by("dana"), [changed.review, other.review])
    assert codes(refused) == ["inbox.not-normal"]


def test_a_critical_value_is_read_back_on_the_screen(clinic: Clinic) -> None:
    report = to_result(clinic, "POTASSIUM", [("POTASSIUM", "6.8")])[1]
    call = report.calls[0]
    with pytest.raises(ActRefused) as refused:
        acknowledge_reports(clinic.by("dana"), [report.review], read_backs={call: "6.3 mmol/L"})
    assert codes(refused) == ["critical.call.read-back"]
    done = acknowledge_reports(clinic.by("dana"), [report.review], read_backs={call: "6.8 mmol/L"})
    assert done.calls == (call,)
    assert call_due(clinic.record, call, clinic.now) is None
    task = read(clinic.record.read("Task", call).content)
    assert isinstance(task, r4.Task)
    assert call_of(clinic.record, task).state == "acknowledged"
    assert task.status == "completed"


def test_an_open_call_stays_open_when_nothing_was_read_back(clinic: Clinic) -> None:
    report = to_result(clinic, "POTASSIUM", [("POTASSIUM", "6.8")])[1]
    acknowledge_reports(clinic.by("dana"), [report.review])
    assert call_due(clinic.record, report.calls[0], clinic.now) is not None


def test_a_question_is_answered_and_a_message_read(clinic: Clinic) -> None:
    asked = send_message(clinic.by("dana"), ["Practitioner/tara"], "Was the tube on ice?", patient_id="ana", ask=True)
    with pytest.raises(ActRefused) as refused:
        answer_message(clinic.by("theo"), asked.work, "yes")
    assert codes(refused) == ["message.not-yours"]
    answer = answer_message(clinic.by("tara"), asked.work, "Yes, from the start.")
    assert clinic.rows("SELECT recipient, answers, patient FROM communication_row WHERE id = ?", answer.communication) == [
        ("Practitioner/dana", f"Communication/{asked.communication}", "ana")
    ]
    assert clinic.rows("SELECT open FROM work_row WHERE id = ?", asked.work) == [(0,)]
    clinic.tell(minutes=1)
    both = send_message(clinic.by("dana"), ["Practitioner/tara", "Practitioner/theo"], "Thank you.")
    read_message(clinic.by("tara"), both.communication)
    versions = clinic.versions("Communication", both.communication)
    read_message(clinic.by("tara"), both.communication)
    seen = clinic.rows(
        "SELECT recipient, received_us IS NOT NULL FROM communication_row WHERE id = ? ORDER BY recipient", both.communication
    )
    assert [(who, bool(read_)) for who, read_ in seen] == [("Practitioner/tara", True), ("Practitioner/theo", False)]
    assert clinic.versions("Communication", both.communication) == versions, "reading it again changes nothing"
    with pytest.raises(ActRefused) as refused:
        read_message(clinic.by("omar"), both.communication)
    assert codes(refused) == ["message.not-yours"]
