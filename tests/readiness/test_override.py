"""Emergency override: rules O1 to O6 of docs/clinical/readiness.md."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.readiness import Override, apply_override, assess
from benchside.terms.refusal import Refusal
from tests.readiness.people import AT, REQUIREMENTS, person, ready

WORDS = "seizing patient, nobody else on the ward"
SIGNED = Override("patient-in-danger", WORDS, AT)
LAPSED = Refusal("competence.lapsed", {"competence": "competence:venipuncture", "until": AT}, overridable=True)
REFUSED = Refusal("consent.refused")
BLOOD = Refusal("collection.blood-volume.over-limit", {"window": "window:day", "planned": "20", "limit": "12"}, overridable=True)

CASES = [
    ("O1-act-without-override", "verify_result", "technician", SIGNED, (REFUSED,), ["consent.refused", "override.role"]),
    (
        "O1-no-rule-at-all",
        "order",
        "physician",
        SIGNED,
        (Refusal("credential.missing", {"credential": "x"}),),
        ["credential.missing", "override.not-possible"],
    ),
    ("O2-role-not-named", "collect_specimen", "junior_technician", SIGNED, (LAPSED,), ["competence.lapsed", "override.role"]),
    (
        "O3-reason-not-coded",
        "collect_specimen",
        "technician",
        Override("in-a-hurry", WORDS, AT),
        (LAPSED,),
        ["competence.lapsed", "override.reason"],
    ),
    (
        "O4-nine-characters",
        "collect_specimen",
        "technician",
        Override("patient-in-danger", "123456789", AT),
        (LAPSED,),
        ["competence.lapsed", "override.text"],
    ),
    ("O4-five-hundred-characters", "collect_specimen", "technician", Override("patient-in-danger", "x" * 500, AT), (LAPSED,), []),
    (
        "O4-too-long",
        "collect_specimen",
        "technician",
        Override("patient-in-danger", "x" * 501, AT),
        (LAPSED,),
        ["competence.lapsed", "override.text"],
    ),
    ("O4-ten-characters", "collect_specimen", "technician", Override("patient-in-danger", "1234567890", AT), (LAPSED,), []),
    (
        "O5-signed-two-minutes-ago",
        "collect_specimen",
        "technician",
        Override("patient-in-danger", WORDS, AT - timedelta(seconds=120)),
        (LAPSED,),
        [],
    ),
    (
        "O5-signature-too-old",
        "collect_specimen",
        "technician",
        Override("patient-in-danger", WORDS, AT - timedelta(seconds=121)),
        (LAPSED,),
        ["competence.lapsed", "signature.too-old"],
    ),
    (
        "O6-childs-blood-limit-is-not-the-technicians",
        "collect_specimen",
        "technician",
        SIGNED,
        (BLOOD,),
        ["collection.blood-volume.over-limit"],
    ),
    ("O6-childs-blood-limit-is-the-clinicians", "collect_specimen", "nurse", SIGNED, (BLOOD,), []),
    ("O6-a-patients-refusal-stands", "collect_specimen", "technician", SIGNED, (LAPSED, REFUSED), ["consent.refused"]),
]


@pytest.mark.parametrize(
    ("act", "role", "override", "refusals", "remaining"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_override(act: str, role: str, override: Override, refusals: tuple[Refusal, ...], remaining: list[str]) -> None:
    decision = apply_override(act, refusals, override, person(role), REQUIREMENTS, AT)
    assert [refusal.code for refusal in decision.remaining] == remaining
    assert decision.permitted == (not remaining)


def test_what_was_set_aside_is_kept_and_reviewed_within_a_day() -> None:
    decision = apply_override("collect_specimen", (LAPSED,), SIGNED, person("technician"), REQUIREMENTS, AT)
    assert decision.set_aside == (LAPSED,)
    assert decision.review_due == AT + timedelta(hours=24)


def test_nothing_to_override_leaves_no_trace() -> None:
    decision = apply_override("collect_specimen", (), SIGNED, person("technician"), REQUIREMENTS, AT)
    assert (decision.permitted, decision.set_aside, decision.review_due) == (True, (), None)


NEVER = {
    "consent.refused",
    "consent.withdrawn",
    "identification.mismatch",
    "identification.other-patient",
    "role.not-permitted",
    "person.not-active",
    "credential.missing",
    "credential.lapsed",
    "credential.withdrawn",
    "equipment.qc-failed",
    "equipment.calibration-failed",
    "lot.recalled",
    "order.not-active",
}


@pytest.mark.parametrize("act", sorted(REQUIREMENTS.acts))
def test_O6_some_reasons_can_never_be_set_aside(act: str) -> None:
    rule = REQUIREMENTS.acts[act].override
    assert rule is None or not NEVER & set(rule.codes)


@given(st.sampled_from(sorted(REQUIREMENTS.acts)), st.sampled_from(sorted(REQUIREMENTS.roles)), st.sampled_from(["patient-in-danger", "x"]))
def test_an_override_never_makes_a_reason_vanish(act: str, role: str, reason: str) -> None:
    refusals = assess(act, ready(role, identification=None, supervisor=None, order=None), REQUIREMENTS, AT)
    decision = apply_override(act, refusals, Override(reason, WORDS, AT), person(role), REQUIREMENTS, AT)
    assert set(refusals) <= set(decision.remaining) | set(decision.set_aside)
    assert all(refusal.overridable for refusal in decision.set_aside)
