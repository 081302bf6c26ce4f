"""A draw that a child can give: usual tubes, else smaller ones, else micro tubes from a finger or heel, else a refusal.

Rule B6, docs/clinical/collection.md. Source: facts pediatric_draw.yaml `compute`: over the single limit propose micro
tubes, then block with the orderer's override.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from benchside.areas.laboratory.blood_volume import BloodVolumeTable, EarlierDraw, volume_refusals
from benchside.areas.laboratory.catalogue import Catalogue
from benchside.areas.laboratory.order_of_draw import DrawPlan, Equipment, NoTubeFits, plan_draw
from benchside.areas.laboratory.tubes import TubeTable
from benchside.areas.laboratory.words import Patient
from benchside.terms.refusal import Refusal


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """The plan that fits, how it was made, and - when none fits - what stands against the smallest."""

    plan: DrawPlan
    way: Literal["usual", "smallest", "micro"]
    refusals: tuple[Refusal, ...]


def capillary_possible(orders: Sequence[str], catalogue: Catalogue, tubes: TubeTable) -> bool:
    """Whether every test may be taken from a finger or heel: a micro tube exists and nothing forbids it."""
    tests = [catalogue.tests[code] for code in catalogue.tests_of(orders)]
    return all(
        test.definition.way == "venipuncture"
        and "no-capillary" not in test.definition.handling
        and any(tubes.tubes[tube].micro is not None for tube in test.facts.tubes)
        for test in tests
    )


def plan_for_child(
    orders: Sequence[str],
    catalogue: Catalogue,
    tubes: TubeTable,
    patient: Patient,
    earlier: Sequence[EarlierDraw],
    *,
    at: datetime,
    on: date,
    limits: BloodVolumeTable,
    equipment: Equipment = "needle",
) -> ChildPlan:
    """B6: try the usual tubes, then the smallest useful volumes, then micro tubes; take the first within the limits.

    When none is, the one with the least blood is returned with its refusals. For an adult the usual plan always fits.
    """
    ways: list[Literal["usual", "smallest", "micro"]] = ["usual", "smallest"]
    if capillary_possible(orders, catalogue, tubes):
        ways.append("micro")
    tried: list[ChildPlan] = []
    for way in ways:
        try:
            plan = plan_draw(
                orders,
                catalogue,
                tubes,
                equipment=equipment,
                weight_kg=patient.weight_kg,
                smallest=way == "smallest",
                micro=way == "micro",
            )
        except NoTubeFits:  # A micro tube may be too small for a test; the larger ways stand.
            continue
        refusals = volume_refusals(plan.blood_ml, earlier, patient, at=at, on=on, table=limits)
        if not refusals:
            return ChildPlan(plan, way, ())
        tried.append(ChildPlan(plan, way, refusals))
    return min(tried, key=lambda child: child.plan.blood_ml)
