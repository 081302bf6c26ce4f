"""Vital signs: what is possible, what contradicts itself, NEWS2. Rules N1 to N10, docs/clinical/vital-signs.md.

NEWS2 is (c) Royal College of Physicians 2017. It is for adults (16 and over), not in pregnancy; this code says who it is not for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal

import msgspec

from benchside.terms.package_data import package_table
from benchside.terms.quantity import UnitsDiffer, UnitUnknown, convert, rounded
from benchside.terms.refusal import Refusal

NEWS2_AGE_MIN = 16
FAHRENHEIT_AS_CELSIUS = (Decimal(95), Decimal(106))
"""A temperature typed in this span as Celsius is a Fahrenheit reading. Facts vitals.yaml cross."""

Band = tuple[Decimal | None, int]


class Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vital sign: code, unit, decimals of the chart, and the values that are possible at all."""

    loinc: str
    unit: str
    decimals: int
    hard: tuple[Decimal, Decimal]
    en: str
    es: str


class News2Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """NEWS2 bands: highest value of the band (None: open) and its score."""

    respiratory_rate: tuple[Band, ...]
    spo2_scale_1: tuple[Band, ...]
    spo2_scale_2_air: tuple[Band, ...]
    spo2_scale_2_oxygen: tuple[Band, ...]
    systolic: tuple[Band, ...]
    heart_rate: tuple[Band, ...]
    temperature: tuple[Band, ...]
    oxygen: int
    consciousness: dict[str, int]


