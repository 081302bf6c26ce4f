"""Results: reading what was entered, choosing the range, flags, delta checks, verification, the life of a result.

Rules R1 to R12, docs/clinical/results.md. A gap in reference ranges says so; it never says normal.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from benchside.areas.laboratory.words import Analyte, Patient, ReferenceRange
from benchside.terms.quantity import Quantity, UnitsDiffer, UnitUnknown, convert, decimals_of, rounded
from benchside.terms.refusal import Refusal

TEXT_LENGTH_MAX = 4000
TITER_MAX = 10_000_000

_NUMBER = re.compile(r"^(?P<comparator><=|>=|<|>)?\s*(?P<value>[+-]?(?:\d{1,12})(?:\.\d{1,10})?)$")
_TITER = re.compile(r"^(?P<comparator><=|>=|<|>)?\s*1\s*:\s*(?P<dilution>\d{1,8})$")


@dataclass(frozen=True, slots=True)
class CodedValue:
    """One of the answers an analyte knows."""

    code: str


@dataclass(frozen=True, slots=True)
class TiterValue:
    """A dilution: 1:80 is `dilution` 80."""

    dilution: int
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class TextValue:
    """Words, where a test has no numbers."""

    text: str


@dataclass(frozen=True, slots=True)
class AbsentValue:
    """No value, and why: one of ABSENT_REASONS."""

    reason: str


ABSENT_REASONS = ("not-performed", "error", "unknown")
"""Codes of HL7 data-absent-reason that a laboratory reports: not performed, the measurement failed, could not be determined."""

Value = Quantity | CodedValue | TiterValue | TextValue | AbsentValue
Door = Literal["person", "instrument"]


def read_value(text: str, analyte: Analyte, *, unit: str | None = None, door: Door = "person") -> tuple[Value | None, tuple[Refusal, ...]]:
    """R1 to R4: read an entered or received value for an analyte; None with every reason when it cannot be taken.

    Numbers take a comparator (`<0.5`). A unit other than the analyte's is converted, never assumed. A person may not
    type more decimals than the test has; an instrument's extra decimals are rounded half away from zero; missing ones
    are filled, since the test's decimals are the laboratory's statement.
    """
    cleaned = text.strip()
    if not cleaned:
        return None, (Refusal("results.value.empty"),)
    if analyte.formula is not None and door == "person":
        return None, (Refusal("results.value.calculated", {"test": f"test:{analyte.code}"}),)
    if analyte.kind == "numeric":
        return _read_number(cleaned, analyte, unit, door)
    if analyte.kind == "titer":
        match = _TITER.match(cleaned)
        dilution = int(match["dilution"]) if match else 0
        if match is None or not 1 <= dilution <= TITER_MAX:
            return None, (Refusal("results.value.not-a-titer", {"entered": cleaned[:40]}),)
        return TiterValue(dilution, match["comparator"]), ()
    if analyte.kind == "coded" and analyte.answers:
        if cleaned not in analyte.answers:
            return None, (Refusal("results.value.not-an-answer", {"entered": cleaned[:40], "answers": ", ".join(analyte.answers)}),)
        return CodedValue(cleaned), ()
    if len(cleaned) > TEXT_LENGTH_MAX:
        return None, (Refusal("results.value.too-long", {"longest": TEXT_LENGTH_MAX}),)
    return (CodedValue(cleaned) if analyte.kind == "coded" else TextValue(cleaned)), ()


def _read_number(text: str, analyte: Analyte, unit: str | None, door: Door) -> tuple[Value | None, tuple[Refusal, ...]]:
    match = _NUMBER.match(text)
    if match is None:
        return None, (Refusal("results.value.not-a-number", {"entered": text[:40]}),)
    value, refusals = Decimal(match["value"]), list[Refusal]()
    foreign = unit is not None and unit != analyte.unit
    if foreign and unit is not None:
        try:
            value = convert(value, unit, analyte.unit, molar_mass_g_per_mol=analyte.molar_mass)
        except (UnitUnknown, UnitsDiffer):
            return None, (Refusal("results.value.unit", {"unit": unit, "expected": analyte.unit}),)
    if analyte.decimals is not None:
        if door == "person" and not foreign and decimals_of(value) > analyte.decimals:
            refusals.append(Refusal("results.value.too-many-decimals", {"decimals": analyte.decimals}))
        value = rounded(value, analyte.decimals)
    if analyte.plausible is not None and not analyte.plausible[0] <= value <= analyte.plausible[1]:  # R5
        refusals.append(
            Refusal("results.value.implausible", {"value": value, "lowest": analyte.plausible[0], "highest": analyte.plausible[1]})
        )
    return (None if refusals else Quantity(value, analyte.unit, match["comparator"])), tuple(refusals)


NoRange = Literal["no-range", "age-unknown", "sex-unknown", "not-for-this-age", "condition-unknown"]


def range_for(analyte: Analyte, patient: Patient, on: date, *, conditions: frozenset[str] = frozenset()) -> ReferenceRange | NoRange:
    """R6: choose the reference range by age on the day of collection and sex, or say why there is none.

    `conditions` are what is known of the collection (`fasting`); a range for a condition is only used when it holds.
    """
    if not analyte.ranges:
        return "no-range"
    if patient.birth_date is None:
        return "age-unknown"
    of_age = [entry for entry in analyte.ranges if entry.span.holds(patient.birth_date, on)]
    if not of_age:
        return "not-for-this-age"
    of_sex = [entry for entry in of_age if entry.sex in (None, patient.sex)]
    if not of_sex:
        return "sex-unknown"
    fitting = [entry for entry in of_sex if entry.when is None or entry.when in conditions]
    return fitting[0] if fitting else "condition-unknown"


Flag = Literal["N", "L", "H", "LL", "HH", "A", "AA"]
"""Codes of HL7 ObservationInterpretation (http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation)."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A flag, or None with the reason: no range applies, or a comparator leaves it open (`indeterminate`)."""

    flag: Flag | None
    reason: str
    range: ReferenceRange | None = None


