"""Devices and lots as the gate asks about them. A device's state is on the Device, in the product's extensions."""

from datetime import date
from typing import Literal, cast

from benchside.fhir import r4
from benchside.readiness.facts import Equipment, Lot
from benchside.readiness.gathering.kept import EQUIPMENT, code_of, extension_url, extension_values, load, moment, words_of
from benchside.record import Record


def equipment_of(record: Record, device_id: str) -> Equipment:
    """The device as it stands: kind, in service or why not, calibration and control. Raises NotFound, Gone.

    A device without a `control-state` extension needs no control; `control-valid-until` bounds a pass.
    """
    device, zone = load(record, r4.Device, device_id), record.policy.zone

    def text(name: str) -> str | None:
        found = extension_values(device, name)
        return (found[0].valueDateTime or found[0].valueCode or found[0].valueString) if found else None

    control = cast("Literal['not-required', 'passed', 'due', 'failed']", text("control-state") or "not-required")
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
        qc_valid_until=moment(text("control-valid-until"), zone),
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
