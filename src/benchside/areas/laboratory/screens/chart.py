"""The chart of a patient: allergies and problems, results with their trend, orders and where they stand, vital signs, visits."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.accounts.scopes import reach
from benchside.areas.laboratory.screens.reading import note_reports_read
from benchside.areas.laboratory.screens.shown_results import Group, ShownResult, grouped, recent_results, trend_of
from benchside.areas.laboratory.screens.standing import open_orders
from benchside.fhir import r4, read
from benchside.fhir.search.criterion_reading import SearchLimits
from benchside.fhir.search.query import parse_search
from benchside.pages.shapes import Column
from benchside.readiness.explanation import names
from benchside.readiness.gathering.kept import moment, words_of
from benchside.record.keys import moment as moment_of_us
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language
from benchside.workplace.patients import arm_words

VISITS_MAX: Final = 8
PROBLEMS_MAX: Final = 30
ALERTS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as the chart lists it."""

    words: str
    begins: datetime | None
    ends: datetime | None
    going_on: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """An allergy, precaution or note with what was kept about it."""

    kind: str
    words: str
    severe: bool
    since: datetime | None


@screen("patients", methods=("GET",))
def chart(desk: Desk, patient_id: str) -> HttpResponse:
    """Show a patient's chart. Front desk sees orders, not results (accounts/roles.yaml)."""
    patient = desk.patient(patient_id)
    sees = {kind: reach(desk.principal, kind, "r") == "all" for kind in ("Observation", "ServiceRequest", "Condition", "Encounter")}
    results = recent_results(desk.record, patient_id, vital_signs=False) if sees["Observation"] else []
    groups = [_with_trends(group, patient_id) for group in grouped(desk.record, results)]
    vital_signs = (
        [_linked(one, patient_id) for one in recent_results(desk.record, patient_id, vital_signs=True)] if sees["Observation"] else []
    )
    note_reports_read(desk, [group.order for group in groups])
    values = {
        "page": desk.page(patient.name),
        "patient": patient,
        "sees": sees,
        "may_order": reach(desk.principal, "ServiceRequest", "c") == "all",
        "groups": groups,
        "vital_signs": [one.result for one in vital_signs],
        "orders": open_orders(desk.record, patient_id) if sees["ServiceRequest"] else [],
        "remarks": _remarks(desk, patient_id) if sees["Condition"] else [],
        "problems": _problems(desk, patient_id) if sees["Condition"] else [],
        "visits": _visits(desk, patient_id) if sees["Encounter"] else [],
        "replaced_by": _replaced_by(desk, patient_id),
        "may_correct": reach(desk.principal, "Patient", "u") == "all",
    }
    return render(desk.request, "laboratory/chart.html", values)


def _linked(one: ShownResult, patient_id: str) -> ShownResult:
    return replace(one, result=replace(one.result, url=f"{reverse('trend', args=[patient_id])}?code={one.key}"))


def _with_trends(group: Group, patient_id: str) -> Group:
    return replace(group, results=tuple(_linked(one, patient_id) for one in group.results))


def _replaced_by(desk: Desk, patient_id: str) -> tuple[str, bool, bool]:
    """The record that took this one's place ("" for none), whether this one is in use, whether the patient died."""
    row = desk.record.engine.rows("SELECT replaced_by, active, deceased FROM patient_row WHERE id = ?", (patient_id,))[0]
    return row[0], bool(row[1]), bool(row[2])


def _remarks(desk: Desk, patient_id: str) -> list[Remark]:
    rows = desk.record.engine.rows(
        "SELECT kind, words, code, criticality, start_us FROM alert_row WHERE patient = ? AND active = 1 "
        f"ORDER BY kind, words LIMIT {ALERTS_MAX}",
        (patient_id,),
    )
    known = names(desk.requirements, reader_language())
    return [
        Remark(
            kind,
            (arm_words(code, words) if kind == "arm" else known.get(f"precaution:{code}")) or words or code,
            criticality == "high",
            moment_of_us(us) if us is not None else None,
        )
        for kind, words, code, criticality, us in rows
    ]


def _found(desk: Desk, kind: str, patient_id: str, *more: tuple[str, str]) -> list[r4.AnyResource]:
    """A bounded search of the record by patient."""
    asked = [("patient", f"Patient/{patient_id}"), ("_total", "none"), *more]
    search = parse_search([kind], asked, limits=SearchLimits(), strict=True, zone=desk.record.policy.zone, now=desk.now)
    return [read(found.content) for found in desk.record.search(search).matches]


def _problems(desk: Desk, patient_id: str) -> list[tuple[str, str]]:
    """(words, since) of the conditions that are active or say nothing about it."""
    listed: list[tuple[str, str]] = []
    for one in _found(desk, "Condition", patient_id, ("_count", str(PROBLEMS_MAX))):
        assert isinstance(one, r4.Condition)  # our own invariant: the search was for them
        states = {coding.code for coding in (one.clinicalStatus.coding or () if one.clinicalStatus else ())}
        wrong = {coding.code for coding in (one.verificationStatus.coding or () if one.verificationStatus else ())}
        if not states & {"inactive", "resolved", "remission"} and not wrong & {"entered-in-error", "refuted"} and words_of(one.code):
            listed.append((words_of(one.code), one.onsetDateTime or one.recordedDate or ""))
    return listed


def _visits(desk: Desk, patient_id: str) -> list[Visit]:
    visits: list[Visit] = []
    for one in _found(desk, "Encounter", patient_id, ("_sort", "-date"), ("_count", str(VISITS_MAX))):
        assert isinstance(one, r4.Encounter)  # our own invariant: the search was for them
        zone, period = desk.record.policy.zone, one.period
        reason = next((words for code in one.reasonCode or () if (words := words_of(code))), "")
        kind = next((words for code in one.type or () if (words := words_of(code))), "")
        visits.append(
            Visit(
                ": ".join(filter(None, [kind or _("Visit"), reason])),
                moment(period.start, zone) if period else None,
                moment(period.end, zone) if period else None,
                one.status == "in-progress",
            )
        )
    return visits


@screen("patients", methods=("GET",))
def trend(desk: Desk, patient_id: str) -> HttpResponse:
    """Show every value of one analyte, as a chart and as a table. `?code=` is our code or LOINC."""
    patient = desk.patient(patient_id)
    if reach(desk.principal, "Observation", "r") != "all":
        raise Http404("There are no results here.")
    found = trend_of(desk.record, patient_id, desk.request.GET.get("code", "")[:100])
    if not found:
        raise Http404("There is no such result.")
    newest = found[-1].result
    drawn = [(one.at, one.result.value) for one in found if not isinstance(one.result.value, str | None) and one.result.unit == newest.unit]
    note_reports_read(desk, [one.order for one in found])
    values = {
        "page": desk.page(_("Trend: %(name)s") % {"name": newest.name}),
        "patient": patient,
        "newest": newest,
        "points": drawn,
        "found": list(reversed(found)),
        "others": len(found) - len(drawn),
        "columns": (Column(text=_("When")), Column(text=_("Result")), Column(text=_("Range")), Column(text=_("Report"))),
    }
    return render(desk.request, "laboratory/trend.html", values)