def _bounds(quantity: Quantity) -> tuple[Decimal | None, Decimal | None, bool]:
    """The lowest and highest the true value can be (None: open), and whether those ends themselves are excluded."""
    if quantity.comparator in ("<", "<="):
        return None, quantity.value, quantity.comparator == "<"
    if quantity.comparator in (">", ">="):
        return quantity.value, None, quantity.comparator == ">"
    return quantity.value, quantity.value, False


def below(quantity: Quantity, limit: Decimal | None) -> bool:
    """Whether the value is certainly below the limit: `<4` is below 4, `<=4` is not, `>2` never."""
    _, highest, open_end = _bounds(quantity)
    return limit is not None and highest is not None and (highest < limit or (open_end and highest == limit))


def above(quantity: Quantity, limit: Decimal | None) -> bool:
    """Whether the value is certainly above the limit."""
    lowest, _, open_end = _bounds(quantity)
    return limit is not None and lowest is not None and (lowest > limit or (open_end and lowest == limit))


def within(quantity: Quantity, low: Decimal | None, high: Decimal | None) -> bool:
    """Whether the value is certainly inside; a value on a limit is inside."""
    lowest, highest, _ = _bounds(quantity)
    certain_low = low is None or (lowest is not None and lowest >= low)
    certain_high = high is None or (highest is not None and highest <= high)
    return certain_low and certain_high


