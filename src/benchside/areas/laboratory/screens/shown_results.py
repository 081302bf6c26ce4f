"""Released results as screens show them: value, flag, range, and the values before. Bounded reads of `result_row`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache

from django.utils.translation import gettext as _

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.screens.wording import VITAL_SIGNS, flag_shown, test_name, unit_shown
from benchside.pages.shapes import Prior, Result, WorkStatus
from benchside.record import Record
from benchside.record.engine import Row
from benchside.record.keys import moment

RECENT_MAX = 400
"""Results of a chart that are looked at: the newest so many, whatever they are."""
PRIORS_MAX = 8
TREND_MAX = 200
RELEASED = "status IN ('final', 'amended', 'corrected')"
_COLUMNS = "id, test, loinc, name, value, unit, comparator, flag, range_words, absent, effective_us, status, order_id, number"
_BOTH = re.compile(r"(-?[\d.]+)–(-?[\d.]+)")
_ONE = re.compile(r"([≤≥]) (-?[\d.]+)")


@dataclass(frozen=True, slots=True)
class ShownResult:
    """One released result with what identifies it. `key` is what its trend is asked by."""

    id: str
    test: str
    key: str
    order: str
    at: datetime
    result: Result


@dataclass(frozen=True, slots=True)
class Group:
    """Results that belong together: the newest of each analyte of a panel, or vital signs."""

    title: str
    at: datetime
    order: str
    results: tuple[ShownResult, ...] = field(default=())


def recent_results(record: Record, patient_id: str, *, vital_signs: bool) -> list[ShownResult]:
    """The newest released result of each analyte with those before it, newest first."""
    compared = "=" if vital_signs else "<>"
    rows = record.engine.rows(
        f"SELECT {_COLUMNS} FROM result_row WHERE patient = ? AND category {compared} 'vital-signs' AND {RELEASED} "
        f"ORDER BY effective_us DESC, id LIMIT {RECENT_MAX}",
        (patient_id,),
    )
    return latest_of(rows)


def latest_of(rows: Iterable[Row]) -> list[ShownResult]:
    """The first of each analyte, the later ones as its earlier values; rows come newest first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row[10] is not None:
            found.setdefault(row[1] or row[2] or row[3], []).append(row)
    return [shown(one[0], one[1 : PRIORS_MAX + 1]) for one in found.values()]


def grouped(record: Record, results: Sequence[ShownResult]) -> list[Group]:
    """Results under the panel that was ordered for them, newest panel first; what nobody ordered stands under its own name."""
    orders = list(dict.fromkeys(one.order for one in results if one.order))[:RECENT_MAX]
    marks = ",".join("?" * len(orders))
    known = (
        {row[0]: row[1:] for row in record.engine.rows(f"SELECT id, test, name FROM order_row WHERE id IN ({marks})", orders)}
        if orders
        else {}
    )
    groups: dict[str, Group] = {}
    for one in sorted(results, key=_place):
        test, name = known.get(one.order, ("", ""))
        title = test_name(test, name) if one.order in known else _("Other results")
        group = groups.get(title, Group(title, one.at, one.order))
        groups[title] = replace(group, at=max(group.at, one.at), results=(*group.results, one))
    return sorted(groups.values(), key=lambda group: (-group.at.timestamp(), group.title))


def _place(one: ShownResult) -> int:
    """Where an analyte stands in reports: as the catalogue lists it, what is not there behind."""
    return _places().get(one.test, len(_places()))


@cache
def _places() -> Mapping[str, int]:
    catalogue = package_catalogue()
    listed = dict.fromkeys([*(code for panel in catalogue.panels.values() for code in panel.results), *catalogue.analytes])
    return {code: place for place, code in enumerate(listed)}


def results_of_order(record: Record, order_id: str, patient_id: str) -> list[ShownResult]:
    """The results of an order that were released, in the order of the catalogue, each with the patient's earlier values."""
    rows = record.engine.rows(f"SELECT {_COLUMNS} FROM result_row WHERE order_id = ? AND {RELEASED} ORDER BY id LIMIT 100", (order_id,))
    return _with_earlier(record, rows, patient_id)


