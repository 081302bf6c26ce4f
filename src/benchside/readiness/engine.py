"""The gate itself: `assess` lists every reason why an act may not be done now. Rules G1 to G14, docs/clinical/readiness.md."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from benchside.readiness.facts import Equipment, Facts, Performer
from benchside.readiness.requirements import (
    REASON_LENGTH_MAX,
    REASON_LENGTH_MIN,
    SIGNATURE_VALID_S,
    Act,
    Requirements,
)
from benchside.terms.refusal import Refusal

ACCEPTED_IDENTIFIERS = frozenset({"name", "birth-date", "record-number", "assigned-number", "phone", "photo"})
"""What may identify a patient; room, bed and place in a queue never do. Source: facts identification_label.yaml."""


def assess(
    act_name: str,
    facts: Facts,
    requirements: Requirements,
    at: datetime,
    *,
    further: Sequence[Refusal] = (),
) -> tuple[Refusal, ...]:
    """List every reason against performing `act_name` at `at`; empty means it may be done.

    `further` are refusals that rules of the area found (order of draw, arm, blood volume ...): they join the list, and
    each reason is marked overridable where the act's override rule names its code. Raises UnknownAct.
    """
    act = requirements.act(act_name)
    refusals: list[Refusal] = []
    for rule in _RULES:
        refusals.extend(rule(act_name, act, facts, requirements, at))
    refusals.extend(further)
    codes = frozenset(act.override.codes) if act.override is not None else frozenset[str]()
    seen: dict[Refusal, None] = {}
    for refusal in refusals:
        seen[replace(refusal, overridable=refusal.code in codes)] = None
    return tuple(seen)


def cautions(act_name: str, facts: Facts, requirements: Requirements, at: datetime) -> tuple[Refusal, ...]:
    """List what does not stop the act but must be seen: calibration overdue where the kind of device only warns."""
    act = requirements.act(act_name)
    if act.equipment_state == "any":
        return ()
    return tuple(
        Refusal("equipment.calibration-overdue-warning", {"device": device.reference, "due": device.calibration_due})
        for device in facts.equipment
        if device.calibration_due is not None and at >= device.calibration_due and not _blocked_by_calibration(device, at)
    )


def competences_needed(act: Act, facts: Facts) -> tuple[str, ...]:
    """Return the competences this performer needs for the act in the way (`variant`) it is done."""
    if act.competence_of_subject:
        needed: tuple[str, ...] = (facts.competence_in_question,) if facts.competence_in_question else ()
    else:
        needed = act.competence + act.competence_by.get(facts.variant or "", ())
    return needed if facts.performer.profession in act.competence_professions else ()


def cosign_due(act_name: str, facts: Facts, requirements: Requirements, at: datetime) -> datetime | None:
    """Return by when the supervisor must co-sign an act done under agreed co-signature; None when none is owed."""
    act = requirements.act(act_name)
    rule = act.supervision
    if rule is None or rule.cosign_within_min is None or facts.supervisor is None or facts.supervisor.present:
        return None
    if not _needs_supervision(act, facts, requirements, at):
        return None
    return at + timedelta(minutes=rule.cosign_within_min)


def _person(_name: str, _act: Act, facts: Facts, requirements: Requirements, at: datetime) -> list[Refusal]:
    # G1: an active person with the credentials of their role, current at the moment of the act.
    person = facts.performer
    refusals = [] if person.active else [Refusal("person.not-active")]
    role = requirements.role_of(person.profession, person.level)
    for kind in requirements.roles[role].credentials if role else ():
        held = [credential for credential in person.credentials if credential.kind == kind]
        usable = [credential for credential in held if not credential.withdrawn]
        label = f"credential:{kind}"
        if any(credential.period.state(at) == "current" for credential in usable):
            continue
        if not held:
            refusals.append(Refusal("credential.missing", {"credential": label}))
        elif not usable:
            refusals.append(Refusal("credential.withdrawn", {"credential": label}))
        elif ends := [c.period.end for c in usable if c.period.state(at) == "lapsed" and c.period.end is not None]:
            refusals.append(Refusal("credential.lapsed", {"credential": label, "until": max(ends)}))
        else:
            starts = [credential.period.start for credential in usable if credential.period.start is not None]
            refusals.append(Refusal("credential.not-yet", {"credential": label, "from": min(starts)}))
    return refusals


def _role(name: str, act: Act, facts: Facts, requirements: Requirements, _at: datetime) -> list[Refusal]:
    # G2: the role may perform the act at all.
    role = requirements.role_of(facts.performer.profession, facts.performer.level)
    if role is not None and role in act.roles:
        return []
    allowed = ", ".join(f"role:{allowed}" for allowed in act.roles)
    mine = f"role:{role}" if role else facts.performer.profession
    return [Refusal("role.not-permitted", {"act": f"act:{name}", "role": mine, "allowed": allowed})]


def _competence_faults(person: Performer, needed: tuple[str, ...], at: datetime) -> list[Refusal]:
    refusals: list[Refusal] = []
    for name in needed:
        held = [competence for competence in person.competences if competence.name == name]
        usable = [competence for competence in held if not competence.withdrawn]
        label = f"competence:{name}"
        if any(competence.period.state(at) == "current" for competence in usable):
            continue
        if ends := [c.period.end for c in usable if c.period.state(at) == "lapsed" and c.period.end is not None]:
            refusals.append(Refusal("competence.lapsed", {"competence": label, "until": max(ends)}))
        elif held and not usable:
            refusals.append(Refusal("competence.withdrawn", {"competence": label}))
        else:
            refusals.append(Refusal("competence.missing", {"competence": label}))
    return refusals


def _needs_supervision(act: Act, facts: Facts, requirements: Requirements, at: datetime) -> bool:
    role = requirements.role_of(facts.performer.profession, facts.performer.level)
    if role is None or role not in act.roles:
        return False
    untrained = bool(_competence_faults(facts.performer, competences_needed(act, facts), at))
    return act.roles[role] == "supervised" or (untrained and act.untrained == "supervised" and act.supervision is not None)


def _competence(_name: str, act: Act, facts: Facts, requirements: Requirements, at: datetime) -> list[Refusal]:
    # G3: competence current, or - where the act allows it - a fit supervisor instead. A way of doing it that the act does
    # not know must not slip through without a competence.
    if act.competence_by and facts.variant not in act.competence_by:
        return [Refusal("competence.way-unknown", {"ways": ", ".join(f"way:{way}" for way in act.competence_by)})]
    if act.competence_of_subject and not facts.competence_in_question:
        return [Refusal("competence.not-named")]
    faults = _competence_faults(facts.performer, competences_needed(act, facts), at)
    if faults and act.untrained == "supervised" and act.supervision is not None and facts.supervisor is not None:
        return [] if not _supervisor_faults(act, facts, requirements, at) else faults
    return faults


def _supervisor_faults(act: Act, facts: Facts, requirements: Requirements, at: datetime) -> list[Refusal]:
    rule, supervisor = act.supervision, facts.supervisor
    if rule is None:
        return []
    if supervisor is None:
        return [Refusal("supervision.none", {"by": ", ".join(f"role:{role}" for role in rule.by)})]
    refusals: list[Refusal] = []
    person = supervisor.person
    if person.reference == facts.performer.reference:
        refusals.append(Refusal("supervision.self"))
    role = requirements.role_of(person.profession, person.level)
    if role is None or role not in rule.by or act.roles.get(role) != "alone":
        refusals.append(Refusal("supervision.role", {"by": ", ".join(f"role:{role}" for role in rule.by)}))
    elif _competence_faults(person, competences_needed(act, replace(facts, performer=person)), at):
        refusals.append(Refusal("supervision.not-competent"))
    if not person.active or any(
        refusal.code.startswith("credential.") for refusal in _person("", act, replace(facts, performer=person), requirements, at)
    ):
        refusals.append(Refusal("supervision.not-current"))
    if rule.mode == "present" and not supervisor.present:
        refusals.append(Refusal("supervision.absent"))
    elif rule.mode == "cosign" and not (supervisor.present or supervisor.will_cosign):
        refusals.append(Refusal("supervision.not-agreed", {"minutes": rule.cosign_within_min or 0}))
    return refusals


def _supervision(_name: str, act: Act, facts: Facts, requirements: Requirements, at: datetime) -> list[Refusal]:
    # G4: a supervised role, and G3's untrained person who names a supervisor, need one who is fit for it.
    role = requirements.role_of(facts.performer.profession, facts.performer.level)
    must = role is not None and act.roles.get(role) == "supervised"
    named_for_want_of_competence = facts.supervisor is not None and _needs_supervision(act, facts, requirements, at)
    return _supervisor_faults(act, facts, requirements, at) if must or named_for_want_of_competence else []


def _identification(_name: str, act: Act, facts: Facts, _requirements: Requirements, at: datetime) -> list[Refusal]:
    # G5: enough accepted identifiers agree, none differs, the patient is the order's, and it was not long ago.
    rule, identification = act.identification, facts.identification
    if rule is None:
        return []
    if identification is None:
        return [Refusal("identification.none", {"number": rule.identifiers_min})]
    refusals: list[Refusal] = []
    if identification.differed:
        refusals.append(
            Refusal("identification.mismatch", {"differed": ", ".join(f"identifier:{item}" for item in identification.differed)})
        )
    if identification.order_patient is not None and identification.order_patient != identification.patient:
        refusals.append(Refusal("identification.other-patient"))
    accepted = identification.matched & ACCEPTED_IDENTIFIERS
    if len(accepted) < rule.identifiers_min:
        refusals.append(Refusal("identification.too-few", {"number": rule.identifiers_min, "matched": len(accepted)}))
    if at - identification.at > timedelta(minutes=rule.valid_min):
        refusals.append(Refusal("identification.too-old", {"minutes": rule.valid_min}))
    return refusals


def _order(_name: str, act: Act, facts: Facts, _requirements: Requirements, at: datetime) -> list[Refusal]:
    # G6: an active order, not carried out yet, and in its time.
    if act.order == "none":
        return []
    order = facts.order
    if order is None:
        return [Refusal("order.none")]
    refusals: list[Refusal] = []
    if order.status != "active":
        refusals.append(Refusal("order.not-active", {"status": f"request-status:{order.status}"}))
    if order.done:
        refusals.append(Refusal("order.done"))
    if order.not_before is not None and at < order.not_before:
        refusals.append(Refusal("order.too-early", {"from": order.not_before}))
    if order.valid_until is not None and at >= order.valid_until:
        refusals.append(Refusal("order.expired", {"until": order.valid_until}))
    return refusals


_CONSENT_STRENGTH = {"none": 0, "implied": 1, "verbal": 2, "written": 3}


def _consent(_name: str, act: Act, facts: Facts, _requirements: Requirements, at: datetime) -> list[Refusal]:
    # G7: a patient who refused is never overridden; a stronger form than the act needs is enough.
    consent = facts.consent
    if act.consent == "none":
        return []
    if consent is None:
        return [] if act.consent == "implied" else [Refusal("consent.none", {"form": f"consent:{act.consent}"})]
    if consent.refused:
        return [Refusal("consent.refused")]
    if consent.withdrawn:
        return [Refusal("consent.withdrawn")]
    refusals: list[Refusal] = []
    if _CONSENT_STRENGTH[consent.form] < _CONSENT_STRENGTH[act.consent]:
        refusals.append(Refusal("consent.none", {"form": f"consent:{act.consent}"}))
    if consent.valid_until is not None and at >= consent.valid_until:
        refusals.append(Refusal("consent.expired", {"until": consent.valid_until}))
    return refusals


def _blocked_by_calibration(device: Equipment, at: datetime) -> bool:
    if device.calibration_due is None or at < device.calibration_due:
        return False
    if device.lock == "block":
        return True
    return device.lock == "warn-then-block" and at >= device.calibration_due + timedelta(days=device.grace_days)


def _equipment(_name: str, act: Act, facts: Facts, _requirements: Requirements, at: datetime) -> list[Refusal]:
    # G8: the device is there and fit. The block is here, in the act, not in a list on a screen.
    here = {device.kind for device in facts.equipment}
    refusals = [Refusal("equipment.none", {"kind": f"equipment:{kind}"}) for kind in act.equipment if kind not in here]
    if act.equipment_state == "any":
        return refusals
    for device in facts.equipment:
        about = {"device": device.reference}
        if not device.in_service:
            refusals.append(Refusal("equipment.out-of-service", {**about, "why": device.out_of_service_reason or "-"}))
        if device.calibration_failed:
            refusals.append(Refusal("equipment.calibration-failed", about))
        elif device.calibration_due is not None and _blocked_by_calibration(device, at):
            refusals.append(Refusal("equipment.calibration-overdue", {**about, "due": device.calibration_due}))
        if device.qc == "failed":
            refusals.append(Refusal("equipment.qc-failed", about))
        elif device.qc == "due" or (device.qc == "passed" and device.qc_valid_until is not None and at >= device.qc_valid_until):
            refusals.append(Refusal("equipment.qc-due", about))
        if not device.clean:
            refusals.append(Refusal("equipment.not-clean", about))
    return refusals


def _lots(_name: str, act: Act, facts: Facts, _requirements: Requirements, at: datetime) -> list[Refusal]:
    # G9: every kind of lot the act uses is told, and each is in date, not open too long, accepted and not recalled.
    refusals = [Refusal("lot.none", {"kind": f"lot:{kind}"}) for kind in act.lots if not any(lot.kind == kind for lot in facts.lots)]
    for lot in facts.lots:
        about = {"kind": f"lot:{lot.kind}", "lot": lot.number}
        if facts.today > lot.expires_on:
            refusals.append(Refusal("lot.expired", {**about, "expires": lot.expires_on}))
        if lot.opened_until is not None and at >= lot.opened_until:
            refusals.append(Refusal("lot.open-too-long", {**about, "until": lot.opened_until}))
        if lot.recalled:
            refusals.append(Refusal("lot.recalled", about))
        if not lot.accepted:
            refusals.append(Refusal("lot.not-accepted", about))
    return refusals


def _second_person(_name: str, act: Act, facts: Facts, _requirements: Requirements, _at: datetime) -> list[Refusal]:
    # G10: a second pair of eyes; G11: nobody signs off, or reviews, themselves.
    me = facts.performer.reference
    refusals = [
        Refusal("second-person.same", {"earlier": f"act:{earlier}"}) for earlier in act.not_after_self if facts.earlier.get(earlier) == me
    ]
    if act.not_self_subject and facts.subject == me:
        refusals.append(Refusal("second-person.self-subject"))
    return refusals


def _precautions(_name: str, act: Act, facts: Facts, _requirements: Requirements, _at: datetime) -> list[Refusal]:
    # G12: isolation and other precautions of the patient have been seen by the performer.
    unseen = sorted(facts.precautions - facts.precautions_acknowledged) if act.precautions else []
    return [Refusal("precautions.not-acknowledged", {"precautions": ", ".join(f"precaution:{item}" for item in unseen)})] if unseen else []


def _signature_and_reason(_name: str, act: Act, facts: Facts, _requirements: Requirements, at: datetime) -> list[Refusal]:
    # G13: a fresh signature where the act asks for one; G14: a reason where it asks for one.
    refusals: list[Refusal] = []
    if act.signature and facts.signed_at is None:
        refusals.append(Refusal("signature.missing"))
    elif act.signature and facts.signed_at is not None and not timedelta(0) <= at - facts.signed_at <= timedelta(seconds=SIGNATURE_VALID_S):
        refusals.append(Refusal("signature.too-old", {"seconds": SIGNATURE_VALID_S}))
    if act.reason and not REASON_LENGTH_MIN <= len(facts.reason.strip()) <= REASON_LENGTH_MAX:
        refusals.append(Refusal("reason.missing", {"shortest": REASON_LENGTH_MIN, "longest": REASON_LENGTH_MAX}))
    return refusals


_Rule = Callable[[str, Act, Facts, Requirements, datetime], list[Refusal]]
_RULES: tuple[_Rule, ...] = (
    _person,
    _role,
    _competence,
    _supervision,
    _identification,
    _order,
    _consent,
    _equipment,
    _lots,
    _second_person,
    _precautions,
    _signature_and_reason,
)
