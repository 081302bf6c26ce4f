"""Oversight: co-signing supervised work, reviewing overrides, signing off a competence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    COMPETENCE,
    WORK,
    code_of,
    concept,
    date_time,
    inputs_named,
    load,
    reference,
    target_of,
)
from benchside.readiness.gathering.orders import OPEN_WORK
from benchside.readiness.gathering.tasks import add_note, end
from benchside.readiness.models import OverriddenAct
from benchside.readiness.performing import Performance, act, facts_for, perform, site_requirements
from benchside.terms.refusal import Refusal

VALID_DAYS_MAX = 3 * 366


@dataclass(frozen=True, slots=True)
class Overseen:
    """The task that was completed, and the act it was about."""

    work: str
    act: str


def _oversight_refusals(task: r4.Task, kind: str) -> list[Refusal]:
    refusals = [] if task.status in OPEN_WORK else [Refusal("work.not-open", {"status": f"task-status:{task.status}"})]
    return refusals if code_of(task.code, WORK) == kind else [*refusals, Refusal("oversight.other-work")]


def _act_of(task: r4.Task) -> str:
    named = inputs_named(task, "act")
    return (named[0].valueCode or "") if named else ""


@act("cosign")
def cosign(performance: Performance, work_id: str, *, note: str = "") -> Overseen:
    """Co-sign work done under one's agreed supervision: by the person who agreed, freshly signed. Raises ActRefused, NotFound."""
    record = performance.record
    task = load(record, r4.Task, work_id)
    further = _oversight_refusals(task, "cosign")
    if target_of(task.owner) != performance.author:
        further.append(Refusal("oversight.other-supervisor"))
    with perform(
        performance, "cosign", facts_for(performance), further=further, patient=target_of(task.for_), focus=f"Task/{work_id}"
    ) as performed:
        add_note(task, note, performance.author, performance.at)
        end(task, performance.at)
        performed.update(task)
    return Overseen(work_id, _act_of(task))


@act("review_override")
def review_override(performance: Performance, work_id: str, note: str, *, justified: bool) -> Overseen:
    """Review an emergency override: justified or not, in words, freshly signed, never by who overrode. Raises ActRefused, NotFound."""
    record = performance.record
    task = load(record, r4.Task, work_id)
    further = _oversight_refusals(task, "review-override")
    if len(note.strip()) < 5:
        further.append(Refusal("oversight.words"))
    facts = facts_for(performance, earlier={"override": target_of(task.requester)})
    with perform(
        performance, "review_override", facts, further=further, patient=target_of(task.for_), focus=f"Task/{work_id}"
    ) as performed:
        performed.outcome = "justified" if justified else "not-justified"
        add_note(task, note, performance.author, performance.at)
        task.output = [*(task.output or ()), r4.TaskOutput(type=concept(WORK, "review-override"), valueBoolean=justified)]
        end(task, performance.at)
        performed.update(task)
        OverriddenAct.objects.using(record.engine.alias).filter(task=work_id).update(
            reviewed_at=performance.at, reviewed_by=performance.author
        )
    return Overseen(work_id, _act_of(task))


@dataclass(frozen=True, slots=True)
class SignedOff:
    """The sign-off (a PractitionerRole) and until when it holds."""

    sign_off: str
    until: datetime


@act("sign_off_competence")
def sign_off_competence(performance: Performance, practitioner_id: str, competence: str, *, valid_days: int = 365) -> SignedOff:
    """Sign off a colleague in a competence one holds oneself, from now on. Never oneself; freshly signed. Raises ActRefused."""
    requirements = site_requirements(performance.record)
    further: list[Refusal] = []
    if competence not in requirements.competences:
        further.append(Refusal("oversight.competence-unknown", {"competence": competence[:40]}))
    if not 1 <= valid_days <= VALID_DAYS_MAX:
        further.append(Refusal("oversight.validity", {"longest": VALID_DAYS_MAX}))
    load(performance.record, r4.Practitioner, practitioner_id)
    until = performance.at + timedelta(days=valid_days)
    facts = facts_for(performance, subject=f"Practitioner/{practitioner_id}", competence_in_question=competence)
    with perform(performance, "sign_off_competence", facts, further=further) as performed:
        made = performed.create(
            r4.PractitionerRole(
                active=True,
                practitioner=reference(f"Practitioner/{practitioner_id}"),
                code=[concept(COMPETENCE, competence)],
                period=r4.Period(start=date_time(performance.at), end=date_time(until)),
            )
        )
    return SignedOff(made.partition("/")[2], until)
