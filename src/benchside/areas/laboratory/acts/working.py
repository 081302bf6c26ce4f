"""Work: claiming it, handing it back, assigning it. One owner at a time; two who claim at once are told apart by the lock."""

from dataclasses import dataclass

from benchside.fhir import r4
from benchside.readiness.facts import Order
from benchside.readiness.gathering.kept import REASON, WORK_FACT, concept, date_time, load, reference, target_of
from benchside.readiness.gathering.orders import OPEN_WORK, order_fact, order_ids_of, worst_order
from benchside.readiness.gathering.tasks import add_note
from benchside.readiness.performing import Performance, act, facts_for, perform
from benchside.readiness.staff import performer_of, staff_name
from benchside.record import Record
from benchside.terms.refusal import Refusal


@dataclass(frozen=True, slots=True)
class WorkState:
    """Where a task stands after the act; `owner` is `Practitioner/id` or empty."""

    work: str
    status: str
    owner: str


def work_order(record: Record, task: r4.Task) -> Order:
    """What the gate asks about as the order of a task: the worst of its orders, or the task itself when it has none."""
    orders = [order_fact(load(record, r4.ServiceRequest, own), record.policy.zone) for own in order_ids_of(task)]
    return worst_order(orders) or Order(f"Task/{task.id}", "active" if task.status in OPEN_WORK else task.status or "unknown")


def ownership_refusals(task: r4.Task, person: str, *, owner_name: str, must_own: bool = False) -> tuple[Refusal, ...]:
    """W1: only open work; W2: not what somebody else has claimed; W3: to hand over, one must have it. Pure."""
    if task.status not in OPEN_WORK:
        return (Refusal("work.not-open", {"status": f"task-status:{task.status}"}),)
    owner = target_of(task.owner)
    if owner and owner != person:
        return (Refusal("work.claimed", {"owner": owner_name}),)
    return (Refusal("work.not-yours"),) if must_own and not owner else ()


def own_work_refusals(record: Record, task: r4.Task, person: str, *, must_own: bool = False) -> tuple[Refusal, ...]:
    """`ownership_refusals` with the owner's name from the staff view."""
    return ownership_refusals(task, person, owner_name=staff_name(record, target_of(task.owner)), must_own=must_own)


def _patient(task: r4.Task) -> str:
    return target_of(task.for_)


@act("claim_work")
def claim_work(performance: Performance, work_id: str) -> WorkState:
    """Take a task that nobody has. Claiming one's own again changes nothing but its time. Raises ActRefused, NotFound."""
    record = performance.record
    task = load(record, r4.Task, work_id)
    facts = facts_for(performance, order=work_order(record, task))
    further = own_work_refusals(record, task, performance.author)
    with perform(performance, "claim_work", facts, further=further, patient=_patient(task), focus=f"Task/{work_id}") as performed:
        task.owner = reference(performance.author)
        if task.status in ("requested", "received"):
            task.status = "accepted"
        task.lastModified = date_time(performance.at)
        performed.update(task)
    return WorkState(work_id, task.status or "", performance.author)


@act("hand_over_work")
def release_work(performance: Performance, work_id: str, reason: str = "") -> WorkState:
    """Put one's own task back in the queue, with a word why. Raises ActRefused, NotFound."""
    record = performance.record
    task = load(record, r4.Task, work_id)
    facts = facts_for(performance, order=work_order(record, task))
    further = own_work_refusals(record, task, performance.author, must_own=True)
    with perform(
        performance, "hand_over_work", facts, further=further, reason=reason, patient=_patient(task), focus=f"Task/{work_id}"
    ) as performed:
        task.owner, task.status, task.lastModified = None, "requested", date_time(performance.at)
        if reason.strip():
            task.statusReason = concept(REASON, "handed-over", text=reason.strip())
        add_note(task, reason, performance.author, performance.at)
        performed.update(task)
    return WorkState(work_id, "requested", "")


@act("assign_work")
def assign_work(performance: Performance, work_id: str, practitioner_id: str) -> WorkState:
    """Give a task to a colleague, whoever has it now. Raises ActRefused, NotFound (also for the colleague)."""
    record = performance.record
    task = load(record, r4.Task, work_id)
    colleague = performer_of(record, practitioner_id, performance.at)
    further = () if task.status in OPEN_WORK else (Refusal("work.not-open", {"status": f"task-status:{task.status}"}),)
    if not colleague.active:
        further = (*further, Refusal("work.colleague-not-active"))
    facts = facts_for(performance, order=work_order(record, task))
    with perform(performance, "assign_work", facts, further=further, patient=_patient(task), focus=f"Task/{work_id}") as performed:
        task.input = [
            *(task.input or ()),
            r4.TaskInput(type=concept(WORK_FACT, "assigned-by"), valueReference=reference(performance.author)),
        ]
        task.owner, task.status, task.lastModified = reference(colleague.reference), "accepted", date_time(performance.at)
        performed.update(task)
    return WorkState(work_id, "accepted", colleague.reference)
