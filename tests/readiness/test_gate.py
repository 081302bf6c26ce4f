"""The gate, rule by rule. Ids are rule numbers of docs/clinical/readiness.md; each row spoils a ready situation in one place."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.readiness import assess, cautions
from benchside.readiness.engine import cosign_due
from benchside.readiness.facts import (
    Competence,
    Consent,
    Credential,
    Equipment,
    Facts,
    Lot,
    Order,
    PatientIdentification,
    Performer,
    Period,
    Supervisor,
)
from benchside.readiness.requirements import UnknownAct
from benchside.terms.refusal import Refusal
from tests.readiness.people import AT, DAY, EVERY_COMPETENCE, MINUTE, REQUIREMENTS, person, ready


def codes(refusals: Iterable[Refusal]) -> list[str]:
    return [refusal.code for refusal in refusals]


def with_competence(name: str, period: Period, *, withdrawn: bool = False) -> Performer:
    others = tuple(item for item in EVERY_COMPETENCE if item.name != name)
    return person("technician", competences=(*others, Competence(name, period, withdrawn)))


def without(name: str, role: str = "technician") -> Performer:
    return person(role, competences=tuple(item for item in EVERY_COMPETENCE if item.name != name))


def authorised(period: Period, *, withdrawn: bool = False) -> Performer:
    return replace(person("technician"), credentials=(Credential("authorisation", period, withdrawn),))


def identified(**changes: object) -> PatientIdentification:
    base = PatientIdentification(AT - MINUTE, "Patient/1", frozenset({"name", "birth-date"}), (), "Patient/1")
    return replace(base, **changes)  # type: ignore[arg-type]  # the rows name real fields


def meter(**changes: object) -> Facts:
    device = replace(Equipment("Device/m", "point_of_care_meter"), **changes)  # type: ignore[arg-type]  # real fields
    return ready(equipment=(device,))


def strip(**changes: object) -> Facts:
    return ready(lots=(replace(Lot("test_strip", "S1", AT.date()), **changes),))  # type: ignore[arg-type]  # real fields


SENIOR = person("senior_technician", "Practitioner/s")
NOBODY = None

CASES: list[tuple[str, str, Facts, list[str]]] = [
    ("G1-ready", "collect_specimen", ready(), []),
    ("G1-inactive", "collect_specimen", ready(performer=replace(person("technician"), active=False)), ["person.not-active"]),
    ("G1-no-credential", "collect_specimen", ready(performer=replace(person("technician"), credentials=())), ["credential.missing"]),
    ("G1-ends-now", "collect_specimen", ready(performer=authorised(Period(None, AT))), ["credential.lapsed"]),
    ("G1-ends-in-a-minute", "collect_specimen", ready(performer=authorised(Period(None, AT + MINUTE))), []),
    ("G1-starts-now", "collect_specimen", ready(performer=authorised(Period(AT, None))), []),
    ("G1-starts-in-a-minute", "collect_specimen", ready(performer=authorised(Period(AT + MINUTE, None))), ["credential.not-yet"]),
    ("G1-withdrawn", "collect_specimen", ready(performer=authorised(Period(), withdrawn=True)), ["credential.withdrawn"]),
    (
        "G1-nurse-without-licence",
        "collect_specimen",
        ready(performer=replace(person("nurse"), credentials=(Credential("authorisation", Period()),))),
        ["credential.missing"],
    ),
    ("G2-technician-orders", "order", ready("lead_technician"), ["role.not-permitted"]),
    ("G2-technician-interprets", "interpret_ekg", ready("senior_technician"), ["role.not-permitted"]),
    ("G2-technician-acknowledges", "acknowledge_result", ready("lead_technician"), ["role.not-permitted"]),
    ("G2-technician-decides", "decide_treatment", ready("lead_technician"), ["role.not-permitted"]),
    ("G2-physician-orders", "order", ready("physician"), []),
    ("G2-physician-verifies", "verify_result", ready("physician"), ["role.not-permitted"]),
    ("G2-junior-signs-off", "sign_off_competence", ready("junior_technician"), ["role.not-permitted"]),
    ("G2-senior-signs-off", "sign_off_competence", ready("senior_technician"), []),
    ("G2-technician-makes-roster", "manage_roster", ready("technician"), ["role.not-permitted"]),
    ("G2-lead-makes-roster", "manage_roster", ready("lead_technician"), []),
    (
        "G3-lapsed-now",
        "collect_specimen",
        ready(performer=with_competence("venipuncture", Period(None, AT)), supervisor=NOBODY),
        ["competence.lapsed"],
    ),
    (
        "G3-lapses-in-a-minute",
        "collect_specimen",
        ready(performer=with_competence("venipuncture", Period(None, AT + MINUTE)), supervisor=NOBODY),
        [],
    ),
    ("G3-missing", "collect_specimen", ready(performer=without("venipuncture"), supervisor=NOBODY), ["competence.missing"]),
    (
        "G3-withdrawn",
        "collect_specimen",
        ready(performer=with_competence("venipuncture", Period(), withdrawn=True), supervisor=NOBODY),
        ["competence.withdrawn"],
    ),
    (
        "G3-other-way-needs-other-competence",
        "collect_specimen",
        ready(performer=without("capillary_puncture"), variant="capillary", supervisor=NOBODY),
        ["competence.missing"],
    ),
    ("G3-way-unknown", "collect_specimen", ready(variant="telepathy"), ["competence.way-unknown"]),
    ("G3-way-not-told", "collect_specimen", ready(variant=None), ["competence.way-unknown"]),
    (
        "G3-lapsed-but-supervised",
        "collect_specimen",
        ready(performer=with_competence("venipuncture", Period(None, AT)), supervisor=Supervisor(SENIOR, present=True)),
        [],
    ),
    ("G3-verification-never-supervised", "verify_result", ready(performer=without("result_verification")), ["competence.missing"]),
    ("G3-physician-needs-no-sign-off", "collect_specimen", ready(performer=without("venipuncture", "physician"), supervisor=NOBODY), []),
    (
        "G3-physician-needs-it-for-point-of-care",
        "perform_point_of_care_test",
        ready(performer=without("point_of_care_testing", "physician"), supervisor=NOBODY),
        ["competence.missing"],
    ),
    (
        "G3-sign-off-needs-the-competence",
        "sign_off_competence",
        ready(performer=without("venipuncture", "senior_technician")),
        ["competence.missing"],
    ),
    ("G3-sign-off-of-nothing", "sign_off_competence", ready("senior_technician", competence_in_question=None), ["competence.not-named"]),
    ("G4-junior-alone", "collect_specimen", ready("junior_technician", supervisor=NOBODY), ["supervision.none"]),
    ("G4-junior-supervised", "collect_specimen", ready("junior_technician"), []),
    (
        "G4-junior-supervisor-away",
        "collect_specimen",
        ready("junior_technician", supervisor=Supervisor(SENIOR, will_cosign=True)),
        ["supervision.absent"],
    ),
    ("G4-junior-vitals-cosigned", "record_vitals", ready("junior_technician", supervisor=Supervisor(SENIOR, will_cosign=True)), []),
    ("G4-junior-vitals-not-agreed", "record_vitals", ready("junior_technician", supervisor=Supervisor(SENIOR)), ["supervision.not-agreed"]),
    (
        "G4-own-supervisor",
        "collect_specimen",
        ready("junior_technician", supervisor=Supervisor(person("junior_technician"), present=True)),
        ["supervision.self", "supervision.role"],
    ),
    (
        "G4-junior-supervises-junior",
        "collect_specimen",
        ready("junior_technician", supervisor=Supervisor(person("junior_technician", "Practitioner/j2"), present=True)),
        ["supervision.role"],
    ),
    (
        "G4-supervisor-without-competence",
        "collect_specimen",
        ready("junior_technician", supervisor=Supervisor(without("venipuncture", "senior_technician"), present=True)),
        ["supervision.not-competent"],
    ),
    (
        "G4-supervisor-not-authorised",
        "collect_specimen",
        ready("junior_technician", supervisor=Supervisor(replace(SENIOR, credentials=()), present=True)),
        ["supervision.not-current"],
    ),
    (
        "G4-untrained-with-unfit-supervisor",
        "collect_specimen",
        ready(performer=without("venipuncture"), supervisor=Supervisor(SENIOR)),
        ["competence.missing", "supervision.absent"],
    ),
    ("G5-none", "collect_specimen", ready(identification=None), ["identification.none"]),
    ("G5-one-identifier", "collect_specimen", ready(identification=identified(matched=frozenset({"name"}))), ["identification.too-few"]),
    (
        "G5-room-and-bed-never-count",
        "collect_specimen",
        ready(identification=identified(matched=frozenset({"name", "room", "bed"}))),
        ["identification.too-few"],
    ),
    ("G5-mismatch", "collect_specimen", ready(identification=identified(differed=("birth-date",))), ["identification.mismatch"]),
    ("G5-other-patient", "collect_specimen", ready(identification=identified(order_patient="Patient/2")), ["identification.other-patient"]),
    ("G5-thirty-minutes", "collect_specimen", ready(identification=identified(at=AT - 30 * MINUTE)), []),
    ("G5-over-thirty-minutes", "collect_specimen", ready(identification=identified(at=AT - 31 * MINUTE)), ["identification.too-old"]),
    ("G6-none", "collect_specimen", ready(order=None), ["order.none"]),
    ("G6-revoked", "collect_specimen", ready(order=Order("ServiceRequest/1", "revoked")), ["order.not-active"]),
    ("G6-done", "collect_specimen", ready(order=Order("ServiceRequest/1", "active", done=True)), ["order.done"]),
    ("G6-from-now", "collect_specimen", ready(order=Order("ServiceRequest/1", "active", not_before=AT)), []),
    ("G6-too-early", "collect_specimen", ready(order=Order("ServiceRequest/1", "active", not_before=AT + MINUTE)), ["order.too-early"]),
    ("G6-expires-now", "collect_specimen", ready(order=Order("ServiceRequest/1", "active", valid_until=AT)), ["order.expired"]),
    ("G7-refused", "collect_specimen", ready(consent=Consent("written", refused=True)), ["consent.refused"]),
    ("G7-withdrawn", "collect_specimen", ready(consent=Consent("written", withdrawn=True)), ["consent.withdrawn"]),
    ("G7-implied-not-enough", "assist_procedure", ready(consent=Consent("implied")), ["consent.none"]),
    ("G7-none", "assist_procedure", ready(consent=None), ["consent.none"]),
    ("G7-implied-needs-nothing", "record_vitals", ready(consent=None), []),
    ("G7-expires-now", "assist_procedure", ready(consent=Consent("written", valid_until=AT)), ["consent.expired"]),
    ("G8-none", "acquire_ekg", ready(equipment=()), ["equipment.none"]),
    (
        "G8-out-of-service",
        "perform_point_of_care_test",
        meter(in_service=False, out_of_service_reason="dropped"),
        ["equipment.out-of-service"],
    ),
    ("G8-calibration-failed", "perform_point_of_care_test", meter(calibration_failed=True), ["equipment.calibration-failed"]),
    ("G8-calibration-due-now", "perform_point_of_care_test", meter(calibration_due=AT), ["equipment.calibration-overdue"]),
    ("G8-calibration-due-later", "perform_point_of_care_test", meter(calibration_due=AT + MINUTE), []),
    ("G8-warn-only", "perform_point_of_care_test", meter(calibration_due=AT - 300 * DAY, lock="warn"), []),
    (
        "G8-warn-then-block-within-grace",
        "perform_point_of_care_test",
        meter(calibration_due=AT - 13 * DAY, lock="warn-then-block", grace_days=14),
        [],
    ),
    (
        "G8-warn-then-block-grace-over",
        "perform_point_of_care_test",
        meter(calibration_due=AT - 14 * DAY, lock="warn-then-block", grace_days=14),
        ["equipment.calibration-overdue"],
    ),
    ("G8-qc-failed", "perform_point_of_care_test", meter(qc="failed"), ["equipment.qc-failed"]),
    ("G8-qc-due", "perform_point_of_care_test", meter(qc="due"), ["equipment.qc-due"]),
    ("G8-qc-runs-out-now", "perform_point_of_care_test", meter(qc="passed", qc_valid_until=AT), ["equipment.qc-due"]),
    ("G8-qc-still-good", "perform_point_of_care_test", meter(qc="passed", qc_valid_until=AT + MINUTE), []),
    ("G8-not-clean", "perform_point_of_care_test", meter(clean=False), ["equipment.not-clean"]),
    ("G8-control-may-use-a-blocked-device", "run_quality_control", meter(qc="failed", in_service=False, calibration_due=AT), []),
    ("G9-none", "perform_point_of_care_test", ready(lots=()), ["lot.none"]),
    ("G9-last-day", "perform_point_of_care_test", strip(expires_on=AT.date()), []),
    ("G9-day-after", "perform_point_of_care_test", strip(expires_on=date(2026, 5, 9)), ["lot.expired"]),
    ("G9-open-too-long", "perform_point_of_care_test", strip(opened_until=AT), ["lot.open-too-long"]),
    ("G9-recalled", "perform_point_of_care_test", strip(recalled=True), ["lot.recalled"]),
    ("G9-not-accepted", "perform_point_of_care_test", strip(accepted=False), ["lot.not-accepted"]),
    ("G10-own-result", "verify_result", ready(earlier={"enter_result": "Practitioner/technician"}), ["second-person.same"]),
    ("G10-colleagues-result", "verify_result", ready(earlier={"enter_result": "Practitioner/9"}), []),
    (
        "G10-own-override",
        "review_override",
        ready("lead_technician", earlier={"override": "Practitioner/lead_technician"}),
        ["second-person.same"],
    ),
    (
        "G11-signs-off-self",
        "sign_off_competence",
        ready("senior_technician", subject="Practitioner/senior_technician"),
        ["second-person.self-subject"],
    ),
    ("G12-unseen", "collect_specimen", ready(precautions=frozenset({"contact"})), ["precautions.not-acknowledged"]),
    ("G12-seen", "collect_specimen", ready(precautions=frozenset({"contact"}), precautions_acknowledged=frozenset({"contact"})), []),
    (
        "G12-one-of-two-seen",
        "collect_specimen",
        ready(precautions=frozenset({"contact", "droplet"}), precautions_acknowledged=frozenset({"contact"})),
        ["precautions.not-acknowledged"],
    ),
    ("G13-unsigned", "amend_result", ready(signed_at=None), ["signature.missing"]),
    ("G13-two-minutes", "amend_result", ready(signed_at=AT - timedelta(seconds=120)), []),
    ("G13-over-two-minutes", "amend_result", ready(signed_at=AT - timedelta(seconds=121)), ["signature.too-old"]),
    ("G13-from-the-future", "amend_result", ready(signed_at=AT + timedelta(seconds=1)), ["signature.too-old"]),
    ("G14-no-reason", "amend_result", ready(reason="  no "), ["reason.missing"]),
    ("G14-five-characters", "amend_result", ready(reason="wrong"), []),
    ("G14-too-long", "amend_result", ready(reason="x" * 501), ["reason.missing"]),
]


@pytest.mark.parametrize(("act", "facts", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_gate(act: str, facts: Facts, expected: list[str]) -> None:
    assert codes(assess(act, facts, REQUIREMENTS, AT)) == expected


def test_every_reason_is_listed_at_once() -> None:
    facts = ready(
        "junior_technician",
        performer=without("venipuncture", "junior_technician"),
        supervisor=None,
        identification=None,
        order=None,
        lots=(),
        consent=Consent("verbal", refused=True),
        precautions=frozenset({"contact"}),
    )
    assert codes(assess("collect_specimen", facts, REQUIREMENTS, AT)) == [
        "competence.missing",
        "supervision.none",
        "identification.none",
        "order.none",
        "consent.refused",
        "lot.none",
        "precautions.not-acknowledged",
    ]


def test_reasons_of_the_area_join_the_list_and_are_marked() -> None:
    arm = Refusal("collection.arm.restricted", {"arm": "left", "why": "fistula"})
    label = Refusal("collection.label.mismatch", {"label": "A1"})
    found = assess("collect_specimen", ready(identification=None), REQUIREMENTS, AT, further=[arm, label])
    assert [(refusal.code, refusal.overridable) for refusal in found] == [
        ("identification.none", True),
        ("collection.arm.restricted", True),
        ("collection.label.mismatch", False),
    ]


def test_unknown_act_is_an_error_not_a_permission() -> None:
    with pytest.raises(UnknownAct):
        assess("levitate", ready(), REQUIREMENTS, AT)


def test_a_device_that_only_warns_is_said_and_not_refused() -> None:
    facts = meter(calibration_due=AT - DAY, lock="warn")
    assert assess("perform_point_of_care_test", facts, REQUIREMENTS, AT) == ()
    assert codes(cautions("perform_point_of_care_test", facts, REQUIREMENTS, AT)) == ["equipment.calibration-overdue-warning"]


def test_cosignature_is_due_only_when_the_supervisor_is_away() -> None:
    away = ready("junior_technician", supervisor=Supervisor(SENIOR, will_cosign=True))
    assert cosign_due("record_vitals", away, REQUIREMENTS, AT) == AT + timedelta(minutes=60)
    assert cosign_due("record_vitals", ready("junior_technician"), REQUIREMENTS, AT) is None
    assert cosign_due("record_vitals", ready("technician", supervisor=Supervisor(SENIOR, will_cosign=True)), REQUIREMENTS, AT) is None


WORSE = {
    "performer": replace(person("technician"), active=False, credentials=(), competences=()),
    "supervisor": None,
    "identification": None,
    "order": None,
    "consent": Consent("implied", refused=True),
    "equipment": (),
    "lots": (),
    "precautions": frozenset({"airborne"}),
    "signed_at": None,
    "reason": "",
    "variant": None,
    "competence_in_question": None,
}


@given(st.sampled_from(sorted(REQUIREMENTS.acts)), st.sets(st.sampled_from(sorted(WORSE))), st.sampled_from(sorted(WORSE)))
def test_one_more_thing_wrong_never_takes_a_reason_away(act: str, wrong: set[str], more: str) -> None:
    before = assess(act, ready(**{name: WORSE[name] for name in wrong}), REQUIREMENTS, AT)
    after = assess(act, ready(**{name: WORSE[name] for name in wrong | {more}}), REQUIREMENTS, AT)
    assert {refusal.code.partition(".")[0] for refusal in before} <= {refusal.code.partition(".")[0] for refusal in after}


@given(st.sampled_from(sorted(REQUIREMENTS.acts)), st.sampled_from(sorted(REQUIREMENTS.roles)))
def test_a_role_outside_the_table_is_always_refused(act: str, role: str) -> None:
    refusals = codes(assess(act, ready(role), REQUIREMENTS, AT))
    assert ("role.not-permitted" in refusals) == (role not in REQUIREMENTS.acts[act].roles)
