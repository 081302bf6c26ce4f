"""The door of acts: every reason at once, once for each request, override with review, evidence, patient-free counts."""

import threading
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from django.db import connections

from benchside.fhir import r4, read
from benchside.readiness.facts import Facts, PatientIdentification
from benchside.readiness.facts import Order as OrderFact
from benchside.readiness.gathering.kept import COMPETENCE, ROLE
from benchside.readiness.models import (
    Evidence,
    OverriddenAct,
    RefusedAct,
    Request,
    SiteRules,
)
from benchside.readiness.performing import (
    NamedSupervisor,
    Performance,
    act,
    facts_for,
    perform,
    site_requirements,
)
from benchside.readiness.staff import performer_of, staff_with_role
from benchside.record import NotFound
from benchside.record.site import site_record
from benchside.terms.refusal import ActRefused, Refusal
from tests.acts.clinic import MINUTE, MORNING, TUBE_LOT, Clinic, held


@dataclass(frozen=True, slots=True)
class Note:
    """What the act of these tests answers."""

    id: str
    number: int


@act("collect_specimen")
def draw(performance: Performance, text: str, *, further: tuple[Refusal, ...] = (), **changes: object) -> Note:
    """Stand in for a collection: a Basic resource."""
    facts = replace(ready(performance), **changes)  # type: ignore[arg-type]  # the tests name real fields
    with perform(performance, "collect_specimen", facts, further=further, patient="Patient/ana") as performed:
        made = performed.create(r4.Basic(code=r4.CodeableConcept(text=text)))
    return Note(made.partition("/")[2], len(text))


def ready(performance: Performance) -> Facts:
    identified = PatientIdentification(performance.at, "Patient/ana", frozenset({"name", "birth-date"}))
    return facts_for(
        performance, variant="venipuncture", identification=identified, order=OrderFact("ServiceRequest/1", "active"), lots=(TUBE_LOT,)
    )


