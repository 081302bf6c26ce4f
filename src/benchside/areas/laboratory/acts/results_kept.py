"""A result as it is kept (Observation) and as the rules see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from benchside.areas.laboratory.catalogue import Catalogue
from benchside.areas.laboratory.critical import critical_limits, is_critical, package_critical
from benchside.areas.laboratory.results import (
    AbsentValue,
    CodedValue,
    Delta,
    Earlier,
    Flag,
    Interpretation,
    State,
    TextValue,
    TiterValue,
    Value,
    delta_check,
    interpret,
)
from benchside.areas.laboratory.words import Analyte, Patient, ReferenceRange
from benchside.fhir import r4
from benchside.readiness.gathering.kept import BASE, CATEGORY, INTERPRETATION, LOINC, TEST, UCUM, code_of, concept
from benchside.readiness.gathering.patients import PatientFacts
from benchside.readiness.gathering.results import value_words
from benchside.record import Record
from benchside.record.keys import microseconds
from benchside.record.keys import moment as moment_of_us
from benchside.terms.quantity import Quantity, UnitsDiffer, UnitUnknown

ANSWER = f"{BASE}/CodeSystem/answer"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
EARLIER_MAX = 50

STATE_OF_STATUS: Mapping[str, State] = {
    "registered": "registered",
    "preliminary": "entered",
    "final": "released",
    "amended": "amended",
    "corrected": "corrected",
    "cancelled": "cancelled",
    "entered-in-error": "entered-in-error",
}
"""Between acts no result rests in `verified`: verifying releases it in the same commit."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of one value: flag and range, whether it is critical, the change since the last result."""

    interpretation: Interpretation
    critical: bool
    delta: Delta | None


def rule_patient(patient: PatientFacts) -> Patient:
    """The patient as the laboratory's rules ask for them."""
    return Patient(patient.birth_date, patient.sex)


def earlier_results(
    record: Record, patient_id: str, code: str, collected: datetime, *, but: str = "", hours: int = 24 * 60
) -> list[Earlier]:
    """Released earlier results of an analyte, newest first, at most EARLIER_MAX."""
    rows = record.engine.rows(
        "SELECT value, unit, comparator, effective_us FROM result_row WHERE patient = ? AND test = ? AND effective_us < ? AND effective_us >= ? "
        f"AND status IN ('final', 'amended', 'corrected') AND id <> ? ORDER BY effective_us DESC LIMIT {EARLIER_MAX}",
        (patient_id, code, microseconds(collected), microseconds(collected - timedelta(hours=hours)), but),
    )
    return [
        Earlier(Quantity(Decimal(row[0]), row[1], row[2] or None), moment_of_us(row[3])) for row in rows if _is_number(row[0]) and row[1]
    ]


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def judge(
    record: Record, value: Value, analyte: Analyte, patient: PatientFacts, collected: datetime, catalogue: Catalogue, *, but: str = ""
) -> Judged:
    """Flag a value, say whether it is critical, and compare it with the last result. `but` is the Observation it replaces."""
    person, on = rule_patient(patient), collected.astimezone(record.policy.zone).date()
    limits = critical_limits(analyte.code, person, on, catalogue, package_critical())
    delta = None
    if isinstance(value, Quantity) and analyte.delta is not None:
        try:
            delta = delta_check(
                value, collected, earlier_results(record, patient.id, analyte.code, collected, but=but, hours=analyte.delta.hours), analyte
            )
        except (UnitUnknown, UnitsDiffer):
            delta = None  # an earlier value in a unit that cannot be compared is no reason to hold this one back
    return Judged(
        interpret(value, analyte, person, on, critical=limits), is_critical(analyte.code, value, limits, package_critical()), delta
    )


