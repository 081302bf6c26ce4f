"""Registration, vital signs, point-of-care tests, oversight, aliquots, assignment, reprints: each with what stops it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from benchside.areas.bedside.acts import Circumstances, perform_point_of_care_test, record_vitals
from benchside.areas.bedside.vitals import Reading
from benchside.areas.laboratory.acts import (
    EnteredValue,
    OrderItem,
    aliquot,
    assign_work,
    call_critical_value,
    cancel_order,
    centrifuge,
    claim_work,
    confirm_labels,
    enter_result,
    place_order,
    plan_collection,
    print_labels,
    reprint_label,
    send_message,
)
from benchside.areas.laboratory.acts.calling import people_on
from benchside.areas.reception.acts import NewPatient, register_patient
from benchside.areas.staff.acts import cosign, review_override, sign_off_competence
from benchside.fhir import r4
from benchside.readiness.facts import Lot, PatientIdentification
from benchside.readiness.gathering.kept import COMPETENCE, load
from benchside.readiness.models import OverriddenAct
from benchside.readiness.performing import NamedSupervisor
from benchside.readiness.staff import performer_of
from benchside.terms.refusal import ActRefused
from tests.acts.clinic import Clinic, held
from tests.stories.steps import collect, order, receive

CARLA = NewPatient("Núñez", ("Carla",), date(1990, 1, 2), "female", "555 010 9999", "es")


def codes(refused: pytest.ExceptionInfo[ActRefused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


def identified(clinic: Clinic, who: str = "ana") -> PatientIdentification:
    return PatientIdentification(clinic.now, f"Patient/{who}", frozenset({"name", "birth-date"}))


def test_a_patient_is_registered_under_the_next_number_and_asked_about_when_known(clinic: Clinic) -> None:
    done = register_patient(clinic.by("fred"), CARLA)
    assert done.record_number == "B0000001"
    assert clinic.rows("SELECT name, birth_date, language FROM patient_row WHERE id = ?", done.patient) == [
        ("Carla Núñez", "1990-01-02", "es")
    ]
    with pytest.raises(ActRefused) as refused:
        register_patient(clinic.by("fred"), NewPatient("Nunes", ("Karla",), date(1990, 1, 2), "female"))
    assert codes(refused) == ["registration.duplicate"]
    assert "B0000001" in str(refused.value.refusals[0].facts["patients"])
    assert (
        register_patient(clinic.by("fred"), NewPatient("Nunes", ("Karla",), date(1990, 1, 2), "female"), confirmed=True).record_number
        == "B0000002"
    )


def test_a_registration_is_told_every_fault(clinic: Clinic) -> None:
    with pytest.raises(ActRefused) as refused:
        register_patient(clinic.by("fred"), NewPatient("", ("Carla",), date(2026, 5, 12), "f"))
    assert codes(refused) == ["registration.name-missing", "registration.birth-date-impossible", "registration.gender-unknown"]


def test_vital_signs_are_charted_and_end_their_work(clinic: Clinic) -> None:
    placed = order(clinic, "VITALS")
    assert clinic.rows("SELECT kind FROM work_row WHERE id = ?", placed.work[0]) == [("vital-signs",)]
    readings = [
        Reading("heart_rate", Decimal(72), "/min"),
        Reading("temperature", Decimal("98.6"), "[degF]"),
        Reading("systolic", Decimal(120), "mm[Hg]"),
        Reading("diastolic", Decimal(80), "mm[Hg]"),
    ]
    done = record_vitals(clinic.by("tara"), "ana", readings, identified(clinic), work_id=placed.work[0])
    assert clinic.rows("SELECT loinc, value, unit FROM result_row WHERE category = 'vital-signs' ORDER BY loinc") == [
        ("8310-5", "37.0", "Cel"),
        ("85354-9", "120/80", "mm[Hg]"),
        ("8867-4", "72", "/min"),
    ]
    assert len(done.observations) == 3
    assert clinic.rows("SELECT status FROM order_row") == [("completed",)]
    assert clinic.rows("SELECT status FROM work_row") == [("completed",)]
    with pytest.raises(ActRefused) as refused:
        record_vitals(
            clinic.by("tara"),
            "ana",
            [
                Reading("systolic", Decimal(80), "mm[Hg]"),
                Reading("diastolic", Decimal(120), "mm[Hg]"),
                Reading("heart_rate", Decimal(720), "/min"),
            ],
            identified(clinic),
        )
    assert codes(refused) == ["vitals.sign.impossible", "vitals.pressure.reversed"]


def test_a_narrow_pulse_pressure_is_charted_once_measured_again(clinic: Clinic) -> None:
    readings = [Reading("systolic", Decimal(100), "mm[Hg]"), Reading("diastolic", Decimal(95), "mm[Hg]")]
    with pytest.raises(ActRefused) as refused:
        record_vitals(clinic.by("tara"), "ana", readings, identified(clinic))
    assert codes(refused) == ["vitals.pressure.narrow"]
    assert (
        len(record_vitals(clinic.by("tara"), "ana", readings, identified(clinic), confirmed=["vitals.pressure.narrow"]).observations) == 1
    )


def test_readings_of_one_sitting_are_averaged_and_all_kept(clinic: Clinic) -> None:
    def pressures(*pairs: tuple[int, int]) -> list[Reading]:
        return [
            Reading(sign, Decimal(value), "mm[Hg]") for pair in pairs for sign, value in zip(("systolic", "diastolic"), pair, strict=True)
        ]

    with pytest.raises(ActRefused) as refused:
        record_vitals(clinic.by("tara"), "ana", pressures((140, 90), (128, 84)), identified(clinic))
    assert codes(refused) == ["vitals.pressure.readings-differ"]
    how = Circumstances(position="sitting", site="left-arm", cuff="adult", oxygen=False, consciousness="A")
    done = record_vitals(clinic.by("tara"), "ana", pressures((140, 90), (128, 84), (130, 85)), identified(clinic), circumstances=how)
    assert clinic.rows("SELECT value, number FROM result_row WHERE loinc = '85354-9'") == [("133/86", 133.0)]
    kept = load(clinic.record, r4.Observation, done.observations[0])
    assert kept.method is not None
    assert kept.method.text == "mean of 3 readings"
    assert [str(part.valueQuantity.value) for part in kept.component or () if part.valueQuantity] == [
        "133", "86", "140", "90", "128", "84", "130", "85",
    ]  # fmt: skip
    assert clinic.rows("SELECT value FROM result_row WHERE loinc = '67775-7'") == [("A",)]


def test_a_critical_vital_sign_begins_a_call_to_whoever_covers(clinic: Clinic) -> None:
    done = record_vitals(clinic.by("tara"), "ana", [Reading("spo2", Decimal(84), "%")], identified(clinic))
    assert clinic.rows("SELECT id, focus, words, priority FROM work_row WHERE kind = 'call-critical'") == [
        (done.calls[0], f"Observation/{done.observations[0]}", "oxygen saturation 84 %", 0)
    ]
    assert clinic.rows("SELECT flag FROM result_row") == [("LL",)]
    task = load(clinic.record, r4.Task, done.calls[0])
    assert people_on(clinic.record, "orderer", task, clinic.now) == ["Practitioner/dana", "Practitioner/omar"]
    assert call_critical_value(clinic.by("tara"), done.calls[0], "reached", person="Practitioner/dana").state == "reached"


def test_a_critical_glucose_at_the_bedside_begins_the_orderers_call(clinic: Clinic) -> None:
    placed = order(clinic, "POCGLU")
    loinc = clinic.rows("SELECT loinc FROM order_row")[0][0]
    good = Lot("test_strip", "S9", date(2026, 12, 31))
    done = perform_point_of_care_test(
        clinic.by("nora"), placed.work[0], loinc, Decimal(20), "mg/dL", identified(clinic), meter="meter", strip=good, comparator="<"
    )
    assert clinic.rows("SELECT value, comparator, flag FROM result_row") == [("20", "<", "LL")]
    task = load(clinic.record, r4.Task, done.call)
    assert people_on(clinic.record, "orderer", task, clinic.now) == ["Practitioner/dana"]
    assert (task.description or "").endswith("<20 mg/dL")


def test_somebody_elses_work_is_theirs_at_the_bedside_too(clinic: Clinic) -> None:
    placed = order(clinic, "VITALS")
    claim_work(clinic.by("theo"), placed.work[0])
    with pytest.raises(ActRefused) as refused:
        record_vitals(clinic.by("tara"), "ana", [Reading("heart_rate", Decimal(72), "/min")], identified(clinic), work_id=placed.work[0])
    assert codes(refused) == ["work.claimed"]


def test_a_meter_without_valid_control_gives_no_result(clinic: Clinic) -> None:
    placed = order(clinic, "POCGLU")
    assert clinic.rows("SELECT kind FROM work_row WHERE id = ?", placed.work[0]) == [("point-of-care",)]
    loinc = clinic.rows("SELECT loinc FROM order_row")[0][0]
    strip = Lot("test_strip", "S9", date(2026, 5, 10))
    clinic.tell(at=clinic.now.replace(year=2027))
    with pytest.raises(ActRefused) as refused:
        perform_point_of_care_test(
            clinic.by("nora"), placed.work[0], loinc, Decimal(101), "mg/dL", identified(clinic), meter="meter", strip=strip
        )
    assert codes(refused) == ["equipment.calibration-overdue", "equipment.qc-due", "lot.expired"]
    clinic.tell(at=clinic.now.replace(year=2026))
    good = Lot("test_strip", "S9", date(2026, 12, 31))
    perform_point_of_care_test(
        clinic.by("nora"), placed.work[0], loinc, Decimal(101), "mg/dL", identified(clinic), meter="meter", strip=good
    )
    assert clinic.rows("SELECT value, device FROM result_row") == [("101", "Device/meter")]
    assert clinic.rows("SELECT open FROM work_row") == [(0,)]


def test_a_cosignature_is_given_by_who_agreed_and_freshly_signed(clinic: Clinic) -> None:
    supervisor = NamedSupervisor("Practitioner/sena", present=False, will_cosign=True)
    record_vitals(clinic.by("juno", supervisor=supervisor), "ana", [Reading("heart_rate", Decimal(72), "/min")], identified(clinic))
    work = clinic.rows("SELECT id FROM work_row WHERE kind = 'cosign'")[0][0]
    with pytest.raises(ActRefused) as refused:
        cosign(clinic.by("lena"), work)
    assert codes(refused) == ["signature.missing", "oversight.other-supervisor"]
    assert cosign(clinic.by("sena", signed=True), work).act == "record_vitals"


def test_an_override_is_reviewed_by_somebody_else(clinic: Clinic) -> None:
    clinic.write(held("lena", COMPETENCE, "vital_signs", end="2026-01-01"))
    emergency = {"signed": True, "override_reason": "nobody-else-available", "override_text": "alone on the ward at night"}
    record_vitals(clinic.by("lena", **emergency), "ana", [Reading("heart_rate", Decimal(72), "/min")], identified(clinic))
    work = OverriddenAct.objects.get().task
    with pytest.raises(ActRefused) as refused:
        review_override(clinic.by("lena", signed=True), work, "was needed", justified=True)
    assert codes(refused) == ["second-person.same"]
    clinic.tell(minutes=60)
    review_override(clinic.by("dana", signed=True), work, "was needed", justified=True)
    row = OverriddenAct.objects.get()
    assert (row.reviewed_by, row.reviewed_at) == ("Practitioner/dana", clinic.now)
    assert clinic.rows("SELECT open FROM work_row WHERE id = ?", work) == [(0,)]


def test_a_competence_is_signed_off_by_somebody_else_who_holds_it(clinic: Clinic) -> None:
    clinic.write(held("juno", COMPETENCE, "venipuncture", end="2026-01-01"))
    with pytest.raises(ActRefused) as refused:
        sign_off_competence(clinic.by("sena", signed=True), "sena", "venipuncture")
    assert codes(refused) == ["second-person.self-subject"]
    done = sign_off_competence(clinic.by("sena", signed=True), "juno", "venipuncture", valid_days=180)
    assert done.until == clinic.now + timedelta(days=180)
    states = [
        held_.period.state(clinic.now)
        for held_ in performer_of(clinic.record, "juno", clinic.now).competences
        if held_.name == "venipuncture"
    ]
    assert "current" in states


def test_serum_must_clot_before_it_is_spun_and_be_spun_before_it_is_divided(clinic: Clinic) -> None:
    placed = order(clinic, "TSH")
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected, after=5)
    (tube,) = collected.specimens
    kind = clinic.rows("SELECT tube FROM specimen_row WHERE id = ?", tube)[0][0]
    with pytest.raises(ActRefused) as refused:
        aliquot(clinic.by("tara"), tube, [(("TSH",), "reference laboratory")], volume_ml=Decimal(2))
    assert codes(refused) == ["reception.aliquot.not-spun"]
    with pytest.raises(ActRefused) as refused:
        centrifuge(clinic.by("tara"), [tube], "spinner", program_g=9000, minutes=10)
    assert "reception.centrifuge.wrong-force" in codes(refused)
    assert ("reception.clot-time.too-short" in codes(refused)) == kind.startswith("SERUM")
    clinic.tell(minutes=60)
    centrifuge(clinic.by("tara"), [tube], "spinner", program_g=1500, minutes=10)
    made = aliquot(clinic.by("tara"), tube, [(("TSH",), "reference laboratory")], volume_ml=Decimal(2))
    assert made.labels == ("26-0000001A1",)
    assert clinic.rows("SELECT parent, state, tests FROM specimen_row WHERE id = ?", made.specimens[0]) == [(tube, "received", "TSH")]
    assert order(clinic, "CBC").requisition == "R26-0000002"
    assert collect(clinic, clinic.rows("SELECT id FROM work_row WHERE open = 1 AND kind = 'collect'")[0][0]).done
    assert clinic.rows("SELECT max(accession) FROM specimen_row") == [("26-0000002",)], "an aliquot takes no number of its own"


def test_work_is_assigned_by_who_may_and_an_order_cancelled_with_its_work(clinic: Clinic) -> None:
    placed = order(clinic, "BMP")
    with pytest.raises(ActRefused) as refused:
        assign_work(clinic.by("tara"), placed.work[0], "theo")
    assert codes(refused) == ["role.not-permitted"]
    assert assign_work(clinic.by("lena"), placed.work[0], "theo").owner == "Practitioner/theo"
    with pytest.raises(ActRefused) as refused:
        cancel_order(clinic.by("dana"), placed.orders[0], "")
    assert codes(refused) == ["reason.missing"]
    assert cancel_order(clinic.by("dana"), placed.orders[0], "ordered in error").work == placed.work
    assert clinic.rows("SELECT status FROM work_row") == [("cancelled",)]
    with pytest.raises(ActRefused) as refused:
        claim_work(clinic.by("theo"), placed.work[0])
    assert codes(refused) == ["order.not-active", "work.not-open"]


def test_labels_have_one_number_and_a_reprint_is_counted_with_its_reason(clinic: Clinic) -> None:
    placed = order(clinic, "BMP")
    labels = print_labels(clinic.by("tara"), placed.work[0], "printer")
    with pytest.raises(ActRefused) as refused:
        print_labels(clinic.by("tara"), placed.work[0], "printer")
    assert codes(refused) == ["collection.labels.printed"]
    with pytest.raises(ActRefused) as refused:
        reprint_label(clinic.by("tara"), labels.labels[0].specimen, "printer", "")
    assert codes(refused) == ["reason.missing"]
    assert [reprint_label(clinic.by("tara"), labels.labels[0].specimen, "printer", "smeared").times for _ in range(2)] == [1, 2]
    assert not confirm_labels(clinic.by("tara"), placed.work[0], "printer", printed=False).printed


def test_values_that_cannot_be_are_refused_with_every_reason(clinic: Clinic) -> None:
    placed = order(clinic, "BMP")
    collected = collect(clinic, placed.work[0])
    with pytest.raises(ActRefused) as refused:
        enter_result(
            clinic.by("tara"),
            placed.orders[0],
            collected.specimens[0],
            [EnteredValue("SODIUM", "14O"), EnteredValue("POTASSIUM", "41"), EnteredValue("TSH", "2"), EnteredValue("CALCIUM", "9.44")],
        )
    assert codes(refused) == [
        "results.specimen.state",
        "results.value.not-a-number",
        "results.value.implausible",
        "results.analyte.other-order",
        "results.value.too-many-decimals",
    ]


def test_a_message_makes_work_when_an_answer_is_asked_for(clinic: Clinic) -> None:
    sent = send_message(clinic.by("dana"), ["Practitioner/tara"], "please draw from the right arm", patient_id="ana", ask=True)
    assert clinic.rows("SELECT owner, words, focus FROM work_row WHERE id = ?", sent.work) == [
        ("Practitioner/tara", "please draw from the right arm", f"Communication/{sent.communication}")
    ]
    with pytest.raises(ActRefused) as refused:
        send_message(clinic.by("dana"), [], " ")
    assert codes(refused) == ["message.recipients", "message.text"]


def test_a_child_is_not_drawn_beyond_the_limit_of_blood(clinic: Clinic) -> None:
    placed = place_order(clinic.by("dana"), "kid", [OrderItem("BMP"), OrderItem("CBC")])
    with pytest.raises(ActRefused) as refused:
        collect(clinic, placed.work[0], who=_kid())
    assert codes(refused) == ["collection.blood-volume.weight-unknown"]


@pytest.mark.parametrize(
    ("weight", "way", "tubes"),
    [
        ("20", "venipuncture", ["HEPARIN", "EDTA"]),
        ("2", "capillary", ["EDTA_MICRO", "SERUM_MICRO"]),
    ],
)
def test_a_childs_draw_is_planned_by_its_weight(clinic: Clinic, weight: str, way: str, tubes: list[str]) -> None:
    record_vitals(clinic.by("tara"), "kid", [Reading("weight", Decimal(weight), "kg")], identified(clinic, "kid"))
    placed = place_order(clinic.by("dana"), "kid", [OrderItem("BMP"), OrderItem("CBC")])
    plan = plan_collection(clinic.record, placed.work[0], clinic.now)
    assert {name: [tube.tube for tube in drawn.tubes] for name, drawn in plan.ways.items()} == {way: tubes}
    assert plan.refusals == ()


def _kid() -> object:
    from benchside.readiness.identity import Identity

    return Identity("Smith", "Kim", date(2021, 4, 1))