def codes(refused: pytest.ExceptionInfo[ActRefused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


def test_a_permitted_act_writes_one_commit_that_says_who_did_what(clinic: Clinic) -> None:
    before = clinic.rows("SELECT number FROM record_head")[0][0]
    done = draw(clinic.by("tara", device="Device/printer"), "left arm")
    assert clinic.rows("SELECT author, act, device FROM record_commit WHERE number = ?", before + 1) == [
        ("Practitioner/tara", "collect_specimen", "Device/printer")
    ]
    assert clinic.rows("SELECT number FROM record_head")[0][0] == before + 1
    assert clinic.record.read("Basic", done.id).recorded == MORNING


def test_a_refused_act_lists_every_reason_writes_nothing_and_is_counted_without_the_patient(clinic: Clinic) -> None:
    before = clinic.rows("SELECT number FROM record_head")
    with pytest.raises(ActRefused) as refused:
        draw(
            clinic.by("fred"),
            "x",
            identification=None,
            lots=(),
            further=(Refusal("collection.arm.infusion", {"arm": "side:left", "minutes": 2}),),
        )
    assert codes(refused) == ["role.not-permitted", "identification.none", "lot.none", "collection.arm.infusion"]
    assert clinic.rows("SELECT number FROM record_head") == before
    rows = list(RefusedAct.objects.order_by("id").values_list("practitioner", "act", "code", "at"))
    assert rows == [("Practitioner/fred", "collect_specimen", code, MORNING) for code in codes(refused)]
    assert RefusedAct.objects.values("attempt").distinct().count() == 1
    assert Evidence.objects.count() == 0
    assert "ana" not in repr(list(RefusedAct.objects.values()))


def test_a_done_act_is_evidence_for_its_performer_with_its_supervisor(clinic: Clinic) -> None:
    draw(clinic.by("juno", supervisor="sena"), "x")
    row = Evidence.objects.get()
    assert (row.practitioner, row.act, row.variant, row.role, row.outcome, row.supervised_by, row.at) == (
        "Practitioner/juno",
        "collect_specimen",
        "venipuncture",
        "junior_technician",
        "done",
        "Practitioner/sena",
        MORNING,
    )
    assert row.commit == clinic.rows("SELECT number FROM record_head")[0][0]


def test_a_junior_without_supervisor_is_refused_and_told_who_may_supervise(clinic: Clinic) -> None:
    with pytest.raises(ActRefused) as refused:
        draw(clinic.by("juno"), "x")
    assert codes(refused) == ["supervision.none"]
    assert "role:senior_technician" in str(refused.value.refusals[0].facts["by"])


def test_a_lapsed_competence_is_read_from_the_record(clinic: Clinic) -> None:
    clinic.write(held("tara", COMPETENCE, "venipuncture", end="2026-05-03"))
    with pytest.raises(ActRefused) as refused:
        draw(clinic.by("tara"), "x")
    assert codes(refused) == ["competence.lapsed"]
    clinic.now = MORNING - timedelta(days=8)  # on 3 May itself it still held
    clinic.now = clinic.now.replace(hour=23)
    assert draw(clinic.by("tara"), "x").number == 1


def test_a_withdrawn_role_and_an_unlinked_account_are_refused(clinic: Clinic) -> None:
    clinic.write(held("tara", ROLE, "technician", active=False))
    with pytest.raises(ActRefused) as refused:
        draw(clinic.by("tara"), "x")
    assert codes(refused) == ["credential.withdrawn"]
    unlinked = replace(clinic.by("tara"), principal=replace(clinic.by("tara").principal, reference=""))
    with pytest.raises(ActRefused) as refused:
        draw(unlinked, "x")
    assert "person.not-linked" in codes(refused)


def test_a_promotion_counts_from_its_day(clinic: Clinic) -> None:
    clinic.write(held("juno", ROLE, "technician", start="2026-05-12"))
    assert performer_of(clinic.record, "juno", MORNING).level == "junior"
    assert performer_of(clinic.record, "juno", MORNING + timedelta(days=1)).level == "technician"
    assert staff_with_role(clinic.record, "technician", MORNING) == ["Practitioner/tara", "Practitioner/theo"]
    with pytest.raises(NotFound):
        performer_of(clinic.record, "nobody", MORNING)


def test_an_emergency_override_sets_reasons_aside_and_asks_for_a_review(clinic: Clinic) -> None:
    emergency = {"signed": True, "override_reason": "patient-in-danger", "override_text": "collapsed at the desk, no wristband"}
    done = draw(clinic.by("sena", **emergency), "x", identification=None)
    row = OverriddenAct.objects.get()
    assert (row.practitioner, row.act, row.reason, row.codes) == (
        "Practitioner/sena",
        "collect_specimen",
        "patient-in-danger",
        "identification.none",
    )
    assert row.review_due == MORNING + timedelta(hours=24)
    task = read(clinic.record.read("Task", row.task).content)
    assert isinstance(task, r4.Task)
    assert task.note is not None
    assert task.note[0].text == "collapsed at the desk, no wristband"
    assert clinic.rows("SELECT kind, open, patient, requester FROM work_row WHERE id = ?", row.task) == [
        ("review-override", 1, "ana", "Practitioner/sena")
    ]
    assert clinic.record.read("Basic", done.id).number == clinic.record.read("Task", row.task).number, "one commit"


def test_an_override_without_signature_or_of_what_no_rule_allows_stays_refused(clinic: Clinic) -> None:
    with pytest.raises(ActRefused) as refused:
        draw(clinic.by("sena", override_reason="patient-in-danger", override_text="no time for it now"), "x", identification=None)
    assert codes(refused) == ["identification.none", "signature.too-old"]
    emergency = {"signed": True, "override_reason": "patient-in-danger", "override_text": "no time for it now"}
    with pytest.raises(ActRefused) as refused:
        draw(clinic.by("sena", **emergency), "x", identification=None, order=OrderFact("ServiceRequest/1", "revoked"))
    assert codes(refused) == ["order.not-active"]
    assert OverriddenAct.objects.count() == 0


def test_a_form_sent_twice_is_done_once_and_answered_the_same(clinic: Clinic) -> None:
    first = draw(clinic.by("tara", request_key="k1"), "left")
    clinic.tell(minutes=3)
    head = clinic.rows("SELECT number FROM record_head")
    assert draw(clinic.by("tara", request_key="k1"), "left") == first
    assert clinic.rows("SELECT number FROM record_head") == head
    assert Evidence.objects.count() == 1
    assert draw(clinic.by("theo", request_key="k1"), "left") != first, "another person's key is another key"


def test_the_same_key_with_other_content_is_refused(clinic: Clinic) -> None:
    draw(clinic.by("tara", request_key="k1"), "left")
    with pytest.raises(ActRefused) as refused:
        draw(clinic.by("tara", request_key="k1"), "right")
    assert codes(refused) == ["request.key-reused"]


def test_a_refused_form_may_use_its_key_again(clinic: Clinic) -> None:
    with pytest.raises(ActRefused):
        draw(clinic.by("juno", request_key="k1"), "left")
    assert Request.objects.count() == 0
    assert draw(clinic.by("juno", request_key="k1", supervisor="sena"), "left").number == 4


def test_a_form_sent_twice_at_once_is_done_once(clinic: Clinic) -> None:
    answers: list[Note] = []

    def send() -> None:
        try:
            answers.append(draw(replace(clinic.by("tara", request_key="k1"), record=site_record()), "left"))
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert Evidence.objects.count() == 1


def test_an_owed_cosignature_becomes_work_for_the_supervisor(clinic: Clinic) -> None:
    performance = clinic.by("juno", supervisor=NamedSupervisor("Practitioner/sena", present=False, will_cosign=True))
    with perform(performance, "record_vitals", ready(performance), patient="Patient/ana") as performed:
        performed.create(r4.Basic(code=r4.CodeableConcept(text="vitals")))
    rows = clinic.rows("SELECT kind, owner, due_us - authored_us FROM work_row")
    assert rows == [("cosign", "Practitioner/sena", 60 * 60 * 1_000_000)]


def test_an_error_while_writing_leaves_nothing_not_even_evidence(clinic: Clinic) -> None:
    head = clinic.rows("SELECT number FROM record_head")
    performance = clinic.by("tara")
    with pytest.raises(KeyError), perform(performance, "collect_specimen", ready(performance)) as performed:
        performed.create(r4.Basic(code=r4.CodeableConcept(text="x")))
        raise KeyError("lost")
    assert clinic.rows("SELECT number FROM record_head") == head
    assert Evidence.objects.count() == 0


def test_the_sites_rules_are_laid_over_the_packages(clinic: Clinic) -> None:
    SiteRules.objects.create(
        rules={"collect_specimen": {"identification": {"identifiers_min": 3, "valid_min": 30}}},
        author="Practitioner/lena",
        reason="audit",
        at=MORNING,
    )
    assert site_requirements(clinic.record).act("collect_specimen").identification.identifiers_min == 3  # type: ignore[union-attr]  # the rule was just set
    with pytest.raises(ActRefused) as refused:
        draw(clinic.by("tara"), "x")
    assert codes(refused) == ["identification.too-few"]


def test_a_signature_is_only_fresh_for_two_minutes(clinic: Clinic) -> None:
    performance = replace(clinic.by("lena", signed=True), at=MORNING + 2 * MINUTE)
    facts = replace(facts_for(performance), reason="wrong tube was read", order=OrderFact("ServiceRequest/1", "active"))
    with perform(performance, "amend_result", facts) as performed:
        performed.create(r4.Basic(code=r4.CodeableConcept(text="x")))
    late = replace(performance, at=MORNING + 3 * MINUTE)
    with pytest.raises(ActRefused) as refused, perform(late, "amend_result", replace(facts, signed_at=late.signed_at)):
        pass
    assert codes(refused) == ["signature.too-old"]
