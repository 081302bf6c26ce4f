"""What waits in the inbox: reports nobody acknowledged yet, critical first, each with its values. Bounded reads for a whole page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from django.utils.translation import gettext as _

from benchside.areas.laboratory.screens.rows import row_patients
from benchside.areas.laboratory.screens.shown_results import RELEASED, ShownResult, shown
from benchside.areas.laboratory.screens.wording import PRIORITY_OF, people_names, test_name
from benchside.pages.shapes import Patient, Priority, Tab
from benchside.record import Record
from benchside.record.engine import Row
from benchside.record.keys import moment
from benchside.workplace import Desk

Filter = Literal["mine", "place", "all"]
SHOWN_MAX: Final = 30
COUNT_MAX: Final = 100
VALUES_MAX: Final = 2000
CRITICAL: Final = ("LL", "HH", "AA")
_RESULT = "id, test, loinc, name, value, unit, comparator, flag, range_words, absent, effective_us, status, order_id, number"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One report that waits. `plain`: everything in its range and nothing changed, so that it may be answered with others."""

    task: str
    patient: Patient
    what: str
    owner: str
    since: datetime
    due: datetime | None
    priority: Priority
    critical: bool
    abnormal: bool
    amended: bool
    escalated: bool
    call_open: bool
    plain: bool
    values: tuple[ShownResult, ...]
    in_range: int

    @property
    def tone(self) -> str:
        """How the row looks: critical, abnormal or plain."""
        return "critical" if self.critical else "plain" if self.plain else "abnormal"


def filter_of(desk: Desk) -> Filter:
    """The filter that was asked for; the person's own by default."""
    asked = desk.request.GET.get("show", "mine")
    return "all" if asked == "all" else "place" if asked == "place" else "mine"


def places_of(record: Record, person: str) -> list[str]:
    """Where a person works: the places of their roles."""
    rows = record.engine.rows(
        "SELECT DISTINCT location FROM staff_role WHERE practitioner = ? AND active = 1 AND location <> '' LIMIT 20",
        (person.partition("/")[2],),
    )
    return [row[0] for row in rows]


def _condition(desk: Desk, chosen: Filter) -> tuple[str, list[str]]:
    if chosen == "mine":
        return "w.open = 1 AND w.owner = ? AND w.kind = 'review-result'", [desk.principal.author]
    if chosen == "all":
        return "w.open = 1 AND w.kind = 'review-result'", []
    places = places_of(desk.record, desk.principal.author)
    if not places:
        return "1 = 0", []
    marks = ",".join("?" * len(places))
    of_place = f"SELECT 1 FROM work_order o JOIN order_row r ON r.id = o.order_id WHERE o.work = w.id AND r.location IN ({marks})"
    return f"w.open = 1 AND w.kind = 'review-result' AND EXISTS ({of_place})", places


def waiting_tasks(desk: Desk, chosen: Filter, *, limit: int = SHOWN_MAX) -> list[Row]:
    """(task, patient, owner, priority, authored, due, focus, words) of what waits, the most pressing first."""
    where, values = _condition(desk, chosen)
    return desk.record.engine.rows(
        f"SELECT w.id, w.patient, w.owner, w.priority, w.authored_us, w.due_us, w.focus, w.words FROM work_row w WHERE {where} "
        "ORDER BY w.priority, w.due_us LIMIT ?",  # the order of the index, so that nothing is sorted
        (*values, limit),
    )


def waiting_count(desk: Desk, chosen: Filter) -> int:
    """How many reports wait behind a filter; counting stops at COUNT_MAX."""
    where, values = _condition(desk, chosen)
    counted = f"SELECT count(*) FROM (SELECT 1 AS one FROM work_row w WHERE {where} LIMIT {COUNT_MAX}) AS waiting"
    return int(desk.record.engine.rows(counted, values)[0][0])


def tabs(desk: Desk, chosen: Filter, url: str) -> tuple[Tab, ...]:
    """The filters with what waits behind each, counted to COUNT_MAX."""
    words: Mapping[Filter, str] = {"mine": _("Mine"), "place": _("My location"), "all": _("All I may see")}
    return tuple(Tab(text=words[one], url=f"{url}?show={one}", current=one == chosen, count=waiting_count(desk, one)) for one in words)


