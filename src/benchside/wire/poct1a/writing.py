"""What a data manager says to a device. Source: CLSI POCT1-A2, annex B; forms of directives and lists as makers' interface documents show them.

Makers differ in lists beyond operators and patients: reagent and control lots have messages of their own. `vendor_list` writes such a one
from its maker's names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from xml.sax.saxutils import quoteattr

from benchside.wire.poct1a.xml import Element

VERSION = "POCT1"


class Unwritable(ValueError):
    """A text holds a character that XML has no way to write, or a name is none of XML's."""


def written(element: Element) -> bytes:
    """An element as a document. Raises Unwritable."""
    return b'<?xml version="1.0" encoding="utf-8"?>' + _text(element).encode()


def _text(element: Element) -> str:
    if not element.name.replace(".", "").replace("_", "").replace("-", "").isalnum():
        raise Unwritable(f"{element.name!r} is no name of an element")
    attributes = "".join(f" {name}={_quoted(text)}" for name, text in element.attributes.items())
    inner = "".join(map(_text, element.children))
    return f"<{element.name}{attributes}>{inner}</{element.name}>" if inner else f"<{element.name}{attributes}/>"


def _quoted(text: str) -> str:
    if any(ord(letter) < 0x20 and letter not in "\t\r\n" for letter in text) or "\ufffe" in text or "\uffff" in text:
        raise Unwritable("XML cannot hold a control character")
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def part(name: str, values: Mapping[str, str], children: Sequence[Element] = ()) -> Element:
    """A part of a message: `name`, and under it `name.key` for each value that is not empty."""
    own = [Element(f"{name}.{key}", {"V": value}) for key, value in values.items() if value]
    return Element(name, {}, [*own, *children])


def message(kind: str, control_id: str, at: datetime, parts: Sequence[Element] = ()) -> Element:
    """A message of ours. `at` is aware."""
    head = part("HDR", {"control_id": control_id, "version_id": VERSION, "creation_dttm": at.isoformat(timespec="seconds")})
    return Element(kind, {}, [head, *parts])


def acknowledgement(control_id: str, at: datetime, *, to: str, code: Literal["AA", "AE"], note: str = "") -> Element:
    """ACK.R01: AA the message `to` is ours now, AE it is not."""
    return message("ACK.R01", control_id, at, [part("ACK", {"type_cd": code, "ack_control_id": to, "note_txt": note})])


def request(control_id: str, at: datetime, code: str = "ROBS") -> Element:
    """REQ.R01: ROBS asks for new observations, RDEV for events."""
    return message("REQ.R01", control_id, at, [part("REQ", {"request_cd": code})])


def directive(control_id: str, at: datetime, command: str) -> Element:
    """DTV.R01: a command without more to say, such as START_CONTINUOUS, LOCK, UNLOCK."""
    return message("DTV.R01", control_id, at, [part("DTV", {"command_cd": command})])


def set_time(control_id: str, at: datetime) -> Element:
    """DTV.R02 SET_TIME: set the device's clock to `at`, which is aware."""
    moment = part("TM", {"dttm": at.isoformat(timespec="seconds")})
    return message("DTV.R02", control_id, at, [part("DTV", {"command_cd": "SET_TIME"}), moment])


def end_of_topic(control_id: str, at: datetime, topic: str) -> Element:
    """EOT.R01: a list (OPL, PTL) is complete."""
    return message("EOT.R01", control_id, at, [part("EOT", {"topic_cd": topic})])


def end(control_id: str, at: datetime, reason: str = "NRM") -> Element:
    """END.R01: the conversation is over."""
    return message("END.R01", control_id, at, [part("TRM", {"reason_cd": reason})])


@dataclass(frozen=True, slots=True)
class Operator:
    """Who may use a device. `level` is the standard's permission level; `method` is ALL or a test's code."""

    operator_id: str
    name: str = ""
    level: str = "1"
    method: str = "ALL"


@dataclass(frozen=True, slots=True)
class Patient:
    """Who may be measured. `birth_date` is YYYY-MM-DD."""

    patient_id: str
    family: str = ""
    given: str = ""
    birth_date: str = ""
    sex: str = ""


def _operator(operator: Operator) -> Element:
    access = part("ACC", {"method_cd": operator.method, "permission_level_cd": operator.level})
    return part("OPR", {"operator_id": operator.operator_id, "name": operator.name}, [access])


def operator_list(control_id: str, at: datetime, operators: Sequence[Operator]) -> Element:
    """OPL.R01: the whole list; who is not in it may not use the device."""
    return message("OPL.R01", control_id, at, [_operator(operator) for operator in operators])


def operator_changes(control_id: str, at: datetime, *, added: Sequence[Operator], removed: Sequence[str]) -> Element:
    """OPL.R02: what changed since; those who left first."""
    gone = [part("OPR", {"operator_id": operator_id}) for operator_id in removed]
    groups = (("D", gone), ("I", [_operator(operator) for operator in added]))
    return message("OPL.R02", control_id, at, [part("UPD", {"action_cd": code}, people) for code, people in groups if people])


def patient_list(control_id: str, at: datetime, patients: Sequence[Patient]) -> Element:
    """PTL.R01: the whole list."""
    people: list[Element] = []
    for patient in patients:
        one = part("PT", {"patient_id": patient.patient_id})
        if patient.family or patient.given:
            names = {"FAM": patient.family, "GIV": patient.given}
            one.children.append(Element("PT.name", {}, [Element(key, {"V": text}) for key, text in names.items() if text]))
        one.children += part("PT", {"birth_date": patient.birth_date, "gender_cd": patient.sex}).children
        people.append(one)
    return message("PTL.R01", control_id, at, people)


def vendor_list(kind: str, control_id: str, at: datetime, *, row: str, rows: Sequence[Mapping[str, str]]) -> Element:
    """A list of a maker's own, such as reagent and control lots: `kind` names the message, `row` each entry, keys its values."""
    return message(kind, control_id, at, [part(row, values) for values in rows])
