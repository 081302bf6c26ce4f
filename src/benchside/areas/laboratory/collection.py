"""At the patient's side: fasting, arms, attempts, tubes, labels. Rules C3 to C10, docs/clinical/collection.md.

C1 and C2, who stands before us, are in `benchside.readiness.identity`: every area asks them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from benchside.terms.refusal import Refusal

ATTEMPTS_MAX = 2
"""Then hand over to a second person. Facts order_of_draw.yaml MAX_ATTEMPTS (CLSI GP41)."""

FASTING_HOURS_DEFAULT = (9, 14)
"""Hours without food when an order asks for fasting. Facts tests.yaml TRIG: 9-14 h."""

SCAN_AGE_MAX_S = 300
"""A labelled tube is scanned at the patient's side; a scan reported later than this is not that scan (our choice)."""

IV_STOPPED_MIN = 2
"""Minutes an infusion must stand still before a draw below it; 5 mL are discarded. Facts order_of_draw.yaml IV_ARM."""


def fasting_refusals(
    *,
    asked: bool,
    last_meal: datetime | None,
    at: datetime,
    hours: tuple[int, int] = FASTING_HOURS_DEFAULT,
) -> tuple[Refusal, ...]:
    """C3: when the order asks for fasting, the last meal must be told and lie `hours` back (both ends included)."""
    if not asked:
        return ()
    if last_meal is None:
        return (Refusal("collection.fasting.not-told"),)
    since = at - last_meal
    if since < timedelta(hours=hours[0]):
        return (Refusal("collection.fasting.not-met", {"asked": hours[0], "earliest": last_meal + timedelta(hours=hours[0])}),)
    if since > timedelta(hours=hours[1]):
        return (Refusal("collection.fasting.too-long", {"longest": hours[1]}),)
    return ()


Side = Literal["left", "right"]
ArmReason = Literal["mastectomy", "fistula", "graft", "infusion", "injury"]
_BLOCKING = frozenset({"mastectomy", "fistula", "graft", "injury"})


@dataclass(frozen=True, slots=True)
class ArmRestriction:
    """An arm that must not be used, and why; an `infusion` may be drawn below once it stood still."""

    side: Side
    reason: ArmReason


def arm_refusals(
    side: Side,
    restrictions: Sequence[ArmRestriction],
    *,
    infusion_stopped_min: int | None = None,
    below_infusion: bool = False,
) -> tuple[Refusal, ...]:
    """C4: no draw from the arm of a mastectomy, fistula, graft or injury; C5: at an infusion only below it, stopped 2 minutes."""
    refusals: list[Refusal] = []
    for restriction in restrictions:
        if restriction.side != side:
            continue
        about = {"arm": f"side:{side}", "why": f"arm-reason:{restriction.reason}"}
        if restriction.reason in _BLOCKING:
            refusals.append(Refusal("collection.arm.restricted", about))
        elif not (below_infusion and infusion_stopped_min is not None and infusion_stopped_min >= IV_STOPPED_MIN):
            refusals.append(Refusal("collection.arm.infusion", {"arm": f"side:{side}", "minutes": IV_STOPPED_MIN}))
    return tuple(refusals)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at the vein."""

    performer: str
    at: datetime
    succeeded: bool


def attempt_refusals(attempts: Sequence[Attempt], performer: str) -> tuple[Refusal, ...]:
    """C6: after two failed attempts the same person hands over; somebody else starts again with two."""
    failed = sum(1 for attempt in attempts if attempt.performer == performer and not attempt.succeeded)
    return (Refusal("collection.attempts.hand-over", {"number": failed}),) if failed >= ATTEMPTS_MAX else ()


@dataclass(frozen=True, slots=True)
class TubeInHand:
    """The tube that was scanned: what it is, its lot's last day, and the label stuck on it."""

    tube: str
    expires_on: date | None
    label: str
    label_patient: str


def tube_refusals(found: TubeInHand, *, planned_tube: str, planned_label: str, patient: str, today: date) -> tuple[Refusal, ...]:
    """C7: the right tube, in date (its last day counts); C8: labelled with this tube's label, for this patient."""
    refusals: list[Refusal] = []
    if found.tube != planned_tube:
        refusals.append(Refusal("collection.tube.wrong", {"found": f"tube:{found.tube}", "planned": f"tube:{planned_tube}"}))
    if found.expires_on is None:
        refusals.append(Refusal("collection.tube.expiry-unknown"))
    elif today > found.expires_on:
        refusals.append(Refusal("collection.tube.expired", {"expires": found.expires_on}))
    if found.label_patient != patient:
        refusals.append(Refusal("collection.label.other-patient"))
    elif found.label != planned_label:
        refusals.append(Refusal("collection.label.mismatch", {"found": found.label, "planned": planned_label}))
    return tuple(refusals)


def collection_time(scanned_at: datetime, told_at: datetime) -> tuple[datetime, tuple[Refusal, ...]]:
    """C9: the collection time is the bedside scan, never the printing of the label or the opening of a form.

    `scanned_at` is the scanner's own moment, `told_at` when the act reached the gate; a scan from the future, or told more
    than five minutes later, is not accepted as a bedside scan (a paper downtime form goes another way).
    """
    if scanned_at > told_at + timedelta(seconds=60):
        return scanned_at, (Refusal("collection.scan.future"),)
    if told_at - scanned_at > timedelta(seconds=SCAN_AGE_MAX_S):
        return scanned_at, (Refusal("collection.scan.late", {"minutes": SCAN_AGE_MAX_S // 60}),)
    return scanned_at, ()


UNABLE_REASONS: Mapping[str, bool] = {
    "patient-refused": False,
    "patient-absent": True,
    "patient-not-identified": True,
    "no-vein-found": True,
    "two-attempts-failed": True,
    "patient-fainted": True,
    "patient-not-fasting": True,
    "precaution-supplies-missing": True,
    "arm-not-usable": True,
    "order-unclear": True,
    "equipment-missing": True,
    "patient-deceased": False,
}
"""C10: coded reasons why nothing was collected -> whether the work goes back into the queue (a refusal goes to the orderer)."""


def unable_to_collect(reason: str) -> tuple[bool, tuple[Refusal, ...]]:
    """Say whether the work is queued again, or refuse an uncoded reason."""
    if reason not in UNABLE_REASONS:
        return False, (
            Refusal("collection.unable.reason-unknown", {"reasons": ", ".join(f"unable-reason:{name}" for name in UNABLE_REASONS)}),
        )
    return UNABLE_REASONS[reason], ()
