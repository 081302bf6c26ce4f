"""Everybody's load: what each has claimed, begun and let grow late, what nobody has yet; and giving work to somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import assign_work
from benchside.areas.laboratory.screens.board import KIND_WORDS, columns
from benchside.areas.laboratory.screens.wording import people_names
from benchside.areas.laboratory.views.board import load_of_everybody
from benchside.pages.shapes import Column, Option
from benchside.readiness.gathering.places import place_names
from benchside.readiness.staff import staff_with_role
from benchside.record.keys import moment
from benchside.workplace import Desk, screen

ROLES: Final = ("technician.lead", "technician.senior")
KINDS: Final = ("collect", "vital-signs", "ekg", "point-of-care", "procedure", "receive", "order-not-understood")
HANDS: Final = ("junior_technician", "technician", "senior_technician", "lead_technician", "nurse")
TASKS_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One open task of the list."""

    id: str
    what: str
    place: str
    priority: int
    patient: str
    due: datetime | None
    status: str
    give_url: str


def tasks(desk: Desk, owner: str) -> tuple[TaskRow, ...]:
    """The open work of a person, or of nobody (""), the soonest due first; at most TASKS_MAX."""
    marks = ",".join("?" * len(KINDS))
    rows = desk.record.engine.rows(
        "SELECT w.id, w.kind, w.location, w.priority, p.name, w.due_us, w.status FROM work_row w LEFT JOIN patient_row p ON p.id = w.patient "
        f"WHERE w.open = 1 AND w.owner = ? AND w.kind IN ({marks}) ORDER BY w.priority, w.due_us, w.id LIMIT {TASKS_MAX}",
        (owner, *KINDS),
    )
    return _rows(desk, rows)


def _rows(desk: Desk, rows: Sequence[tuple[object, ...]]) -> tuple[TaskRow, ...]:
    places = place_names(desk.record, [str(row[2]) for row in rows])
    return tuple(
        TaskRow(
            str(own),
            _(KIND_WORDS.get(str(kind), str(kind))),
            places.get(str(place), ""),
            int(str(priority)),
            str(patient or ""),
            None if due is None else moment(int(str(due))),
            str(status),
            f"{reverse('load')}?{urlencode({'task': str(own)})}",
        )
        for own, kind, place, priority, patient, due, status in rows
    )


def _asked_task(desk: Desk) -> TaskRow | None:
    """The task that is to be given to somebody; None when none is asked for. Raises Http404 when it is not open work."""
    own = desk.request.GET.get("task", "")
    if not own:
        return None
    rows = desk.record.engine.rows(
        "SELECT w.id, w.kind, w.location, w.priority, p.name, w.due_us, w.status FROM work_row w LEFT JOIN patient_row p ON p.id = w.patient "
        "WHERE w.id = ? AND w.open = 1 LIMIT 1",
        (own,),
    )
    if not rows:
        raise Http404("There is no such open work.")
    return _rows(desk, rows)[0]


def colleagues(desk: Desk) -> list[Option]:
    """Everybody who may work at the bedside or in the laboratory now, by name, with what they have."""
    found = list(dict.fromkeys(who for role in HANDS for who in staff_with_role(desk.record, role, desk.now)))
    known = people_names(desk.record, found)
    return sorted((Option(value=who, text=known.get(who, who)) for who in found), key=lambda option: option.text)


@screen("load", roles=ROLES)
def show(desk: Desk) -> HttpResponse:
    """The page, and giving one task to a colleague."""
    task = _asked_task(desk)
    form = desk.form(f"assign:{task.id}" if task is not None else "assign", prefix="assign")
    reasons, status = (), 200
    if desk.request.method == "POST" and task is not None:
        chosen = desk.request.POST.get("colleague", "").partition("/")[2]
        if chosen:
            outcome = desk.act(form, lambda performance: assign_work(performance, task.id, chosen))
            if not outcome.refused:
                return desk.done(reverse("load"), notice=_("Given to them. They see it in their worklist."))
            form, reasons, status = outcome.form, outcome.reasons, outcome.status
        else:
            status = 422
    loads = load_of_everybody(desk.record, desk.now, KINDS)
    person = desk.request.GET.get("person", "")
    known = people_names(desk.record, [person, *(load.person for load in loads)])
    values = {
        "page": desk.page(_("Load")),
        "loads": [(load, known.get(load.person, load.person), f"{reverse('load')}?{urlencode({'person': load.person})}") for load in loads],
        "person": known.get(person, "") if person else "",
        "theirs": tasks(desk, person) if person else (),
        "nobodys": tasks(desk, ""),
        "task": task,
        "form": form,
        "colleagues": colleagues(desk) if task is not None else [],
        "nobody_chosen": status == 422 and not reasons,
        "reasons": reasons,
        "load_url": reverse("load"),
        "task_columns": columns(_("Work"), _("Patient"), _("Place"), _("Priority"), _("Due"), _("Give")),
        "person_columns": (
            Column(text=_("Person")),
            *(Column(text=text, numeric=True) for text in (_("Claimed"), _("In progress"), _("Overdue"), _("Done today"))),
        ),
    }
    return render(desk.request, "laboratory/load.html", values, status=status)
