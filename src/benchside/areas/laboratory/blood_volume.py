"""How much blood may be taken from a child: single draw, 24 hours, 30 days. Rules B1 to B5, docs/clinical/collection.md.

Source: facts pediatric_draw.yaml. Limits are percent of the total blood volume; a site may lay stricter ones over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

import msgspec

from benchside.areas.laboratory.words import AgeSpan, Patient
from benchside.terms.package_data import package_table
from benchside.terms.refusal import Refusal

WEIGHT_KG_BOUNDS = (Decimal("0.3"), Decimal(500))
"""Facts vitals.yaml hard_bounds: a weight outside is a slip, not a weight."""


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Millilitres of blood per kilogram at an age."""

    age: str
    ml_per_kg: Decimal
    name: str


class BloodVolumeTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of blood_volume.yaml; percents are of the total blood volume."""

    under_age: str
    preterm_ml_per_kg: Decimal
    bands: tuple[Band, ...]
    single_pct: Decimal
    day_pct: Decimal
    month_pct: Decimal


@dataclass(frozen=True, slots=True)
class BloodLimits:
    """How much may be drawn, in mL."""

    single_ml: Decimal
    day_ml: Decimal
    month_ml: Decimal


@dataclass(frozen=True, slots=True)
class EarlierDraw:
    """Blood taken before: when, and how much with the discard."""

    at: datetime
    blood_ml: Decimal


@cache
def package_blood_volume() -> BloodVolumeTable:
    """Return the limits that ship with the product."""
    return package_table("benchside.areas.laboratory", "blood_volume.yaml", BloodVolumeTable)


def is_limited(patient: Patient, on: date, table: BloodVolumeTable) -> bool:
    """B1: limits hold for everybody under 18 years; an unknown birth date is not a child until somebody says so."""
    return patient.birth_date is not None and AgeSpan.parse(table.under_age).holds(patient.birth_date, on)


def limits(patient: Patient, on: date, table: BloodVolumeTable) -> BloodLimits | None:
    """B2: the limits for this child by age and weight; None when not limited, or when the weight is not known."""
    if not is_limited(patient, on, table) or patient.weight_kg is None or patient.birth_date is None:
        return None
    if not WEIGHT_KG_BOUNDS[0] <= patient.weight_kg <= WEIGHT_KG_BOUNDS[1]:
        return None
    newborn = AgeSpan.parse("..28d").holds(patient.birth_date, on)
    per_kg = (
        table.preterm_ml_per_kg
        if patient.preterm and newborn
        else next(band.ml_per_kg for band in table.bands if AgeSpan.parse(band.age).holds(patient.birth_date, on))
    )
    total = per_kg * patient.weight_kg
    return BloodLimits(*(total * pct / 100 for pct in (table.single_pct, table.day_pct, table.month_pct)))


def volume_refusals(
    planned_ml: Decimal,
    earlier: Sequence[EarlierDraw],
    patient: Patient,
    *,
    at: datetime,
    on: date,
    table: BloodVolumeTable,
) -> tuple[Refusal, ...]:
    """List every limit that this draw would pass: single (B3), with the last 24 hours (B4), with the last 30 days (B5).

    `planned_ml` counts the discard. A child without a known weight is refused until weighed. Exactly the limit is allowed.
    """
    if not is_limited(patient, on, table):
        return ()
    limit = limits(patient, on, table)
    if limit is None:
        return (Refusal("collection.blood-volume.weight-unknown"),)
    day = planned_ml + sum((draw.blood_ml for draw in earlier if timedelta(0) <= at - draw.at < timedelta(hours=24)), Decimal(0))
    month = planned_ml + sum((draw.blood_ml for draw in earlier if timedelta(0) <= at - draw.at < timedelta(days=30)), Decimal(0))
    refusals: list[Refusal] = []
    for window, planned, allowed in (("single", planned_ml, limit.single_ml), ("day", day, limit.day_ml), ("month", month, limit.month_ml)):
        if planned > allowed:
            refusals.append(
                Refusal(
                    "collection.blood-volume.over-limit",
                    {
                        "window": f"window:{window}",
                        "planned": _millilitres(planned),
                        "limit": _millilitres(allowed),
                    },
                )
            )
    return tuple(refusals)


def _millilitres(value: Decimal) -> str:
    return f"{value.normalize():f}"
