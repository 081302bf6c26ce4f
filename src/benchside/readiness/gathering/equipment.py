"""Devices and lots as the gate asks about them. A device's state is on the Device, in the product's extensions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Literal, cast

from benchside.fhir import r4
from benchside.readiness.facts import Equipment, Lot
from benchside.readiness.gathering.kept import EQUIPMENT, code_of, extension_url, extension_values, load, moment, words_of
from benchside.record import Record

ControlState = Literal["not-required", "passed", "due", "failed"]
_WORST: tuple[ControlState, ...] = ("failed", "due", "passed", "not-required")


@dataclass(frozen=True, slots=True)
class ControlOfTest:
    """How the last control of one test on a device stands: `rules` are those it broke."""

    test: str
    state: ControlState
    valid_until: datetime | None
    rules: str = ""
    at: datetime | None = None

    def state_at(self, at: datetime) -> ControlState:
        """The state now: a pass that has run out is due."""
        return "due" if self.state == "passed" and self.valid_until is not None and at >= self.valid_until else self.state


def controls_of(device: r4.Device, zone: tzinfo) -> dict[str, ControlOfTest]:
    """The controls kept on a device, by test."""
    found: dict[str, ControlOfTest] = {}
    for extension in extension_values(device, "control-of-test"):
        parts = {part.url: part for part in extension.extension or ()}
        if {"test", "state"} <= parts.keys():
            test, state = parts["test"].valueCode or "", cast("ControlState", parts["state"].valueCode or "due")
            until = moment(parts["valid-until"].valueDateTime, zone) if "valid-until" in parts else None
            at = moment(parts["at"].valueDateTime, zone) if "at" in parts else None
            found[test] = ControlOfTest(test, state, until, parts["rules"].valueString or "" if "rules" in parts else "", at)
    return found


def worst_control(controls: Sequence[ControlOfTest]) -> tuple[ControlState, datetime | None]:
    """The worst of several controls, and until when all of them are good."""
    state: ControlState = next(state for state in _WORST if any(one.state == state for one in controls))
    return state, min((one.valid_until for one in controls if one.valid_until is not None), default=None)


def equipment_of(record: Record, device_id: str, *, tests: Sequence[str] = ()) -> Equipment:
    """The device as it stands: kind, in service or why not, calibration and control. Raises NotFound, Gone.

    A device without a `control-state` extension needs no control; `control-valid-until` bounds a pass. With `tests`, what counts
    is the last control of those tests on it (`control-of-test`); a test without one of its own stands as the device does.
    """
    device, zone = load(record, r4.Device, device_id), record.policy.zone

    def text(name: str) -> str | None:
        found = extension_values(device, name)
        return (found[0].valueDateTime or found[0].valueCode or found[0].valueString) if found else None

    control = cast("ControlState", text("control-state") or "not-required")
    valid_until = moment(text("control-valid-until"), zone)
    kept = controls_of(device, zone)
    if asked := [kept.get(test) or ControlOfTest(test, control, valid_until) for test in dict.fromkeys(tests)]:
        control, valid_until = worst_control(asked)
    lock = cast("Literal['block', 'warn', 'warn-then-block']", text("calibration-lock") or "block")
    return Equipment(
        f"Device/{device_id}",
        code_of(device.type, EQUIPMENT),
        in_service=device.status == "active",
        out_of_service_reason=words_of(device.statusReason[0]) if device.statusReason else "",
        calibration_due=moment(text("calibration-due"), zone),
        calibration_failed=text("calibration-state") == "failed",
        lock=lock,
        qc=control,
        qc_valid_until=valid_until,
        clean=text("cleaning-state") != "due",
    )


def lot_extension(lot: Lot) -> r4.Extension:
    """How a lot is kept on what was made with it."""
    parts = [
        r4.Extension(url="kind", valueCode=lot.kind),
        r4.Extension(url="number", valueString=lot.number),
        r4.Extension(url="expires", valueDate=lot.expires_on.isoformat()),
    ]
    return r4.Extension(url=extension_url("lot"), extension=parts)


def lots_of(resource: r4.AnyResource) -> list[Lot]:
    """The lots kept on a resource."""
    found: list[Lot] = []
    for extension in extension_values(resource, "lot"):
        parts = {part.url: part for part in extension.extension or ()}
        if {"kind", "number", "expires"} <= parts.keys():
            found.append(
                Lot(parts["kind"].valueCode or "", parts["number"].valueString or "", date.fromisoformat(parts["expires"].valueDate or ""))
            )
    return found
