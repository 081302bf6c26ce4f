"""Calls: critical values that somebody must hear, whom to call now, every attempt, the value read back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import call_critical_value
from benchside.areas.laboratory.acts.calling import call_of, people_on
from benchside.areas.laboratory.critical import CallEvent, CriticalCall, Due, due, package_critical
from benchside.areas.laboratory.screens.drawing import drawn, words_for, wrong
from benchside.areas.laboratory.screens.rows import row_patients
from benchside.areas.laboratory.views.waiting import OpenCall, ended_calls, open_calls
from benchside.fhir import r4
from benchside.pages.shapes import Event, FieldError, Option, Patient, Step, StepState, Tone
from benchside.readiness.gathering.kept import WORK, code_of, id_of, load
from benchside.readiness.staff import staff_name, staff_with_role
from benchside.record import Gone, NotFound
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language
from benchside.workplace.places import address

ROLES: Final = ("technician", "clinician")
PEOPLE_MAX: Final = 200
EVENT_LOOKS: Final[dict[str, tuple[Tone, str]]] = {
    "not-reached": ("warning", "cancelled"),
    "reached": ("info", "phone"),
    "read-back-right": ("good", "done"),
    "read-back-wrong": ("danger", "warning"),
    "escalated": ("warning", "double-up"),
    "acknowledged": ("good", "signature"),
    "withdrawn": ("neutral", "undo"),
}


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call in the list: its patient, how it stands, and whom to call now."""

    call: OpenCall
    patient: Patient | None
    state: str
    rung: str
    people: str
    owed: Due | None
    tries: int


def rung_words(step: str) -> str:
    """Who stands on a rung, in words."""
    language = reader_language()
    return next(((one.es if language == "es" else one.en) for one in package_critical().ladder if one.to == step), step)


def phone_of(desk: Desk, person: str) -> str:
    """The work phone of a colleague, "" when none is known."""
    kind, _slash, own = person.partition("/")
    if kind != "Practitioner":
        return ""
    try:
        found = load(desk.record, r4.Practitioner, own)
    except (NotFound, Gone):
        return ""
    return next((point.value or "" for point in found.telecom or () if point.system in ("phone", "pager")), "")


@screen("calls", methods=("GET",), roles=ROLES)
def calls(desk: Desk) -> HttpResponse:
    """Every critical value that nobody has read back, and those that were heard today."""
    waiting, over = open_calls(desk.record), ended_calls(desk.record, desk.now)
    patients = row_patients(desk, [one.patient for one in (*waiting, *over)])
    lines: list[CallLine] = []
    for one in waiting:
        task = load(desk.record, r4.Task, one.work)
        call = call_of(desk.record, task)
        owed = due(call, package_critical(), desk.now)
        people = people_on(desk.record, owed.step, task, desk.now) if owed is not None else []
        lines.append(
            CallLine(
                one,
                patients.get(one.patient),
                call.state,
                rung_words(owed.step) if owed is not None else "",
                ", ".join(staff_name(desk.record, who) for who in people[:3]),
                owed,
                sum(entry.event == "not-reached" for entry in call.entries),
            )
        )
    states = {state: words_for([state], "call-state") for state in ("open", "reached", "read-back")}
    return drawn(
        desk,
        "calls",
        page=desk.page(_("Critical calls")),
        lines=lines,
        over=[(one, patients.get(one.patient)) for one in over],
        states=states,
    )


def _task(desk: Desk, task_id: str) -> r4.Task:
    try:
        task = load(desk.record, r4.Task, task_id)
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent
    if code_of(task.code, WORK) != "call-critical":
        raise Http404("That is no call.")
    return task


@screen("calls", roles=ROLES)
def call(desk: Desk, task_id: str) -> HttpResponse:
    """One critical value: call, say who answered, have it read back. Every line is kept and never changed."""
    task = _task(desk, task_id)
    patient = desk.patient(id_of(task.for_, "Patient"))
    first = _first_to_call(desk, task)
    form = desk.form(f"call:Task/{task_id}", patient=patient.reference, values={"person": first} if first else None)
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        event = posted.get("event", "")
        person = posted.get("other", "") or posted.get("person", "")
        errors = _missing(event, person, posted.get("read_back", ""))
        known: dict[str, CallEvent] = {
            "not-reached": "not-reached",
            "reached": "reached",
            "read-back-right": "read-back-right",
            "read-back-wrong": "read-back-wrong",
        }
        outcome = (
            wrong(desk, form, errors)
            if errors
            else desk.act(
                form,
                lambda performance: call_critical_value(
                    performance,
                    task_id,
                    known[event],
                    person=person,
                    read_back=posted.get("read_back", "").strip(),
                    text=posted.get("text", "").strip(),
                ),
                patient=patient.reference,
            )
        )
        if outcome.answer is not None:
            over = outcome.answer.state == "read-back"
            return desk.done(
                reverse("calls") if over else reverse("call", args=[task_id]),
                _("Read back right. The call is over.") if over else _("Kept."),
            )
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
        task = _task(desk, task_id)
    return _drawn(desk, task, patient, form=form, reasons=reasons, status=status)


