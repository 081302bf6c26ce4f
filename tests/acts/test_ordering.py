"""Ordering as the screens ask for it: questions, instructions, repeats, and taking an order back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from benchside.areas.bedside.acts import record_vitals
from benchside.areas.bedside.vitals import Reading
from benchside.areas.laboratory.acts import cancel_order, cancel_requisition, place_order
from benchside.areas.laboratory.acts.order_rules import OrderItem, Repeat
from benchside.fhir import r4, read
from benchside.fhir.terminology.icd10cm import diagnosis, find_diagnoses
from benchside.readiness.facts import PatientIdentification
from benchside.terms.refusal import ActRefused
from tests.acts.clinic import HOUR, MORNING, Clinic


def order_of(clinic: Clinic, own: str) -> r4.ServiceRequest:
    found = read(clinic.record.read("ServiceRequest", own).content)
    assert isinstance(found, r4.ServiceRequest)
    return found


def codes(refused: pytest.ExceptionInfo[ActRefused]) -> list[str]:
    return [one.code for one in refused.value.refusals]


def test_what_must_be_answered_is_asked_for_and_goes_with_the_order(clinic: Clinic) -> None:
    items = [OrderItem("COAG"), OrderItem("ABG")]
    with pytest.raises(ActRefused) as refused:
        place_order(clinic.by("dana"), "ana", items, answers={"oxygen": "17"})
    assert codes(refused) == ["order.answer-missing", "order.answer-wrong"]
    placed = place_order(clinic.by("dana"), "ana", items, answers={"oxygen": "28", "anticoagulant": "warfarin", "unknown-one": "x"})
    coagulation, gas = (order_of(clinic, own) for own in placed.orders)
    assert [one.text for one in coagulation.orderDetail or ()] == ["Which anticoagulant does the patient take? Warfarin"]
    assert [one.text for one in gas.orderDetail or ()] == ["Inspired oxygen (21 on room air) 28 %"]
    assert coagulation.supportingInfo is not None
    kept = read(clinic.record.read("QuestionnaireResponse", (coagulation.supportingInfo[0].reference or "").partition("/")[2]).content)
    assert isinstance(kept, r4.QuestionnaireResponse)
    assert {item.linkId for item in kept.item or ()} == {"oxygen", "anticoagulant"}


def test_another_systems_order_is_not_asked(clinic: Clinic) -> None:
    assert place_order(clinic.by("dana"), "ana", [OrderItem("COAG")]).orders


def test_instructions_are_in_the_patients_language(clinic: Clinic) -> None:
    bea = clinic.record.read("Patient", "bea")
    patient = read(bea.content)
    assert isinstance(patient, r4.Patient)
    spanish = r4.CodeableConcept(coding=[r4.Coding(system="urn:ietf:bcp:47", code="es")])
    patient.communication = [r4.PatientCommunication(language=spanish, preferred=True)]
    clinic.write(patient)
    for who, words in (("ana", "between 9 and 14"), ("bea", "entre 9 y 14")):
        placed = place_order(clinic.by("dana"), who, [OrderItem("LIPID"), OrderItem("CBC")], answers={"fasting": "yes"})
        lipid, count = (order_of(clinic, own) for own in placed.orders)
        hours = words.replace("between 9 and 14", "for 9 to 14")
        assert hours in (lipid.patientInstruction or "")
        assert hours not in (count.patientInstruction or "")
        assert [code.code for one in lipid.orderDetail or () for code in one.coding or ()] == ["fasting"]
        assert count.orderDetail is None


def test_every_morning_three_times(clinic: Clinic) -> None:
    first = datetime(2026, 5, 12, 6, 0, tzinfo=UTC)
    placed = place_order(clinic.by("dana"), "ana", [OrderItem("BMP"), OrderItem("CBC")], timed=first, repeat=Repeat(3, 1, "d"))
    assert (len(placed.orders), len(placed.work)) == (6, 3)
    times = clinic.rows("SELECT DISTINCT timed_us FROM order_row WHERE requisition = ? ORDER BY timed_us", placed.requisition)
    assert [datetime.fromtimestamp(row[0] / 1e6, UTC) for row in times] == [first + timedelta(days=day) for day in range(3)]
    dated = order_of(clinic, placed.orders[0])
    assert dated.intent == "instance-order"
    assert dated.basedOn is not None
    whole = order_of(clinic, (dated.basedOn[0].reference or "").partition("/")[2])
    assert whole.intent == "original-order"
    assert whole.occurrenceTiming is not None
    assert whole.occurrenceTiming.repeat is not None
    assert (whole.occurrenceTiming.repeat.count, whole.occurrenceTiming.repeat.periodUnit) == (3, "d")
    assert clinic.rows("SELECT id FROM order_row WHERE id = ?", whole.id) == [], "nobody is to do the series itself"
    due = clinic.rows("SELECT due_us FROM work_row WHERE requisition = ? ORDER BY due_us", placed.requisition)
    assert [row[0] for row in due] == [int((first + timedelta(days=day) + 4 * HOUR).timestamp()) * 1_000_000 for day in range(3)]


def test_mornings_keep_the_time_of_the_clock_when_the_clocks_change() -> None:
    zone = ZoneInfo("America/New_York")
    first = datetime(2026, 10, 31, 6, 0, tzinfo=zone)
    assert [one.astimezone(zone).hour for one in Repeat(3, 1, "d").times(first.astimezone(UTC), zone)] == [6, 6, 6]
    assert [one.astimezone(zone).hour for one in Repeat(2, 24, "h").times(first.astimezone(UTC), zone)] == [6, 5]


@pytest.mark.parametrize("repeat", [Repeat(1, 1, "d"), Repeat(31, 1, "d"), Repeat(3, 0, "h")])
def test_a_repeat_has_limits(clinic: Clinic, repeat: Repeat) -> None:
    with pytest.raises(ActRefused) as refused:
        place_order(clinic.by("dana"), "ana", [OrderItem("BMP")], repeat=repeat)
    assert codes(refused) == ["order.repeat"]


def test_the_rest_of_a_series_is_cancelled_and_then_the_series(clinic: Clinic) -> None:
    placed = place_order(clinic.by("dana"), "ana", [OrderItem("BMP")], timed=MORNING + HOUR, repeat=Repeat(3, 6, "h"))
    series = clinic.rows("SELECT DISTINCT series FROM order_row")[0][0]
    gone = cancel_order(clinic.by("dana"), placed.orders[1], "no longer needed", series=True)
    assert clinic.rows("SELECT id FROM order_row WHERE status = 'active'") == [(placed.orders[0],)]
    assert set(gone.work) == set(placed.work[1:])
    assert order_of(clinic, series).status == "active"
    cancel_order(clinic.by("dana"), placed.orders[0], "no longer needed")
    assert order_of(clinic, series).status == "revoked"


def test_a_series_is_done_when_all_of_it_is(clinic: Clinic) -> None:
    placed = place_order(clinic.by("dana"), "ana", [OrderItem("VITALS")], repeat=Repeat(2, 6, "h"))
    series = clinic.rows("SELECT DISTINCT series FROM order_row")[0][0]
    seen = PatientIdentification(clinic.now, "Patient/ana", frozenset({"name", "birth-date"}))
    pulse = [Reading("heart_rate", Decimal(72), "/min")]
    record_vitals(clinic.by("tara"), "ana", pulse, seen, work_id=placed.work[0])
    assert order_of(clinic, series).status == "active"
    cancel_order(clinic.by("dana"), placed.orders[1], "went home")
    assert order_of(clinic, series).status == "completed"


def test_a_requisition_is_taken_back_as_a_whole(clinic: Clinic) -> None:
    placed = place_order(clinic.by("dana"), "ana", [OrderItem("BMP"), OrderItem("EKG12"), OrderItem("VITALS")])
    gone = cancel_requisition(clinic.by("dana"), placed.requisition, "taken back")
    assert set(gone.work) == set(placed.work)
    assert clinic.rows("SELECT DISTINCT status FROM order_row") == [("revoked",)]
    with pytest.raises(ActRefused) as refused:
        cancel_requisition(clinic.by("dana"), placed.requisition, "taken back")
    assert codes(refused) == ["order.nothing-to-cancel"]
    with pytest.raises(ActRefused):
        cancel_requisition(clinic.by("tara"), place_order(clinic.by("dana"), "ana", [OrderItem("CBC")]).requisition, "not mine to do")


def test_reasons_carry_their_name(clinic: Clinic) -> None:
    placed = place_order(clinic.by("dana"), "ana", [OrderItem("HBA1C")], reasons=["E11.9"])
    reason = order_of(clinic, placed.orders[0]).reasonCode
    assert reason is not None
    assert [code.display for code in reason[0].coding or ()] == ["Type 2 diabetes mellitus without complications"]


def test_diagnoses_are_found_by_code_and_by_words() -> None:
    assert [found.code for found in find_diagnoses("e119")] == ["E11.9"]
    assert {"R07.9", "R07.89"} <= {found.code for found in find_diagnoses("chest pain")}
    assert [found.code for found in find_diagnoses("meniere left")] == ["H81.02"]
    assert find_diagnoses("xyzzy") == find_diagnoses("") == ()
    assert diagnosis("E11") is None, "E11 is divided further"
    assert diagnosis("S52.501A") is not None
