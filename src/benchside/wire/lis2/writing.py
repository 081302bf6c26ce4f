"""Messages to an analyzer: orders, answers to its requests. Source: CLSI LIS2-A2, sections 6 to 8, 12 and 13."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from benchside.wire.lis2.message import Delimiters, Record, escaped

Fields = Mapping[int, str]
"""Fields by their number in the standard, as they are to be sent: already escaped."""
USUAL: Final = Delimiters()


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be measured on one specimen. Times are aware."""

    specimen_id: str
    tests: tuple[str, ...]
    """The instrument's own codes."""
    priority: Literal["S", "A", "R"] = "R"
    """S stat, A as soon as possible, R routine (LIS2-A2 8.4.6)."""
    action: Literal["N", "A", "C"] = "N"
    """N new, A added to a specimen that is known, C cancel (8.4.12)."""
    patient_id: str = ""
    family: str = ""
    given: str = ""
    birth_date: str = ""
    """YYYYMMDD."""
    sex: Literal["M", "F", "U", ""] = ""
    collected_at: datetime | None = None
    fields: Fields = field(default_factory=dict)
    """Further fields of the order record, or others for those above, as this instrument wants them."""


def record(letter: str, fields: Fields, marks: Delimiters = USUAL) -> str:
    """One record; fields that are not named are empty."""
    last = max(fields, default=1)
    return marks.field.join([letter, *(fields.get(number, "") for number in range(2, last + 1))])


def header(*, sender: str, receiver: str, at: datetime, fields: Fields | None = None, marks: Delimiters = USUAL) -> str:
    """The header of a message of ours; `at` is aware, and told in its own zone."""
    own = {5: escaped(sender, marks), 10: escaped(receiver, marks), 12: "P", 13: "LIS2-A2", 14: at.strftime("%Y%m%d%H%M%S")}
    own.update(fields or {})
    own[2] = marks.definition
    return record("H", own, marks)


def orders(begin: str, wanted: Sequence[Order], *, test: str = "{component}{component}{component}{code}", end: str = "N",
           marks: Delimiters = USUAL) -> bytes:  # fmt: skip  # two lines read better than nine
    """A whole message: `begin` is its header, each order stands under its patient. `test` says how a code is written in the order's field 5."""
    lines = [begin]
    for place, order in enumerate(wanted, start=1):
        name = marks.component.join((escaped(order.family, marks), escaped(order.given, marks))) if order.family else ""
        own = {2: str(place), 4: escaped(order.patient_id, marks), 6: name, 8: order.birth_date, 9: order.sex}
        lines.append(record("P", {number: text for number, text in own.items() if text}, marks))
        codes = (test.format(component=marks.component, code=escaped(code, marks)) for code in order.tests)
        asked = {
            2: "1", 3: escaped(order.specimen_id, marks), 5: marks.repeat.join(codes), 6: order.priority,
            8: order.collected_at.strftime("%Y%m%d%H%M%S") if order.collected_at else "", 12: order.action, 26: "O",
        }  # fmt: skip  # as they stand in the record
        asked.update(order.fields)
        lines.append(record("O", asked, marks))
    lines.append(record("L", {2: "1", 3: end}, marks))
    return ("\r".join(lines) + "\r").encode()


def nothing_for(begin: str, query: Record) -> bytes:
    """The answer to a request for which there are no orders: the request itself with status X, ended by I (LIS2-A2 12.13, 13.3).

    It is written in the request's own delimiters, and so must `begin` be.
    """
    marks = query.delimiters
    lines = (begin, record("Q", {2: "1", 3: query.field(3), 13: "X"}, marks), record("L", {2: "1", 3: "I"}, marks), "")
    return "\r".join(lines).encode()
