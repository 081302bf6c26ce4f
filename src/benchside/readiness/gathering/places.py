"""Where things are and what stands there: views of Location and Device, for lists to choose from."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo

from benchside.fhir import r4
from benchside.readiness.gathering.kept import EQUIPMENT, code_of, id_of, version_of, words_of
from benchside.readiness.gathering.view_rows import zoned_view
from benchside.record import Record
from benchside.record.views import View, ViewRow

PLACES_MAX = 500
DEVICES_MAX = 200


def _place_rows(place: r4.Location, _zone: tzinfo) -> Iterator[ViewRow]:
    yield (
        place.id or "",
        version_of(place),
        int(place.status in (None, "active")),
        place.name or "",
        id_of(place.partOf, "Location"),
    )


def device_name(device: r4.Device) -> str:
    """What people call a device: its own name, else its kind in words."""
    names = [name.name for name in device.deviceName or () if name.name]
    return names[0] if names else words_of(device.type) or (device.id or "")


def _device_rows(device: r4.Device, _zone: tzinfo) -> Iterator[ViewRow]:
    yield (
        device.id or "",
        version_of(device),
        code_of(device.type, EQUIPMENT),
        device_name(device),
        device.status or "",
        id_of(device.location, "Location"),
        device.url or "",
        device.serialNumber or "",
    )


_PLACE: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "active": "INTEGER NOT NULL",
    "name": "TEXT NOT NULL",
    "part_of": "TEXT NOT NULL",
}
_DEVICE: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "kind": "TEXT NOT NULL",
    "name": "TEXT NOT NULL",
    "status": "TEXT NOT NULL",
    "location": "TEXT NOT NULL",
    "address": "TEXT NOT NULL",
    "serial": "TEXT NOT NULL",
}


def place_views(zone: tzinfo) -> list[View]:
    """`place_row` of Location, `device_row` of Device (`kind` as the gate names equipment, `address` its network address)."""
    return [
        zoned_view("place_row", ("Location",), _PLACE, _place_rows, [["id"], ["active", "name"]], zone),
        zoned_view("device_row", ("Device",), _DEVICE, _device_rows, [["id"], ["kind", "name"], ["serial"]], zone),
    ]


def place_names(record: Record, ids: Sequence[str]) -> dict[str, str]:
    """The names of these places, by id; those that are not known are missing."""
    wanted = list(dict.fromkeys(own for own in ids if own))[:PLACES_MAX]
    if not wanted:
        return {}
    marks = ",".join("?" * len(wanted))
    return {row[0]: row[1] for row in record.engine.rows(f"SELECT id, name FROM place_row WHERE id IN ({marks})", wanted)}


def places(record: Record) -> list[tuple[str, str]]:
    """(id, name) of the places in use, by name; at most PLACES_MAX."""
    return [
        (row[0], row[1])
        for row in record.engine.rows(f"SELECT id, name FROM place_row WHERE active = 1 ORDER BY name, id LIMIT {PLACES_MAX}")
    ]


def devices_of_kind(record: Record, kind: str) -> list[tuple[str, str, str]]:
    """(id, name, status) of the devices of a kind, by name; at most DEVICES_MAX."""
    return [
        (row[0], row[1], row[2])
        for row in record.engine.rows(
            f"SELECT id, name, status FROM device_row WHERE kind = ? ORDER BY name, id LIMIT {DEVICES_MAX}", (kind,)
        )
    ]
