"""The start page of each role: what waits for this person now, and where to go. It draws on all areas, so it stands here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.pages.codes import N_
from benchside.pages.shapes import Person, Work, WorkStatus
from benchside.readiness.gathering.orders import PRIORITIES
from benchside.readiness.gathering.places import place_names
from benchside.readiness.models import OverriddenAct, RefusedAct
from benchside.record.keys import microseconds, moment
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language
from benchside.workplace.patients import row_patients
from benchside.workplace.places import HANDS, SENIOR, TECHNICIAN, address
from benchside.workplace.waiting import OpenWork, free_work, names_of_people, open_work, overdue_count, own_work, report_count

ROWS: Final = 5
ORDERS_SINCE: Final = timedelta(days=30)
REFUSALS_COUNTED_MAX: Final = 1000

KINDS: Final = {
    "collect": N_("Collection"),
    "vital-signs": N_("Vital signs"),
    "ekg": N_("EKG"),
    "point-of-care": N_("Point-of-care test"),
    "procedure": N_("Procedure"),
    "order-not-understood": N_("Order to clarify"),
    "receive": N_("Receive"),
    "call-critical": N_("Call a critical value"),
    "review-result": N_("New result"),
    "cosign": N_("Co-sign"),
    "review-override": N_("Review an override"),
    "message": N_("Message"),
}
STATUSES: Final[dict[str, WorkStatus]] = {
    "requested": "ordered",
    "received": "ordered",
    "accepted": "claimed",
    "ready": "claimed",
    "in-progress": "in-progress",
    "on-hold": "on-hold",
}
OPENED_BY: Final = {"call-critical": "call", "review-result": "review", "cosign": "cosign", "review-override": "review-override"}
"""The address that opens work of a kind; all other work opens at `work`."""


@dataclass(frozen=True, slots=True)
class Section:
    """One list of the start page; without rows, `empty` says so. `more` is where all of it is."""

    id: str
    title: str
    rows: tuple[Work, ...]
    empty: str
    icon: str
    more: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """One number with its words, and where what it counts is."""

    number: int
    words: str
    url: str | None
    tone: str


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """One open order of a clinician: what, for whom, since when."""

    name: str
    patient: str
    url: str | None
    authored: datetime
    priority: str


@screen("home", methods=("GET",))
def home(desk: Desk) -> HttpResponse:
    """Show what waits for this person, by role; each list with a way on, each empty one in words."""
    roles = set(desk.principal.roles)
    sections: list[Section] = []
    if roles & set(TECHNICIAN):
        sections += _technician(desk)
    if "clinician" in roles:
        sections += _clinician(desk)
    scan = address("scan")
    values = {
        "page": desk.page(_("Start")),
        "sections": sections,
        "tallies": _tallies(desk, roles),
        "orders": _own_orders(desk) if "clinician" in roles else None,
        "scan_form": desk.form("scan", action=scan, prefix="scan") if scan and roles & set(TECHNICIAN) else None,
        "patients": address("patients") if roles & {"clinician", "front-desk"} else None,
        "register": address("register-patient") if "front-desk" in roles else None,
        "tablets": address("tablet") if "administrator" in roles else None,
        "rules": address("site-rules") if roles & {"administrator", "technician.lead"} else None,
        "idle": not roles & {*TECHNICIAN, "clinician", "front-desk", "administrator"},
    }
    return render(desk.request, "site/start.html", values)


def _technician(desk: Desk) -> list[Section]:
    mine = own_work(desk.record, desk.principal.author, HANDS, ROWS)
    free = free_work(desk.record, HANDS, ROWS)
    calls = open_work(desk.record, ("call-critical",), ROWS)
    drawn = _drawn(desk, [*mine, *free, *calls])
    sections = [Section("calls", _("Critical values to call"), drawn(calls), "", "phone", address("calls"))] if calls else []
    return [
        *sections,
        Section(
            "mine", _("Claimed by me"), drawn(mine), _("You have claimed nothing. Choose from what is due."), "person", address("worklist")
        ),
        Section(
            "due", _("Due next"), drawn(free), _("Nothing is due. New orders appear here by themselves."), "worklist", address("worklist")
        ),
    ]


def _clinician(desk: Desk) -> list[Section]:
    results = own_work(desk.record, desk.principal.author, ("review-result",), ROWS)
    empty = _("No result waits for you. New ones appear here, critical ones first.")
    return [Section("results", _("New results"), _drawn(desk, results)(results), empty, "inbox", address("inbox"))]


def _tallies(desk: Desk, roles: set[str]) -> list[Tally]:
    """Give the numbers a senior and a lead answer for."""
    tallies: list[Tally] = []
    if roles & set(SENIOR):
        cosigns = len(own_work(desk.record, desk.principal.author, ("cosign",), 100))
        tallies += [
            Tally(report_count(desk.record, ("preliminary",)), _("to verify"), address("verify-list"), "info"),
            Tally(cosigns, _("to co-sign"), address("oversight"), "info"),
        ]
    if "technician.lead" in roles:
        alias = desk.record.engine.alias
        today = timezone.make_aware(datetime.combine(timezone.localtime(desk.now).date(), time()))
        refused = RefusedAct.objects.using(alias).filter(at__gte=today, at__lte=desk.now).values_list("attempt", flat=True)
        tallies += [
            Tally(overdue_count(desk.record, (*HANDS, "receive", "call-critical"), desk.now), _("overdue"), address("board"), "danger"),
            Tally(len(set(refused[:REFUSALS_COUNTED_MAX])), _("refused today"), address("oversight"), "warning"),
            Tally(
                OverriddenAct.objects.using(alias).filter(reviewed_at__isnull=True).count(),
                _("overrides to review"),
                address("oversight"),
                "danger",
            ),
        ]
    return tallies


def _own_orders(desk: Desk) -> list[OwnOrder]:
    """List the clinician's newest open orders of the last days."""
    rows = desk.record.engine.rows(
        "SELECT o.test, o.name, o.patient, p.name, o.authored_us, o.priority FROM order_row o "  # noqa: S608 # a constant; values are bound
        "LEFT JOIN patient_row p ON p.id = o.patient WHERE o.requester = ? AND o.authored_us >= ? AND o.status = 'active' "
        f"ORDER BY o.authored_us DESC LIMIT {ROWS}",
        (desk.principal.author, microseconds(desk.now - ORDERS_SINCE)),
    )
    row_patients(desk.record, desk.principal, [row[2] for row in rows], desk.place, desk.now)  # keeps the look
    return [
        OwnOrder(_test_name(test, name), patient or _("No name recorded"), address("patient", own), moment(at), _priority(rank))
        for test, name, own, patient, at, rank in rows
    ]


