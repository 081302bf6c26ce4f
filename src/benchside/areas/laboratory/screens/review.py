"""A report in the inbox: its values with what was before, what changed, the critical call; one tap acknowledges and goes on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benchside.areas.laboratory.acts import acknowledge_reports
from benchside.areas.laboratory.acts.calling import call_of
from benchside.areas.laboratory.acts.results_kept import judge, value_of, value_text
from benchside.areas.laboratory.catalogue import NotInCatalogue, package_catalogue
from benchside.areas.laboratory.critical import critical_names, due, package_critical
from benchside.areas.laboratory.names import laboratory_names
from benchside.areas.laboratory.screens.inbox_rows import COUNT_MAX, filter_of, waiting_tasks
from benchside.areas.laboratory.screens.reading import note_report_read
from benchside.areas.laboratory.screens.shown_results import ShownResult, results_of_report
from benchside.areas.laboratory.screens.standing import order_standing
from benchside.areas.laboratory.screens.wording import people_names, test_name
from benchside.fhir import r4
from benchside.pages.shapes import Event, Result
from benchside.readiness.gathering.kept import TEST, WORK, code_of, id_of, load, moment, target_of, words_of
from benchside.readiness.gathering.orders import OPEN_WORK, order_ids_of
from benchside.readiness.gathering.patients import patient_facts
from benchside.record import Gone, NotFound
from benchside.terms.quantity import rounded
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language

RESULTS_MAX: Final = 60
CALLS_MAX: Final = 20
_WAS = re.compile(r"Was (?P<before>.*) until \S+: (?P<why>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Change:
    """A value that was changed after its release: `was` and `now` with units, why, by whom, when."""

    name: str
    was: str
    now: str
    why: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Call:
    """A critical call of the report: `field` names its read-back in the form; `unit` is what follows the number."""

    task: str
    field: str
    name: str
    value: str
    unit: str
    open: bool
    state: str
    next_step: str
    events: tuple[Event, ...]


@screen("inbox", roles=("clinician",))
def review(desk: Desk, task_id: str) -> HttpResponse:
    """Show a report; a posted form acknowledges it, with a note and what was read back, and goes to the next one."""
    task = _task(desk, task_id)
    order = order_standing(desk.record, next(iter(order_ids_of(task)), ""))  # None: another system's report that answers no order
    patient_id = id_of(task.for_, "Patient")
    patient = desk.patient(patient_id)
    report = load(desk.record, r4.DiagnosticReport, id_of(task.focus, "DiagnosticReport"))
    observations = _observations(desk, report)
    calls = _calls(desk, observations)
    chosen = filter_of(desk)
    form = desk.form(f"review:{task_id}", action=f"{reverse('review', args=[task_id])}?show={chosen}", patient=patient.reference)
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        heard = {one.task: f"{typed} {one.unit}".strip() for one in calls if (typed := posted.get(one.field, "").strip())}
        outcome = desk.act(
            form,
            lambda performance: acknowledge_reports(performance, [task_id], note=posted.get("note", ""), read_backs=heard),
            patient=patient.reference,
        )
        if not outcome.refused:
            return _onwards(desk, task_id)
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    note_report_read(desk, report.id or "", patient_id)
    title = order.name if order is not None else test_name(code_of(report.code, TEST), words_of(report.code))
    before, following = _neighbours(desk, task_id)
    values = {
        "page": desk.page(title),
        "title": title,
        "patient": patient,
        "order": order,
        "task": task,
        "open": task.status in OPEN_WORK,
        "results": _results(desk, patient_id, observations),
        "changes": _changes(desk, observations),
        "calls": calls,
        "conclusion": report.conclusion or "",
        "form": form,
        "reasons": reasons,
        "chosen": chosen,
        "before": before,
        "following": following,
        "report_id": report.id,
        "answered": _answered(desk, task),
    }
    return render(desk.request, "laboratory/review.html", values, status=status)


def _task(desk: Desk, task_id: str) -> r4.Task:
    try:
        task = load(desk.record, r4.Task, task_id)
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent
    if code_of(task.code, WORK) != "review-result":
        raise Http404("This is not a report.")
    return task


def _observations(desk: Desk, report: r4.DiagnosticReport) -> list[r4.Observation]:
    ids = [own for result in report.result or () if (own := id_of(result, "Observation"))][:RESULTS_MAX]
    return [load(desk.record, r4.Observation, own) for own in ids]


def _results(desk: Desk, patient_id: str, observations: Sequence[r4.Observation]) -> list[Result]:
    """The values with what the reader should see beside them: a large change, a comment, where the trend is."""
    kept = {one.id: one for one in observations}
    shown = results_of_report(desk.record, [own for own in kept if own], patient_id)
    return [_noted(desk, patient_id, one, kept.get(one.id)) for one in shown]


def _noted(desk: Desk, patient_id: str, one: ShownResult, kept: r4.Observation | None) -> Result:
    notes = [_delta_words(desk, patient_id, kept)] if kept is not None else []
    notes += [note.text for note in (kept.note or () if kept is not None else ()) if note.text and not _WAS.fullmatch(note.text)]
    url = f"{reverse('trend', args=[patient_id])}?code={one.key}"
    return replace(one.result, url=url, note=" ".join(filter(None, [one.result.note, *notes])) or None)


def _delta_words(desk: Desk, patient_id: str, kept: r4.Observation) -> str:
    """What the delta check says, "" when the change is within its limit or there is nothing to compare."""
    catalogue, value = package_catalogue(), value_of(kept)
    collected = moment(kept.effectiveDateTime, desk.record.policy.zone)
    if value is None or collected is None:
        return ""
    try:
        analyte = catalogue.analyte(code_of(kept.code, TEST))
    except NotInCatalogue:
        return ""
    facts = patient_facts(desk.record, patient_id, desk.now)
    delta = judge(desk.record, value, analyte, facts, collected, catalogue, but=kept.id or "").delta
    if delta is None or not delta.exceeded:
        return ""
    unit = analyte.unit if delta.mode == "absolute" else "%"
    return _("Large change: %(change)s %(unit)s in %(hours)s h.") % {
        "change": rounded(delta.change, 1),
        "unit": unit,
        "hours": rounded(delta.hours_apart, 0),
    }


def _changes(desk: Desk, observations: Sequence[r4.Observation]) -> list[Change]:
    """Every change after release, oldest first, as the notes of the results have them."""
    people = people_names(desk.record, [target_of(note.authorReference) for one in observations for note in one.note or ()])
    found: list[Change] = []
    for one in observations:
        changes = [(note, match) for note in one.note or () if (match := _WAS.fullmatch(note.text or ""))]
        became = [*(match["before"] for _note, match in changes[1:]), value_text(one)]
        for (note, match), now in zip(changes, became[: len(changes)], strict=True):
            name = test_name(code_of(one.code, TEST), one.code.text or "" if one.code else "")
            by, at = people.get(target_of(note.authorReference), ""), moment(note.time, desk.record.policy.zone)
            found.append(Change(name, match["before"], now, match["why"], by, at))
    return found


def _calls(desk: Desk, observations: Sequence[r4.Observation]) -> list[Call]:
    focuses = [f"Observation/{one.id}" for one in observations]
    if not focuses:
        return []
    marks = ",".join("?" * len(focuses))
    rows = desk.record.engine.rows(
        f"SELECT id, open FROM work_row WHERE kind = 'call-critical' AND focus IN ({marks}) ORDER BY authored_us, id LIMIT {CALLS_MAX}",
        focuses,
    )
    kept = {f"Observation/{one.id}": one for one in observations}
    return [_call(desk, own, kept, is_open=bool(is_open)) for own, is_open in rows]


def _call(desk: Desk, task_id: str, kept: dict[str, r4.Observation], *, is_open: bool) -> Call:
    language, task = reader_language(), load(desk.record, r4.Task, task_id)
    call = call_of(desk.record, task)
    names, rungs = laboratory_names(language), critical_names(language)
    one = kept[call.subject]
    owed = due(call, package_critical(), desk.now) if is_open else None
    people = people_names(desk.record, [who for entry in call.entries for who in (entry.by, entry.person)])
    events = tuple(
        Event(
            text=names.get(f"call-event:{entry.event}", entry.event).capitalize(),
            at=entry.at,
            by=people.get(entry.by),
            detail=" · ".join(
                filter(None, [people.get(entry.person, ""), rungs.get(f"ladder:{entry.step}", ""), entry.read_back, entry.text])
            )
            or None,
            tone="good" if entry.event in ("read-back-right", "acknowledged") else "danger" if entry.event == "escalated" else "neutral",
            icon="phone",
        )
        for entry in call.entries
    )
    unit = (one.valueQuantity.unit or "") if one.valueQuantity is not None else ""
    return Call(
        task_id,
        f"read_{task_id}",
        test_name(code_of(one.code, TEST), one.code.text or "" if one.code else ""),
        call.value_words,
        unit if call.value_words.endswith(unit) else "",
        is_open,
        names.get(f"call-state:{call.state}", call.state),
        rungs.get(f"ladder:{owed.step}", "") if owed is not None else "",
        events,
    )


def _answered(desk: Desk, task: r4.Task) -> tuple[str, datetime, str] | None:
    """Who acknowledged the report, when, with which note; None while it waits."""
    ended = moment(task.executionPeriod.end, desk.record.policy.zone) if task.executionPeriod is not None else None
    if task.status != "completed" or ended is None:
        return None
    who = target_of(task.owner)
    return people_names(desk.record, [who]).get(who, ""), ended, " ".join(note.text or "" for note in task.note or ())


def _neighbours(desk: Desk, task_id: str) -> tuple[str, str]:
    """The tasks before and after this one in the list, "" where there is none."""
    ids = [row[0] for row in waiting_tasks(desk, filter_of(desk), limit=COUNT_MAX)]
    if task_id not in ids:
        return "", next(iter(ids), "")
    at = ids.index(task_id)
    return (ids[at - 1] if at else ""), (ids[at + 1] if at + 1 < len(ids) else "")


def _onwards(desk: Desk, task_id: str) -> HttpResponse:
    """To the next report that waits, or back to the inbox when all are answered."""
    rest = [row[0] for row in waiting_tasks(desk, filter_of(desk), limit=COUNT_MAX) if row[0] != task_id]
    if not rest:
        return desk.done(f"{reverse('inbox')}?show={filter_of(desk)}", notice=_("Acknowledged. Nothing more waits."))
    left = ngettext("Acknowledged. %(num)s more waits.", "Acknowledged. %(num)s more wait.", len(rest)) % {"num": len(rest)}
    return desk.done(f"{reverse('review', args=[rest[0]])}?show={filter_of(desk)}", notice=left)
