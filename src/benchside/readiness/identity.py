"""Who stands before us: two identities compared item by item. Rules C1 and C2, docs/clinical/collection.md. Pure."""

from dataclasses import dataclass
from datetime import date

from benchside.terms.folding import fold


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody says they are, or a record or wristband says. Empty text means not known there."""

    family: str = ""
    given: str = ""
    birth_date: date | None = None
    record_number: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What agreed and what differed between two identities; what either side does not know is in neither."""

    matched: frozenset[str]
    differed: tuple[str, ...]


def compare_identity(record: Identity, found: Identity) -> Comparison:
    """C1: compare two identities item by item: `name`, `birth-date`, `record-number`, `phone`.

    Case, accents and doubled spaces in names do not count; a different letter does. A record number and a phone are
    compared without spaces, dots and dashes.
    """
    pairs = {
        "name": (_name(record), _name(found)),
        "birth-date": (str(record.birth_date or ""), str(found.birth_date or "")),
        "record-number": (_plain(record.record_number), _plain(found.record_number)),
        "phone": (_plain(record.phone), _plain(found.phone)),
    }
    known = {item: pair for item, pair in pairs.items() if all(pair)}
    return Comparison(
        frozenset(item for item, (one, other) in known.items() if one == other),
        tuple(item for item, (one, other) in known.items() if one != other),
    )


def _name(identity: Identity) -> str:
    return f"{fold(identity.family)}|{fold(identity.given)}" if identity.family and identity.given else ""


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One line of a wristband mismatch report: what the record says and what was found, for the person to compare."""

    item: str
    record: str
    found: str


def mismatch_report(record: Identity, found: Identity) -> tuple[Mismatch, ...]:
    """C2: say exactly what differed, so that nobody goes on with the wrong patient nor hunts for the reason."""
    shown = {
        "name": (f"{record.family}, {record.given}", f"{found.family}, {found.given}"),
        "birth-date": (str(record.birth_date), str(found.birth_date)),
        "record-number": (record.record_number, found.record_number),
        "phone": (record.phone, found.phone),
    }
    return tuple(Mismatch(item, *shown[item]) for item in compare_identity(record, found).differed)