def _drawn(desk: Desk, found: Sequence[OpenWork]) -> Callable[[Sequence[OpenWork]], tuple[Work, ...]]:
    """Read what the rows need in one go; the result draws any of them."""
    patients = row_patients(desk.record, desk.principal, [work.patient for work in found], desk.place, desk.now)
    people = names_of_people(desk.record, [work.owner for work in found])
    places = place_names(desk.record, sorted({work.location for work in found if work.location}))

    def drawn(some: Sequence[OpenWork]) -> tuple[Work, ...]:
        return tuple(
            Work(
                id=work.id,
                url=address(OPENED_BY.get(work.kind, "work"), work.id) or address("worklist") or "/",
                patient=patients[work.patient],
                what=_what(work),
                place=places.get(work.location),
                priority=_priority(work.priority),  # type: ignore[arg-type]  # FHIR's four
                status=STATUSES.get(work.status, "ordered"),
                due=work.due,
                claimed_by=Person(reference=work.owner, name=people[work.owner], role="") if work.owner in people else None,
            )
            for work in some
            if work.patient in patients
        )

    return drawn


def _what(work: OpenWork) -> str:
    tests = ", ".join(_test_name(code, name) for code, name in work.orders)
    kind = _(KINDS.get(work.kind, work.kind))
    if work.kind == "call-critical" and work.words:
        return work.words
    return f"{kind}: {tests}" if tests else kind


def _test_name(code: str, name: str) -> str:
    catalogue = package_catalogue()
    named = catalogue.tests.get(code) or catalogue.panels.get(code)
    return named.name.text(reader_language()) if named is not None else name or code


def _priority(rank: int) -> str:
    return next((code for code, number in PRIORITIES.items() if number == rank), "routine")
