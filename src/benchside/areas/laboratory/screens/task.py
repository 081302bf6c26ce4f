"""One task: how it stands, what comes next, and the ways to leave it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.screens.rows import STATUSES, preparation_of, priority_of, staff_names, what_of
from benchside.areas.laboratory.screens.wording import WORK
from benchside.areas.laboratory.views.worklist import DueWork, one_work
from benchside.fhir import r4
from benchside.pages.idempotency import new_key
from benchside.pages.shapes import Option, Step, StepState
from benchside.readiness.facts import PatientIdentification
from benchside.readiness.gathering.identification import identification_of
from benchside.readiness.gathering.kept import facts_named, load, moment
from benchside.readiness.gathering.orders import OPEN_WORK
from benchside.readiness.gathering.places import place_names
from benchside.readiness.staff import staff_name, staff_with_role
from benchside.record.keys import moment as moment_of_us
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language
from benchside.workplace.places import HANDS, address

OTHER_KINDS = {
    "receive": ("receive", False),
    "call-critical": ("call", True),
    "review-result": ("review", True),
    "message": ("message", True),
    "cosign": ("cosign", True),
    "review-override": ("review-override", True),
}
"""Where work is done that is not at the patient's side: the address's name, and whether it takes the task."""
ASSIGNABLE = ("junior_technician", "technician", "senior_technician", "lead_technician", "nurse")
COLLEAGUES_MAX = 200


def task_of(desk: Desk, task_id: str) -> DueWork:
    """The task, or 404."""
    found = one_work(desk.record, task_id)
    if found is None:
        raise Http404("There is no such task.")
    return found


def identified(desk: Desk, task: r4.Task) -> PatientIdentification | None:
    """The identification that still holds for what the task asks, or None."""
    rule = desk.requirements.act("collect_specimen").identification
    found = identification_of(desk.record, task)
    if found is None or (rule is not None and desk.now - found.at > timedelta(minutes=rule.valid_min)):
        return None
    return found


def step_url(desk: Desk, work: DueWork, task: r4.Task) -> str | None:
    """Where the next step of one's own task is done; None when nothing is to be done there."""
    if work.status not in OPEN_WORK or work.owner != desk.principal.author or work.kind not in HANDS:
        return None
    if work.kind == "order-not-understood":
        return reverse("clarify", args=[work.id])
    if identified(desk, task) is None:
        return reverse("identify", args=[work.id])
    if work.kind == "collect":
        return reverse("collect", args=[work.id])
    if work.kind == "vital-signs" and (url := address("vitals", work.patient)) is not None:
        return f"{url}?task={work.id}"
    if work.kind == "point-of-care":
        return address("point-of-care", work.id)
    return None


@screen("worklist", methods=("GET",))
def next_step(desk: Desk, task_id: str) -> HttpResponse:
    """Go on with a task where it stands."""
    work = task_of(desk, task_id)
    task = load(desk.record, r4.Task, task_id)
    return HttpResponseRedirect(step_url(desk, work, task) or reverse("work", args=[task_id]))


def _at(desk: Desk, task: r4.Task, fact: str) -> datetime | None:
    found = facts_named(task, fact)
    return moment(found[-1].valueDateTime, desk.record.policy.zone) if found else None


def steps_of(desk: Desk, work: DueWork, task: r4.Task) -> list[Step]:
    """The stages of the task, from the order to the end."""
    owner = staff_name(desk.record, work.owner) if work.owner else None
    known, printed = _at(desk, task, "identified"), _at(desk, task, "labels-printed")
    ended = moment(task.executionPeriod.end, desk.record.policy.zone) if task.executionPeriod and task.executionPeriod.end else None
    done: list[tuple[str, bool, datetime | None, str | None]] = [
        (_("Ordered"), True, work.authored, None),
        (_("Claimed"), bool(work.owner) or work.status == "completed", None, owner),
    ]
    if work.kind != "order-not-understood":
        done.append((_("Identified"), known is not None, known, None))
    if work.kind == "collect":
        done.append((_("Labels"), printed is not None or work.status == "completed", printed, None))
    done.append((_("Done"), work.status == "completed", ended, None))
    stopped = work.status in ("failed", "cancelled", "rejected")
    current = next((place for place, one in enumerate(done) if not one[1]), None)

    def state(place: int, *, ready: bool) -> StepState:
        if ready:
            return "done"
        if stopped:
            return "problem" if place == current else "skipped"
        return "current" if place == current else "waiting"

    return [Step(text=text, state=state(place, ready=ready), at=at, by=by) for place, (text, ready, at, by) in enumerate(done)]


