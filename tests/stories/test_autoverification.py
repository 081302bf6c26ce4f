"""Rules beside people: judged after entry by the installation itself, compared with what people did, released where a site lets them."""

from datetime import timedelta

import pytest
from django_tasks_db.models import DBTaskResult

from benchside.areas.laboratory.acts import EnteredValue, amend_result, enter_result, reject_specimen, verify_result
from benchside.areas.laboratory.acts.autoverifying import agreement, autoverify, judge_report, judgements_of, set_autoverification
from benchside.fhir import r4
from benchside.readiness.gathering.kept import load
from benchside.readiness.system import SYSTEM_DEVICE, system_performance
from benchside.terms.refusal import ActRefused
from tests.acts.clinic import DAY, Clinic
from tests.stories.steps import REAGENT, collect, order, receive, result

COUNT = [
    ("WBC", "7.1"),
    ("RBC", "4.60"),
    ("HGB", "13.8"),
    ("HCT", "41.4"),
    ("MCV", "90.0"),
    ("MCH", "30.0"),
    ("MCHC", "33.3"),
    ("RDW", "13.0"),
    ("MPV", "9.5"),
    ("PLT", "250"),
]


def worker(clinic: Clinic):  # type: ignore[no-untyped-def]  # a Performance
    return system_performance(clinic.record, clinic.now)


def entered(clinic: Clinic, code: str, values: list[tuple[str, str]]) -> tuple[str, str, str]:
    """(order, specimen, report) of an entry."""
    placed = order(clinic, code, confirmed=[code])
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    return placed.orders[0], collected.specimens[0], result(clinic, placed.orders[0], collected.specimens[0], values).report


def verdicts(clinic: Clinic, report: str) -> dict[str, str]:
    rows = clinic.rows("SELECT test, passed, failed FROM autoverification_row ORDER BY test, number")
    assert clinic.record.read("DiagnosticReport", report)
    return {test: failed or ("passed" if passed else "?") for test, passed, failed in rows}


def test_an_entry_queues_its_judgement_in_the_same_transaction(clinic: Clinic) -> None:
    _, _, report = entered(clinic, "POTASSIUM", [("POTASSIUM", "4.0")])
    queued = DBTaskResult.objects.get()
    assert (queued.task_path, queued.args_kwargs["args"]) == ("benchside.areas.laboratory.tasks.judge_entered", [report])
    with pytest.raises(ActRefused):
        enter_result(clinic.by("tara"), *_of(clinic), [])
    assert DBTaskResult.objects.count() == 1, "a refused entry leaves none"


def _of(clinic: Clinic) -> tuple[str, str]:
    return clinic.rows("SELECT order_id, specimen FROM specimen_order LIMIT 1")[0]


def test_shadow_keeps_what_the_rules_said_and_releases_nothing(clinic: Clinic) -> None:
    _, _, report = entered(clinic, "POTASSIUM", [("POTASSIUM", "6.9")])
    assert autoverify(worker(clinic), report) == "judged"
    assert verdicts(clinic, report) == {"POTASSIUM": "A4 A6 A9"}, "critical, far outside, interference not measured"
    assert clinic.rows("SELECT status FROM report_row WHERE id = ?", report) == [("preliminary",)]
    own = clinic.rows("SELECT id FROM result_row WHERE order_id <> '' ORDER BY id LIMIT 1")[0][0]
    versions = clinic.versions("Observation", own)
    autoverify(worker(clinic), report)
    assert clinic.versions("Observation", own) == versions, "judged again, nothing new to say"
    commit = clinic.rows("SELECT author FROM record_commit WHERE act = 'autoverify_result' LIMIT 1")
    assert commit == [(f"Device/{SYSTEM_DEVICE}",)]
    verify_result(clinic.by("theo"), report)


