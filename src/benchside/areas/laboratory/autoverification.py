"""Auto-verification that explains itself: numbered rules as data, each passed or failed in words; shadow mode; agreement.

Rules A1 to A13, docs/clinical/autoverification.md. Nothing is released here: a verdict is a fact for the gate.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Literal

import msgspec

from benchside.areas.laboratory.results import Delta, Interpretation, Value
from benchside.areas.laboratory.words import Analyte
from benchside.terms.package_data import package_table
from benchside.terms.quantity import Quantity
from benchside.terms.refusal import Refusal

_NO_PANEL: Mapping[str, Decimal] = MappingProxyType({})


class RuleData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule: its number, which check it is, whether it is on, its figures and its words."""

    number: str
    check: str
    active: bool
    en: str
    es: str
    widths: Decimal = Decimal(1)
    never: tuple[str, ...] = ()


class Consistency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A contradiction between results of one specimen, with its figures."""

    name: str
    en: str
    es: str
    source: str
    tolerance: Decimal = Decimal(0)
    potassium: Decimal = Decimal(0)
    calcium: Decimal = Decimal(0)
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)


class AutoverificationTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of autoverification.yaml. `shadow`: rules run and are recorded, people still verify everything."""

    shadow: bool
    rules: tuple[RuleData, ...]
    consistency: tuple[Consistency, ...]


