"""What nobody answers climbs without anybody's hand: the worker's chore, under the installation's own Device."""

from datetime import UTC, datetime, timedelta

import pytest

from benchside.areas.laboratory.acts import call_critical_value
from benchside.areas.laboratory.acts.calling import ESCALATED_MAX, READ_BACK_WITHIN_MIN
from benchside.fhir import r4
from benchside.readiness.gathering.kept import WORK, concept
from benchside.readiness.gathering.tasks import new_task
from benchside.readiness.models import SiteRules
from benchside.readiness.system import SYSTEM_DEVICE, ensure_system_device
from benchside.site.chores import chores_of, escalate
from tests.acts.clinic import SETUP, Clinic
from tests.stories.steps import to_result

NIGHT = datetime(2026, 5, 12, 1, 10, tzinfo=UTC)


def test_the_worker_escalates_every_minute() -> None:
    assert [(chore.every_s, chore.work) for chore in chores_of("this") if chore.name == "escalation"] == [(60, escalate)]


def test_a_critical_potassium_at_two_climbs_by_itself(clinic: Clinic) -> None:
    clinic.tell(at=NIGHT)
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "7.1")], priority="stat")
    known = clinic.now
    climbed: list[tuple[int, str]] = []
    for minute in range(1, 46):
        escalate(known + timedelta(minutes=minute))
        steps = clinic.rows("SELECT count(DISTINCT id) FROM communication_row WHERE kind = 'critical-call'")[0][0]
        if steps > len(climbed):
            line = clinic.rows("SELECT sender, recipient FROM communication_row WHERE kind = 'critical-call' ORDER BY sent_us DESC LIMIT 1")
            climbed.append((minute, line[0][1]))
            assert line[0][0] == f"Device/{SYSTEM_DEVICE}", "nobody had to be awake for it"
    assert climbed == [(10, "Practitioner/omar"), (20, "Practitioner/nora"), (30, "Practitioner/omar")]
    assert clinic.rows("SELECT owner, open FROM work_row WHERE id = ?", verified.calls[0]) == [("Practitioner/omar", 1)]
    assert clinic.record.read("Device", SYSTEM_DEVICE).version == 1


def test_somebody_reached_who_never_reads_back_is_passed_over(clinic: Clinic) -> None:
    clinic.tell(at=NIGHT)
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "7.1")], priority="stat")
    call_critical_value(clinic.by("theo"), verified.calls[0], "reached", person="Practitioner/dana")
    assert escalate(clinic.now + timedelta(minutes=READ_BACK_WITHIN_MIN - 1)) == 0
    assert escalate(clinic.now + timedelta(minutes=READ_BACK_WITHIN_MIN)) == 1
    clinic.tell(minutes=READ_BACK_WITHIN_MIN + 1)
    heard = call_critical_value(clinic.by("theo"), verified.calls[0], "reached", person="Practitioner/omar")
    assert heard.state == "reached", "the next one is called as if nobody had answered"


def test_old_unread_reports_do_not_hide_new_ones(clinic: Clinic) -> None:
    ensure_system_device(clinic.record, clinic.now)
    old = [
        new_task("review-result", clinic.now, requester="Practitioner/theo", owner="Practitioner/dana", due=clinic.now, words=f"report {n}")
        for n in range(ESCALATED_MAX)
    ]
    with clinic.record.commit(SETUP, at=clinic.now) as commit:
        for number, task in enumerate(old):
            commit.create(task, id=f"old-{number}")
    assert escalate(clinic.now + timedelta(minutes=1)) == ESCALATED_MAX
    clinic.tell(minutes=2)
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.0")], priority="stat")
    assert escalate(clinic.now + timedelta(minutes=31)) == 1
    assert clinic.rows("SELECT reason FROM work_row WHERE id = ?", verified.review) == [("not acknowledged in time",)]
    assert escalate(clinic.now + timedelta(minutes=32)) == 0


def test_a_task_from_elsewhere_without_its_value_stops_no_escalation(clinic: Clinic) -> None:
    """What another system wrote at the FHIR API may lack what our own acts put in."""
    clinic.write(r4.Task(id="foreign", status="requested", intent="order", code=concept(WORK, "call-critical")))
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "7.1")], priority="stat")
    assert escalate(clinic.now + timedelta(minutes=11)) == 2
    assert clinic.rows("SELECT count(*) FROM communication_row WHERE work = ?", f"Task/{verified.calls[0]}") == [(1,)]


def test_rules_that_no_longer_fit_are_told_in_the_log_and_stop_no_worker(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "7.1")], priority="stat")
    SiteRules.objects.create(rules={"no_such_act": {}}, author="Practitioner/lena", reason="test", at=clinic.now)
    assert escalate(clinic.now + timedelta(minutes=11)) == 0
    assert "no_such_act" in caplog.text
