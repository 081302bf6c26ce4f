"""Ordering: one requisition of one or more orders, and the work they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

from benchside.areas.laboratory.acts.order_rules import (
    DUPLICATE_WITHIN,
    ORDERS_MAX,
    PROCEDURES,
    EarlierOrder,
    OrderItem,
    Repeat,
    kind_of_work,
    order_refusals,
)
from benchside.areas.laboratory.catalogue import Catalogue, package_catalogue
from benchside.areas.laboratory.order_questions import Question, package_questions, questions_for
from benchside.areas.laboratory.preparation import instruction_text, preparation_for
from benchside.areas.laboratory.turnaround import Priority, package_turnaround
from benchside.fhir import r4
from benchside.fhir.terminology.icd10cm import diagnosis
from benchside.readiness.gathering.kept import (
    BASE,
    ICD10,
    LOINC,
    REASON,
    REQUISITION,
    TEST,
    codes_of,
    concept,
    date_time,
    id_of,
    load,
    reference,
    target_of,
)
from benchside.readiness.gathering.numbers import next_number
from benchside.readiness.gathering.orders import SERIES, open_work_for, order_fact, order_ids_of, series_of, settled_series
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.gathering.tasks import end, new_task
from benchside.readiness.performing import Performance, Performed, act, facts_for, perform, refuse
from benchside.record import Record
from benchside.record.keys import microseconds, moment
from benchside.terms.refusal import Refusal

ORDER_DETAIL, ORDER_ANSWER = f"{BASE}/CodeSystem/order-detail", f"{BASE}/CodeSystem/order-answer"
REQUISITION_DIGITS = 7
WORK_FOR_ORDERS = ("collect", "point-of-care", "vital-signs", "ekg", "procedure", "receive", "order-not-understood")
"""Kinds of work that end when their orders do."""


@dataclass(frozen=True, slots=True)
class PlacedOrders:
    """What an order made: ids of the orders in the order of the items, ids of the tasks, and the number all share."""

    requisition: str
    orders: tuple[str, ...]
    work: tuple[str, ...]


def earlier_orders(record: Record, patient_id: str, at: datetime) -> list[EarlierOrder]:
    """Open orders of a patient, and results of the last hours, for the warning of duplicates."""
    rows = record.engine.rows(
        "SELECT test, authored_us FROM order_row WHERE patient = ? AND status = 'active' AND test <> '' ORDER BY authored_us DESC LIMIT 200",
        (patient_id,),
    )
    found = [EarlierOrder(row[0], moment(row[1] or 0), open=True) for row in rows]
    rows = record.engine.rows(
        "SELECT test, effective_us FROM result_row WHERE patient = ? AND effective_us >= ? AND effective_us <= ? AND test <> '' "
        "AND status IN ('preliminary', 'final', 'amended', 'corrected') ORDER BY effective_us DESC LIMIT 500",
        (patient_id, microseconds(at - DUPLICATE_WITHIN), microseconds(at)),
    )
    return [*found, *(EarlierOrder(row[0], moment(row[1]), open=False) for row in rows)]


def turnaround_priority(priority: str | None) -> Priority:
    """The priority as the turnaround limits know it."""
    return cast("Priority", {"stat": "stat", "asap": "urgent", "urgent": "urgent"}.get(priority or "", "routine"))


def stage_due(stage: str, priority: str | None, since: datetime) -> datetime:
    """When a stage of an order that began at `since` becomes overdue."""
    return since + timedelta(minutes=package_turnaround().overdue_min[turnaround_priority(priority)][stage])


def next_requisition(record: Record, at: datetime, after: int = 0) -> str:
    """The next number for orders that belong together, or the one `after` so many more; the caller holds the write lock."""
    prefix = f"R{at.astimezone(record.policy.zone):%y}-"
    number = next_number(record, "order_row", "requisition", prefix, REQUISITION_DIGITS) + after
    return f"{prefix}{number:0{REQUISITION_DIGITS}d}"


@dataclass(frozen=True, slots=True)
class _Asked:
    """Everything that is the same for every order of a requisition."""

    performance: Performance
    patient: str
    requisition: str
    priority: str
    reasons: Sequence[str]
    location: str
    encounter: str
    answers: Mapping[str, str]
    answers_kept: str
    """`QuestionnaireResponse/id`, "" when nothing was asked."""
    language: str

    def request(self, item: OrderItem, catalogue: Catalogue) -> r4.ServiceRequest:
        """An order of one item, without its time."""
        answers = {**self.answers, "fasting": "yes"} if item.fasting else self.answers
        prepared = preparation_for([item.code], answers, catalogue, self.language)
        asked = questions_for([item.code], catalogue.tests_of([item.code]) if item.code not in PROCEDURES else ())
        details = [
            concept(ORDER_DETAIL, one.code, text=f"{one.question.en} {one.question.answer_text(answers[one.code], 'en')}")
            for one in asked
            if answers.get(one.code) and not (one.code == "fasting" and answers[one.code] == "no")
        ]
        if item.fasting and not any(one.code == "fasting" for one in asked):
            details.append(concept(ORDER_DETAIL, "fasting"))
        return r4.ServiceRequest(
            status="active",
            intent="order",
            priority=self.priority,  # pyright: ignore[reportArgumentType] # one of PRIORITIES, or it was refused
            code=_code(item.code, catalogue),
            subject=reference(f"Patient/{self.patient}"),
            requester=reference(self.performance.on_behalf_of or self.performance.author),
            authoredOn=date_time(self.performance.at),
            requisition=r4.Identifier(system=REQUISITION, value=self.requisition),
            orderDetail=details or None,
            patientInstruction=instruction_text(prepared) or None,
            supportingInfo=[reference(self.answers_kept)] if self.answers_kept else None,
            note=[r4.Annotation(text=item.note)] if item.note else None,
            reasonCode=[_reason(code) for code in self.reasons] or None,
            locationReference=[reference(f"Location/{self.location}")] if self.location else None,
            encounter=reference(f"Encounter/{self.encounter}") if self.encounter else None,
        )


def _code(code: str, catalogue: Catalogue) -> r4.CodeableConcept:
    if code in PROCEDURES:
        _, loinc, name, _ = PROCEDURES[code]
    elif code in catalogue.tests:
        loinc, name = catalogue.tests[code].facts.loinc, catalogue.tests[code].name.en
    else:
        loinc, name = catalogue.panels[code].definition.loinc or "", catalogue.panels[code].name.en
    codings = [r4.Coding(system=TEST, code=code, display=name), *([r4.Coding(system=LOINC, code=loinc)] if loinc else [])]
    return r4.CodeableConcept(coding=codings, text=name)


def _reason(code: str) -> r4.CodeableConcept:
    known = diagnosis(code)
    return concept(ICD10, code, known.name if known is not None else None)


def _kept_answers(performance: Performance, patient_id: str, answers: Mapping[str, str]) -> r4.QuestionnaireResponse:
    """What was asked at the time of ordering, as it was answered."""
    questions = package_questions()
    return r4.QuestionnaireResponse(
        status="completed",
        questionnaire=f"{BASE}/Questionnaire/order-entry",
        subject=reference(f"Patient/{patient_id}"),
        authored=date_time(performance.at),
        author=reference(performance.author),
        item=[
            r4.QuestionnaireResponseItem(linkId=code, text=questions[code].en, answer=[_answer(questions[code], answer)])
            for code, answer in answers.items()
        ],
    )


def _answer(question: Question, answer: str) -> r4.QuestionnaireResponseItemAnswer:
    match question.kind:
        case "yes-no" | "choice":
            return r4.QuestionnaireResponseItemAnswer(
                valueCoding=r4.Coding(system=ORDER_ANSWER, code=answer, display=question.answer_text(answer, "en"))
            )
        case "number":
            return r4.QuestionnaireResponseItemAnswer(valueQuantity=r4.Quantity(value=Decimal(answer), unit=question.unit))
        case "date":
            return r4.QuestionnaireResponseItemAnswer(valueDate=answer)
        case _:
            return r4.QuestionnaireResponseItemAnswer(valueString=answer)


def coded_answers(record: Record, request: r4.ServiceRequest) -> dict[str, str]:
    """The answers by choice that an order carries: question -> answer, as codes of questions.yaml."""
    found: dict[str, str] = {}
    for kept in request.supportingInfo or ():
        if own := id_of(kept, "QuestionnaireResponse"):
            for item in load(record, r4.QuestionnaireResponse, own).item or ():
                if item.answer and item.linkId and item.answer[0].valueCoding is not None:
                    found[item.linkId] = item.answer[0].valueCoding.code or ""
    return {**found, "fasting": "yes"} if "fasting" in codes_of(request.orderDetail, ORDER_DETAIL) else found


def _timing(repeat: Repeat, first: datetime) -> r4.Timing:
    return r4.Timing(
        repeat=r4.TimingRepeat(
            boundsPeriod=r4.Period(start=date_time(first)),
            count=repeat.count,
            frequency=1,
            period=Decimal(repeat.every),
            periodUnit=repeat.unit,
        )
    )


@dataclass(frozen=True, slots=True)
class _Placing:
    """The orders and tasks of one requisition while they are written."""

    performed: Performed
    asked: _Asked
    items: Sequence[OrderItem]
    orders: list[str]
    work: list[str]

    def series(self, repeat: Repeat, first: datetime) -> list[str]:
        """The repeated order of each item, which its dated orders are based on."""
        made: list[str] = []
        for item in self.items:
            request = self.asked.request(item, package_catalogue())
            request.intent, request.occurrenceTiming = SERIES, _timing(repeat, first)
            made.append(self.performed.create(request))
        return made

    def at(self, timed: datetime | None, series: Sequence[str] = ()) -> None:
        """Every item once, for one time, with its tasks."""
        catalogue, works = package_catalogue(), dict[str, list[str]]()
        for place, item in enumerate(self.items):
            request = self.asked.request(item, catalogue)
            request.occurrenceDateTime = date_time(timed) if timed else None
            if series:
                request.intent, request.basedOn = "instance-order", [reference(series[place])]
            own = self.performed.create(request).partition("/")[2]
            self.orders.append(own)
            works.setdefault(kind_of_work(item.code, catalogue) or "", []).append(own)
        performance, asked = self.asked.performance, self.asked
        for kind, own in works.items():
            task = new_task(
                kind,
                performance.at,
                requester=performance.author,
                patient=asked.patient,
                orders=own,
                priority=asked.priority,
                due=stage_due("order-to-collect", asked.priority, timed or performance.at),
                location=asked.location,
                requisition=asked.requisition,
            )
            self.work.append(self.performed.create(task).partition("/")[2])


@act("order")
def place_order(
    performance: Performance,
    patient_id: str,
    items: Sequence[OrderItem],
    *,
    priority: str = "routine",
    timed: datetime | None = None,
    repeat: Repeat | None = None,
    reasons: Sequence[str] = (),
    location: str = "",
    encounter: str = "",
    confirmed: Sequence[str] = (),
    answers: Mapping[str, str] | None = None,
) -> PlacedOrders:
    """Order tests and procedures for a patient, once or repeated from `timed` (or now) on.

    `reasons` are ICD-10-CM codes; `location` and `encounter` ids; `confirmed` the codes wanted in spite of a duplicate; `answers`
    to the questions of order_questions, None where nobody was asked. Raises ActRefused, NotFound.
    """
    record, at, catalogue = performance.record, performance.at, package_catalogue()
    patient = patient_facts(record, patient_id, at)
    further = order_refusals(
        items,
        earlier_orders(record, patient_id, at),
        catalogue,
        at=at,
        priority=priority,
        timed=timed,
        reasons=reasons,
        confirmed=frozenset(confirmed),
        deceased=patient.deceased,
        active=patient.active,
        repeat=repeat,
        answers=answers,
    )
    with perform(performance, "order", facts_for(performance), further=further, patient=patient.reference) as performed:
        given = {code: answer for code, answer in (answers or {}).items() if answer.strip() and code in package_questions()}
        kept = performed.create(_kept_answers(performance, patient_id, given)) if given else ""
        language = "es" if patient_language(record, patient_id).startswith("es") else "en"
        requisition = next_requisition(record, at)
        asked = _Asked(performance, patient_id, requisition, priority, reasons, location, encounter, given, kept, language)
        placing = _Placing(performed, asked, [_fasting(item, given) for item in items], [], [])
        if repeat is None:
            placing.at(timed)
        else:
            series = placing.series(repeat, timed or at)
            for when in repeat.times(timed or at, record.policy.zone):
                placing.at(when, series)
    return PlacedOrders(requisition, tuple(placing.orders), tuple(placing.work))


def _fasting(item: OrderItem, answers: Mapping[str, str]) -> OrderItem:
    """The item, to be taken fasting when that was answered and it asks the question."""
    if item.fasting or answers.get("fasting") != "yes" or item.code not in package_questions()["fasting"].tests:
        return item
    return replace(item, fasting=True)


def patient_language(record: Record, patient_id: str) -> str:
    """The language a patient prefers, as it was kept (`es`, `Spanish`); "" when nobody asked."""
    rows = record.engine.rows("SELECT language FROM patient_row WHERE id = ?", (patient_id,))
    return str(rows[0][0]) if rows else ""


@dataclass(frozen=True, slots=True)
class CancelledOrder:
    """The order that was cancelled, and the tasks that ended with it."""

    order: str
    work: tuple[str, ...]


def leave_orders(task: r4.Task, order_ids: Sequence[str], at: datetime, reason: r4.CodeableConcept) -> bool:
    """Take orders out of a task that is for them; whether it ended, since it was for nothing else."""
    rest = [own for own in order_ids_of(task) if own not in order_ids]
    if not rest:
        end(task, at, "cancelled", reason)
        return True
    task.basedOn = [reference(f"ServiceRequest/{own}") for own in rest]
    return False


WORK_OF_ORDERS = ("collect", "point-of-care", "vital-signs", "ekg", "procedure", "receive")


@act("cancel_order")
def cancel_order(performance: Performance, order_id: str, reason: str, *, series: bool = False) -> CancelledOrder:
    """Revoke an order that nothing was resulted for; work that was only for it ends. Raises ActRefused, NotFound.

    `series`: with every later order of the same repetition that is still to come.
    """
    record = performance.record
    order = load(record, r4.ServiceRequest, order_id)
    facts = facts_for(performance, order=order_fact(order, record.policy.zone, done=_resulted(record, order_id)))
    with perform(
        performance, "cancel_order", facts, reason=reason, patient=target_of(order.subject), focus=f"ServiceRequest/{order_id}"
    ) as performed:
        orders = [order, *(_later(record, order) if series else ())]
        ended = _revoke(performed, performance, orders, reason)
    return CancelledOrder(order_id, tuple(ended))


@act("cancel_requisition")
def cancel_requisition(performance: Performance, requisition: str, reason: str) -> CancelledOrder:
    """Revoke every order of a requisition that is open and not resulted, in one commit. Answers its first order. Raises ActRefused."""
    record = performance.record
    rows = record.engine.rows(
        f"SELECT id FROM order_row WHERE requisition = ? AND status = 'active' ORDER BY timed_us, id LIMIT {ORDERS_MAX + 1}", (requisition,)
    )
    orders = [load(record, r4.ServiceRequest, row[0]) for row in rows if not _resulted(record, row[0])]
    refuse(*([] if orders else [Refusal("order.nothing-to-cancel")]))
    facts = facts_for(performance, order=order_fact(orders[0], record.policy.zone))
    with perform(
        performance,
        "cancel_order",
        facts,
        reason=reason,
        patient=target_of(orders[0].subject),
        focus=f"ServiceRequest/{orders[0].id}",
    ) as performed:
        ended = _revoke(performed, performance, orders, reason)
    return CancelledOrder(orders[0].id or "", tuple(ended))


def _resulted(record: Record, order_id: str) -> bool:
    return bool(
        record.engine.rows(
            "SELECT 1 FROM result_row WHERE order_id = ? AND status IN ('final', 'amended', 'corrected') LIMIT 1", (order_id,)
        )
    )


def _later(record: Record, order: r4.ServiceRequest) -> list[r4.ServiceRequest]:
    """The open orders of the same series at later times."""
    own = series_of(order)
    rows = record.engine.rows(
        "SELECT later.id FROM order_row later JOIN order_row this ON this.series = later.series AND this.id = ? "
        f"WHERE later.series = ? AND later.status = 'active' AND later.timed_us > this.timed_us ORDER BY later.timed_us LIMIT {ORDERS_MAX}",
        (order.id, own),
    )
    return [load(record, r4.ServiceRequest, row[0]) for row in rows if not _resulted(record, row[0])] if own else []


def _revoke(performed: Performed, performance: Performance, orders: Sequence[r4.ServiceRequest], reason: str) -> list[str]:
    """Revoke orders; work that is left without any of its orders ends, a series that is left without any too. Ids of the tasks ended."""
    record, ended = performance.record, list[str]()
    gone = {order.id or "" for order in orders}
    for order in orders:
        order.status = "revoked"
        performed.update(order)
    touched = dict.fromkeys(task for kind in WORK_OF_ORDERS for task in open_work_for(record, sorted(gone), kind))
    for own in touched:
        task = load(record, r4.Task, own)
        if leave_orders(task, sorted(gone), performance.at, concept(REASON, "order-cancelled", text=reason)):
            ended.append(own)
        performed.update(task)
    for whole in settled_series(record, orders):
        performed.update(whole)
    return ended
