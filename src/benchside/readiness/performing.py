"""Doing an act: the door every act goes through, from the gate's question to one commit with its evidence.

`@act(name)` makes a function the only way to do something: it holds the write lock while the function gathers facts, asks
the gate and writes, so that two people cannot both be right; a form sent twice is done once; a refusal writes nothing and
is counted. `perform` inside it asks the gate and writes the commit. Times are told, never asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Any, Concatenate, ParamSpec, TypeVar, cast, get_type_hints
from uuid import uuid4

import msgspec
from django.db import transaction

from benchside.accounts.principal import Principal
from benchside.fhir import r4
from benchside.readiness.engine import assess, cosign_due
from benchside.readiness.facts import Facts, Performer, Supervisor
from benchside.readiness.gathering.kept import (
    BASE,
    ROLE,
    WORK,
    WORK_FACT,
    concept,
    date_time,
    reference,
)
from benchside.readiness.models import (
    REQUEST_KEY_LENGTH_MAX,
    Evidence,
    OverriddenAct,
    RefusedAct,
    Request,
)
from benchside.readiness.override import Override, OverrideDecision, apply_override
from benchside.readiness.requirements import Requirements, package_requirements
from benchside.readiness.site_rules import merge_site_rules
from benchside.readiness.staff import performer_of, performer_of_principal, role_code
from benchside.record import Attribution, Record
from benchside.record.commit import Commit
from benchside.record.resource_id import new_id
from benchside.terms.refusal import ActRefused, Refusal

REQUESTS_KEPT_DAYS = 30
OVERRIDE_REASON = f"{BASE}/CodeSystem/override-reason"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class NamedSupervisor:
    """Whom the performer names: `Practitioner/id`, standing beside them, or having agreed to co-sign in time."""

    reference: str
    present: bool = True
    will_cosign: bool = False


@dataclass(frozen=True, slots=True)
class Performance:
    """Who does something, where and when. `at` is told by the door; `device` is the tablet or instrument (`Device/id`).

    `signed_at` is when the person last proved who they are for this act. An override needs the coded `override_reason`, the
    person's own `override_text` and a fresh signature. `request_key` names the form: the same key is done once.
    """

    record: Record
    principal: Principal
    at: datetime
    device: str = ""
    supervisor: NamedSupervisor | None = None
    signed_at: datetime | None = None
    override_reason: str = ""
    override_text: str = ""
    request_key: str = ""
    on_behalf_of: str = ""

    @property
    def author(self) -> str:
        """The performer's reference, as it stands in the commit."""
        return self.principal.author


def site_requirements(record: Record) -> Requirements:
    """The package's requirements with the site's newest rules laid over. Raises SiteRulesInvalid when they no longer fit."""
    rows = record.engine.rows("SELECT rules FROM readiness_site_rules ORDER BY id DESC LIMIT 1")
    if not rows:
        return package_requirements()
    rules: dict[str, Any] = json.loads(rows[0][0]) if isinstance(rows[0][0], str) else rows[0][0]
    key = (record.engine.alias, json.dumps(rules, sort_keys=True))
    if _merged.get(key) is None:
        _merged.clear()  # the site's rules change rarely; one entry is enough
        _merged[key] = merge_site_rules(package_requirements(), rules)
    return _merged[key]


_merged: dict[tuple[str, str], Requirements] = {}


def facts_for(performance: Performance, **found: Any) -> Facts:
    """The facts of an act: the performer and supervisor from the staff view, and what the act found (fields of `Facts`)."""
    record, at = performance.record, performance.at
    requirements = site_requirements(record)
    supervisor = None
    if performance.supervisor is not None:
        named = performance.supervisor
        person = performer_of(record, named.reference.partition("/")[2], at, requirements)
        supervisor = Supervisor(person, named.present, named.will_cosign)
    return Facts(
        performer=performer_of_principal(record, performance.principal, at, requirements),
        today=at.astimezone(record.policy.zone).date(),
        supervisor=supervisor,
        signed_at=performance.signed_at,
        **found,
    )


