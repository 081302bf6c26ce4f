"""Lots of reagent, strips and control material: kept as Substance, listed by `lot_row`, asked about by the gate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Final

from benchside.fhir import r4
from benchside.readiness.facts import Lot
from benchside.readiness.gathering.kept import BASE, code_of, extension_values, id_of, start_us, version_of
from benchside.readiness.gathering.view_rows import zoned_view
from benchside.record import Record
from benchside.record.keys import moment as moment_of_us
from benchside.record.views import View, ViewRow

LOT: Final = f"{BASE}/lot"
LOT_KIND: Final = f"{BASE}/CodeSystem/lot"
LOTS_MAX: Final = 200
NEVER_EXPIRES: Final = "9999-12-31"


@dataclass(frozen=True, slots=True)
class ControlTarget:
    """What a lot of control material should measure for one test; without `mean` or `sd` it is only being established."""

    test: str
    mean: Decimal | None
    sd: Decimal | None


@dataclass(frozen=True, slots=True)
class KeptLot:
    """A registered lot: `device` is the one it is loaded on ("" for any), `level` of a control."""

    id: str
    kind: str
    number: str
    name: str
    expires_on: date
    usable: bool
    recalled: bool
    opened_until: datetime | None
    level: str
    device: str

    def fact(self) -> Lot:
        """The lot as the gate asks about it."""
        return Lot(
            self.kind, self.number, self.expires_on, self.opened_until, recalled=self.recalled, accepted=self.usable or self.recalled
        )


def _text(substance: r4.Substance, name: str) -> str:
    found = extension_values(substance, name)
    return (found[0].valueCode or found[0].valueDateTime or found[0].valueString or "") if found else ""


def targets_of(substance: r4.Substance) -> dict[str, ControlTarget]:
    """What a lot of control material should measure, by test."""
    found: dict[str, ControlTarget] = {}
    for extension in extension_values(substance, "control-target"):
        parts = {part.url: part for part in extension.extension or ()}
        test = parts["test"].valueCode if "test" in parts else None
        if test:
            mean, sd = (parts[name].valueDecimal if name in parts else None for name in ("mean", "sd"))
            found[test] = ControlTarget(test, mean, sd)
    return found


def _lot_rows(substance: r4.Substance, zone: tzinfo) -> Iterator[ViewRow]:
    number = next((own.value for own in substance.identifier or () if own.system == LOT and own.value), "")
    if not number:
        return
    expiry = substance.instance[0].expiry if substance.instance else None
    loaded = extension_values(substance, "loaded-on")
    yield (
        substance.id or "",
        version_of(substance),
        code_of(substance.code, LOT_KIND),
        number,
        substance.description or "",
        (expiry or NEVER_EXPIRES)[:10],
        int(substance.status in (None, "active")),
        int(_text(substance, "recalled") == "recalled"),
        start_us(_text(substance, "opened-until") or None, zone),
        _text(substance, "control-level"),
        id_of(loaded[0].valueReference, "Device") if loaded else "",
    )


_COLUMNS: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "kind": "TEXT NOT NULL",
    "number": "TEXT NOT NULL",
    "name": "TEXT NOT NULL",
    "expires": "TEXT NOT NULL",
    "usable": "INTEGER NOT NULL",
    "recalled": "INTEGER NOT NULL",
    "opened_until_us": "INTEGER",
    "level": "TEXT NOT NULL",
    "device": "TEXT NOT NULL",
}


def lot_views(zone: tzinfo) -> list[View]:
    """`lot_row` of Substance: a row each lot with a number."""
    return [zoned_view("lot_row", ("Substance",), _COLUMNS, _lot_rows, [["id"], ["kind", "usable", "expires"], ["number", "kind"]], zone)]


_SELECT = "SELECT id, kind, number, name, expires, usable, recalled, opened_until_us, level, device FROM lot_row"


def _kept(row: tuple[object, ...]) -> KeptLot:
    own, kind, number, name, expires, usable, recalled, opened, level, device = row
    return KeptLot(
        str(own),
        str(kind),
        str(number),
        str(name),
        date.fromisoformat(str(expires)),
        bool(usable),
        bool(recalled),
        moment_of_us(int(str(opened))) if opened is not None else None,
        str(level),
        str(device),
    )


def lots_of_kind(record: Record, kind: str, *, device: str = "", every: bool = False) -> list[KeptLot]:
    """Lots of a kind, those that last longest first; with `device`, those loaded on it or on none. `every`: withdrawn ones too."""
    rows = record.engine.rows(
        f"{_SELECT} WHERE kind = ? AND usable >= ? AND (? = '' OR device IN ('', ?)) ORDER BY usable DESC, expires DESC, id LIMIT {LOTS_MAX}",
        (kind, 0 if every else 1, device, device),
    )
    return [_kept(row) for row in rows]


def kept_lot(record: Record, kind: str, number: str) -> KeptLot | None:
    """The registered lot of that kind and number, or None."""
    rows = record.engine.rows(f"{_SELECT} WHERE number = ? AND kind = ? ORDER BY usable, id LIMIT 1", (number, kind))
    return _kept(rows[0]) if rows else None


def as_it_stands(record: Record, lot: Lot) -> Lot:
    """A lot that was told, with what the register knows of it by now: a recall, a withdrawal, its true last day."""
    known = kept_lot(record, lot.kind, lot.number)
    if known is None:
        return lot
    fact = known.fact()
    return replace(fact, opened_until=fact.opened_until or lot.opened_until)
