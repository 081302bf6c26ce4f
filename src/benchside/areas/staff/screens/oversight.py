"""Oversight: work to co-sign, overrides to review, competences to sign off, and what the gate refused lately."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from benchside.areas.staff.acts import cosign, review_override, sign_off_competence
from benchside.areas.staff.screens.colleagues import colleague_options, performer_named
from benchside.areas.staff.screens.sign_offs import held_by
from benchside.fhir import r4
from benchside.pages.shapes import FieldError, Form, Option, Patient, Reason
from benchside.readiness.explanation import names
from benchside.readiness.gathering.kept import code_of, inputs_named, load, target_of
from benchside.readiness.models import RefusedAct
from benchside.readiness.performing import OVERRIDE_REASON
from benchside.readiness.staff import role_code, staff_name
from benchside.record import Gone, NotFound
from benchside.record.keys import moment
from benchside.terms.refusal_words import catalogue
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language
from benchside.workplace.patients import row_patients
from benchside.workplace.places import address
from benchside.workplace.waiting import OpenWork, names_of_people, open_work, own_work

ROLES: Final = ("technician", "clinician", "administrator")
ROWS_MAX: Final = 50
REFUSED_SINCE: Final = timedelta(days=7)
REFUSED_ROWS_MAX: Final = 12
VALID_DAYS: Final = (90, 180, 365, 730)
SOON: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Supervised:
    """One task of oversight: which act, who did it, on whom, by when it is to be looked at."""

    id: str
    act: str
    who: str
    patient: Patient | None
    due: datetime | None
    at: datetime | None


@screen("oversight", methods=("GET",), roles=ROLES)
def show(desk: Desk) -> HttpResponse:
    """Show what waits for this person's signature, the overrides to review for those who may, and what was refused lately."""
    cosigns = own_work(desk.record, desk.principal.author, ("cosign",), ROWS_MAX)
    may_review = _may(desk, "review_override")
    reviews = open_work(desk.record, ("review-override",), ROWS_MAX) if may_review else []
    patients = row_patients(desk.record, desk.principal, [work.patient for work in (*cosigns, *reviews)], desk.place, desk.now)
    people = names_of_people(desk.record, [work.requester for work in (*cosigns, *reviews)])
    values = {
        "page": desk.page(_("Oversight")),
        "cosigns": [_supervised(desk, work, patients, people) for work in cosigns],
        "reviews": [_supervised(desk, work, patients, people) for work in reviews],
        "may_review": may_review,
        "may_sign_off": _may(desk, "sign_off_competence"),
        "refused": _refused(desk) if may_review else None,
    }
    return render(desk.request, "staff/oversight.html", values)


@screen("oversight", roles=ROLES)
def show_cosign(desk: Desk, task_id: str) -> HttpResponse:
    """Show supervised work with who did it, and take the co-signature: 303 when signed."""
    task = _task(desk, task_id)
    form = desk.form(f"cosign:{task_id}", patient=target_of(task.for_) or None)
    reasons: tuple[Reason, ...] = ()
    status = 200
    if desk.request.method == "POST":
        note = desk.request.POST.get("note", "")
        outcome = desk.act(form, lambda performance: cosign(performance, task_id, note=note), patient=target_of(task.for_) or None)
        if not outcome.refused:
            return desk.done("/oversight", notice=_("Co-signed."))
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    return _drawn_task(desk, task, form, "staff/cosign.html", _("Co-sign"), reasons, status)


@screen("oversight", roles=ROLES)
def show_review(desk: Desk, task_id: str) -> HttpResponse:
    """Show an emergency override with the performer's words, and take the review: justified or not, with a note and a signature."""
    task = _task(desk, task_id)
    form = desk.form(f"review:{task_id}", patient=target_of(task.for_) or None)
    reasons: tuple[Reason, ...] = ()
    status = 200
    if desk.request.method == "POST":
        judged, note = desk.request.POST.get("justified", ""), desk.request.POST.get("note", "")
        if judged not in ("yes", "no"):
            form = replace(form, values={"note": note}, errors=(FieldError(field="justified", message=_("Say whether it was justified.")),))
            return _drawn_task(desk, task, form, "staff/review_override.html", _("Review an override"), (), 422)
        outcome = desk.act(
            form,
            lambda performance: review_override(performance, task_id, note, justified=judged == "yes"),
            patient=target_of(task.for_) or None,
        )
        if not outcome.refused:
            return desk.done("/oversight", notice=_("Reviewed."))
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    return _drawn_task(desk, task, form, "staff/review_override.html", _("Review an override"), reasons, status)


@screen("oversight", roles=ROLES)
def show_sign_off(desk: Desk) -> HttpResponse:
    """Show a colleague's sign-offs (`?person=`) and take a new one, for a competence one holds oneself."""
    people = colleague_options(desk)
    given = desk.request.POST if desk.request.method == "POST" else desk.request.GET
    person = given.get("person", "") if given.get("person") in {option.value for option in people} else ""
    values = {"person": person, "competence": given.get("competence", ""), "days": given.get("days", "365")}
    form = desk.form("sign-off", action="/oversight/sign-off", values=values)
    reasons: tuple[Reason, ...] = ()
    status = 200
    if desk.request.method == "POST":
        errors = _sign_off_errors(person, values)
        if errors:
            return _drawn_sign_off(desk, person, people, replace(form, errors=errors), (), 422)
        own, competence, days = person.partition("/")[2], values["competence"], int(values["days"])
        outcome = desk.act(form, lambda performance: sign_off_competence(performance, own, competence, valid_days=days))
        if not outcome.refused:
            words = _("Signed off: %(name)s.") % {"name": staff_name(desk.record, person)}
            return desk.done(f"/oversight/sign-off?person={person}", notice=words)
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    return _drawn_sign_off(desk, person, people, form, reasons, status)


