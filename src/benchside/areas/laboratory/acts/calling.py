"""Critical values called and heard, results acknowledged, what nobody answers escalated, messages between people.

A call is a task with one Communication an attempt; no Communication is ever changed. Its state is read from those lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, get_args

from benchside.areas.laboratory.critical import CallEntry, CallEvent, CriticalCall, Due, Source, add_entry, due, package_critical
from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    BASE,
    REASON,
    WORK,
    add_fact,
    code_of,
    concept,
    date_time,
    facts_named,
    id_of,
    inputs_named,
    load,
    moment,
    reference,
    target_of,
)
from benchside.readiness.gathering.messages import TEXT_MAX, new_message
from benchside.readiness.gathering.orders import OPEN_WORK, open_work_on, order_ids_of
from benchside.readiness.gathering.tasks import begin, end, new_task
from benchside.readiness.performing import Performance, Performed, act, facts_for, perform
from benchside.readiness.staff import performer_of, staff_with_role
from benchside.record import Record
from benchside.record.keys import microseconds
from benchside.terms.refusal import Refusal

CALL_EVENT = f"{BASE}/CodeSystem/call-event"
LADDER = f"{BASE}/CodeSystem/call-ladder"
STEP_ROLES: Final = {"covering-clinician": "physician", "charge-nurse": "nurse", "medical-director": "physician"}
"""Who stands on a rung while the site has no roster: everybody of that role. The orderer's rung is the orderer."""
CALLED_AT_ONCE_MAX = 20
ESCALATED_MAX = 500
READ_BACK_WITHIN_MIN = 10
"""Somebody who was reached and has not read the value back for so long counts as not reached. Ours (K)."""
RAISED: Final = "not acknowledged in time"
MESSAGE_RECIPIENTS_MAX = 50


def call_of(record: Record, task: r4.Task) -> CriticalCall:
    """The call as the rules see it, rebuilt from its lines."""
    zone = record.policy.zone
    rows = record.engine.rows(
        "SELECT DISTINCT id, sent_us, resource FROM communication_row WHERE work = ? AND kind = 'critical-call' ORDER BY sent_us, resource LIMIT 200",
        (f"Task/{task.id}",),
    )
    entries: list[CallEntry] = []
    for own, _, _ in rows:
        line = load(record, r4.Communication, own)
        event: CallEvent = next(name for name in get_args(CallEvent) if name == code_of(line.reasonCode, CALL_EVENT))
        sent = moment(line.sent, zone)
        assert sent is not None  # our own invariant: every line says when
        said = line.payload[0].contentString or "" if line.payload else ""
        heard = line.note[0].text or "" if line.note else ""
        entries.append(
            CallEntry(
                event,
                sent,
                target_of(line.sender),
                target_of(line.recipient[0]) if line.recipient else "",
                code_of(line.topic, LADDER),
                heard,
                said,
            )
        )
    value = facts_named(task, "value")
    stored = moment(task.meta.lastUpdated, zone) if task.meta is not None else None
    known = moment(task.authoredOn, zone) or stored
    assert known is not None  # our own invariant: what is stored says since when
    return CriticalCall(
        target_of(task.focus), target_of(task.for_), (value[0].valueString or "") if value else "", source_of(task), known, tuple(entries)
    )


def source_of(task: r4.Task) -> Source:
    """Where the value came from; a task that does not say is the laboratory's."""
    said = inputs_named(task, "source")
    code = said[0].valueCode or "" if said else ""
    return next((name for name in get_args(Source) if name == code), "laboratory")


def value_called(task: r4.Task) -> str:
    """The value that is called, as it must be read back; what the task is about when nobody noted the value."""
    noted = facts_named(task, "value")
    return (noted[0].valueString or "") if noted else task.description or ""


def call_due(record: Record, work_id: str, at: datetime) -> Due | None:
    """Whom to call next for a critical value, since when, and whether it is late. Read only; raises NotFound."""
    return due(call_of(record, load(record, r4.Task, work_id)), package_critical(), at)


def _line(performed: Performed, task: r4.Task, entry: CallEntry, recipients: Sequence[str]) -> str:
    message = new_message(
        "critical-call",
        entry.at,
        sender=entry.by,
        recipients=recipients,
        text=entry.text or value_called(task) or "?",
        patient=id_of(task.for_, "Patient"),
        about=[target_of(task.focus)],
        work=f"Task/{task.id}",
        priority="stat",
        received=entry.at if entry.event == "read-back-right" else None,
        done=entry.event not in ("not-reached", "withdrawn"),
        reason=concept(CALL_EVENT, entry.event),
    )
    message.topic = concept(LADDER, entry.step) if entry.step else None
    message.note = [r4.Annotation(text=entry.read_back, time=date_time(entry.at))] if entry.read_back else None
    return performed.create(message).partition("/")[2]


@dataclass(frozen=True, slots=True)
class CallLine:
    """One attempt as it was kept, the state of the call after it, and the rung that is due next ("" when nobody is)."""

    work: str
    communication: str
    state: str
    next_step: str