@dataclass(frozen=True, slots=True)
class After:
    """What comes after a collection: how to carry it, and by when."""

    handling: tuple[str, ...]
    due: datetime | None


def after_collection(desk: Desk, work: DueWork) -> After | None:
    """What to do with the tubes that were collected for a task; None when nothing waits to be brought."""
    rows = desk.record.engine.rows(
        "SELECT id, due_us FROM work_row WHERE kind = 'receive' AND part_of = ? AND open = 1 LIMIT 5", (work.id,)
    )
    if not rows:
        return None
    catalogue, language = package_catalogue(), reader_language()
    tests = catalogue.tests_of([line.test for line in work.orders if line.test in catalogue.tests or line.test in catalogue.panels])
    codes = dict.fromkeys(item for test in tests for item in catalogue.tests[test].definition.handling if item in ON_THE_WAY)
    due = [moment_of_us(row[1]) for row in rows if row[1] is not None]
    return After(tuple(catalogue.handling[item].text(language) for item in codes), min(due) if due else None)


ON_THE_WAY = frozenset(
    {
        "on-ice",
        "dark",
        "keep-stoppered",
        "spin-within-15-min",
        "spin-within-20-min",
        "separate-within-1-h",
        "never-chilled",
        "never-refrigerate",
        "do-not-chill-unspun",
    }
)
"""Handling that whoever carries the tubes must know."""


def colleagues(desk: Desk) -> list[Option]:
    """Whom a lead may give work to."""
    found = dict.fromkeys(who for role in ASSIGNABLE for who in staff_with_role(desk.record, role, desk.now))
    names = staff_names(desk.record, list(found)[:COLLEAGUES_MAX])
    return sorted((Option(value=who, text=name) for who, name in names.items()), key=lambda option: option.text)


@screen("worklist", methods=("GET",))
def show(desk: Desk, task_id: str) -> HttpResponse:
    """How the task stands and what comes next; work of other places is opened there."""
    work = task_of(desk, task_id)
    if work.kind not in HANDS:
        name, takes_task = OTHER_KINDS.get(work.kind, ("home", False))
        return HttpResponseRedirect(address(name, *([task_id] if takes_task else [])) or "/")
    task = load(desk.record, r4.Task, task_id)
    permission = desk.requirements.act("assign_work").roles
    may_assign = any(role in permission for role in _roles(desk)) and work.status in OPEN_WORK
    values = {
        "page": desk.page(what_of(work)),
        "patient": desk.patient(work.patient) if work.patient else None,
        "work": work,
        "kind": _(WORK[work.kind]),
        "what": what_of(work),
        "preparation": preparation_of(work),
        "priority": priority_of(work.priority),
        "status": STATUSES.get(work.status, "ordered"),
        "place": place_names(desk.record, [work.location]).get(work.location),
        "owner": staff_name(desk.record, work.owner) if work.owner else None,
        "mine": work.owner == desk.principal.author,
        "open": work.status in OPEN_WORK,
        "steps": steps_of(desk, work, task),
        "next_url": step_url(desk, work, task),
        "ready": work.kind == "order-not-understood" or identified(desk, task) is not None,
        "colleagues": colleagues(desk) if may_assign else [],
        "assign_form": desk.form(f"assign:{task_id}", action=reverse("assign", args=[task_id]), prefix="assign"),
        "claim_url": reverse("claim", args=[task_id]),
        "release_url": reverse("release", args=[task_id]),
        "unable_url": reverse("unable", args=[task_id]) if work.kind == "collect" else None,
        "new_key": new_key,
        "back_url": reverse("worklist"),
        "after": after_collection(desk, work) if work.kind == "collect" else None,
        "receive_url": address("receive"),
    }
    return render(desk.request, "laboratory/task.html", values)


def _roles(desk: Desk) -> tuple[str, ...]:
    """The reader's role as the gate names it."""
    role = desk.requirements.role_of(desk.performer.profession, desk.performer.level)
    return (role,) if role else ()