def value_fields(value: Value) -> dict[str, Any]:
    """The value as fields of an Observation; digits are kept."""
    match value:
        case Quantity():
            unit = value.unit
            return {"valueQuantity": r4.Quantity(value=value.value, unit=unit, system=UCUM, code=unit, comparator=value.comparator)}  # pyright: ignore[reportArgumentType] # read by the rules: < <= >= >
        case CodedValue():
            return {"valueCodeableConcept": concept(ANSWER, value.code, text=value.code)}
        case TiterValue():
            return {
                "valueRatio": r4.Ratio(
                    numerator=r4.Quantity(value=Decimal(1), comparator=value.comparator),  # pyright: ignore[reportArgumentType] # as above
                    denominator=r4.Quantity(value=Decimal(value.dilution)),
                )
            }
        case TextValue():
            return {"valueString": value.text}
        case AbsentValue():
            return {"dataAbsentReason": concept(ABSENT, value.reason, text=value.reason)}


def value_of(observation: r4.Observation) -> Value | None:
    """The value as the rules see it; None when there is none."""
    if (quantity := observation.valueQuantity) is not None and quantity.value is not None:
        return Quantity(quantity.value, quantity.code or quantity.unit or "1", quantity.comparator)
    if observation.dataAbsentReason is not None:
        return AbsentValue(code_of(observation.dataAbsentReason, ABSENT))
    if observation.valueCodeableConcept is not None:
        return CodedValue(code_of(observation.valueCodeableConcept, ANSWER))
    if (ratio := observation.valueRatio) is not None and ratio.denominator is not None and ratio.denominator.value is not None:
        return TiterValue(int(ratio.denominator.value), ratio.numerator.comparator if ratio.numerator is not None else None)
    return TextValue(observation.valueString) if observation.valueString is not None else None


def put_value(observation: r4.Observation, value: Value, judged: Judged) -> None:
    """Write a value with its flag and range into an observation, whatever it held before."""
    observation.valueQuantity = observation.valueCodeableConcept = observation.valueRatio = observation.valueString = None
    observation.dataAbsentReason = None
    for name, part in value_fields(value).items():
        setattr(observation, name, part)
    flag: Flag | None = judged.interpretation.flag
    if judged.critical and flag not in ("LL", "HH"):
        flag = "AA"
    observation.interpretation = [concept(INTERPRETATION, flag)] if flag else None
    used, unit = judged.interpretation.range, value.unit if isinstance(value, Quantity) else "1"
    observation.referenceRange = (
        [_range(used, unit)] if used is not None else [r4.ObservationReferenceRange(text="no range: " + judged.interpretation.reason)]
    )


def _range(used: ReferenceRange, unit: str) -> r4.ObservationReferenceRange:
    def end(value: Decimal | None) -> r4.Quantity | None:
        return None if value is None else r4.Quantity(value=value, unit=unit, system=UCUM, code=unit)

    text = "; ".join(filter(None, ["decision limit" if used.decision else "", used.when or "", used.source]))
    return r4.ObservationReferenceRange(low=end(used.low), high=end(used.high), text=text)


def code_of_analyte(analyte: Analyte) -> r4.CodeableConcept:
    """LOINC and the site's own code."""
    codings = [r4.Coding(system=TEST, code=analyte.code, display=analyte.name.en), r4.Coding(system=LOINC, code=analyte.loinc)]
    return r4.CodeableConcept(coding=codings, text=analyte.name.en)


LABORATORY = concept(CATEGORY, "laboratory")


def value_text(observation: r4.Observation) -> str:
    """A value as it is called out: comparator, number and unit."""
    value, unit, comparator, _ = value_words(observation)
    return f"{comparator}{value} {unit}".strip()


def flag_of(observation: r4.Observation) -> str:
    """The flag, "" when there is none."""
    return code_of(observation.interpretation, INTERPRETATION)


def is_flagged_critical(observation: r4.Observation) -> bool:
    """Whether the value was judged critical when it was written."""
    return flag_of(observation) in ("LL", "HH", "AA")


def numeric_values(observations: Sequence[r4.Observation]) -> dict[str, Decimal]:
    """Numbers without comparator by analyte, for calculated results."""
    found: dict[str, Decimal] = {}
    for observation in observations:
        value = value_of(observation)
        if isinstance(value, Quantity) and value.comparator is None and observation.status not in ("cancelled", "entered-in-error"):
            found[code_of(observation.code, TEST)] = value.value
    return found