def _sign_off_errors(person: str, values: dict[str, str]) -> tuple[FieldError, ...]:
    errors: list[FieldError] = []
    if not person:
        errors.append(FieldError(field="person", message=_("Choose a colleague.")))
    if not values["competence"]:
        errors.append(FieldError(field="competence", message=_("Choose what you saw them do well.")))
    if values["days"] not in {str(days) for days in VALID_DAYS}:
        errors.append(FieldError(field="days", message=_("Choose how long it holds.")))
    return tuple(errors)


def _drawn_sign_off(
    desk: Desk, person: str, people: tuple[Option, ...], form: Form, reasons: tuple[Reason, ...], status: int
) -> HttpResponse:
    known = names(desk.requirements, reader_language())
    values = {
        "page": desk.page(_("Sign off a competence")),
        "form": form,
        "reasons": reasons,
        "people": tuple(option for option in people if option.value != desk.principal.author),
        "competences": tuple(
            Option(value=code, text=known[f"competence:{code}"][:1].upper() + known[f"competence:{code}"][1:])
            for code in desk.requirements.competences
        ),
        "days": tuple(Option(value=str(days), text=_("%(days)s days") % {"days": days}) for days in VALID_DAYS),
        "held": held_by(desk, performer_named(desk, person), soon=SOON) if person else None,
        "who": staff_name(desk.record, person) if person else "",
    }
    return render(desk.request, "staff/sign_off.html", values, status=status)


def _task(desk: Desk, task_id: str) -> r4.Task:
    try:
        return load(desk.record, r4.Task, task_id)
    except (NotFound, Gone) as absent:
        raise Http404("There is no such task.") from absent


def _drawn_task(desk: Desk, task: r4.Task, form: Form, template: str, title: str, reasons: tuple[Reason, ...], status: int) -> HttpResponse:
    patient_id = target_of(task.for_).partition("/")[2]
    known = names(desk.requirements, reader_language())
    named = inputs_named(task, "act")
    act = (named[0].valueCode or "") if named else ""
    focus = target_of(task.focus)
    values = {
        "page": desk.page(title),
        "patient": desk.patient(patient_id) if patient_id else None,
        "form": form,
        "reasons": reasons,
        "act": known.get(f"act:{act}", act),
        "who": staff_name(desk.record, target_of(task.requester)),
        "work": _standing(desk, task.id or ""),
        "focus": _focus_address(focus),
        "cause": known.get(f"override-reason:{code_of(task.reasonCode, OVERRIDE_REASON)}", ""),
        "said": task.note[0].text or "" if task.note else "",
        "set_aside": [_refusal_words(one.valueCode or "") for one in inputs_named(task, "set-aside")],
    }
    return render(desk.request, template, values, status=status)


def _standing(desk: Desk, task_id: str) -> tuple[bool, datetime | None]:
    """Return whether the task is open, and by when it is due."""
    rows = desk.record.engine.rows("SELECT open, due_us FROM work_row WHERE id = ?", (task_id,))
    return (bool(rows[0][0]), moment(rows[0][1]) if rows[0][1] is not None else None) if rows else (False, None)


def _focus_address(focus: str) -> str | None:
    kind, _slash, own = focus.partition("/")
    places = {"Specimen": "specimen", "DiagnosticReport": "report", "ServiceRequest": "order-detail", "Task": "work"}
    return address(places[kind], own) if kind in places and own else None


def _refusal_words(code: str) -> str:
    """Say a refusal without its facts: the task keeps only codes."""
    text = catalogue().get(code, {}).get(reader_language())
    return code if text is None else _blanked(text.words)


def _blanked(words: str) -> str:
    return re.sub(r"\{\w+\}", "…", words).replace("….", "…")


def _supervised(desk: Desk, work: OpenWork, patients: dict[str, Patient], people: dict[str, str]) -> Supervised:
    known = names(desk.requirements, reader_language())
    task = load(desk.record, r4.Task, work.id)
    named = inputs_named(task, "act")
    act = (named[0].valueCode or "") if named else ""
    return Supervised(
        work.id,
        known.get(f"act:{act}", act),
        people.get(work.requester, work.requester),
        patients.get(work.patient),
        work.due,
        work.authored,
    )


def _refused(desk: Desk) -> list[tuple[str, str, int]]:
    """Count what the gate refused in the last days: act, reason, how often; the most frequent first, without names."""
    known = names(desk.requirements, reader_language())
    rows = (
        RefusedAct.objects.using(desk.record.engine.alias)
        .filter(at__gt=desk.now - REFUSED_SINCE, at__lte=desk.now)
        .values_list("act", "code")
        .annotate(times=Count("id"))
        .order_by("-times", "act", "code")[:REFUSED_ROWS_MAX]
    )
    return [(known.get(f"act:{act}", str(act)), _refusal_words(code), times) for act, code, times in rows]


def _may(desk: Desk, act: str) -> bool:
    return role_code(desk.performer, desk.requirements) in desk.requirements.act(act).roles