class Response(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What NEWS2 asks for from a total, or from one parameter alone, on."""

    code: str
    en: str
    es: str
    total_min: int | None = None
    single: int | None = None


class AgeRanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Usual values of an age: information beside the reading, not an alarm."""

    age: str
    heart_rate: tuple[int, int]
    respiratory_rate: tuple[int, int]
    systolic: tuple[int, int]
    diastolic: tuple[int, int]
    hypotension_below: int | None = None
    hypotension_per_year: bool = False


class CriticalSpan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sign is critical below `low` or above `high`; None: not on that side."""

    low: Decimal | None = None
    high: Decimal | None = None


class Critical(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which signs somebody must be told at once; adults by NEWS2, so only what NEWS2 does not say stands here."""

    child: dict[str, CriticalSpan]
    newborn: dict[str, CriticalSpan]
    every_age: dict[str, CriticalSpan]


class PressureRepeats(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How blood pressure readings of one sitting are averaged."""

    differ_max: int
    readings_max: int


class VitalsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of vitals.yaml."""

    signs: dict[str, Sign]
    news2: News2Table
    responses: tuple[Response, ...]
    by_age: tuple[AgeRanges, ...]
    critical: Critical
    pressure: PressureRepeats


@cache
def package_vitals() -> VitalsTable:
    """Return the rules that ship with the product."""
    return package_table("benchside.areas.bedside", "vitals.yaml", VitalsTable)


@dataclass(frozen=True, slots=True)
class Reading:
    """One entered sign, in its unit as entered."""

    sign: str
    value: Decimal
    unit: str


def read_signs(readings: Sequence[Reading], table: VitalsTable) -> tuple[Mapping[str, Decimal], tuple[Refusal, ...]]:
    """N1, N2: convert every reading to the chart's unit and digits; refuse unknown signs, units and impossible values.

    A Fahrenheit reading typed as Celsius is named as that. Every fault is told; the good readings are returned all the same.
    """
    values: dict[str, Decimal] = {}
    refusals: list[Refusal] = []
    for reading in readings:
        sign = table.signs.get(reading.sign)
        if sign is None:
            refusals.append(Refusal("vitals.sign.unknown", {"sign": reading.sign}))
            continue
        about = {"sign": f"sign:{reading.sign}"}
        try:
            value = rounded(convert(reading.value, reading.unit, sign.unit), sign.decimals)
        except (UnitUnknown, UnitsDiffer):
            refusals.append(Refusal("vitals.sign.unit", {**about, "unit": reading.unit, "expected": sign.unit}))
            continue
        if (
            reading.sign == "temperature"
            and reading.unit == "Cel"
            and FAHRENHEIT_AS_CELSIUS[0] <= reading.value <= FAHRENHEIT_AS_CELSIUS[1]
        ):
            celsius = rounded(convert(reading.value, "[degF]", "Cel"), sign.decimals)
            refusals.append(Refusal("vitals.temperature.fahrenheit", {"entered": reading.value, "celsius": celsius}))
        elif not sign.hard[0] <= value <= sign.hard[1]:
            refusals.append(Refusal("vitals.sign.impossible", {**about, "value": value, "lowest": sign.hard[0], "highest": sign.hard[1]}))
        else:
            values[reading.sign] = value
    return values, tuple(refusals)


def contradictions(
    values: Mapping[str, Decimal],
    *,
    adult: bool = True,
    last_weight_kg: Decimal | None = None,
    weight_days_ago: int | None = None,
    last_height_cm: Decimal | None = None,
) -> tuple[Refusal, ...]:
    """N3 to N6: signs that contradict each other or the last measurement: measure again, or confirm.

    N3 diastolic below systolic and a pulse pressure of at least 10; N4 weight changed by more than 10 % in 30 days; N5 an
    adult's height changed by more than 2 cm; N6 an adult's BMI above 60 or below 10 (pounds typed as kilograms).
    Source: facts vitals.yaml cross.
    """
    refusals: list[Refusal] = []
    systolic, diastolic = values.get("systolic"), values.get("diastolic")
    if systolic is not None and diastolic is not None:
        if diastolic >= systolic:
            refusals.append(Refusal("vitals.pressure.reversed", {"systolic": systolic, "diastolic": diastolic}))
        elif systolic - diastolic < 10:
            refusals.append(Refusal("vitals.pressure.narrow", {"difference": systolic - diastolic}))
    weight, height = values.get("weight"), values.get("height")
    if (
        weight is not None
        and last_weight_kg is not None
        and weight_days_ago is not None
        and weight_days_ago <= 30
        and abs(weight - last_weight_kg) * 10 > last_weight_kg
    ):
        refusals.append(Refusal("vitals.weight.changed", {"weight": weight, "last": last_weight_kg, "days": weight_days_ago}))
    if adult and height is not None and last_height_cm is not None and abs(height - last_height_cm) > 2:
        refusals.append(Refusal("vitals.height.changed", {"height": height, "last": last_height_cm}))
    if adult and weight is not None and height is not None:
        index = weight / (height / 100) ** 2
        if not 10 <= index <= 60:
            refusals.append(Refusal("vitals.weight.unlikely", {"weight": weight, "index": rounded(index, 1)}))
    return tuple(refusals)


Consciousness = Literal["A", "C", "V", "P", "U"]

PARAMETERS = ("respiratory_rate", "spo2", "oxygen", "systolic", "heart_rate", "consciousness", "temperature")


@dataclass(frozen=True, slots=True)
class News2Input:
    """What NEWS2 takes. `scale_2` only when a clinician prescribed a target of 88-92 %. None: not measured."""

    respiratory_rate: Decimal | None = None
    spo2: Decimal | None = None
    on_oxygen: bool | None = None
    systolic: Decimal | None = None
    heart_rate: Decimal | None = None
    consciousness: Consciousness | None = None
    temperature: Decimal | None = None
    scale_2: bool = False


@dataclass(frozen=True, slots=True)
class News2:
    """A score. `total` is None when anything is missing (`missing` names it); `response` then too."""

    scores: Mapping[str, int]
    total: int | None
    missing: tuple[str, ...]
    response: str | None


def _band(value: Decimal, bands: Sequence[Band]) -> int:
    return next(score for highest, score in bands if highest is None or value <= highest)


def news2(given: News2Input, table: VitalsTable) -> News2:
    """N7 to N9: score NEWS2. Values are rounded to the chart's digits first; a missing parameter gives no total.

    Source: Royal College of Physicians 2017 as in facts vitals.yaml news2.
    """
    rules = table.news2
    scores: dict[str, int] = {}
    for name, bands in (("respiratory_rate", rules.respiratory_rate), ("systolic", rules.systolic), ("heart_rate", rules.heart_rate)):
        value: Decimal | None = getattr(given, name)
        if value is not None:
            scores[name] = _band(rounded(value, 0), bands)
    if given.temperature is not None:
        scores["temperature"] = _band(rounded(given.temperature, 1), rules.temperature)
    if given.on_oxygen is not None:
        scores["oxygen"] = rules.oxygen if given.on_oxygen else 0
    if given.consciousness is not None:
        scores["consciousness"] = rules.consciousness[given.consciousness]
    if given.spo2 is not None and not given.scale_2:
        scores["spo2"] = _band(rounded(given.spo2, 0), rules.spo2_scale_1)
    elif given.spo2 is not None and given.on_oxygen is not None:
        scores["spo2"] = _band(rounded(given.spo2, 0), rules.spo2_scale_2_oxygen if given.on_oxygen else rules.spo2_scale_2_air)
    missing = tuple(name for name in PARAMETERS if name not in scores)
    if missing:
        return News2(scores, None, missing, None)
    total = sum(scores.values())
    return News2(scores, total, (), _response(total, max(scores.values()), table).code)


def _response(total: int, highest: int, table: VitalsTable) -> Response:
    for response in table.responses:
        by_total = response.total_min is not None and total >= response.total_min
        by_one = response.single is not None and highest >= response.single
        if by_total or by_one:
            return response
    raise AssertionError("The last response asks for nothing, so one always fits.")


def news2_refusals(birth_date: date | None, on: date, *, pregnant: bool = False, spinal_injury: bool = False) -> tuple[Refusal, ...]:
    """N10: NEWS2 is not for those under 16, in pregnancy, or with a spinal cord injury; an unknown age is not assumed adult."""
    refusals: list[Refusal] = []
    if birth_date is None:
        refusals.append(Refusal("vitals.news2.age-unknown"))
    else:
        age = on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
        if age < NEWS2_AGE_MIN:
            refusals.append(Refusal("vitals.news2.child", {"age": NEWS2_AGE_MIN}))
    if pregnant:
        refusals.append(Refusal("vitals.news2.pregnancy"))
    if spinal_injury:
        refusals.append(Refusal("vitals.news2.spinal-injury"))
    return tuple(refusals)


def age_ranges(birth_date: date, on: date, table: VitalsTable) -> tuple[AgeRanges, int | None]:
    """Return the usual values of this age, and the systolic pressure below which it is low (None: no figure)."""
    days = (on - birth_date).days
    years = on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
    for row in table.by_age:
        high = row.age.partition("..")[2]
        inside = not high or (days < int(high[:-1]) if high.endswith("d") else years < int(high[:-1]))
        if inside:
            low = 70 + 2 * years if row.hypotension_per_year else row.hypotension_below
            return row, low
    raise AssertionError("The last row is open, so one always fits.")


Pressure = tuple[Decimal, Decimal]
"""Systolic and diastolic of one reading, in mmHg."""


def mean_pressure(readings: Sequence[Pressure], table: VitalsTable) -> tuple[Pressure | None, tuple[Refusal, ...]]:
    """N11: the mean of a sitting's readings; two that differ by more than 5 mmHg ask for a third.

    Every reading counts; None of no reading. Source: facts vitals.yaml bp_technique.
    """
    if not readings:
        return None, ()
    rules, refusals = table.pressure, list[Refusal]()
    if len(readings) > rules.readings_max:
        refusals.append(Refusal("vitals.pressure.too-many", {"limit": rules.readings_max}))
    if len(readings) == 2:
        difference = max(abs(one - other) for one, other in zip(*readings, strict=True))
        if difference > rules.differ_max:
            refusals.append(Refusal("vitals.pressure.readings-differ", {"difference": difference, "allowed": rules.differ_max}))
    count = Decimal(len(readings))
    systolic, diastolic = (rounded(sum((one[side] for one in readings), Decimal(0)) / count, 0) for side in (0, 1))
    return (systolic, diastolic), tuple(refusals)


Alarm = Literal["LL", "HH"]


def _alone_three(value: Decimal, bands: Sequence[Band]) -> Alarm | None:
    place = next(index for index, (highest, _) in enumerate(bands) if highest is None or value <= highest)
    usual = next(index for index, (_, score) in enumerate(bands) if score == 0)
    if bands[place][1] < 3:
        return None
    return "LL" if place < usual else "HH"


def critical_signs(
    values: Mapping[str, Decimal], birth_date: date | None, on: date, table: VitalsTable, *, scale_2: bool = False
) -> Mapping[str, Alarm]:
    """N12: the signs that somebody must be told at once, and on which side.

    From 16 years on, and with an unknown age: what alone scores 3 in NEWS2 (`scale_2`: SpO2 by its second scale, on air).
    Younger: a systolic pressure below the age's limit, and the table's own. Glucose at every age as the laboratory calls it.
    """
    found: dict[str, Alarm] = {}
    years = None if birth_date is None else on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
    spans = dict(table.critical.every_age)
    if years is None or years >= NEWS2_AGE_MIN:
        rules = table.news2
        bands = {
            "respiratory_rate": rules.respiratory_rate,
            "spo2": rules.spo2_scale_2_air if scale_2 else rules.spo2_scale_1,
            "systolic": rules.systolic,
            "heart_rate": rules.heart_rate,
            "temperature": rules.temperature,
        }
        found |= {name: alarm for name, of in bands.items() if name in values and (alarm := _alone_three(values[name], of)) is not None}
    elif birth_date is not None:
        low = age_ranges(birth_date, on, table)[1]
        spans |= table.critical.child | ({"systolic": CriticalSpan(low=Decimal(low))} if low is not None else {})
        spans |= table.critical.newborn if (on - birth_date).days < 30 else {}
    for name, span in spans.items():
        if name in values and span.low is not None and values[name] < span.low:
            found[name] = "LL"
        elif name in values and span.high is not None and values[name] > span.high:
            found[name] = "HH"
    return found
