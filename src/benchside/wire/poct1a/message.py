"""What a device says, by the standard's names. Source: CLSI POCT1-A2, annex B (device messages and their objects)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from benchside.wire.instruments.family import families
from benchside.wire.instruments.result import number_in, ucum
from benchside.wire.poct1a.xml import Element, read_document

Role = Literal["patient", "control", "calibration", "proficiency", "unknown"]
_ROLES: dict[str, Role] = {
    "OBS": "patient",
    "LQC": "control",
    "EQC": "control",
    "CVR": "calibration",
    "CAL": "calibration",
    "PRF": "proficiency",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `kind` is its root's name: `HEL.R01`, `OBS.R02`, or a maker's own."""

    raw: bytes
    root: Element

    @property
    def kind(self) -> str:
        """Message type and trigger."""
        return self.root.name

    def of(self, part: str, name: str) -> str:
        """The value of an element within a part of the message: `of("HDR", "HDR.control_id")`; "" when it is not there."""
        found = self.root.first(part)
        return found.of(name) if found is not None else ""

    @property
    def control_id(self) -> str:
        """The sender's number for this message."""
        return self.of("HDR", "HDR.control_id")


def read_message(raw: bytes) -> Message:
    """Read one document. Raises `xml.Unreadable`."""
    return Message(raw, read_document(raw))


@dataclass(frozen=True, slots=True)
class Device:
    """Who said hello: its HEL.R01."""

    device_id: str
    vendor_id: str
    model_id: str
    serial_id: str
    name: str
    hardware_version: str
    software_version: str


def device_of(message: Message) -> Device:
    """The device that a HEL.R01 tells of. Devices name the software's version in two ways."""
    part = message.root.first("DEV") or Element("DEV", {})
    software = part.of("DEV.sw_version") or part.of("DEV.software_version")
    hardware = part.of("DEV.hw_version") or part.of("DEV.hardware_version")
    return Device(
        part.of("DEV.device_id"), part.of("DEV.vendor_id"), part.of("DEV.model_id"), part.of("DEV.serial_id"), part.of("DEV.device_name"),
        hardware, software,
    )  # fmt: skip  # in the class's order


@dataclass(frozen=True, slots=True)
class PointOfCareResult:
    """One observation. Nothing in it is guessed: what the device did not say is "" or None, and the texts are its own."""

    role: Role
    """Only `patient` may ever reach a chart."""
    patient_id: str
    control_lot: str
    control_level: str
    test_code: str
    code_system: str
    value_text: str
    number: Decimal | None
    comparator: str | None
    unit: str | None
    """UCUM; None when the device sent none or one that we do not know."""
    unit_as_sent: str
    reference_range: str
    flags: tuple[str, ...]
    status_as_sent: str
    measured_at: datetime | None
    measured_at_as_sent: str
    """Kept because a time without an offset is no moment."""
    operator_id: str
    order_id: str
    reagent_lot: str
    notes: tuple[str, ...]


def results_of(message: Message) -> Iterator[PointOfCareResult]:
    """The observations of an OBS.R01 or OBS.R02, in their order."""
    for service in message.root.all("SVC"):
        stated = _ROLES.get(service.of("SVC.role_cd").upper(), "unknown")
        for part in service.children:
            if part.name not in ("PT", "CTC"):
                continue
            role = _role(stated, part, said=bool(service.of("SVC.role_cd")), kind=message.kind)
            for observation in part.all("OBS"):
                yield _result(observation, part, service, role)


def _role(stated: Role, part: Element, *, said: bool, kind: str) -> Role:
    """A patient's result is one only when nothing contradicts: neither its parent, nor its role, nor its message."""
    if part.name == "CTC":
        return stated if said and stated not in ("patient", "unknown") else "control"
    if said:
        return "unknown" if stated == "patient" and kind == "OBS.R02" else stated
    return "patient" if kind == "OBS.R01" else "unknown"


def _result(observation: Element, part: Element, service: Element, role: Role) -> PointOfCareResult:
    identity, value = observation.first("OBS.observation_id"), observation.first("OBS.value")
    text = value.value if value is not None else observation.of("OBS.qualitative_value")
    number, comparator = number_in(text)
    unit = value.attributes.get("U", "").strip() if value is not None else ""
    flags = (child.value for child in observation.all("OBS.interpretation_cd"))
    when = service.of("SVC.observation_dttm")
    return PointOfCareResult(
        role=role, patient_id=part.of("PT.patient_id"), control_lot=part.of("CTC.lot_number"), control_level=part.of("CTC.level_cd"),
        test_code=identity.value if identity is not None else "", code_system=identity.attributes.get("SN", "") if identity is not None else "",
        value_text=text, number=number, comparator=comparator, unit=ucum(families()["standard"], "", unit), unit_as_sent=unit,
        reference_range=observation.of("OBS.normal_lo-hi_limit"), flags=tuple(flag for flag in flags if flag and flag != "N"),
        status_as_sent=observation.of("OBS.status_cd"), measured_at=moment_of(when), measured_at_as_sent=when,
        operator_id=_below(service, "OPR.operator_id"), order_id=_below(service, "ORD.order_id"), reagent_lot=_below(service, "RGT.lot_number"),
        notes=tuple(dict.fromkeys(_notes(service, part, observation))),
    )  # fmt: skip  # twenty-two lines would say no more


def _below(element: Element, name: str) -> str:
    return next((found.value for found in element.below(name) if found.value), "")


def _notes(service: Element, part: Element, observation: Element) -> Iterator[str]:
    for place in (observation, part, service):
        for note in place.all("NTE"):
            yield from filter(None, (note.of("NTE.text"), note.text))


def moment_of(text: str) -> datetime | None:
    """A time with its offset, as an aware one; None when it is no time, or names no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
