"""Where orders stand: asked, collected, received, resulted, acknowledged, each with its time. One bounded read a stage, whatever the page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from benchside.areas.laboratory.screens.wording import PRIORITY_OF, people_names, test_name
from benchside.pages.shapes import Priority, Step, StepState, WorkStatus
from benchside.record import Record
from benchside.record.engine import Row
from benchside.record.keys import moment

ORDERS_MAX = 200
LABORATORY = ("collect",)

_COLUMNS = "id, patient, test, name, status, priority, requisition, authored_us, timed_us, requester, series, location"


@dataclass(frozen=True, slots=True)
class Standing:
    """One order and how far it has come. Times are None until they happen."""

    id: str
    patient: str
    test: str
    name: str
    status: str
    priority: Priority
    requisition: str
    series: str
    location: str
    requester: str
    ordered_at: datetime
    timed_at: datetime | None
    kind: str
    due_at: datetime | None
    owner: str
    collected_at: datetime | None
    collector: str
    received_at: datetime | None
    rejected: str
    report: str
    report_status: str
    resulted_at: datetime | None
    verifier: str
    review: str
    acknowledged_at: datetime | None
    acknowledged_by: str

    @property
    def is_laboratory(self) -> bool:
        """Whether something is collected for it."""
        return self.kind in ("", *LABORATORY)

    @property
    def work_status(self) -> WorkStatus:
        """The stage in one word, for a badge."""
        ended: dict[str, WorkStatus] = {"revoked": "cancelled", "entered-in-error": "cancelled", "on-hold": "on-hold", "draft": "draft"}
        if self.status in ended:
            return ended[self.status]
        stages: tuple[tuple[object, WorkStatus], ...] = (
            (self.acknowledged_at, "acknowledged"),
            (self.report_status in ("amended", "corrected"), "amended"),
            (self.resulted_at, "final"),
            (self.report_status in ("preliminary", "partial"), "in-analysis"),
            (self.received_at, "received"),
            (self.rejected, "rejected"),
            (self.collected_at, "collected"),
            (self.owner, "claimed"),
        )
        done: WorkStatus = "final" if self.status == "completed" else "ordered"
        found: WorkStatus | None = next((status for reached, status in stages if reached), None)
        return found or done

    def steps(self, now: datetime) -> tuple[Step, ...]:
        """The order's life as the stepper shows it."""
        wanted: list[tuple[str, datetime | None, str, str | None]] = [(_("Ordered"), self.ordered_at, self.requester, None)]
        if self.is_laboratory:
            wanted += [
                (_("Collected"), self.collected_at, self.collector, self._collect_note(now)),
                (_("Received"), self.received_at, "", _("rejected: %(why)s") % {"why": self.rejected} if self.rejected else None),
            ]
        wanted += [
            (_("Resulted") if self.is_laboratory else _("Done"), self.resulted_at, self.verifier, None),
            (_("Acknowledged"), self.acknowledged_at, self.acknowledged_by, None),
        ]
        if not self.is_laboratory and not self.review:
            wanted.pop()
        return _stepped(wanted, stopped=self.work_status == "cancelled", rejected=bool(self.rejected))

    def _collect_note(self, now: datetime) -> str | None:
        if self.collected_at is not None:
            return None
        if self.owner:
            return _("%(name)s has it") % {"name": self.owner}
        return _("overdue") if self.due_at is not None and self.due_at < now else None


def _stepped(wanted: Sequence[tuple[str, datetime | None, str, str | None]], *, stopped: bool, rejected: bool) -> tuple[Step, ...]:
    last = max(place for place, (_words, at, _by, _note) in enumerate(wanted) if at is not None)
    steps: list[Step] = []
    for place, (words, at, by, note) in enumerate(wanted):
        state: StepState = "done" if at is not None else "skipped" if place < last or stopped else "waiting"
        if place == last + 1 and not stopped:
            state = "problem" if rejected and at is None else "current"
        steps.append(Step(text=words, state=state, at=at, by=by or None, note=note))
    return tuple(steps)


def open_orders(record: Record, patient_id: str, *, limit: int = 40) -> list[Standing]:
    """The active orders of a patient, the newest first."""
    rows = record.engine.rows(
        f"SELECT {_COLUMNS} FROM order_row WHERE patient = ? AND status IN ('active', 'on-hold') ORDER BY authored_us DESC, id LIMIT ?",
        (patient_id, min(limit, ORDERS_MAX)),
    )
    return _standing(record, rows)


def orders_of_requisition(record: Record, requisition: str) -> list[Standing]:
    """Every order of a requisition, by time."""
    rows = record.engine.rows(
        f"SELECT {_COLUMNS} FROM order_row WHERE requisition = ? ORDER BY timed_us, id LIMIT {ORDERS_MAX}", (requisition,)
    )
    return _standing(record, rows)


