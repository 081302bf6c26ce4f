"""Orders that another program sends: the same rules as an order on a screen, and the same work in the same commit.

What a person would be asked about again (a duplicate, a time that has passed) cannot be asked of a program: it is kept as
a DetectedIssue and told to the sender. A test the catalogue does not know goes to people: the work `order-not-understood`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchside.areas.laboratory.acts.arriving import ENDED, ORDER_INTENTS, Arriving, local, name_it, orderable
from benchside.areas.laboratory.acts.order_rules import EarlierOrder, OrderItem, kind_of_work, order_refusals
from benchside.areas.laboratory.acts.ordering import (
    WORK_FOR_ORDERS,
    earlier_orders,
    leave_orders,
    next_requisition,
    stage_due,
)
from benchside.areas.laboratory.acts.working import own_work_refusals
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.names import laboratory_names
from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    ICD10,
    REASON,
    REFUSAL,
    REQUISITION,
    WORK,
    code_of,
    codes_of,
    concept,
    date_time,
    extension_values,
    id_of,
    load,
    moment,
    reference,
    start_us,
    target_of,
    words_of,
)
from benchside.readiness.gathering.orders import order_fact, order_ids_of
from benchside.readiness.gathering.tasks import add_note, end
from benchside.readiness.performing import Performance, act, facts_for, perform
from benchside.record import Record
from benchside.terms.refusal import Refusal
from benchside.terms.refusal_words import text_of

NOT_UNDERSTOOD = "order-not-understood"
ASKED_OF_PEOPLE = frozenset({"order.duplicate-open", "order.duplicate-result", "order.time-past", "order.reason-code", "order.twice"})
"""Reasons that a program's order is taken in spite of, and told; every other stands against it as against a person's."""
JOINED_MAX = 20


def is_arriving(order: r4.ServiceRequest) -> bool:
    """Whether an order asks for work: active and no mere plan; one that was so before is looked at again."""
    return order.status == "active" and order.intent in ORDER_INTENTS


def is_ending(order: r4.ServiceRequest, before: r4.ServiceRequest | None) -> bool:
    """Whether an order that asked for work does no more."""
    return before is not None and before.status in ("active", "on-hold") and order.status in ENDED


@dataclass(frozen=True, slots=True)
class OrderReasons:
    """What stands against an arriving order, and what is only worth telling."""

    refusals: tuple[Refusal, ...]
    notes: tuple[Refusal, ...]


def reasons_against(arriving: Arriving, order: r4.ServiceRequest, earlier_in_commit: Sequence[EarlierOrder] = ()) -> OrderReasons:
    """Ask the order rules (O1 to O7) about one order; `earlier_in_commit` are those of the same patient that come with it."""
    performance, zone = arriving.performance, arriving.performance.record.policy.zone
    patient = arriving.patient(id_of(order.subject, "Patient"))
    if patient is None:
        return OrderReasons((), ())  # an order for a group or a device; or the record will say that nobody is there
    code = orderable(order.code)
    known = [*earlier_orders(performance.record, patient.id, performance.at), *earlier_in_commit] if _is_new(arriving, order) else []
    confirmed = any(mark.valueBoolean for mark in extension_values(order, "duplicate-confirmed"))
    found = order_refusals(
        [OrderItem(code or "unknown")],
        known,
        package_catalogue(),
        at=performance.at,
        priority=order.priority or "routine",
        timed=moment(order.occurrenceDateTime, zone) if order.occurrenceDateTime and "T" in order.occurrenceDateTime else None,
        reasons=codes_of(order.reasonCode, ICD10),
        confirmed=frozenset({code}) if confirmed else frozenset(),
        deceased=patient.deceased,
        active=patient.active,
    )
    notes = [Refusal("order.not-understood", {"entered": words_of(order.code)[:80] or "-"})] if not code else []
    refusals = [one for one in found if one.code != "order.not-in-catalogue"]
    if performance.principal.kind == "system":
        notes += [one for one in refusals if one.code in ASKED_OF_PEOPLE]
        refusals = [one for one in refusals if one.code not in ASKED_OF_PEOPLE]
    return OrderReasons(tuple(refusals), tuple(notes))


def _is_new(arriving: Arriving, order: r4.ServiceRequest) -> bool:
    before = arriving.earlier(order)
    return before is None or before.status != "active"


def is_resulted(record: Record, order_id: str) -> bool:
    """Whether a released result answers the order."""
    sql = "SELECT 1 FROM result_row WHERE order_id = ? AND status IN ('final', 'amended', 'corrected') LIMIT 1"
    return bool(record.engine.rows(sql, (order_id,)))


@dataclass(slots=True)
class _Work:
    """The work of the orders of one commit, gathered by patient, kind, priority, time and place."""

    arriving: Arriving
    made: dict[tuple[str, ...], r4.Task] = field(default_factory=dict[tuple[str, ...], r4.Task])
    numbers: dict[str, str] = field(default_factory=dict[str, str])

    def give(self, order: r4.ServiceRequest, kind: str) -> None:
        """Put the order to the task it belongs to: one of this commit, one that is open and not begun, or a new one."""
        zone = self.arriving.performance.record.policy.zone
        place = local(order.locationReference[0]) if order.locationReference else ""
        timed = str(start_us(order.occurrenceDateTime, zone) or "") if order.occurrenceDateTime else ""
        key = (id_of(order.subject, "Patient"), kind, order.priority or "routine", timed, place)
        task = self.made.get(key) or self._open(key) if kind != NOT_UNDERSTOOD else None
        if task is None:
            task = self._new(order, kind, place)
        task.basedOn = [*(task.basedOn or ()), reference(f"ServiceRequest/{order.id}")]
        self.made[key] = task

    def _open(self, key: tuple[str, ...]) -> r4.Task | None:
        patient, kind, priority, timed, place = key
        record = self.arriving.performance.record
        rows = record.engine.rows(
            "SELECT id FROM work_row WHERE patient = ? AND kind = ? AND open = 1 AND status IN ('requested', 'accepted') AND location = ? "
            f"ORDER BY authored_us, id LIMIT {JOINED_MAX}",
            (patient, kind, place.partition("/")[2]),
        )
        for (own,) in rows:
            task = self.arriving.find(r4.Task, own)
            if task is None or task.status not in ("requested", "accepted") or task.output or task.partOf:
                continue
            same = (task.priority or "routine") == priority
            if same and all(self._timed(other) == timed for other in order_ids_of(task)):
                self.arriving.put(task)
                return task
        return None

    def _timed(self, order_id: str) -> str:
        order = self.arriving.find(r4.ServiceRequest, order_id)
        zone = self.arriving.performance.record.policy.zone
        return str(start_us(order.occurrenceDateTime, zone) or "") if order is not None and order.occurrenceDateTime else ""

    def _new(self, order: r4.ServiceRequest, kind: str, place: str) -> r4.Task:
        at, zone = self.arriving.performance.at, self.arriving.performance.record.policy.zone
        due = stage_due("order-to-collect", order.priority, max(at, moment(order.occurrenceDateTime, zone) or at))
        more = {"focus": f"ServiceRequest/{order.id}", "words": words_of(order.code)} if kind == NOT_UNDERSTOOD else {}
        task = self.arriving.task(kind, order, due=due, location=place.partition("/")[2], **more)
        task.groupIdentifier = order.requisition
        self.arriving.create(task)
        return task

    def number(self, order: r4.ServiceRequest) -> None:
        """Give orders of one patient that come without a requisition one number of ours."""
        before = self.arriving.earlier(order)
        if order.requisition is None and before is not None:
            order.requisition = before.requisition
        if order.requisition is None:
            performance, patient = self.arriving.performance, id_of(order.subject, "Patient")
            if patient not in self.numbers:
                self.numbers[patient] = next_requisition(performance.record, performance.at, len(self.numbers))
            order.requisition = r4.Identifier(system=REQUISITION, value=self.numbers[patient])


def orders_arrived(arriving: Arriving) -> tuple[tuple[Refusal, ...], tuple[tuple[str, Refusal], ...]]:
    """Judge the orders of a commit and make or end their work.

    Returns the reasons against (with any, nothing may be written) and the notes as (`ServiceRequest/id`, note).
    """
    refusals: list[Refusal] = []
    notes: list[tuple[str, Refusal]] = []
    work, asked = _Work(arriving), dict[str, list[EarlierOrder]]()
    for order in arriving.of_type(r4.ServiceRequest):
        before = arriving.earlier(order)
        if is_ending(order, before):
            if order.status != "completed" and is_resulted(arriving.performance.record, order.id or ""):
                refusals.append(Refusal("order.done"))
            end_work_of(arriving, [order.id or ""], "order-cancelled" if order.status != "completed" else "order-completed")
        elif is_arriving(order):
            with_it = asked.setdefault(id_of(order.subject, "Patient"), [])
            reasons = reasons_against(arriving, order, with_it)
            refusals += reasons.refusals
            notes += [(f"ServiceRequest/{order.id}", note) for note in reasons.notes]
            if not reasons.refusals:
                _take_in(arriving, work, order, reasons.notes)
                with_it.append(EarlierOrder(orderable(order.code) or "unknown", arriving.performance.at, open=True))
    return tuple(refusals), tuple(notes)


def _take_in(arriving: Arriving, work: _Work, order: r4.ServiceRequest, notes: Sequence[Refusal]) -> None:
    code, performance = orderable(order.code), arriving.performance
    name_it(order.code, code)
    order.authoredOn = order.authoredOn or date_time(performance.at)
    if order.requester is None and performance.principal.kind == "person":
        order.requester = reference(performance.author)
    if id_of(order.subject, "Patient") == "":
        return
    work.number(order)
    kind = kind_of_work(code, package_catalogue()) or NOT_UNDERSTOOD
    earlier = _work_for(performance.record, order.id or "")
    if any(known == kind and (open_ or not _is_new(arriving, order)) for _, known, open_ in earlier):
        return  # it has its work, or its work was done
    end_work_of(arriving, [order.id or ""], "order-changed")
    work.give(order, kind)
    for note in notes:
        if note.code.startswith("order.duplicate"):
            arriving.create(_issue(order, note, performance))


def _work_for(record: Record, order_id: str) -> list[tuple[str, str, bool]]:
    rows = record.engine.rows("SELECT work, kind, open FROM work_order WHERE order_id = ? ORDER BY work LIMIT 200", (order_id,))
    return [(row[0], row[1], bool(row[2])) for row in rows if row[1] in WORK_FOR_ORDERS]


def end_work_of(arriving: Arriving, order_ids: Sequence[str], why: str) -> None:
    """Take orders out of their open work; a task that was for nothing else ends."""
    for order_id in order_ids:
        for own, _, open_ in _work_for(arriving.performance.record, order_id):
            task = arriving.find(r4.Task, own) if open_ else None
            if task is not None:
                leave_orders(task, order_ids, arriving.performance.at, concept(REASON, why))
                arriving.put(task)


def _issue(order: r4.ServiceRequest, note: Refusal, performance: Performance) -> r4.DetectedIssue:
    text = text_of(note, "en", zone=performance.record.policy.zone, names=laboratory_names("en"))
    return r4.DetectedIssue(
        status="preliminary",
        code=concept(REFUSAL, note.code, text=text.words),
        severity="moderate",
        patient=order.subject,
        identifiedDateTime=date_time(performance.at),
        implicated=[reference(f"ServiceRequest/{order.id}")],
        detail=f"{text.words} {text.remedy}",
    )


@dataclass(frozen=True, slots=True)
class Clarified:
    """The order that was looked at, and the work it has now; "" when nothing is to be done for it here."""

    order: str
    work: str


@act("clarify_order")
def clarify_order(performance: Performance, work_id: str, *, code: str = "", note: str = "") -> Clarified:
    """Say what an order asks for that the catalogue did not know: a code of ours, and its work begins; or why it needs none here.

    Ends the task `order-not-understood`. Raises ActRefused, NotFound.
    """
    record, at = performance.record, performance.at
    task = load(record, r4.Task, work_id)
    order = load(record, r4.ServiceRequest, order_ids_of(task)[0])
    kind = kind_of_work(code, package_catalogue()) if code else None
    further = list(own_work_refusals(record, task, performance.author))
    if code_of(task.code, WORK) != NOT_UNDERSTOOD:
        further.append(Refusal("work.not-unclear"))
    if code and kind is None:
        further.append(Refusal("order.not-in-catalogue", {"entered": code[:40]}))
    facts = facts_for(performance, order=order_fact(order, record.policy.zone))
    reason = note or (f"It is {code}." if code else "")
    focus = f"ServiceRequest/{order.id}"
    with perform(
        performance, "clarify_order", facts, further=further, reason=reason, patient=target_of(order.subject), focus=focus
    ) as performed:
        arriving = Arriving(performance, performed, {}, {})
        task.owner = reference(performance.author)
        end(task, at)
        add_note(task, note, performance.author, at)
        performed.update(task)
        made = ""
        if kind is not None:
            name_it(order.code, code)
            performed.update(order)
            work = _Work(arriving)
            work.give(order, kind)
            arriving.write()
            made = next(iter(work.made.values())).id or ""
    return Clarified(order.id or "", made)