class Performed:
    """The commit of an act while it is written: `create`, `update` and `delete` as of a commit, and the evidence's outcome."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self.outcome = "done"

    def create(self, resource: r4.AnyResource, *, id: str | None = None) -> str:
        """Add a new resource; its `Type/id`, which others in the same commit may refer to."""
        own = id or new_id()
        self._commit.create(resource, id=own)
        return f"{type(resource).resourceType}/{own}"

    def update(self, resource: r4.AnyResource, *, if_match: int | None = None) -> None:
        """Write a new version of a resource that is there."""
        self._commit.update(resource, if_match=if_match, must_exist=True)

    def delete(self, type: str, id: str) -> None:
        """End a resource."""
        self._commit.delete(type, id)


@contextmanager
def perform(
    performance: Performance,
    act: str,
    facts: Facts,
    *,
    further: Sequence[Refusal] = (),
    reason: str = "",
    patient: str = "",
    focus: str = "",
) -> Generator[Performed, None, None]:
    """Ask the gate, then write one commit with its evidence; an override or owed co-signature becomes a task beside it.

    `further` are the refusals that rules of the area found; `patient` and `focus` (`Type/id`) are what the tasks are about.
    Raises ActRefused with every reason, UnknownAct, and whatever the record refuses; then nothing is written.
    """
    record = performance.record
    requirements = site_requirements(record)
    asked = replace(facts, reason=reason) if reason else facts
    decision = _decide(performance, act, asked, requirements, further)
    if decision.remaining:
        raise _refused(performance, act, decision.remaining)
    attribution = Attribution(performance.author, act, reason, performance.device, performance.on_behalf_of)
    with record.serialised():
        with record.commit(attribution, at=performance.at) as commit:
            performed = Performed(commit)
            yield performed
            review = _review_task(performance, act, decision, patient, focus)
            if review is not None:
                performed.create(review, id=review.id)
            cosign = _cosign_task(performance, act, asked, requirements, patient, focus)
            if cosign is not None:
                performed.create(cosign)
        number = int(record.engine.rows("SELECT number FROM record_head")[0][0])
        keep_evidence(performance, act, asked, requirements, performed.outcome, number)
        if review is not None:
            _keep_override(performance, act, decision, review, number)


def _decide(performance: Performance, act: str, facts: Facts, requirements: Requirements, further: Sequence[Refusal]) -> OverrideDecision:
    own = () if performance.principal.reference else (Refusal("person.not-linked"),)
    refusals = assess(act, facts, requirements, performance.at, further=(*own, *further))
    if not refusals or not performance.override_reason:
        return OverrideDecision(refusals, (), None)
    signed = performance.signed_at or performance.at - timedelta(days=1)  # no signature is too old a signature
    override = Override(performance.override_reason, performance.override_text, signed)
    return apply_override(act, refusals, override, facts.performer, requirements, performance.at)


def _review_task(performance: Performance, act: str, decision: OverrideDecision, patient: str, focus: str) -> r4.Task | None:
    if decision.review_due is None:
        return None
    codes = [r4.TaskInput(type=concept(WORK_FACT, "set-aside"), valueCode=refusal.code) for refusal in decision.set_aside]
    return r4.Task(
        id=new_id(),
        status="requested",
        intent="order",
        priority="urgent",
        code=concept(WORK, "review-override"),
        for_=reference(patient) if patient else None,
        focus=reference(focus) if focus else None,
        requester=reference(performance.author),
        authoredOn=date_time(performance.at),
        performerType=[concept(ROLE, "lead_technician")],
        reasonCode=concept(OVERRIDE_REASON, performance.override_reason),
        restriction=r4.TaskRestriction(period=r4.Period(end=date_time(decision.review_due))),
        note=[r4.Annotation(text=performance.override_text, time=date_time(performance.at))],
        input=[r4.TaskInput(type=concept(WORK_FACT, "act"), valueCode=act), *codes],
    )


def _cosign_task(performance: Performance, act: str, facts: Facts, requirements: Requirements, patient: str, focus: str) -> r4.Task | None:
    due = cosign_due(act, facts, requirements, performance.at)
    if due is None or facts.supervisor is None:
        return None
    return r4.Task(
        status="requested",
        intent="order",
        priority="routine",
        code=concept(WORK, "cosign"),
        for_=reference(patient) if patient else None,
        focus=reference(focus) if focus else None,
        requester=reference(performance.author),
        owner=reference(facts.supervisor.person.reference),
        authoredOn=date_time(performance.at),
        restriction=r4.TaskRestriction(period=r4.Period(end=date_time(due))),
        input=[r4.TaskInput(type=concept(WORK_FACT, "act"), valueCode=act)],
    )


def keep_evidence(performance: Performance, act: str, facts: Facts, requirements: Requirements, outcome: str, number: int) -> None:
    """Keep what competence is computed from: who did which act in commit `number`; call it in the transaction of that commit."""
    supervisor = facts.supervisor.person.reference if facts.supervisor is not None else ""
    Evidence.objects.using(performance.record.engine.alias).create(
        practitioner=performance.author,
        act=act,
        variant=facts.variant or "",
        role=role_code(facts.performer, requirements),
        at=performance.at,
        outcome=outcome,
        supervised_by=supervisor,
        commit=number,
    )


def _keep_override(performance: Performance, act: str, decision: OverrideDecision, review: r4.Task, number: int) -> None:
    OverriddenAct.objects.using(performance.record.engine.alias).create(
        practitioner=performance.author,
        act=act,
        reason=performance.override_reason,
        codes=" ".join(r.code for r in decision.set_aside),
        at=performance.at,
        review_due=decision.review_due,
        task=review.id,
        commit=number,
    )


# Refusals are counted, requests are answered once


class _Counted(ActRefused):
    """A refusal that has been counted already."""


def _refused(performance: Performance, act: str, refusals: tuple[Refusal, ...]) -> ActRefused:
    """Count a refusal when no transaction is open that would take the count back; inside an act, the act counts."""
    if performance.record.engine.connection.in_atomic_block:
        return ActRefused(refusals)
    count_refusal(performance, act, refusals)
    return _Counted(refusals)


def count_refusal(performance: Performance, act: str, refusals: Sequence[Refusal]) -> None:
    """Keep who was refused what and why, without the patient, in a small transaction of its own."""
    alias, attempt = performance.record.engine.alias, uuid4()
    with transaction.atomic(using=alias):
        RefusedAct.objects.using(alias).bulk_create(
            RefusedAct(attempt=attempt, practitioner=performance.author, act=act, code=refusal.code, at=performance.at)
            for refusal in refusals
        )


def _fingerprint(name: str, given: Any) -> str:
    def plain(value: Any) -> Any:
        return dict(value) if hasattr(value, "keys") else repr(value)

    return sha256(msgspec.json.encode((name, given), enc_hook=plain, order="deterministic")).hexdigest()


def _answered(performance: Performance, fingerprint: str, answer_type: Any) -> Any:
    """The kept answer to this request, or None. Raises ActRefused when its key was used for something else."""
    if not performance.request_key:
        return None
    kept = Request.objects.using(performance.record.engine.alias).filter(person=performance.author, key=performance.request_key).first()
    if kept is None:
        return None
    if kept.fingerprint != fingerprint:
        raise ActRefused((Refusal("request.key-reused", {"act": f"act:{kept.act}"}),))
    return msgspec.json.decode(bytes(kept.answer), type=answer_type)


def act(name: str) -> Callable[[Callable[Concatenate[Performance, P], R]], Callable[Concatenate[Performance, P], R]]:
    """Make a function an act: the whole of it under the write lock, once for each request key, its refusals counted.

    The function's result type must be a dataclass of plain values: it is kept as the answer. `name` is the act for the
    counts, and for the fingerprint that tells a repeated form from another one under the same key.
    """

    def decorate(function: Callable[Concatenate[Performance, P], R]) -> Callable[Concatenate[Performance, P], R]:
        @wraps(function)
        def run(performance: Performance, *args: P.args, **kwargs: P.kwargs) -> R:
            if len(performance.request_key) > REQUEST_KEY_LENGTH_MAX:
                message = f"A request key has at most {REQUEST_KEY_LENGTH_MAX} characters."
                raise ValueError(message)
            answer_type = get_type_hints(function)["return"]
            fingerprint = _fingerprint(function.__qualname__, (args, kwargs)) if performance.request_key else ""
            outermost = not performance.record.engine.connection.in_atomic_block
            try:
                with performance.record.serialised():
                    earlier = _answered(performance, fingerprint, answer_type)
                    if earlier is not None:
                        return cast("R", earlier)
                    answer = function(performance, *args, **kwargs)
                    if performance.request_key:
                        Request.objects.using(performance.record.engine.alias).create(
                            person=performance.author,
                            key=performance.request_key,
                            act=name,
                            fingerprint=fingerprint,
                            answer=msgspec.json.encode(answer),
                            at=performance.at,
                        )
                    return answer
            except ActRefused as refused:
                if outermost and not isinstance(refused, _Counted):
                    count_refusal(performance, name, refused.refusals)
                raise

        return run

    return decorate


def forget_old_requests(record: Record, at: datetime) -> int:
    """Drop answers kept longer than REQUESTS_KEPT_DAYS; a form that old is not sent again. How many went."""
    old = Request.objects.using(record.engine.alias).filter(at__lt=at - timedelta(days=REQUESTS_KEPT_DAYS))
    return int(old.delete()[0])


def refuse(*refusals: Refusal) -> None:
    """Raise ActRefused when there is any refusal: for what makes it pointless to ask the gate (the thing is not there)."""
    if refusals:
        raise ActRefused(refusals)


__all__ = [
    "NamedSupervisor",
    "Performance",
    "Performed",
    "Performer",
    "act",
    "count_refusal",
    "facts_for",
    "forget_old_requests",
    "keep_evidence",
    "perform",
    "refuse",
    "site_requirements",
]