def _first_to_call(desk: Desk, task: r4.Task) -> str:
    """Who stands first on the rung that is due, "" when nobody is known."""
    owed = due(call_of(desk.record, task), package_critical(), desk.now)
    return next(iter(people_on(desk.record, owed.step, task, desk.now)), "") if owed is not None else ""


def _missing(event: str, person: str, read_back: str) -> list[FieldError]:
    if event not in ("not-reached", "reached", "read-back-right", "read-back-wrong"):
        return [FieldError(field="", message=_("Press one of the buttons: what happened?"))]
    if event in ("reached", "not-reached") and not person:
        return [FieldError(field="person", message=_("Say whom you called."))]
    if event == "read-back-right" and not read_back.strip():
        return [FieldError(field="read_back", message=_("Type what was read back to you."))]
    return []


def _drawn(desk: Desk, task: r4.Task, patient: Patient, *, form: object, reasons: object, status: int) -> HttpResponse:
    kept = call_of(desk.record, task)
    owed = due(kept, package_critical(), desk.now)
    people = people_on(desk.record, owed.step, task, desk.now) if owed is not None else []
    others = [who for role in ("physician", "nurse") for who in staff_with_role(desk.record, role, desk.now)][:PEOPLE_MAX]
    last = next((entry.person for entry in reversed(kept.entries) if entry.event == "reached"), "")
    report = desk.record.engine.rows(
        "SELECT r.id FROM result_row o JOIN report_row r ON r.order_id = o.order_id WHERE o.id = ? AND o.order_id <> '' LIMIT 1",
        (id_of(task.focus, "Observation"),),
    )
    return drawn(
        desk,
        "call",
        status=status,
        page=desk.page(_("Critical call")),
        patient=patient,
        form=form,
        reasons=reasons,
        kept=kept,
        words=task.description or kept.value_words,
        owed=owed,
        rung=rung_words(owed.step) if owed is not None else "",
        goal=kept.known_at + timedelta(minutes=package_critical().goal_min),
        people=tuple(
            Option(value=who, text=staff_name(desk.record, who), hint=phone_of(desk, who) or None, icon="phone") for who in people
        ),
        others=tuple(Option(value=who, text=staff_name(desk.record, who)) for who in others if who not in people),
        answered=staff_name(desk.record, last) if last else "",
        last=last,
        ladder=ladder_of(kept, owed, desk.now),
        lines=_lines(desk, kept),
        report=address("report", report[0][0]) if report else None,
    )


def ladder_of(kept: CriticalCall, owed: Due | None, now: datetime) -> tuple[Step, ...]:
    """The ladder as steps: who was called, who is called now, who comes next and when."""
    steps: list[Step] = []
    reached = next((entry.step for entry in reversed(kept.entries) if entry.event in ("reached", "read-back-right")), "")
    passed = True
    for one in package_critical().ladder:
        begins = kept.known_at + timedelta(minutes=one.after_min)
        state: StepState = "waiting"
        if owed is None:
            state = "done" if one.to == reached else "skipped"
        elif one.to == owed.step:
            state, passed = "current", False
        elif passed:
            state = "problem" if any(entry.step == one.to for entry in kept.entries if entry.event == "not-reached") else "skipped"
        steps.append(Step(text=rung_words(one.to), state=state, at=begins if state == "waiting" else None))
    del now
    return tuple(steps)


def _lines(desk: Desk, kept: CriticalCall) -> tuple[Event, ...]:
    events: list[Event] = []
    for entry in kept.entries:
        tone, icon = EVENT_LOOKS[entry.event]
        words = words_for([entry.event], "call-event")
        who = staff_name(desk.record, entry.person) if entry.person else ""
        rung = rung_words(entry.step) if entry.step and entry.event == "escalated" else ""
        detail = _("“%(words)s”") % {"words": entry.read_back} if entry.read_back else None
        events.append(
            Event(
                text=": ".join(filter(None, (words[:1].upper() + words[1:], rung or who))),
                at=entry.at,
                by=staff_name(desk.record, entry.by),
                detail=detail,
                tone=tone,
                icon=icon,
            )
        )
    return tuple(reversed(events))
