"""The answer to "why can't I?": what stands against the person, what each time asks, and who could do it now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.utils import timezone

from benchside.areas.staff.screens.colleagues import colleagues_with_roles
from benchside.pages.shapes import Reason
from benchside.readiness.engine import assess
from benchside.readiness.explanation import explain
from benchside.readiness.facts import Facts, Performer
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.matrix import conditions
from benchside.readiness.staff import staff_name
from benchside.terms.refusal import Refusal
from benchside.workplace import Desk
from benchside.workplace.outcomes import reader_language, reasons_of

OF_THE_PERSON: Final = ("person.", "credential.", "role.", "competence.", "supervision.", "second-person.")
"""Refusals about who one is; all others are about the moment: identification, order, consent, equipment, signature."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who could do it now as far as their person goes."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is never empty. `against` stands against the person; `each_time` is asked at the act itself.

    `conditions` are all of the act's requirements in sentences; `override_roles` may set reasons aside in an emergency.
    """

    act: str
    words: str
    who: str
    own: bool
    against: tuple[Reason, ...]
    each_time: tuple[Reason, ...]
    conditions: tuple[str, ...]
    colleagues: tuple[Colleague, ...]
    override_roles: tuple[str, ...]


def answer_why(desk: Desk, act_name: str, performer: Performer, *, patient_id: str | None) -> Answer:
    """Ask the gate for this person and act as things stand now, without an order, device or identification at hand.

    With a patient, their precautions are asked too. Raises UnknownAct, NotFound.
    """
    facts = Facts(performer=performer, today=timezone.localtime(desk.now).date())
    if patient_id is not None:
        facts = replace(facts, precautions=patient_facts(desk.record, patient_id, desk.now).precautions)
    language = reader_language()
    told = explain(act_name, facts, desk.requirements, desk.now, language=language, zone=timezone.get_current_timezone())
    refusals = tuple(refusal for refusal, _text in told.reasons)
    act = desk.requirements.act(act_name)
    against = reasons_of([one for one in refusals if _is_of_the_person(one)], desk.requirements)
    return Answer(
        act=act_name,
        words=told.act,
        who=staff_name(desk.record, performer.reference),
        own=performer.reference == desk.principal.author,
        against=against,
        each_time=reasons_of([one for one in refusals if not _is_of_the_person(one)], desk.requirements),
        conditions=conditions(act, desk.requirements, language),
        colleagues=_who_could(desk, act_name, facts) if against else (),
        override_roles=told.override_roles,
    )


def _who_could(desk: Desk, act_name: str, facts: Facts) -> tuple[Colleague, ...]:
    """Name colleagues against whom nothing stands, without a supervisor."""
    roles = tuple(role for role, permission in desk.requirements.act(act_name).roles.items() if permission == "alone")
    return tuple(
        Colleague(name, role)
        for name, performer, role in colleagues_with_roles(desk, roles)
        if performer.reference != facts.performer.reference and not _against(desk, act_name, replace(facts, performer=performer))
    )


def _against(desk: Desk, act_name: str, facts: Facts) -> Sequence[Refusal]:
    return [refusal for refusal in assess(act_name, facts, desk.requirements, desk.now) if _is_of_the_person(refusal)]


def _is_of_the_person(refusal: Refusal) -> bool:
    return refusal.code.startswith(OF_THE_PERSON)