def interpret(
    value: Value,
    analyte: Analyte,
    patient: Patient,
    on: date,
    *,
    critical: tuple[Decimal | None, Decimal | None] = (None, None),
    conditions: frozenset[str] = frozenset(),
) -> Interpretation:
    """R7, R8: flag a value. Critical limits come first (LL, HH) and need no range; without a range there is no flag at all."""
    if isinstance(value, CodedValue):
        if not analyte.normal:
            return Interpretation(None, "no-range")
        return Interpretation("N" if value.code in analyte.normal else "A", "answer")
    if not isinstance(value, Quantity):
        return Interpretation(None, "no-range")
    chosen = range_for(analyte, patient, on, conditions=conditions)
    used = chosen if isinstance(chosen, ReferenceRange) else None
    if below(value, critical[0]):
        return Interpretation("LL", "critical", used)
    if above(value, critical[1]):
        return Interpretation("HH", "critical", used)
    if not isinstance(chosen, ReferenceRange):
        return Interpretation(None, chosen)
    if below(value, chosen.low):
        return Interpretation("L", "range", chosen)
    if above(value, chosen.high):
        return Interpretation("H", "range", chosen)
    if within(value, chosen.low, chosen.high):
        return Interpretation("N", "range", chosen)
    return Interpretation(None, "indeterminate", chosen)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier result of the same patient and analyte."""

    quantity: Quantity
    collected_at: datetime


@dataclass(frozen=True, slots=True)
class Delta:
    """A change against the last result. `exceeded` asks for a second look; it never says which of the two is wrong."""

    mode: str
    change: Decimal
    limit: Decimal
    hours_apart: Decimal
    exceeded: bool


def delta_check(quantity: Quantity, collected_at: datetime, earlier: Sequence[Earlier], analyte: Analyte) -> Delta | None:
    """R9: compare with the latest earlier result inside the analyte's window; None when there is nothing to compare.

    Values with a comparator are not compared. `absolute` in the unit, `percent` of the earlier value, `rate` percent a
    day. A change equal to the limit does not exceed it. From an earlier zero every percent is infinite: not compared.
    """
    rule = analyte.delta
    if rule is None or quantity.comparator is not None:
        return None
    window = timedelta(hours=rule.hours)
    usable = [item for item in earlier if item.quantity.comparator is None and timedelta(0) < collected_at - item.collected_at <= window]
    if not usable:
        return None
    last = max(usable, key=lambda item: item.collected_at)
    before = convert(last.quantity.value, last.quantity.unit, analyte.unit, molar_mass_g_per_mol=analyte.molar_mass)
    hours = Fraction((collected_at - last.collected_at) // timedelta(seconds=1), 3600)
    change = abs(Fraction(quantity.value) - Fraction(before))  # Fractions, so that a change on the limit is on the limit.
    if rule.mode != "absolute":
        if before == 0:
            return None
        change = change / abs(Fraction(before)) * 100
    if rule.mode == "rate":
        change = change / hours * 24
    return Delta(rule.mode, _decimal(change), rule.limit, _decimal(hours), change > Fraction(rule.limit))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


State = Literal["registered", "entered", "verified", "released", "amended", "corrected", "cancelled", "entered-in-error"]
Event = Literal["enter", "verify", "send-back", "release", "amend", "correct", "cancel", "mark-error"]

TRANSITIONS: Mapping[tuple[State, Event], State] = {
    # A result before anybody outside the laboratory may see it.
    ("registered", "enter"): "entered",
    ("registered", "cancel"): "cancelled",
    ("entered", "enter"): "entered",
    ("entered", "verify"): "verified",
    ("entered", "cancel"): "cancelled",
    ("verified", "send-back"): "entered",
    ("verified", "release"): "released",
    ("verified", "cancel"): "cancelled",
    # After release a value never goes away: it is amended (more known), corrected (was wrong) or marked as an error.
    ("released", "amend"): "amended",
    ("released", "correct"): "corrected",
    ("released", "mark-error"): "entered-in-error",
    ("amended", "amend"): "amended",
    ("amended", "correct"): "corrected",
    ("amended", "mark-error"): "entered-in-error",
    ("corrected", "amend"): "amended",
    ("corrected", "correct"): "corrected",
    ("corrected", "mark-error"): "entered-in-error",
}
"""R10: the life of a result. States and statuses after FHIR R4 observation-status; a pair that is not here is refused."""

FHIR_STATUS: Mapping[State, str] = {
    "registered": "registered",
    "entered": "preliminary",
    "verified": "preliminary",
    "released": "final",
    "amended": "amended",
    "corrected": "corrected",
    "cancelled": "cancelled",
    "entered-in-error": "entered-in-error",
}


def next_state(state: State, event: Event) -> tuple[State | None, tuple[Refusal, ...]]:
    """Return the state after an event, or the refusal that says what is possible instead."""
    following = TRANSITIONS.get((state, event))
    if following is not None:
        return following, ()
    possible = [known for at, known in TRANSITIONS if at == state]
    return None, (
        Refusal(
            "results.state.not-possible",
            {
                "state": f"result-state:{state}",
                "event": f"result-event:{event}",
                "possible": ", ".join(f"result-event:{known}" for known in possible) or "result-event:none",
            },
        ),
    )


@dataclass(frozen=True, slots=True)
class ToVerify:
    """What stands before a verifier: one result of an order with everything that was found about it."""

    analyte: str
    state: State
    value: Value | None
    entered_by: str
    delta: Delta | None = None
    delta_reviewed: bool = False
    quality: tuple[Refusal, ...] = ()
    specimen_rejected: bool = False


def reasons_not_to_verify(result: ToVerify, verifier: str, *, self_verification: bool = False) -> tuple[Refusal, ...]:
    """R11: list every reason why this result may not be verified by this person now; empty means it may.

    `quality` are the refusals of controls, calibration and lots (`qc.quality_refusals`).
    """
    refusals: list[Refusal] = []
    about = {"test": f"test:{result.analyte}"}
    if (result.state, "verify") not in TRANSITIONS:
        refusals.append(Refusal("results.verify.state", {**about, "state": f"result-state:{result.state}"}))
    if result.value is None:
        refusals.append(Refusal("results.verify.no-value", about))
    if result.entered_by == verifier and not self_verification:
        refusals.append(Refusal("results.verify.own-result", about))
    if result.specimen_rejected:
        refusals.append(Refusal("results.verify.specimen-rejected", about))
    if result.delta is not None and result.delta.exceeded and not result.delta_reviewed:
        refusals.append(
            Refusal(
                "results.verify.delta",
                {
                    **about,
                    "change": rounded(result.delta.change, 1),
                    "limit": result.delta.limit,
                    "mode": f"delta-mode:{result.delta.mode}",
                },
            )
        )
    return (*refusals, *result.quality)


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody who saw, was told or acknowledged a version of a result."""

    person: str
    version: int
    how: Literal["viewed", "acknowledged", "called", "sent"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A message owed to somebody because a released value changed after they knew it. `urgent`: it was acted on or called."""

    person: str
    last_version: int
    urgent: bool


def amendment_notices(seen: Sequence[Seen], orderer: str, *, changed_version: int) -> tuple[Notice, ...]:
    """R12: everybody who saw an earlier version is told, and always the orderer; each once, sorted by name."""
    latest: dict[str, Notice] = {orderer: Notice(orderer, 0, urgent=False)}
    for item in seen:
        if item.version >= changed_version:
            continue
        known = latest.get(item.person)
        urgent = item.how in ("acknowledged", "called") or (known is not None and known.urgent)
        latest[item.person] = Notice(item.person, max(item.version, known.last_version if known else 0), urgent)
    return tuple(latest[person] for person in sorted(latest))
