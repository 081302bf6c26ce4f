"""Finding a patient: one box for name, birth date, record number and phone, answered as one types."""

from dataclasses import dataclass, replace
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from benchside.accounts.scopes import reach
from benchside.pages.codes import N_
from benchside.readiness.gathering.patient_search import QUERY_LENGTH_MAX, FoundPatient, search_patients
from benchside.record.access_log import Access
from benchside.record.keys import microseconds
from benchside.record.site import site_access_log
from benchside.workplace import Desk, screen

FOUND_MAX: Final = 25
RECENT_MAX: Final = 12
RECENT_READS_MAX: Final = 200
SEXES: Final = {"female": N_("female"), "male": N_("male"), "other": N_("other sex"), "unknown": N_("sex unknown")}


@dataclass(frozen=True, slots=True)
class Line:
    """One patient in the list; `replaced_by` is the record that took this one's place, "" for none."""

    patient: FoundPatient
    sex: str
    replaced_by: str


@screen("patients", methods=("GET",))
def find(desk: Desk) -> HttpResponse:
    """Answer `?q=`; without letters, the patients this person opened last. A part of the page is answered with the lines alone."""
    if reach(desk.principal, "Patient", "s") != "all":
        raise PermissionDenied
    typed = desk.request.GET.get("q", "").strip()[:QUERY_LENGTH_MAX]
    found = search_patients(desk.record, typed, limit=FOUND_MAX, inactive=True) if typed else recent(desk)
    found = sorted(found, key=lambda one: not one.active) if typed else found
    _note(desk, found)
    values = {"lines": _lines(desk, found), "typed": typed, "now": desk.now, "most": FOUND_MAX}
    if desk.is_fragment:
        return render(desk.request, "reception/found.html", values)
    may_register = reach(desk.principal, "Patient", "c") == "all"
    return render(
        desk.request,
        "reception/find.html",
        {
            **values,
            "page": desk.page(_("Patients")),
            "form": desk.form("find-patient", values={"q": typed}),
            "may_register": may_register,
        },
    )


def _note(desk: Desk, found: list[FoundPatient]) -> None:
    """Keep which patients were shown. Raises OSError: then nothing must be shown."""
    ids = tuple(one.id for one in found)
    site_access_log().append(
        Access(microseconds(desk.now), desk.principal.author, "search-type", "Patient", "", "TREAT", f"page:{desk.place}", ids)
    )


def _lines(desk: Desk, found: list[FoundPatient]) -> list[Line]:
    ids = [one.id for one in found]
    marks = ",".join("?" * len(ids))
    replaced = (
        dict(desk.record.engine.rows(f"SELECT id, replaced_by FROM patient_row WHERE id IN ({marks}) AND replaced_by <> ''", ids))
        if ids
        else {}
    )
    return [Line(one, _(SEXES[one.sex]) if one.sex in SEXES else "", replaced.get(one.id, "")) for one in found]


def recent(desk: Desk) -> list[FoundPatient]:
    """The patients whose pages this person opened last, newest first, as the access log has them (some seconds behind)."""
    rows = desk.record.engine.rows(
        "SELECT target FROM record_access WHERE person = ? AND interaction = 'read' AND target LIKE 'Patient/%' "
        f"ORDER BY at DESC LIMIT {RECENT_READS_MAX}",
        (desk.principal.author,),
    )
    ids = list(dict.fromkeys(row[0].partition("/")[2] for row in rows))[:RECENT_MAX]
    if not ids:
        return []
    marks = ",".join("?" * len(ids))
    found = {
        row[0]: FoundPatient(*row[:8], active=bool(row[8]), deceased=bool(row[9]), rank=0)
        for row in desk.record.engine.rows(
            "SELECT id, name, family, given, birth_date, sex, record_number, phone, active, deceased "
            f"FROM patient_row WHERE id IN ({marks})",
            ids,
        )
    }
    return [replace(found[own], rank=place) for place, own in enumerate(ids) if own in found]