def results_of_report(record: Record, ids: Sequence[str], patient_id: str) -> list[ShownResult]:
    """The same for the results of a report, by their ids: a report of another system may answer no order of ours."""
    wanted = list(ids)[:100]
    marks = ",".join("?" * len(wanted))
    rows = (
        record.engine.rows(f"SELECT {_COLUMNS} FROM result_row WHERE id IN ({marks}) AND {RELEASED} ORDER BY id", wanted) if wanted else []
    )
    return _with_earlier(record, rows, patient_id)


def _with_earlier(record: Record, rows: Sequence[Row], patient_id: str) -> list[ShownResult]:
    before = earlier_of(record, patient_id, [row[1] for row in rows if row[1]], max((row[10] or 0 for row in rows), default=0))
    found = [shown(row, [one for one in before.get(row[1], ()) if one[0] != row[0]][:PRIORS_MAX]) for row in rows if row[10] is not None]
    return sorted(found, key=_place)


def earlier_of(record: Record, patient_id: str, tests: Sequence[str], until_us: int) -> Mapping[str, list[Row]]:
    """Rows of these analytes of a patient up to a moment, newest first: one small read for each."""
    return {
        test: record.engine.rows(
            f"SELECT {_COLUMNS} FROM result_row WHERE patient = ? AND test = ? AND effective_us <= ? AND {RELEASED} "
            f"ORDER BY effective_us DESC LIMIT {PRIORS_MAX + 2}",
            (patient_id, test, until_us),
        )
        for test in dict.fromkeys(tests)
    }


def trend_of(record: Record, patient_id: str, key: str) -> list[ShownResult]:
    """Every released value of an analyte (our code or LOINC) of a patient, oldest first, at most the newest TREND_MAX."""
    found: list[Row] = []
    for column in ("test", "loinc"):
        found = found or record.engine.rows(
            f"SELECT {_COLUMNS} FROM result_row WHERE patient = ? AND {column} = ? AND {RELEASED} "
            f"ORDER BY effective_us DESC, id LIMIT {TREND_MAX}",
            (patient_id, key),
        )
    return [shown(row, ()) for row in reversed(found) if row[10] is not None]


def shown(row: Row, before: Sequence[Row]) -> ShownResult:
    """A row with earlier rows, newest first, as a component takes it."""
    value = _value(row[4], row[6])
    low, high, words = _range(row[8])
    status: WorkStatus = "final" if row[11] == "final" else "amended"
    priors = tuple(
        Prior(value=number, at=moment(one[10]))
        for one in reversed(before)
        if isinstance(number := _value(one[4], one[6]), Decimal) and one[5] == row[5] and one[10] is not None
    )
    name = _(VITAL_SIGNS[row[2]]) if row[2] in VITAL_SIGNS else test_name(row[1], row[3])
    result = Result(
        name=name,
        value=value,
        unit=unit_shown(row[5]) or None,
        flag=flag_shown(row[7]),
        low=low,
        high=high,
        range_text=words,
        status=status,
        at=moment(row[10]),
        priors=priors if isinstance(value, Decimal) else (),
        note=_("not measured: %(why)s") % {"why": row[9]} if row[9] and value is None else None,
    )
    return ShownResult(row[0], row[1], row[1] or row[2], row[12], moment(row[10]), result)


def _value(text: str, comparator: str) -> Decimal | str | None:
    if not text:
        return None
    if comparator:
        return f"{comparator}{text}"
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() else text


def _range(words: str) -> tuple[Decimal | None, Decimal | None, str | None]:
    """The range as numbers, or as its words where it is none."""
    if match := _BOTH.fullmatch(words):
        return Decimal(match[1]), Decimal(match[2]), None
    if match := _ONE.fullmatch(words):
        return (Decimal(match[2]), None, None) if match[1] == "≥" else (None, Decimal(match[2]), None)
    return None, None, None if not words or words.startswith("no range") else words