@act("call_critical_value")
def call_critical_value(
    performance: Performance,
    work_id: str,
    event: CallEvent,
    *,
    person: str = "",
    read_back: str = "",
    text: str = "",
) -> CallLine:
    """Keep one attempt to call a critical value.

    `not-reached`, `reached`, `read-back-right` (with the words read back) or `read-back-wrong`. `person` is who answered
    (`Practitioner/id`). A value read back right ends the call. Raises ActRefused.
    """
    record, at = performance.record, performance.at
    task = load(record, r4.Task, work_id)
    call = call_of(record, task)
    owed = due(call, package_critical(), at)
    entry = CallEntry(event, at, performance.author, person, owed.step if owed is not None else "", read_back, text)
    after, refusals = add_entry(call, entry)
    if event in ("escalated", "acknowledged", "withdrawn"):
        refusals = (*refusals, Refusal("critical.call.not-a-persons", {"event": f"call-event:{event}"}))
    if task.status not in OPEN_WORK:
        refusals = (*refusals, Refusal("work.not-open", {"status": f"task-status:{task.status}"}))
    with perform(
        performance, "call_critical_value", facts_for(performance), further=refusals, patient=target_of(task.for_), focus=f"Task/{work_id}"
    ) as performed:
        performed.outcome = event
        own = _line(performed, task, entry, [person] if person else [])
        if after.state == "read-back":
            end(task, at)
        else:
            begin(task, at)
        performed.update(task)
    following = due(after, package_critical(), at)
    return CallLine(work_id, own, after.state, following.step if following is not None else "")


def withdraw_call(performed: Performed, performance: Performance, observation_id: str, why: str) -> None:
    """End the open calls of a value that no longer stands, each with a line that says why."""
    record, at = performance.record, performance.at
    for own in open_work_on(record, f"Observation/{observation_id}", "call-critical"):
        task = load(record, r4.Task, own)
        _line(performed, task, CallEntry("withdrawn", at, performance.author, text=why), [])
        end(task, at, "cancelled", concept(REASON, "withdrawn", text=why))
        performed.update(task)


@dataclass(frozen=True, slots=True)
class Escalated:
    """Which calls climbed to which rung, and which unread reports were brought before others; ids of the tasks."""

    calls: tuple[tuple[str, str], ...]
    reviews: tuple[str, ...]


def people_on(record: Record, step: str, task: r4.Task, at: datetime) -> list[str]:
    """Who is called on a rung: the orderers, or the active people of its role but the orderers."""
    orderers = [target_of(load(record, r4.ServiceRequest, own).requester) for own in order_ids_of(task)]
    orderers = [who for who in dict.fromkeys(orderers) if who]
    if step not in STEP_ROLES and orderers:
        return orderers
    role = STEP_ROLES.get(step, STEP_ROLES["covering-clinician"])  # nobody ordered what was measured unasked: the covering clinician
    return [who for who in staff_with_role(record, role, at) if who not in orderers][:CALLED_AT_ONCE_MAX]


@act("escalate_overdue")
def escalate_overdue(performance: Performance) -> Escalated:
    """Climb the ladder of every call whose rung is over, and raise every report nobody acknowledged in time.

    The worker does it every minute with the clock told; doing it twice at the same time changes nothing more. Raises ActRefused.
    """
    record, at = performance.record, performance.at
    calls: list[tuple[str, str]] = []
    reviews: list[str] = []
    climbing = _climbing(record, at)
    late = [
        load(record, r4.Task, row[0])
        for row in record.engine.rows(
            "SELECT id FROM work_row WHERE open = 1 AND kind = 'review-result' AND due_us < ? AND reason <> ? "
            f"ORDER BY priority, due_us, id LIMIT {ESCALATED_MAX}",
            (microseconds(at), RAISED),
        )
    ]
    if not climbing and not late:
        return Escalated((), ())
    with perform(performance, "escalate_overdue", facts_for(performance)) as performed:
        for task, owed in climbing:
            who = people_on(record, owed.step, task, at)
            _line(performed, task, CallEntry("escalated", at, performance.author, step=owed.step), who)
            add_fact(task, "step", valueCode=owed.step)
            task.owner = reference(who[0]) if len(who) == 1 else None
            performed.update(task)
            calls.append((task.id or "", owed.step))
        for task in late:
            who = [one for one in staff_with_role(record, "physician", at) if one != target_of(task.owner)][:CALLED_AT_ONCE_MAX]
            performed.create(
                new_message(
                    "escalation",
                    at,
                    sender=performance.author,
                    recipients=[target_of(task.owner), *who] if task.owner else who,
                    priority="urgent",
                    text=f"Not acknowledged in time: {task.description or 'a result'}",
                    patient=id_of(task.for_, "Patient"),
                    about=[target_of(task.focus)],
                    work=f"Task/{task.id}",
                )
            )
            add_fact(task, "escalated", valueDateTime=date_time(at))
            task.statusReason = concept(
                REASON, "escalated", text=RAISED
            )  # a report is raised once: the next minute's reading leaves it out
            task.priority = "stat"
            performed.update(task)
            reviews.append(task.id or "")
    return Escalated(tuple(calls), tuple(reviews))