def waiting(desk: Desk, chosen: Filter) -> list[Waiting]:
    """What waits, at most SHOWN_MAX reports."""
    rows, ask = waiting_tasks(desk, chosen), desk.record.engine.rows
    if not rows:
        return []
    tasks = [row[0] for row in rows]
    marks = ",".join("?" * len(tasks))
    orders: dict[str, str] = dict(ask(f"SELECT work, min(order_id) FROM work_order WHERE work IN ({marks}) GROUP BY work", tasks))
    asked = list(orders.values())
    own = ",".join("?" * len(asked))
    tests = {row[0]: row[1:] for row in ask(f"SELECT id, test, name FROM order_row WHERE id IN ({own})", asked)} if asked else {}
    results = _results(desk.record, asked)
    reports = dict(
        ask(f"SELECT 'DiagnosticReport/' || id, status FROM report_row WHERE id IN ({marks})", [row[6].partition("/")[2] for row in rows])
    )
    escalated = {
        row[0]
        for row in ask(
            f"SELECT DISTINCT work FROM communication_row WHERE kind = 'escalation' AND work IN ({marks})", [f"Task/{own}" for own in tasks]
        )
    }
    open_calls = _open_calls(desk.record, results)
    patients = row_patients(desk, [row[1] for row in rows])
    people = people_names(desk.record, [row[2] for row in rows])
    found: list[Waiting] = []
    for row in rows:
        order = orders.get(row[0], "")
        values, test = results.get(order, []), tests.get(order, ("", row[7]))
        flags = [one.result.flag for one in values]
        changed = reports.get(row[6], "") in ("amended", "corrected")
        out = tuple(one for one in sorted(values, key=_pressing) if one.result.flag != "N")
        plain = bool(values) and not out and reports.get(row[6]) == "final"
        found.append(
            Waiting(
                task=row[0],
                patient=patients.get(row[1]) or Patient(reference=f"Patient/{row[1]}", name=row[1], birth_date=None, mrn=None, sex=None),
                what=test_name(test[0], test[1]),
                owner="" if row[2] == desk.principal.author else people.get(row[2], ""),
                since=moment(row[4] or 0),
                due=moment(row[5]) if row[5] is not None else None,
                priority=PRIORITY_OF[row[3]],
                critical=any(flag in CRITICAL for flag in flags),
                abnormal=bool(out),
                amended=changed,
                escalated=f"Task/{row[0]}" in escalated,
                call_open=any(one.id in open_calls for one in values),
                plain=plain,
                values=tuple(values) if plain else out,
                in_range=sum(flag == "N" for flag in flags),
            )
        )
    return found


def _pressing(one: ShownResult) -> int:
    return 0 if one.result.flag in CRITICAL else 1 if one.result.flag is not None else 2


def _results(record: Record, orders: Sequence[str]) -> dict[str, list[ShownResult]]:
    if not orders:
        return {}
    marks = ",".join("?" * len(orders))
    found: dict[str, list[ShownResult]] = {}
    for row in record.engine.rows(
        f"SELECT {_RESULT} FROM result_row WHERE order_id IN ({marks}) AND {RELEASED} ORDER BY order_id, id LIMIT {VALUES_MAX}", orders
    ):
        if row[10] is not None:
            found.setdefault(row[12], []).append(shown(row, ()))
    return found


def _open_calls(record: Record, results: Mapping[str, list[ShownResult]]) -> set[str]:
    """Ids of the critical results whose call is open."""
    critical = [one.id for group in results.values() for one in group if one.result.flag in CRITICAL]
    if not critical:
        return set()
    marks = ",".join("?" * len(critical))
    rows = record.engine.rows(
        f"SELECT focus FROM work_row WHERE kind = 'call-critical' AND open = 1 AND focus IN ({marks})",
        [f"Observation/{own}" for own in critical],
    )
    return {row[0].partition("/")[2] for row in rows}
