"""Devices and lots at the bench: which may be used now, until when, and why one may not."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from benchside.pages.shapes import FieldError, Option, Reason
from benchside.readiness.engine import assess
from benchside.readiness.facts import Equipment, Facts, Lot
from benchside.readiness.gathering.equipment import equipment_of
from benchside.readiness.gathering.lots import LOTS_MAX, KeptLot, lots_of_kind
from benchside.readiness.gathering.places import devices_of_kind
from benchside.workplace import Desk


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """A device as it stands for the tests asked: how long its control is good, and every reason against using it."""

    id: str
    name: str
    control_until: datetime | None
    calibration_due: datetime | None
    control: str
    reasons: tuple[Reason, ...]
    lots: tuple[KeptLot, ...]

    @property
    def first_lots(self) -> tuple[str, ...]:
        """The lot that lasts longest, when there is one alone or the first of several."""
        return (f"{self.lots[0].number}|{self.lots[0].expires_on.isoformat()}",) if self.lots else ()


def device_reasons(desk: Desk, device: Equipment, name: str) -> tuple[Reason, ...]:
    """What the gate would say against using a device for patients now, with the device called by its name."""
    device = replace(device, reference=name)
    facts = Facts(performer=desk.performer, today=desk.now.astimezone(desk.record.policy.zone).date(), equipment=(device,))
    refusals = assess("verify_result", facts, desk.requirements, desk.now)
    return desk.reasons([refusal for refusal in refusals if refusal.code.startswith("equipment.") and refusal.code != "equipment.none"])


def device_choices(desk: Desk, tests: list[str], kind: str = "analyzer") -> tuple[DeviceChoice, ...]:
    """The analysers with their state for these tests; those that may be used first."""
    found: list[DeviceChoice] = []
    for own, name, _status in devices_of_kind(desk.record, kind):
        device = equipment_of(desk.record, own, tests=tests)
        lots = tuple(lots_of_kind(desk.record, "reagent", device=own))
        found.append(
            DeviceChoice(own, name, device.qc_valid_until, device.calibration_due, device.qc, device_reasons(desk, device, name), lots)
        )
    return tuple(sorted(found, key=lambda one: (bool(one.reasons), one.name)))


def lots_posted(desk: Desk) -> tuple[tuple[Lot, ...], list[FieldError]]:
    """The reagent lots of the form: registered ones that were ticked, and one typed with its last day."""
    posted, lots, errors = desk.request.POST, list[Lot](), list[FieldError]()
    for text in posted.getlist("lot")[:LOTS_MAX]:
        number, _bar, expires = text.partition("|")
        try:
            lots.append(Lot("reagent", number, date.fromisoformat(expires)))
        except ValueError:
            errors.append(FieldError(field="lot", message=_("Choose the lot again.")))
    number, expires = posted.get("lot_number", "").strip(), posted.get("lot_expires", "")
    if number:
        try:
            lots.append(Lot("reagent", number, date.fromisoformat(expires)))
        except ValueError:
            errors.append(FieldError(field="lot_expires", message=_("Give the last day of the lot.")))
    return tuple(lots), errors


def lot_options(lots: tuple[KeptLot, ...]) -> tuple[Option, ...]:
    """Registered lots to tick."""
    return tuple(
        Option(
            value=f"{lot.number}|{lot.expires_on.isoformat()}",
            text=" ".join(filter(None, (lot.name, lot.number))),
            hint=_("until %(day)s") % {"day": lot.expires_on.isoformat()},
        )
        for lot in lots
    )