@cache
def package_autoverification() -> AutoverificationTable:
    """Return the rules that ship with the product."""
    return package_table("benchside.areas.laboratory", "autoverification.yaml", AutoverificationTable)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A result with everything the rules look at. `panel` holds the numeric results of the same specimen by code.

    `indices_over` names interferences above the test's limit (`hemolysis`); None: they were not measured.
    """

    analyte: Analyte
    value: Value
    interpretation: Interpretation
    critical: bool
    delta: Delta | None
    device_alarms: tuple[str, ...] = ()
    indices_over: tuple[str, ...] | None = ()
    quality: tuple[Refusal, ...] = ()
    specimen_good: bool = True
    panel: Mapping[str, Decimal] = field(default_factory=lambda: _NO_PANEL)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule said. `words` are for a person; `passed` False holds the result back."""

    number: str
    passed: bool
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All outcomes in order; `passed` when none failed."""

    analyte: str
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """Whether every rule passed."""
        return all(outcome.passed for outcome in self.outcomes)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The rules that hold the result back."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)


def _plausible(candidate: Candidate) -> bool:
    bounds, value = candidate.analyte.plausible, candidate.value
    return isinstance(value, Quantity) and (bounds is None or bounds[0] <= value.value <= bounds[1])


def _near_range(candidate: Candidate, widths: Decimal) -> bool:
    chosen, value = candidate.interpretation.range, candidate.value
    if chosen is None or not isinstance(value, Quantity):
        return False
    low, high = chosen.low, chosen.high
    width = abs((high or Decimal(0)) - (low or Decimal(0)))  # One-sided ranges: their limit is their width.
    return (low is None or value.value >= low - width * widths) and (high is None or value.value <= high + width * widths)


def contradictions(panel: Mapping[str, Decimal], checks: Sequence[Consistency]) -> tuple[Consistency, ...]:
    """List which contradictions the results of one specimen show; a check whose parts are missing says nothing."""
    found: list[Consistency] = []
    for check in checks:
        shown = False
        if check.name == "hgb-hct" and {"HGB", "HCT"} <= panel.keys():
            shown = abs(panel["HCT"] - 3 * panel["HGB"]) > check.tolerance
        elif check.name == "edta" and {"POTASSIUM", "CALCIUM"} <= panel.keys():
            shown = panel["POTASSIUM"] > check.potassium and panel["CALCIUM"] < check.calcium
        elif check.name == "tp-albumin" and {"TP", "ALBUMIN"} <= panel.keys():
            shown = panel["ALBUMIN"] >= panel["TP"]
        elif check.name == "anion-gap" and {"SODIUM", "CHLORIDE", "CO2"} <= panel.keys():
            shown = not check.low <= panel["SODIUM"] - panel["CHLORIDE"] - panel["CO2"] <= check.high
        if shown:
            found.append(check)
    return tuple(found)


_Check = Callable[[Candidate, RuleData, AutoverificationTable], bool]
_CHECKS: Mapping[str, _Check] = {
    "numeric": lambda candidate, _rule, _table: isinstance(candidate.value, Quantity) and candidate.value.unit == candidate.analyte.unit,
    "no-comparator": lambda candidate, _rule, _table: isinstance(candidate.value, Quantity) and candidate.value.comparator is None,
    "plausible": lambda candidate, _rule, _table: _plausible(candidate),
    "not-critical": lambda candidate, _rule, _table: not candidate.critical and candidate.interpretation.flag not in ("LL", "HH"),
    "range-known": lambda candidate, _rule, _table: candidate.interpretation.range is not None,
    "near-range": lambda candidate, rule, _table: _near_range(candidate, rule.widths),
    "delta": lambda candidate, _rule, _table: candidate.delta is None or not candidate.delta.exceeded,
    "device-silent": lambda candidate, _rule, _table: not candidate.device_alarms,
    "indices": lambda candidate, _rule, _table: candidate.indices_over == (),
    "quality": lambda candidate, _rule, _table: not candidate.quality,
    "specimen": lambda candidate, _rule, _table: candidate.specimen_good,
    "consistent": lambda candidate, _rule, table: not contradictions(candidate.panel, table.consistency),
    "not-excluded": lambda candidate, rule, _table: candidate.analyte.code not in rule.never,
}


def check_names() -> frozenset[str]:
    """Return the checks a rule may name."""
    return frozenset(_CHECKS)


def assess_candidate(candidate: Candidate, table: AutoverificationTable, *, language: str = "en") -> Verdict:
    """Run every rule that is on, in order, and say of each whether it passed. No rule stops the others: all reasons show.

    Raises LookupError for a rule whose check does not exist.
    """
    outcomes: list[Outcome] = []
    for rule in table.rules:
        if rule.check not in _CHECKS:
            raise LookupError(f"{rule.number}: there is no check {rule.check!r}.")
        if not rule.active:
            continue
        words = (rule.es if language == "es" else rule.en).format(widths=rule.widths)
        outcomes.append(Outcome(rule.number, _CHECKS[rule.check](candidate, rule, table), words))
    return Verdict(candidate.analyte.code, tuple(outcomes))


@dataclass(frozen=True, slots=True)
class ShadowRecord:
    """What the rules would have done beside what a person did, for one result. `changed`: the person changed the value."""

    analyte: str
    at: datetime
    would_release: bool
    failed_rules: tuple[str, ...]
    person_released: bool
    changed: bool

    @property
    def agreement(self) -> Literal["both-release", "both-hold", "rules-stricter", "rules-looser"]:
        """`rules-looser` is the one that matters: the rules would have released what a person held back or changed."""
        person = self.person_released and not self.changed
        if self.would_release == person:
            return "both-release" if person else "both-hold"
        return "rules-looser" if self.would_release else "rules-stricter"


def shadow_record(verdict: Verdict, at: datetime, *, person_released: bool, changed: bool) -> ShadowRecord:
    """Record the comparison of a verdict with what a person did."""
    return ShadowRecord(verdict.analyte, at, verdict.passed, tuple(outcome.number for outcome in verdict.failed), person_released, changed)


@dataclass(frozen=True, slots=True)
class ShadowSummary:
    """How rules and people agreed, and how often each rule alone held a result back that a person released unchanged."""

    total: int
    counts: Mapping[str, int]
    held_by_one_rule: Mapping[str, int]


def summarise_shadow(records: Sequence[ShadowRecord]) -> ShadowSummary:
    """Count agreements, and name the rules that alone were stricter than people: those are worth a look first."""
    counts = {"both-release": 0, "both-hold": 0, "rules-stricter": 0, "rules-looser": 0}
    alone: dict[str, int] = {}
    for record in records:
        counts[record.agreement] += 1
        if record.agreement == "rules-stricter" and len(record.failed_rules) == 1:
            alone[record.failed_rules[0]] = alone.get(record.failed_rules[0], 0) + 1
    return ShadowSummary(len(records), counts, dict(sorted(alone.items(), key=lambda item: (-item[1], item[0]))))