def order_standing(record: Record, order_id: str) -> Standing | None:
    """One order, None when there is none of that id."""
    found = _standing(record, record.engine.rows(f"SELECT {_COLUMNS} FROM order_row WHERE id = ?", (order_id,)))
    return found[0] if found else None


def _at(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def _by_order(rows: Iterable[Row]) -> dict[str, Row]:
    """The first row of each order; rows come with the order's id first, the one that counts first."""
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row[0], row)
    return found


def _standing(record: Record, rows: Sequence[Row]) -> list[Standing]:
    ids = [row[0] for row in rows]
    if not ids:
        return []
    marks, ask = ",".join("?" * len(ids)), record.engine.rows
    work = _by_order(
        ask(
            "SELECT o.order_id, w.kind, w.due_us, w.owner FROM work_order o JOIN work_row w ON w.id = o.work "
            f"WHERE o.order_id IN ({marks}) AND w.kind IN ('collect', 'point-of-care', 'vital-signs', 'ekg', 'procedure') "
            "ORDER BY w.open DESC, w.authored_us DESC",
            ids,
        )
    )
    tubes = _by_order(
        ask(
            "SELECT o.order_id, s.collected_us, s.collector, s.received_us, s.state, s.condition_words FROM specimen_order o "
            f"JOIN specimen_row s ON s.id = o.specimen WHERE o.order_id IN ({marks}) AND s.parent = '' AND s.state NOT IN ('cancelled', 'labelled') "
            "ORDER BY CASE s.state WHEN 'received' THEN 0 WHEN 'collected' THEN 1 ELSE 2 END, s.collected_us DESC",
            ids,
        )
    )
    reports = _by_order(
        ask(
            "SELECT order_id, id, status, issued_us, interpreter FROM report_row "
            f"WHERE order_id IN ({marks}) AND status NOT IN ('cancelled', 'entered-in-error') ORDER BY id",
            ids,
        )
    )
    reviews = _by_order(
        ask(
            "SELECT o.order_id, w.id, w.open, w.ended_us, w.owner, w.status FROM work_order o JOIN work_row w ON w.id = o.work "
            f"WHERE o.order_id IN ({marks}) AND w.kind = 'review-result' AND w.status <> 'cancelled' ORDER BY w.authored_us DESC",
            ids,
        )
    )
    done = _by_order(
        ask(
            "SELECT order_id, max(issued_us), max(performer) FROM result_row "
            f"WHERE order_id IN ({marks}) AND status IN ('final', 'amended', 'corrected') GROUP BY order_id",
            ids,
        )
    )
    parts = (work, tubes, reports, reviews, done)
    people = people_names(record, _people(rows, *parts))
    return [_one(row, people, *(part.get(row[0]) for part in parts)) for row in rows]


def _people(rows: Sequence[Row], work: dict[str, Row], tubes: dict[str, Row], reports: dict[str, Row], *more: dict[str, Row]) -> list[str]:
    reviews, done = more
    return [
        *(row[9] for row in rows),
        *(row[3] for row in work.values()),
        *(row[2] for row in tubes.values()),
        *(row[4] for row in reports.values()),
        *(row[4] for row in reviews.values()),
        *(row[2] for row in done.values()),
    ]


def _one(
    row: Row, people: dict[str, str], work: Row | None, tube: Row | None, report: Row | None, review: Row | None, done: Row | None
) -> Standing:
    released = report is not None and report[2] in ("final", "amended", "corrected")
    resulted = _at(report[3]) if report is not None and released else _at(done[1]) if done is not None and report is None else None
    answered = review is not None and review[5] == "completed"
    return Standing(
        id=row[0],
        patient=row[1],
        test=row[2],
        name=test_name(row[2], row[3]),
        status=row[4],
        priority=PRIORITY_OF[row[5]],
        requisition=row[6],
        series=row[10],
        location=row[11],
        requester=people.get(row[9], ""),
        ordered_at=moment(row[7] or 0),
        timed_at=_at(row[8]),
        kind=work[1] if work is not None else "",
        due_at=_at(work[2]) if work is not None else None,
        owner=people.get(work[3], "") if work is not None else "",
        collected_at=_at(tube[1]) if tube is not None and tube[4] != "rejected" else None,
        collector=people.get(tube[2], "") if tube is not None else "",
        received_at=_at(tube[3]) if tube is not None and tube[4] == "received" else None,
        rejected=(tube[5] or _("see the history")) if tube is not None and tube[4] == "rejected" else "",
        report=report[1] if report is not None else "",
        report_status=report[2] if report is not None else "",
        resulted_at=resulted,
        verifier=people.get(report[4], "") if report is not None else people.get(done[2], "") if done is not None else "",
        review=review[1] if review is not None else "",
        acknowledged_at=_at(review[3]) if review is not None and answered else None,
        acknowledged_by=people.get(review[4], "") if review is not None and answered else "",
    )