def _climbing(record: Record, at: datetime) -> list[tuple[r4.Task, Due]]:
    found: list[tuple[r4.Task, Due]] = []
    for (own,) in record.engine.rows(
        f"SELECT id FROM work_row WHERE open = 1 AND kind = 'call-critical' ORDER BY authored_us, id LIMIT {ESCALATED_MAX}"
    ):
        task = load(record, r4.Task, own)
        call = call_of(record, task)
        owed = due(call, package_critical(), at)
        steps = facts_named(task, "step")
        if owed is None or (steps and steps[-1].valueCode == owed.step) or at < owed.try_at or _is_being_read_back(call, at):
            continue
        found.append((task, owed))
    return found


def _is_being_read_back(call: CriticalCall, at: datetime) -> bool:
    return call.state == "reached" and at < call.entries[-1].at + timedelta(minutes=READ_BACK_WITHIN_MIN)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The inbox task that was completed, its report, and whether a critical call was closed by it."""

    work: str
    report: str
    calls: tuple[str, ...]


@act("acknowledge_result")
def acknowledge_report(performance: Performance, work_id: str, *, note: str = "") -> Acknowledged:
    """A clinician says that they have seen a report and take it from here. Any clinician may; it is kept who did. Raises ActRefused."""
    record, at = performance.record, performance.at
    task = load(record, r4.Task, work_id)
    further = () if task.status in OPEN_WORK else (Refusal("work.not-open", {"status": f"task-status:{task.status}"}),)
    if code_of(task.code, WORK) != "review-result":
        further = (*further, Refusal("work.not-a-report"))
    report_id = id_of(task.focus, "DiagnosticReport")
    with perform(
        performance, "acknowledge_result", facts_for(performance), further=further, patient=target_of(task.for_), focus=f"Task/{work_id}"
    ) as performed:
        task.owner = reference(performance.author)
        if note.strip():
            task.note = [
                *(task.note or ()),
                r4.Annotation(text=note.strip(), time=date_time(at), authorReference=reference(performance.author)),
            ]
        end(task, at)
        performed.update(task)
        closed = _close_calls(performed, performance, report_id)
    return Acknowledged(work_id, report_id, tuple(closed))


def _close_calls(performed: Performed, performance: Performance, report_id: str) -> list[str]:
    """Add the clinician's acknowledgement to every call of the report's values that was read back."""
    record, closed = performance.record, list[str]()
    report = load(record, r4.DiagnosticReport, report_id)
    for result in report.result or ():
        for (own,) in record.engine.rows(
            "SELECT id FROM work_row WHERE focus = ? AND kind = 'call-critical' AND status = 'completed' LIMIT 20", (target_of(result),)
        ):
            task = load(record, r4.Task, own)
            call = call_of(record, task)
            entry = CallEntry("acknowledged", performance.at, performance.author, performance.author)
            if not add_entry(call, entry)[1]:
                _line(performed, task, replace(entry, step=""), [performance.author])
                closed.append(own)
    return closed


@dataclass(frozen=True, slots=True)
class Sent:
    """A message, and the task it makes for whoever must answer it ("" when none is asked for)."""

    communication: str
    work: str


@act("send_message")
def send_message(
    performance: Performance,
    recipients: Sequence[str],
    text: str,
    *,
    patient_id: str = "",
    about: str = "",
    answers: str = "",
    ask: bool = False,
    priority: str = "routine",
) -> Sent:
    """Tell colleagues something, in the record.

    `about` is `Type/id`, `answers` the id of a message; `ask` makes a task for the first recipient. Raises ActRefused, NotFound
    (for a recipient who is nobody).
    """
    at = performance.at
    refusals: list[Refusal] = []
    if not 0 < len(recipients) <= MESSAGE_RECIPIENTS_MAX:
        refusals.append(Refusal("message.recipients", {"limit": MESSAGE_RECIPIENTS_MAX}))
    if not 0 < len(text.strip()) <= TEXT_MAX:
        refusals.append(Refusal("message.text", {"longest": TEXT_MAX}))
    for who in recipients[:MESSAGE_RECIPIENTS_MAX]:
        performer_of(performance.record, who.partition("/")[2], at)
    with perform(performance, "send_message", facts_for(performance), further=refusals) as performed:
        own = performed.create(
            new_message(
                "message",
                at,
                sender=performance.author,
                recipients=recipients,
                text=text.strip(),
                patient=patient_id,
                about=[about] if about else (),
                answers=f"Communication/{answers}" if answers else "",
                priority=priority,
            )
        )
        work = (
            performed.create(
                new_task(
                    "message",
                    at,
                    requester=performance.author,
                    patient=patient_id,
                    focus=own,
                    owner=recipients[0],
                    priority=priority,
                    words=text.strip()[:200],
                )
            ).partition("/")[2]
            if ask
            else ""
        )
    return Sent(own.partition("/")[2], work)
