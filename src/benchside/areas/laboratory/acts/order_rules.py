"""What stands against an order as it is asked for. Rules O1 to O10 of docs/main_job.md; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from benchside.areas.laboratory.catalogue import Catalogue
from benchside.areas.laboratory.order_questions import answer_refusals, questions_for
from benchside.terms.refusal import Refusal

ITEMS_MAX = 40
NOTE_MAX = 2000
DUPLICATE_WITHIN = timedelta(hours=12)
"""A result this new makes another order of the same test worth a second look (our choice; a site's own policy later)."""

PROCEDURES: Mapping[str, tuple[str, str, str, str]] = {
    "VITALS": ("vital-signs", "85353-1", "Vital signs", "Signos vitales"),
    "EKG12": ("ekg", "11524-6", "12-lead EKG", "ECG de 12 derivaciones"),
}
"""What can be ordered besides the laboratory's catalogue: kind of work, LOINC, name in English and Spanish."""

PRIORITIES = ("routine", "urgent", "asap", "stat")
REPEATS_MAX = 30
ORDERS_MAX = 120
"""Dated orders that one requisition may make."""
_ICD10 = re.compile(r"[A-Z][0-9A][0-9A-Z](?:\.[0-9A-Z]{1,4})?")


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order: a code of the catalogue or of PROCEDURES, and what was asked about it."""

    code: str
    fasting: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """`count` times in all, `every` so many hours (`h`), days (`d`) or weeks (`wk`). Days and weeks keep the time of the clock."""

    count: int
    every: int
    unit: Literal["h", "d", "wk"]

    def times(self, first: datetime, zone: tzinfo) -> tuple[datetime, ...]:
        """Every time, the first included."""
        if self.unit == "h":
            return tuple(first + timedelta(hours=self.every * turn) for turn in range(self.count))
        local, days = first.astimezone(zone), self.every * (7 if self.unit == "wk" else 1)
        return tuple((local + timedelta(days=days * turn)).astimezone(first.tzinfo) for turn in range(self.count))


@dataclass(frozen=True, slots=True)
class EarlierOrder:
    """An open order, or a recent result, of the same patient: `code`, when, and which of the two it is."""

    code: str
    at: datetime
    open: bool


def kind_of_work(code: str, catalogue: Catalogue) -> str | None:
    """Which work an order makes; None when nobody can order it."""
    if code in PROCEDURES:
        return PROCEDURES[code][0]
    if code in catalogue.panels:
        return "collect"
    if code in catalogue.tests:
        return "point-of-care" if catalogue.tests[code].definition.kind == "point_of_care" else "collect"
    return None


def order_refusals(
    items: Sequence[OrderItem],
    earlier: Sequence[EarlierOrder],
    catalogue: Catalogue,
    *,
    at: datetime,
    priority: str,
    timed: datetime | None = None,
    reasons: Sequence[str] = (),
    confirmed: frozenset[str] = frozenset(),
    deceased: bool = False,
    active: bool = True,
    repeat: Repeat | None = None,
    answers: Mapping[str, str] | None = None,
) -> tuple[Refusal, ...]:
    """List every reason against these orders. A duplicate is asked about once: `confirmed` holds the codes wanted all the same.

    `answers` None: nobody was asked (another system's order), so nothing is missing.
    """
    refusals: list[Refusal] = []
    if not items:  # O1
        refusals.append(Refusal("order.empty"))
    if len(items) > ITEMS_MAX:
        refusals.append(Refusal("order.too-many", {"limit": ITEMS_MAX}))
    if priority not in PRIORITIES:
        refusals.append(Refusal("order.priority-unknown", {"priority": priority[:40]}))
    if deceased:  # O2
        refusals.append(Refusal("order.patient-deceased"))
    if not active:
        refusals.append(Refusal("order.patient-inactive"))
    if timed is not None and timed < at:  # O3
        refusals.append(Refusal("order.time-past", {"time": timed}))
    refusals.extend(Refusal("order.reason-code", {"entered": code[:20]}) for code in reasons if not _ICD10.fullmatch(code))  # O4
    if repeat is not None and not _repeatable(repeat, len(items)):  # O10
        refusals.append(Refusal("order.repeat", {"most": REPEATS_MAX, "orders": ORDERS_MAX}))
    refusals.extend(_item_refusals(items[:ITEMS_MAX], catalogue))
    if answers is not None:  # O8, O9
        refusals.extend(answer_refusals(questions_for(*_codes_and_parts(items, catalogue)), answers))
    if not refusals:
        refusals.extend(_duplicates(items, earlier, catalogue, at=at, confirmed=confirmed))
    return tuple(refusals)


def _repeatable(repeat: Repeat, items: int) -> bool:
    return 2 <= repeat.count <= REPEATS_MAX and repeat.every >= 1 and repeat.count * items <= ORDERS_MAX


def _item_refusals(items: Sequence[OrderItem], catalogue: Catalogue) -> list[Refusal]:
    refusals: list[Refusal] = []
    seen: set[str] = set()
    for item in items:
        if kind_of_work(item.code, catalogue) is None:  # O5
            refusals.append(Refusal("order.not-in-catalogue", {"entered": item.code[:40]}))
        elif item.code in seen:
            refusals.append(Refusal("order.twice", {"test": f"test:{item.code}"}))
        seen.add(item.code)
        if len(item.note) > NOTE_MAX:
            refusals.append(Refusal("order.note-too-long", {"longest": NOTE_MAX}))
    return refusals


def _codes_and_parts(items: Sequence[OrderItem], catalogue: Catalogue) -> tuple[tuple[str, ...], tuple[str, ...]]:
    codes = tuple(item.code for item in items)
    return codes, catalogue.tests_of(code for code in codes if code in catalogue.tests or code in catalogue.panels)


def _parts(code: str, catalogue: Catalogue) -> frozenset[str]:
    return frozenset({code}) | (
        frozenset(catalogue.results_of(code)) if code in catalogue.panels or code in catalogue.tests else frozenset()
    )


def _duplicates(
    items: Sequence[OrderItem],
    earlier: Sequence[EarlierOrder],
    catalogue: Catalogue,
    *,
    at: datetime,
    confirmed: frozenset[str],
) -> list[Refusal]:
    """O6: an open order that already asks for this; O7: a result of the last hours. Parts of panels count."""
    found: list[Refusal] = []
    for item in items:
        if item.code in confirmed:
            continue
        parts = _parts(item.code, catalogue)
        for known in earlier:
            if not parts & _parts(known.code, catalogue):
                continue
            if known.open:
                found.append(Refusal("order.duplicate-open", {"test": f"test:{item.code}", "since": known.at}))
                break
            if timedelta(0) <= at - known.at <= DUPLICATE_WITHIN:
                found.append(Refusal("order.duplicate-result", {"test": f"test:{item.code}", "at": known.at}))
                break
    return found
