"""A site's changes to the requirements: rules S1 to S5 of docs/clinical/readiness.md."""

from collections.abc import Mapping
from typing import Any

import pytest

from benchside.readiness import SiteRulesInvalid, assess, merge_site_rules
from benchside.readiness.requirements import Requirements, faults_of
from tests.readiness.people import AT, REQUIREMENTS, ready


def test_the_package_is_sound() -> None:
    assert faults_of(REQUIREMENTS) == ()
    assert len(REQUIREMENTS.acts) >= 30


def test_no_change_changes_nothing() -> None:
    assert merge_site_rules(REQUIREMENTS, {}) == REQUIREMENTS


def test_S2_a_role_is_taken_away_and_the_rest_stays() -> None:
    merged = merge_site_rules(REQUIREMENTS, {"collect_specimen": {"roles": {"physician": "none"}}})
    assert merged.acts["collect_specimen"].roles == {
        role: permission for role, permission in REQUIREMENTS.acts["collect_specimen"].roles.items() if role != "physician"
    }
    assert merged.acts["acquire_ekg"] == REQUIREMENTS.acts["acquire_ekg"]
    assert [refusal.code for refusal in assess("collect_specimen", ready("physician"), merged, AT)] == ["role.not-permitted"]


def test_S3_self_verification_may_be_allowed_by_a_site() -> None:
    own = ready(earlier={"enter_result": "Practitioner/technician"})
    merged = merge_site_rules(REQUIREMENTS, {"verify_result": {"not_after_self": []}})
    assert [refusal.code for refusal in assess("verify_result", own, REQUIREMENTS, AT)] == ["second-person.same"]
    assert assess("verify_result", own, merged, AT) == ()


def test_S3_a_shorter_identification_is_stricter() -> None:
    merged = merge_site_rules(REQUIREMENTS, {"collect_specimen": {"identification": {"identifiers_min": 3, "valid_min": 1}}})
    assert [refusal.code for refusal in assess("collect_specimen", ready(), merged, AT)] == [
        "identification.too-few",
        "identification.too-old",
    ]


FAULTS: list[tuple[str, Mapping[str, Any], str]] = [
    ("S1-unknown-act", {"levitate": {"roles": {}}}, "levitate: there is no such act."),
    ("S1-unknown-field", {"order": {"colour": "red"}}, "order: there is no field 'colour'."),
    ("S1-fixed-field", {"order": {"kind": "collect"}}, "order: kind is the product's own and cannot be changed by a site."),
    ("S1-wrong-type", {"order": {"signature": "yes"}}, "order: Expected `bool`, got `str` - at `$.signature`"),
    ("S1-unknown-role", {"order": {"roles": {"wizard": "alone"}}}, "order: there is no role 'wizard'."),
    ("S3-technicians-may-not-order", {"order": {"roles": {"technician": "alone"}}}, "order: a site may not loosen roles."),
    (
        "S3-fewer-identifiers",
        {"collect_specimen": {"identification": {"identifiers_min": 1, "valid_min": 30}}},
        "collect_specimen: a site may not loosen identification.",
    ),
    (
        "S3-longer-identification",
        {"collect_specimen": {"identification": {"identifiers_min": 2, "valid_min": 31}}},
        "collect_specimen: a site may not loosen identification.",
    ),
    ("S3-no-order", {"collect_specimen": {"order": "none"}}, "collect_specimen: a site may not loosen order."),
    (
        "S3-more-overrides",
        {
            "collect_specimen": {
                "override": {"by": ["technician"], "reasons": ["disaster"], "review_within_h": 24, "codes": ["consent.refused"]}
            }
        },
        "collect_specimen: a site may not loosen override.",
    ),
    (
        "S3-both-ways",
        {"collect_specimen": {"roles": {"physician": "none", "therapist": "alone"}}},
        "collect_specimen: a site may not loosen roles.",
    ),
    (
        "S4-calls-cannot-be-restricted",
        {"call_critical_value": {"roles": {"junior_technician": "none"}}},
        "call_critical_value: a site may not tighten roles.",
    ),
    (
        "S5-nobody-left",
        {"manage_catalogue": {"roles": {"lead_technician": "none", "administrator": "none"}}},
        "manage_catalogue: nobody could perform this act alone any more; keep at least one role.",
    ),
]


@pytest.mark.parametrize(("site", "fault"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_faults(site: Mapping[str, Mapping[str, Any]], fault: str) -> None:
    with pytest.raises(SiteRulesInvalid) as caught:
        merge_site_rules(REQUIREMENTS, site)
    assert fault in caught.value.faults


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(SiteRulesInvalid) as caught:
        merge_site_rules(
            REQUIREMENTS, {name: site for _, changes, _ in FAULTS[:4] for name, site in changes.items()} | {"cancel_order": {"x": 1}}
        )
    assert len(caught.value.faults) >= 3


@pytest.mark.parametrize("act", sorted(REQUIREMENTS.acts))
def test_S3_no_site_may_let_a_technician_decide(act: str) -> None:
    if REQUIREMENTS.acts[act].kind not in ("order", "decide", "treat") or act == "override":
        return
    with pytest.raises(SiteRulesInvalid):
        merge_site_rules(REQUIREMENTS, {act: {"roles": {"lead_technician": "alone"}}})


def test_merging_twice_is_the_same_as_once() -> None:
    site = {"record_vitals": {"roles": {"therapist": "none"}}, "verify_result": {"signature": True}}
    once: Requirements = merge_site_rules(REQUIREMENTS, site)
    assert merge_site_rules(once, site) == once
