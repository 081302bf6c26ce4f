"""Setting reasons aside in an emergency: who may, for what, with which signature, and who looks at it later.

Rules O1 to O6, docs/clinical/readiness.md. An override never hides a reason: it is kept beside the act.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchside.readiness.facts import Performer
from benchside.readiness.requirements import (
    REASON_LENGTH_MAX,
    SIGNATURE_VALID_S,
    Requirements,
)
from benchside.terms.refusal import Refusal

OVERRIDE_TEXT_LENGTH_MIN = 10


@dataclass(frozen=True, slots=True)
class Override:
    """The performer's statement: a coded reason, their own words, and when they proved who they are."""

    reason: str
    text: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class OverrideDecision:
    """What is left against the act, what was set aside, and until when it must be reviewed."""

    remaining: tuple[Refusal, ...]
    set_aside: tuple[Refusal, ...]
    review_due: datetime | None

    @property
    def permitted(self) -> bool:
        """Whether the act may now be done."""
        return not self.remaining


def apply_override(
    act_name: str,
    refusals: Sequence[Refusal],
    override: Override,
    performer: Performer,
    requirements: Requirements,
    at: datetime,
) -> OverrideDecision:
    """Set aside those `refusals` (as `assess` gave them) that the act's override rule allows.

    A faulty override sets nothing aside; its own faults join the refusals. Raises UnknownAct.
    """
    if not refusals:
        return OverrideDecision((), (), None)
    rule = requirements.act(act_name).override
    if rule is None:  # O1: the act knows an override.
        return OverrideDecision((*refusals, Refusal("override.not-possible", {"act": f"act:{act_name}"})), (), None)
    faults: list[Refusal] = []
    role = requirements.role_of(performer.profession, performer.level)
    if role not in rule.by:  # O2: by a role the act names.
        faults.append(Refusal("override.role", {"by": ", ".join(f"role:{allowed}" for allowed in rule.by)}))
    if override.reason not in rule.reasons:  # O3: for a coded reason the act names.
        faults.append(Refusal("override.reason", {"reasons": ", ".join(f"override-reason:{reason}" for reason in rule.reasons)}))
    if not OVERRIDE_TEXT_LENGTH_MIN <= len(override.text.strip()) <= REASON_LENGTH_MAX:  # O4: told in words.
        faults.append(Refusal("override.text", {"shortest": OVERRIDE_TEXT_LENGTH_MIN, "longest": REASON_LENGTH_MAX}))
    if not timedelta(0) <= at - override.signed_at <= timedelta(seconds=SIGNATURE_VALID_S):  # O5: freshly signed.
        faults.append(Refusal("signature.too-old", {"seconds": SIGNATURE_VALID_S}))
    if faults:
        return OverrideDecision((*refusals, *faults), (), None)
    # O6: the rest stands, and what the rule leaves to other roles (`only_by`).
    set_aside = tuple(refusal for refusal in refusals if refusal.overridable and role in rule.only_by.get(refusal.code, rule.by))
    remaining = tuple(refusal for refusal in refusals if refusal not in set_aside)
    return OverrideDecision(remaining, set_aside, at + timedelta(hours=rule.review_within_h) if set_aside and not remaining else None)
