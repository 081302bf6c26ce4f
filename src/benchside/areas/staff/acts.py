"""Oversight: co-signing supervised work, reviewing overrides, signing off a competence, the site's own rules."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

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
from benchside.readiness.models import OverriddenAct, SiteRules
from benchside.readiness.performing import Performance, Performed, act, facts_for, perform, site_requirements
from benchside.readiness.requirements import SiteRulesInvalid, package_requirements
from benchside.readiness.site_rules import merge_site_rules
from benchside.record import NotFound, VersionConflict
from benchside.terms.refusal import Refusal

VALID_DAYS_MAX = 3 * 366
RULES_LIBRARY = "site-rules"
LIBRARY_TYPE = "http://terminology.hl7.org/CodeSystem/library-type"


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


@dataclass(frozen=True, slots=True)
class RulesSet:
    """The number of the site's new rules, and the acts they change."""

    number: int
    acts: tuple[str, ...]


@act("set_site_rules")
def set_site_rules(performance: Performance, rules: dict[str, Any], reason: str, *, seen: int = 0) -> RulesSet:
    """Replace the site's own requirements by `rules`, from now on, freshly signed; earlier ones are kept.

    `seen` is the number of the rules they were made from (0: none yet). Raises ActRefused, also for rules that do not fit, and
    VersionConflict when somebody else has set rules meanwhile.
    """
    kept = SiteRules.objects.using(performance.record.engine.alias)
    newest = kept.order_by("-id").values_list("id", flat=True).first() or 0
    if newest != seen:
        raise VersionConflict("SiteRules", "newest", seen, newest)
    further: list[Refusal] = []
    try:
        merge_site_rules(package_requirements(), rules)
    except SiteRulesInvalid as unfit:
        further.append(Refusal("oversight.rules-unfit", {"faults": " ".join(unfit.faults)}))
    with perform(performance, "set_site_rules", facts_for(performance), further=further, reason=reason) as performed:
        _keep_in_record(performed, performance, rules)
        made = kept.create(rules=rules, author=performance.author, reason=reason.strip(), at=performance.at)
    return RulesSet(made.pk, tuple(sorted(rules)))


def _keep_in_record(performed: Performed, performance: Performance, rules: dict[str, Any]) -> None:
    """Write the rules as a Library too, so that the record's chain and export hold them and every earlier version."""
    text = msgspec.json.format(msgspec.json.encode(rules, order="deterministic"), indent=2)
    library = r4.Library(
        id=RULES_LIBRARY,
        status="active",
        type=concept(LIBRARY_TYPE, "logic-library"),
        title="The site's own requirements of acts",
        date=date_time(performance.at),
        content=[r4.Attachment(contentType="application/json", data=b64encode(text).decode())],
    )
    try:
        performance.record.read("Library", RULES_LIBRARY)
    except NotFound:
        performed.create(library, id=RULES_LIBRARY)
    else:
        performed.update(library)
