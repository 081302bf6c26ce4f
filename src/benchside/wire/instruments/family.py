"""The shape of a family's file: where its instruments put what, told as data and checked when it is read."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec

from benchside.terms.package_data import package_table
from benchside.terms.quantity import is_unit
from benchside.wire.lis2.message import Message, Record

Number = Annotated[int, msgspec.Meta(ge=1, le=100)]
Status = Literal["final", "preliminary", "corrected", "impossible", "pending", "partial", "repeated", "questionable", "unknown"]
PACKAGE = "benchside.wire.instruments.families"


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that is not known stops the reading of a file."""


class Place(_Strict, frozen=True):
    """A component of a field of a record. `pattern` takes a part of its text: the first group, or all that matches."""

    record: Literal["H", "P", "O", "R"]
    field: Number
    component: Number = 1
    pattern: str = ""

    def text(self, record: Record | None) -> str:
        """What stands there; "" when nothing does or the pattern does not match."""
        text = record.value(self.field, self.component) if record is not None else ""
        if not self.pattern or not text:
            return text
        found = re.search(self.pattern, text)
        return (found[1] if found.re.groups else found[0]) if found else ""


class PrintedReport(_Strict, frozen=True):
    """A family that sends what it would print. Labels are written with single blanks."""

    begins: str
    """The line that begins a report."""
    patient_title: str
    control_titles: tuple[str, ...]
    specimen_label: str
    operator_label: str
    moment: str
    """A pattern with the groups `time` and `date`."""
    moment_format: str
    sections: tuple[str, ...]
    ranges_section: str
    flags: tuple[str, ...]


class Download(_Strict, frozen=True):
    """How orders go out. In `header` and `order`, `{query.N}` is component N of field 3 of the request that is answered."""

    test: str = "{component}{component}{component}{code}"
    header: dict[int, str] = {}
    order: dict[int, str] = {}


class Family(_Strict, frozen=True):
    """One family. What is not told is as in LIS2-A2."""

    name: str
    maker: str
    models: tuple[str, ...]
    reference: str
    """The manual it follows, with number and edition, or what else it is taken from."""
    proof: Literal["capture", "manual", "standard"]
    """`capture`: results of a real instrument are read right; `manual`: written from a manual or a published message; `standard`: LIS2-A2's places are assumed."""
    proven_on: str = ""
    recognised_by: tuple[Place, ...] = ()
    code: tuple[Place, ...] = (Place("R", 3, 4),)
    qualifiers: tuple[Number, ...] = ()
    """Components of R-3 that tell the result apart further."""
    specimen: tuple[Place, ...] = (Place("O", 3),)
    unread_specimen: str = ""
    """A pattern for what stands in place of an id that the instrument could not read."""
    controls: tuple[Place, ...] = (Place("O", 12, pattern="^Q$"),)
    """It is a control when any of these places says something."""
    value: tuple[Number, ...] = (1,)
    """Components of R-4: the first that says something is the value."""
    numbers: bool = True
    """False when what looks like a number is a grade."""
    units: dict[str, str] = {}
    """This family's spellings, over those of `units.yaml`; "" means that it is no unit."""
    units_of_tests: dict[str, str] = {}
    """For tests that are sent without a unit."""
    plain_flags: tuple[str, ...] = ("", "N")
    statuses: dict[str, Status] = {}
    measured_at: tuple[Place, ...] = (Place("R", 13), Place("R", 12))
    files: str = ""
    """A pattern of the codes whose values are names of files."""
    query: tuple[Number, ...] = (2, 3, 1)
    """Components of Q-3 in which the specimen's id may stand."""
    printed: PrintedReport | None = None
    download: Download = Download()

    def recognises(self, message: Message) -> bool:
        """Whether every place by which this family is known says what it must."""
        return bool(self.recognised_by) and all(place.text(message.first(place.record)) for place in self.recognised_by)


class UnitSpellings(_Strict, frozen=True):
    """How units are spelt on the wire, and their UCUM codes."""

    ucum: dict[str, str]


class FamilyInvalid(ValueError):
    """A family's file says something that cannot be; the message names what."""


@cache
def unit_spellings() -> dict[str, str]:
    """The spellings that all families share."""
    return package_table(PACKAGE, "units.yaml", UnitSpellings).ucum


@cache
def families() -> dict[str, Family]:
    """Every family, by its name. Raises FamilyInvalid and TableInvalid."""
    names = sorted(file.name for file in files(PACKAGE).iterdir() if file.name.endswith(".yaml") and file.name != "units.yaml")
    found = {family.name: family for family in (package_table(PACKAGE, name, Family) for name in names)}
    for family in found.values():
        for unit in (*family.units.values(), *family.units_of_tests.values()):
            if unit and not is_unit(unit):
                raise FamilyInvalid(f"{family.name}: {unit!r} is no UCUM code")
        if family.proof == "capture" and not family.proven_on:
            raise FamilyInvalid(f"{family.name}: it claims a capture and names none")
    return found


def recognised(message: Message) -> Family | None:
    """The family that a message shows itself to be of; None when none or more than one claims it."""
    claims = [family for family in families().values() if family.recognises(message)]
    return claims[0] if len(claims) == 1 else None