def test_agreement_counts_what_people_did_with_the_same_results(clinic: Clinic) -> None:
    set_autoverification(clinic.by("lena", signed=True), "POTASSIUM", "shadow", "our analyser reports no indices", without=["A9"])
    reports = []
    for value in ("4.0", "4.1", "4.2"):
        *_, report = entered(clinic, "POTASSIUM", [("POTASSIUM", value)])
        autoverify(worker(clinic), report)
        reports.append(report)
    *_, held = entered(clinic, "POTASSIUM", [("POTASSIUM", "4.3")])
    autoverify(worker(clinic), held)
    released = [verify_result(clinic.by("theo"), report) for report in reports]
    amend_result(clinic.by("theo", signed=True), released[2].lines[0].observation, "4.6", "typed for another tube")
    high = entered(clinic, "POTASSIUM", [("POTASSIUM", "5.6")])[2]
    clinic.write(r4.Device(id="mute", status="active"))
    autoverify(worker(clinic), high)
    verify_result(clinic.by("theo"), high, delta_reviewed=["POTASSIUM"])
    summary = agreement(clinic.record, clinic.now - DAY, clinic.now + DAY)
    assert summary[""].counts == {"both-release": 3, "both-hold": 0, "rules-stricter": 0, "rules-looser": 1}
    assert summary["POTASSIUM"].total == 4, "the one that waits does not count yet"
    assert agreement(clinic.record, clinic.now + DAY, clinic.now + 2 * DAY)[""].total == 0


def test_a_value_changed_before_verification_is_judged_again_and_the_first_stays(clinic: Clinic) -> None:
    order_id, specimen, report = entered(clinic, "POTASSIUM", [("POTASSIUM", "4.0")])
    autoverify(worker(clinic), report)
    enter_result(clinic.by("tara"), order_id, specimen, [EnteredValue("POTASSIUM", "4.9")], device="analyzer", lots=[REAGENT])
    autoverify(worker(clinic), report)
    own = clinic.rows("SELECT id FROM result_row WHERE order_id = ?", order_id)[0][0]
    kept = judgements_of(load(clinic.record, r4.Observation, own))
    assert [one.value for one in kept] == ["4.0 mmol/L", "4.9 mmol/L"]
    verify_result(clinic.by("theo"), report)
    assert clinic.rows("SELECT changed FROM autoverification_row WHERE id = ? ORDER BY number", own) == [(1,), (0,)]


def test_live_releases_only_when_every_test_is_switched_on_and_passes(clinic: Clinic) -> None:
    for test, _ in COUNT[:-1]:
        set_autoverification(clinic.by("lena", signed=True), test, "live", "two months of agreement", without=["A5", "A6"])
    *_, first = entered(clinic, "CBC", COUNT)
    assert autoverify(worker(clinic), first) == "judged", "platelets are still in shadow"
    set_autoverification(clinic.by("lena", signed=True), "PLT", "live", "two months of agreement", without=["A5"])
    assert autoverify(worker(clinic), first) == "released"
    row = clinic.rows("SELECT status, interpreter FROM report_row WHERE id = ?", first)
    assert row == [("final", f"Device/{SYSTEM_DEVICE}")]
    assert clinic.rows("SELECT count(*) FROM work_row WHERE kind = 'review-result' AND open = 1") == [(1,)], "the orderer is told as ever"
    contradictory = [(test, "20.0" if test == "HCT" else value) for test, value in COUNT]
    *_, second = entered(clinic, "CBC", contradictory)
    assert autoverify(worker(clinic), second) == "judged"
    assert "A12" in clinic.rows("SELECT failed FROM autoverification_row WHERE test = 'HGB' ORDER BY at_us DESC LIMIT 1")[0][0]


def test_a_blocked_device_or_a_rejected_tube_holds_a_result_back(clinic: Clinic) -> None:
    _, specimen, report = entered(clinic, "CBC", COUNT)
    device = load(clinic.record, r4.Device, "analyzer")
    device.status = "inactive"
    clinic.write(device)
    judged = judge_report(worker(clinic), report)
    assert all("A10" in one.failed for one in judged.results)
    clinic.tell(minutes=5)
    reject_specimen(clinic.by("theo"), specimen, "CLOTTED", "clot on the stick")
    assert all({"A10", "A11"} <= set(one.failed) for one in judge_report(worker(clinic), report).results)


def test_only_a_lead_switches_with_reason_and_signature(clinic: Clinic) -> None:
    with pytest.raises(ActRefused) as refused:
        set_autoverification(clinic.by("tara"), "NO_SUCH", "live", "", without=["B1"])
    assert {refusal.code for refusal in refused.value.refusals} == {
        "role.not-permitted",
        "signature.missing",
        "reason.missing",
        "autoverification.test-unknown",
        "autoverification.rule-unknown",
    }
    set_autoverification(clinic.by("lena", signed=True), "POTASSIUM", "off", "new reagent on Monday")
    clinic.tell(at=clinic.now + timedelta(minutes=1))
    *_, report = entered(clinic, "POTASSIUM", [("POTASSIUM", "4.0")])
    assert judge_report(worker(clinic), report).results == ()
