"""What the site does by itself: acts of the worker (escalation by the clock, auto-verification) have a device as their author."""

from datetime import datetime
from typing import Final

from benchside.accounts.principal import Principal
from benchside.fhir import r4
from benchside.readiness.performing import Performance
from benchside.record import Attribution, NotFound, Record

SYSTEM_DEVICE: Final = "benchside"
"""Id of the Device that stands for this installation."""


def ensure_system_device(record: Record, at: datetime) -> None:
    """Write the Device of this installation unless it is there; two workers at once write it once."""
    if _is_there(record):
        return
    with record.serialised():
        if _is_there(record):
            return
        author = f"Device/{SYSTEM_DEVICE}"
        with record.commit(Attribution(author=author, act="system.introduce"), at=at) as commit:
            commit.create(
                r4.Device(status="active", deviceName=[r4.DeviceDeviceName(name="Benchside", type="user-friendly-name")]), id=SYSTEM_DEVICE
            )


def _is_there(record: Record) -> bool:
    try:
        record.read("Device", SYSTEM_DEVICE)
    except NotFound:
        return False
    return True


def system_performance(record: Record, at: datetime) -> Performance:
    """A performance by this installation itself. Its Device is made when it is missing."""
    ensure_system_device(record, at)
    device = f"Device/{SYSTEM_DEVICE}"
    return Performance(record, Principal("system", 0, "Benchside", device, (), frozenset()), at, device=device)
