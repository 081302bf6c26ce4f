"""Steps that stories share: each is what one person does with one screen."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from benchside.areas.laboratory.acts import (
    Draw,
    EnteredValue,
    OrderItem,
    ScannedTube,
    claim_work,
    collect_specimens,
    enter_result,
    identify_patient,
    place_order,
    print_labels,
    receive_specimen,
    verify_result,
)
from benchside.areas.laboratory.acts.collecting import Collected, Labels
from benchside.areas.laboratory.acts.ordering import PlacedOrders
from benchside.areas.laboratory.acts.resulting import EnteredResults, Verified
from benchside.readiness.facts import Lot
from benchside.readiness.identity import Identity
from tests.acts.clinic import Clinic

ANA = Identity("Silva", "Ana Maria", date(1980, 2, 3))
BEA = Identity("Garcia", "Beatriz", date(1975, 11, 30))
JOE = Identity("Smith", "Joseph", date(1962, 7, 4))
REAGENT = Lot("reagent", "R77", date(2026, 12, 31))


def order(clinic: Clinic, *codes: str, patient: str = "ana", by: str = "dana", priority: str = "routine", **more: Any) -> PlacedOrders:
    """A clinician orders."""
    return place_order(clinic.by(by), patient, [OrderItem(code) for code in codes], priority=priority, **more)


def scans(clinic: Clinic, labels: Labels, expires: date = date(2027, 1, 31)) -> list[ScannedTube]:
    """Every labelled tube, scanned now, in order of draw."""
    return [ScannedTube(label.accession, label.tube, clinic.now, "T1", expires, Decimal(label.volume_ml)) for label in labels.labels]


def collect(clinic: Clinic, work: str, *, by: str = "tara", who: Identity = ANA, **more: Any) -> Collected:
    """A technician claims, identifies, prints and collects everything, four minutes in all."""
    claim_work(clinic.by(by), work)
    clinic.tell(minutes=1)
    identify_patient(clinic.by(by), work, who)
    labels = print_labels(clinic.by(by), work, "printer")
    clinic.tell(minutes=3)
    return collect_specimens(clinic.by(by, **more), work, scans(clinic, labels), Draw(side="left"))


def accessions(clinic: Clinic, collected: Collected) -> list[str]:
    """The labels of what was collected."""
    return [clinic.rows("SELECT accession FROM specimen_row WHERE id = ?", own)[0][0] for own in collected.specimens]


def receive(clinic: Clinic, collected: Collected, *, by: str = "theo", after: float = 10) -> None:
    """The laboratory receives every tube."""
    clinic.tell(minutes=after)
    for accession in accessions(clinic, collected):
        receive_specimen(clinic.by(by), accession)


def result(clinic: Clinic, order_id: str, specimen: str, values: Sequence[tuple[str, str]], *, by: str = "tara") -> EnteredResults:
    """A technician enters what the analyser measured."""
    entered = [EnteredValue(analyte, text) for analyte, text in values]
    return enter_result(clinic.by(by), order_id, specimen, entered, device="analyzer", lots=[REAGENT])


def to_result(
    clinic: Clinic, code: str, values: Sequence[tuple[str, str]], *, patient: str = "ana", who: Identity = ANA, **more: Any
) -> tuple[PlacedOrders, Verified]:
    """From the order of one test to its verified result."""
    placed = order(clinic, code, patient=patient, **more)
    collected = collect(clinic, placed.work[0], who=who)
    receive(clinic, collected)
    clinic.tell(minutes=30)
    entered = result(clinic, placed.orders[0], collected.specimens[0], values)
    clinic.tell(minutes=5)
    return placed, verify_result(clinic.by("theo"), entered.report)
