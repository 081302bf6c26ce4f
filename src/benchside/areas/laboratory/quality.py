"""Controls, calibration and lots: may results of this test be released from this device now? Rules Q1 to Q12.

Westgard multi-rules as in facts qc.yaml; docs/clinical/quality.md. R-4s compares controls of one run, never of two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Literal

import msgspec

from benchside.terms.package_data import package_table
from benchside.terms.refusal import Refusal

Action = Literal["warn", "reject", "off"]
HISTORY_MAX = 100
"""Control points looked at, newest kept; the longest rule needs 12 of each level."""


class QualityTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each rule does, how many hours a passed control is good for, and how many levels a test needs."""

    actions: dict[str, Action]
    valid_hours: int
    levels: dict[str, int]


@cache
def package_quality() -> QualityTable:
    """Return the rules that ship with the product."""
    return package_table("benchside.areas.laboratory", "quality.yaml", QualityTable)


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """One control measurement. `sd` of zero or None, or no `mean`: it cannot be judged. Excluded points never count."""

    run: str
    level: str
    value: Decimal
    mean: Decimal | None
    sd: Decimal | None
    at: datetime
    lot: str = ""
    excluded: bool = False

    @property
    def z(self) -> Decimal | None:
        """Distance from the mean in standard deviations, or None when it cannot be said."""
        if self.mean is None or self.sd is None or self.sd <= 0:
            return None
        return (self.value - self.mean) / self.sd


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule, and whether it warns or rejects by the site's table."""

    rule: str
    action: Action


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of the newest run. `evaluated` False is not a pass."""

    run: str
    evaluated: bool
    violations: tuple[Violation, ...]
    levels: frozenset[str]
    at: datetime | None

    @property
    def rejected(self) -> bool:
        """Whether any broken rule rejects the run."""
        return any(violation.action == "reject" for violation in self.violations)


def _beyond(z: Decimal, limit: int) -> int:
    """+1 above the limit, -1 below its negative, 0 inside; a value on a limit is inside."""
    return (z > limit) - (z < -limit)


def _same_side(values: Sequence[Decimal], count: int, limit: int) -> bool:
    """Whether the last `count` values lie beyond the same limit; for limit 0 a value on the mean breaks the row."""
    last = values[-count:]
    return len(last) == count and abs(sum(_beyond(z, limit) for z in last)) == count


def _series(history: Sequence[tuple[ControlPoint, Decimal]], run: str) -> list[list[Decimal]]:
    """The rows a rule is looked for in: each level of the run across runs, and all levels together in order of time."""
    levels = {point.level for point, _ in history if point.run == run}
    rows = [[z for point, z in history if point.level == level] for level in sorted(levels)]
    return rows if len({point.level for point, _ in history}) == 1 else [*rows, [z for _, z in history]]


def judge(points: Sequence[ControlPoint], table: QualityTable) -> Judgement:
    """Q1 to Q8: judge the newest run of one test on one device, with its history oldest first.

    Excluded points are left out; a new lot of a level starts that level anew; a run with a point that has no mean or SD
    is not evaluated, and that is not a pass.
    """
    kept = [point for point in points if not point.excluded][-HISTORY_MAX:]
    if not kept:
        return Judgement("", evaluated=False, violations=(), levels=frozenset(), at=None)
    run = kept[-1].run
    current_lot = {point.level: point.lot for point in kept}
    kept = [point for point in kept if point.lot == current_lot[point.level]]
    in_run = [point for point in kept if point.run == run]
    judged = [(point, z) for point in kept if (z := point.z) is not None]
    now = [z for point, z in judged if point.run == run]
    levels = frozenset(point.level for point in in_run)
    if len(now) < len(in_run):
        return Judgement(run, evaluated=False, violations=(), levels=levels, at=in_run[-1].at)
    rows = _series(judged, run)
    per_level = rows[: len(levels)]
    broken: dict[str, bool] = {
        "1_2s": any(_beyond(z, 2) for z in now),  # Q1
        "1_3s": any(_beyond(z, 3) for z in now),  # Q2
        # Q3: the same level twice running, or two controls of this run, beyond the same 2 SD limit.
        "2_2s": any(_same_side(row, 2, 2) for row in per_level) or any(sum(_beyond(z, 2) == side for z in now) >= 2 for side in (1, -1)),
        "R_4s": any(_beyond(z, 2) == 1 for z in now) and any(_beyond(z, 2) == -1 for z in now),  # Q4: within this run only
        "4_1s": any(_same_side(row, 4, 1) for row in rows),  # Q5
        "8_x": any(_same_side(row, 8, 0) for row in rows),  # Q6
        "10_x": any(_same_side(row, 10, 0) for row in rows),  # Q7
        "12_x": any(_same_side(row, 12, 0) for row in rows),  # Q8
    }
    violations = tuple(Violation(rule, table.actions[rule]) for rule, found in broken.items() if found and table.actions[rule] != "off")
    return Judgement(run, evaluated=True, violations=violations, levels=levels, at=in_run[-1].at)


@dataclass(frozen=True, slots=True)
class QualityFacts:
    """What gates the release of one test from one device. `lots` are (number, last day) of reagents in use."""

    device: str
    judgement: Judgement
    levels_needed: int
    calibration_due: datetime | None
    calibration_failed: bool
    lots: tuple[tuple[str, date], ...]
    last_lot_change: datetime | None = None


def quality_refusals(facts: QualityFacts, table: QualityTable, *, at: datetime, today: date) -> tuple[Refusal, ...]:
    """Q9 to Q12: list every reason why results may not be released: control, its age and levels, calibration, lots."""
    about = {"device": facts.device}
    judgement = facts.judgement
    refusals: list[Refusal] = []
    if judgement.at is None:  # Q9
        refusals.append(Refusal("quality.control.none", about))
    else:
        if not judgement.evaluated:
            refusals.append(Refusal("quality.control.not-evaluated", about))
        elif judgement.rejected:
            rules = ", ".join(violation.rule.replace("_", "-") for violation in judgement.violations if violation.action == "reject")
            refusals.append(Refusal("quality.control.rejected", {**about, "rules": rules}))
        if len(judgement.levels) < facts.levels_needed:
            refusals.append(
                Refusal("quality.control.levels-missing", {**about, "run": len(judgement.levels), "needed": facts.levels_needed})
            )
        if at - judgement.at > timedelta(hours=table.valid_hours):  # Q10
            refusals.append(Refusal("quality.control.too-old", {**about, "hours": table.valid_hours}))
        if facts.last_lot_change is not None and judgement.at < facts.last_lot_change:  # Q12
            refusals.append(Refusal("quality.control.before-lot-change", about))
    if facts.calibration_failed:  # Q11
        refusals.append(Refusal("quality.calibration.failed", about))
    elif facts.calibration_due is not None and at >= facts.calibration_due:
        refusals.append(Refusal("quality.calibration.overdue", {**about, "due": facts.calibration_due}))
    refusals.extend(
        Refusal("quality.lot.expired", {**about, "lot": number, "expires": expires}) for number, expires in facts.lots if today > expires
    )
    return tuple(refusals)


def levels_needed(code: str, table: QualityTable) -> int:
    """How many control levels a test needs."""
    return table.levels.get(code, table.levels["default"])
