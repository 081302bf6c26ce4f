"""What the gate and the rules stop, and what follows from a spoilt tube."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from benchside.areas.laboratory.acts import (
    Draw,
    OrderItem,
    ScannedTube,
    acknowledge_report,
    claim_work,
    collect_specimens,
    identify_patient,
    place_order,
    print_labels,
    receive_specimen,
    record_unable_to_collect,
    reject_specimen,
    release_work,
    verify_result,
)
from benchside.readiness.explanation import names
from benchside.readiness.gathering.identification import identity_of
from benchside.readiness.gathering.kept import COMPETENCE
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.identity import mismatch_report
from benchside.readiness.models import Evidence, RefusedAct
from benchside.readiness.performing import NamedSupervisor
from benchside.readiness.requirements import package_requirements
from benchside.terms.refusal import ActRefused
from benchside.terms.refusal_words import text_of
from tests.acts.clinic import Clinic, arm, held, precaution
from tests.stories.steps import ANA, BEA, collect, order, receive, result, scans, to_result


def codes(refused: pytest.ExceptionInfo[ActRefused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


def test_the_wrong_patient_is_stopped_and_told_what_differed(clinic: Clinic) -> None:
    placed = order(clinic, "BMP")
    claim_work(clinic.by("tara"), placed.work[0])
    head = clinic.rows("SELECT number FROM record_head")
    with pytest.raises(ActRefused) as refused:
        identify_patient(clinic.by("tara"), placed.work[0], BEA)
    assert codes(refused) == ["identification.mismatch", "identification.too-few"]
    assert refused.value.refusals[0].facts["differed"] == "identifier:name, identifier:birth-date"
    lines = mismatch_report(identity_of(patient_facts(clinic.record, "ana", clinic.now)), BEA)
    assert [(line.item, line.record, line.found) for line in lines] == [
        ("name", "Silva, Ana Maria", "Garcia, Beatriz"),
        ("birth-date", "1980-02-03", "1975-11-30"),
    ]
    labels = print_labels(clinic.by("tara"), placed.work[0], "printer")
    head = clinic.rows("SELECT number FROM record_head")
    with pytest.raises(ActRefused) as refused:
        collect_specimens(clinic.by("tara"), placed.work[0], scans(clinic, labels), Draw(side="left"))
    assert codes(refused) == ["identification.none"]
    assert clinic.rows("SELECT number FROM record_head") == head


def test_a_tube_labelled_for_somebody_else_is_stopped_at_the_scan(clinic: Clinic) -> None:
    hers, his = order(clinic, "BMP"), order(clinic, "BMP", patient="bea")
    for placed, who in ((hers, ANA), (his, BEA)):
        claim_work(clinic.by("tara"), placed.work[0])
        identify_patient(clinic.by("tara"), placed.work[0], who)
    print_labels(clinic.by("tara"), hers.work[0], "printer")
    beas = print_labels(clinic.by("tara"), his.work[0], "printer")
    with pytest.raises(ActRefused) as refused:
        collect_specimens(clinic.by("tara"), hers.work[0], scans(clinic, beas), Draw(side="left"))
    assert codes(refused) == ["collection.label.other-patient"]


def test_a_lapsed_competence_is_refused_in_words_and_a_senior_may_help(clinic: Clinic) -> None:
    clinic.write(held("tara", COMPETENCE, "venipuncture", end="2026-05-03"))
    placed = order(clinic, "BMP")
    with pytest.raises(ActRefused) as refused:
        collect(clinic, placed.work[0])
    assert codes(refused) == ["competence.lapsed"]
    text = text_of(refused.value.refusals[0], "en", names=names(package_requirements(), "en"))
    assert "venipuncture" in text.words
    assert "4 May 2026" in text.words, "the first moment it no longer held"
    labels = clinic.rows("SELECT id, accession, tube FROM specimen_row ORDER BY accession")
    tubes = [ScannedTube(accession, tube, clinic.now, "T1", date(2027, 1, 31)) for _, accession, tube in labels]
    done = collect_specimens(clinic.by("tara", supervisor="sena"), placed.work[0], tubes, Draw(side="left"))
    assert done.done
    assert Evidence.objects.get(act="collect_specimen").supervised_by == "Practitioner/sena"


def test_a_junior_draws_only_with_somebody_beside_them(clinic: Clinic) -> None:
    placed = order(clinic, "BMP")
    with pytest.raises(ActRefused) as refused:
        collect(clinic, placed.work[0], by="juno")
    assert codes(refused) == ["supervision.none"]
    tubes = [
        ScannedTube(row[0], row[1], clinic.now, "T1", date(2027, 1, 31))
        for row in clinic.rows("SELECT accession, tube FROM specimen_row ORDER BY accession")
    ]
    with pytest.raises(ActRefused) as refused:
        collect_specimens(
            clinic.by("juno", supervisor=NamedSupervisor("Practitioner/sena", present=False, will_cosign=True)),
            placed.work[0],
            tubes,
            Draw(side="left"),
        )
    assert codes(refused) == ["supervision.absent"]
    assert collect_specimens(clinic.by("juno", supervisor="sena"), placed.work[0], tubes, Draw(side="left")).done


def test_every_reason_is_told_at_once(clinic: Clinic) -> None:
    clinic.write(precaution("iso", "ana", "contact"), arm("arm", "ana", "left-mastectomy"))
    placed = place_order(clinic.by("dana"), "ana", [OrderItem("TRIG", fasting=True), OrderItem("CBC")])
    claim_work(clinic.by("juno"), placed.work[0])
    labels = print_labels(clinic.by("juno"), placed.work[0], "printer")
    late = [replace(tube, scanned_at=clinic.now - timedelta(minutes=6)) for tube in scans(clinic, labels, expires=date(2026, 5, 10))]
    with pytest.raises(ActRefused) as refused:
        collect_specimens(clinic.by("juno"), placed.work[0], late, Draw(side="left"))
    assert set(codes(refused)) == {
        "supervision.none",
        "identification.none",
        "lot.expired",
        "precautions.not-acknowledged",
        "collection.tube.expired",
        "collection.scan.late",
        "collection.fasting.not-told",
        "collection.arm.restricted",
    }


def test_a_haemolysed_tube_loses_potassium_only_and_is_collected_again(clinic: Clinic) -> None:
    placed = order(clinic, "BMP", priority="stat")
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    clinic.tell(minutes=20)
    rejected = reject_specimen(clinic.by("theo"), collected.specimens[0], "HEMOLYZED", "free haemoglobin 3+")
    assert rejected.lost == ("POTASSIUM",)
    assert "SODIUM" in rejected.kept
    assert rejected.told == ("Practitioner/tara", "Practitioner/dana"), "the collector and the orderer"
    assert clinic.rows("SELECT recipient FROM communication_row WHERE kind = 'rejection' ORDER BY recipient") == [
        ("Practitioner/dana",),
        ("Practitioner/tara",),
    ]
    assert clinic.rows("SELECT kind, open, priority, part_of, reason FROM work_row WHERE id = ?", rejected.recollection) == [
        ("collect", 1, 0, placed.work[0], "hemolyzed")
    ]
    # What was not spoilt is resulted from the first tube; the report stays open for the rest.
    rest = [
        ("SODIUM", "140"),
        ("CHLORIDE", "104"),
        ("CO2", "25"),
        ("BUN", "14"),
        ("CREATININE", "0.90"),
        ("GLUCOSE", "101"),
        ("CALCIUM", "9.4"),
    ]
    entered = result(clinic, placed.orders[0], collected.specimens[0], rest)
    assert not entered.complete
    assert verify_result(clinic.by("theo"), entered.report).status == "partial"
    # The recollection draws potassium alone.
    again = collect(clinic, rejected.recollection)
    assert clinic.rows("SELECT tests FROM specimen_row WHERE id = ?", again.specimens[0]) == [("POTASSIUM",)]
    receive(clinic, again)
    verified = verify_result(clinic.by("theo"), result(clinic, placed.orders[0], again.specimens[0], [("POTASSIUM", "4.4")]).report)
    assert verified.status == "final"
    assert acknowledge_report(clinic.by("dana"), verified.review).report == verified.report


def test_a_clotted_tube_is_lost_wholly_and_gives_no_result(clinic: Clinic) -> None:
    placed = order(clinic, "CBC")
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    rejected = reject_specimen(clinic.by("theo"), collected.specimens[0], "CLOTTED", "clot on the stick")
    assert clinic.rows("SELECT state, condition FROM specimen_row WHERE id = ?", collected.specimens[0]) == [("rejected", "RC")]
    assert rejected.kept == ()
    with pytest.raises(ActRefused) as refused:
        result(clinic, placed.orders[0], collected.specimens[0], [("WBC", "7.1")])
    assert codes(refused) == ["results.specimen.state"]


def test_two_attempts_then_somebody_else(clinic: Clinic) -> None:
    placed = order(clinic, "BMP")
    claim_work(clinic.by("tara"), placed.work[0])
    record_unable_to_collect(clinic.by("tara"), placed.work[0], "two-attempts-failed", "veins roll", failed_attempts=2)
    assert clinic.rows("SELECT status, owner FROM work_row WHERE id = ?", placed.work[0]) == [("requested", "")]
    with pytest.raises(ActRefused) as refused:
        collect(clinic, placed.work[0])
    assert codes(refused) == ["collection.attempts.hand-over"]
    release_work(clinic.by("tara"), placed.work[0], "two attempts")
    claim_work(clinic.by("theo"), placed.work[0])
    identify_patient(clinic.by("theo"), placed.work[0], ANA)
    rows = clinic.rows("SELECT accession, tube FROM specimen_row ORDER BY accession")
    tubes = [ScannedTube(accession, tube, clinic.now, "T1", date(2027, 1, 31)) for accession, tube in rows]
    assert collect_specimens(clinic.by("theo"), placed.work[0], tubes, Draw(side="right")).done


def test_nobody_verifies_what_they_entered(clinic: Clinic) -> None:
    placed = order(clinic, "POTASSIUM")
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    entered = result(clinic, placed.orders[0], collected.specimens[0], [("POTASSIUM", "4.0")], by="tara")
    with pytest.raises(ActRefused) as refused:
        verify_result(clinic.by("tara"), entered.report)
    assert codes(refused) == ["second-person.same"]
    assert verify_result(clinic.by("theo"), entered.report).status == "final"


def test_a_large_change_needs_a_second_look(clinic: Clinic) -> None:
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.0")])
    placed = order(clinic, "POTASSIUM", confirmed=["POTASSIUM"])
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    entered = result(clinic, placed.orders[0], collected.specimens[0], [("POTASSIUM", "5.9")])
    assert entered.lines[0].delta_exceeded, "1.9 mmol/L in an hour, limit 1.5"
    with pytest.raises(ActRefused) as refused:
        verify_result(clinic.by("theo"), entered.report)
    assert codes(refused) == ["results.verify.delta"]
    assert verify_result(clinic.by("theo"), entered.report, delta_reviewed=["POTASSIUM"]).status == "final"


def test_a_duplicate_order_is_asked_about_once(clinic: Clinic) -> None:
    order(clinic, "BMP")
    with pytest.raises(ActRefused) as refused:
        order(clinic, "POTASSIUM")
    assert codes(refused) == ["order.duplicate-open"], "potassium is in the panel"
    assert order(clinic, "POTASSIUM", confirmed=["POTASSIUM"]).requisition == "R26-0000002"
    assert RefusedAct.objects.filter(code="order.duplicate-open").count() == 1


def test_an_unknown_label_and_a_tube_received_twice_are_refused(clinic: Clinic) -> None:
    placed = order(clinic, "BMP")
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    with pytest.raises(ActRefused) as refused:
        receive_specimen(clinic.by("theo"), "26-0000001")
    assert codes(refused) == ["reception.specimen.received-already"]
    with pytest.raises(ActRefused) as refused:
        receive_specimen(clinic.by("theo"), "99-1")
    assert codes(refused) == ["reception.specimen.unknown"]
