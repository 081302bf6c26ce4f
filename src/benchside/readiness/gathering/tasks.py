"""Making and ending work: a Task of one kind, in one shape, for every area."""

from collections.abc import Sequence
from datetime import datetime

from benchside.fhir import r4
from benchside.readiness.gathering.kept import REQUISITION, WORK, WORK_FACT, concept, date_time, reference

WORK_KINDS = frozenset(
    {
        "collect",
        "vital-signs",
        "ekg",
        "point-of-care",
        "procedure",
        "receive",
        "call-critical",
        "review-result",
        "cosign",
        "review-override",
        "message",
        "order-not-understood",
    }
)


def new_task(
    kind: str,
    at: datetime,
    *,
    requester: str,
    patient: str = "",
    orders: Sequence[str] = (),
    focus: str = "",
    owner: str = "",
    priority: str = "routine",
    due: datetime | None = None,
    location: str = "",
    requisition: str = "",
    part_of: str = "",
    tests: Sequence[str] = (),
    reason: r4.CodeableConcept | None = None,
    words: str = "",
    note: str = "",
) -> r4.Task:
    """A requested task. `patient`, `location` and `orders` are ids; `focus`, `owner`, `requester` and `part_of` are `Type/id`."""
    assert kind in WORK_KINDS  # our own invariant: kinds of work are few and known to screens
    return r4.Task(
        status="requested",
        intent="order",
        priority=priority,  # pyright: ignore[reportArgumentType] # checked by the acts
        code=concept(WORK, kind),
        description=words or None,
        basedOn=[reference(f"ServiceRequest/{order}") for order in orders] or None,
        focus=reference(focus) if focus else None,
        for_=reference(f"Patient/{patient}") if patient else None,
        authoredOn=date_time(at),
        requester=reference(requester),
        owner=reference(owner) if owner else None,
        location=reference(f"Location/{location}") if location else None,
        groupIdentifier=r4.Identifier(system=REQUISITION, value=requisition) if requisition else None,
        partOf=[reference(part_of)] if part_of else None,
        reasonCode=reason,
        restriction=r4.TaskRestriction(period=r4.Period(end=date_time(due))) if due else None,
        input=[r4.TaskInput(type=concept(WORK_FACT, "test"), valueCode=test) for test in tests] or None,
        note=[r4.Annotation(text=note, time=date_time(at))] if note else None,
    )


def begin(task: r4.Task, at: datetime) -> None:
    """Note that somebody is at it; the first beginning stays."""
    task.status = "in-progress"
    task.lastModified = date_time(at)
    if task.executionPeriod is None:
        task.executionPeriod = r4.Period(start=date_time(at))


def end(task: r4.Task, at: datetime, status: str = "completed", reason: r4.CodeableConcept | None = None) -> None:
    """End a task: `completed`, `failed` or `cancelled`."""
    task.status = status  # type: ignore[assignment]  # one of three FHIR task-status codes
    task.lastModified = date_time(at)
    start = task.executionPeriod.start if task.executionPeriod is not None and task.executionPeriod.start else date_time(at)
    task.executionPeriod = r4.Period(start=start, end=date_time(at))
    if reason is not None:
        task.statusReason = reason


def add_note(task: r4.Task, text: str, author: str, at: datetime) -> None:
    """Add a line to a task's notes."""
    if text.strip():
        task.note = [*(task.note or ()), r4.Annotation(text=text.strip(), time=date_time(at), authorReference=reference(author))]
