"""The worklist: due work stop by stop, live; claiming it, handing it back, giving it to a colleague."""

from dataclasses import replace
from hashlib import sha256
from typing import Final, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benchside.areas.laboratory.acts import assign_work, claim_work, release_work
from benchside.areas.laboratory.screens.rows import Row, row_of, row_patients, staff_names
from benchside.areas.laboratory.screens.wording import WORK
from benchside.areas.laboratory.views.worklist import Filters, Whose, Worklist, head_number, worklist
from benchside.pages.codes import N_
from benchside.pages.idempotency import new_key
from benchside.pages.shapes import Form, Option, Patient, Reason, Tab, Undo
from benchside.readiness.gathering.orders import PRIORITIES
from benchside.readiness.gathering.places import places
from benchside.workplace import Desk, screen
from benchside.workplace.places import HANDS

PLACE_COOKIE: Final = "benchside_place"
PLACE_COOKIE_AGE: Final = 365 * 24 * 60 * 60
POLL_S: Final = 5
PRIORITY_WORDS: Final[dict[str, str]] = {
    "stat": N_("STAT"),
    "asap": N_("As soon as possible"),
    "urgent": N_("Urgent"),
    "routine": N_("Routine"),
}
WHOSE: Final[dict[Whose, str]] = {"mine": N_("Mine"), "here": N_("Free"), "all": N_("All")}
UNKNOWN_PATIENT: Final = Patient(reference="", name="", birth_date=None, mrn=None, sex=None)


def filters_of(request: HttpRequest, person: str) -> Filters:
    """What the address asks for; the place is kept on the tablet."""
    asked = request.GET
    whose = asked.get("whose", "all")
    place = asked.get("place", request.COOKIES.get(PLACE_COOKIE, ""))
    return Filters(
        whose=cast("Whose", whose) if whose in WHOSE else "all",
        person=person,
        place=place[:64],
        kind=asked.get("kind", "") if asked.get("kind") in HANDS else "",
        priority=PRIORITIES.get(asked.get("priority", "")),
        text=asked.get("q", "").strip()[:80],
    )


def _query(filters: Filters, **changed: str) -> str:
    priority = next((code for code, rank in PRIORITIES.items() if rank == filters.priority), "")
    values = {"whose": filters.whose, "place": filters.place, "kind": filters.kind, "priority": priority, "q": filters.text, **changed}
    return urlencode({name: value for name, value in values.items() if value or name == "place"})


def _stops(desk: Desk, found: Worklist) -> list[tuple[Patient, str, list[Row]]]:
    """What the rows draw: each patient, the place, and the tasks there."""
    patients = row_patients(desk, (stop.patient for stop in found.stops))
    owners = staff_names(desk.record, (work.owner for stop in found.stops for work in stop.work if work.owner))
    author = desk.principal.author
    drawn: list[tuple[Patient, str, list[Row]]] = []
    for stop in found.stops:
        patient = patients.get(stop.patient, replace(UNKNOWN_PATIENT, name=_("No patient")))
        place = found.places.get(stop.place)
        rows = [row_of(work, patient, place, owners.get(work.owner, work.owner), author) for work in stop.work]
        drawn.append((patient, place or "", rows))
    return drawn


@screen("worklist", methods=("GET",), roles=("technician", "clinician"))
def rows(desk: Desk) -> HttpResponse:
    """The rows alone, for a list that fetches itself again: 304 while nothing changed, which costs one look at the newest commit."""
    head = head_number(desk.record)
    known, _dash, shown = desk.request.headers.get("If-None-Match", "").strip('"').partition("-")
    if known == str(head):
        return _unchanged(desk.request.headers["If-None-Match"])
    filters = filters_of(desk.request, desk.principal.author)
    found = worklist(desk.record, filters, by_place=_by_place(desk.request))
    content = _content_of(desk, found)
    etag = f'"{head}-{content}"'
    if shown == content:
        return _unchanged(etag)
    answer = render(desk.request, "laboratory/worklist_rows.html", _values(desk, filters, found))
    answer["ETag"] = etag
    answer["Cache-Control"] = "no-store"
    return answer


def _unchanged(etag: str) -> HttpResponse:
    answer = HttpResponse(status=304)
    answer["ETag"] = etag
    return answer


def _content_of(desk: Desk, found: Worklist) -> str:
    content = repr(([(one.id, one.version, one.owner) for stop in found.stops for one in stop.work], found.more))
    return sha256(f"{desk.principal.author}{translation.get_language()}{content}".encode()).hexdigest()[:20]


def _by_place(request: HttpRequest) -> bool:
    return request.GET.get("order") == "place"


def _values(desk: Desk, filters: Filters, found: Worklist) -> dict[str, object]:
    page = desk.page(_("Worklist"))
    return {
        "page": page,
        "stops": _stops(desk, found),
        "filters": filters,
        "more": found.more,
        "claim_key": new_key,
        "kinds": WORK,
        "back": f"{reverse('worklist')}?{_query(filters)}",
    }


@screen("worklist", methods=("GET",), roles=("technician", "clinician"))
def show(desk: Desk) -> HttpResponse:
    """The whole page."""
    answer = _page(desk)
    if "place" in desk.request.GET:
        answer.set_cookie(
            PLACE_COOKIE,
            desk.request.GET["place"][:64],
            max_age=PLACE_COOKIE_AGE,
            samesite="Lax",
            httponly=True,
            secure=desk.request.is_secure(),
        )
    return answer


def _page(desk: Desk, reasons: tuple[Reason, ...] = (), status: int = 200) -> HttpResponse:
    filters = filters_of(desk.request, desk.principal.author)
    head = head_number(desk.record)
    found = worklist(desk.record, filters, by_place=_by_place(desk.request))
    values = _values(desk, filters, found)
    tabs = [
        Tab(
            text=_(words),
            url=f"{reverse('worklist')}?{_query(filters, whose=whose, q='')}",
            current=whose == filters.whose and not filters.text,
        )
        for whose, words in WHOSE.items()
    ]
    overdue = sum(1 for stop in found.stops for work in stop.work if work.due is not None and work.due < desk.now)
    values |= {
        "tabs": tabs,
        "reasons": reasons,
        "lead": _lead(found, overdue),
        "overdue": overdue,
        "rows_url": f"{reverse('worklist-rows')}?{_query(filters)}{'&order=place' if _by_place(desk.request) else ''}",
        "etag": f'"{head}-{_content_of(desk, found)}"',
        "poll_s": POLL_S,
        "scan": desk.form("scan", action=reverse("scan"), prefix="scan"),
        "filter_form": desk.form("worklist-filter", action=reverse("worklist"), prefix="filter", values=_filter_values(filters)),
        "place_options": [Option(value=own, text=name) for own, name in places(desk.record)],
        "kind_options": [Option(value=kind, text=_(words)) for kind, words in WORK.items()],
        "priority_options": [Option(value=code, text=_(words)) for code, words in PRIORITY_WORDS.items()],
        "narrowed": bool(filters.kind or filters.priority is not None or filters.text or filters.place),
        "clear_url": f"{reverse('worklist')}?{urlencode({'whose': filters.whose, 'place': ''})}",
        "order_url": f"{reverse('worklist')}?{_query(filters)}{'' if _by_place(desk.request) else '&order=place'}",
        "by_place": _by_place(desk.request),
    }
    return render(desk.request, "laboratory/worklist.html", values, status=status)


def _filter_values(filters: Filters) -> dict[str, str]:
    priority = next((code for code, rank in PRIORITIES.items() if rank == filters.priority), "")
    return {"place": filters.place, "kind": filters.kind, "priority": priority, "q": filters.text}


def _lead(found: Worklist, overdue: int) -> str:
    due = ngettext("%(num)s task due", "%(num)s tasks due", found.shown) % {"num": found.shown}
    late = ngettext("%(num)s overdue", "%(num)s overdue", overdue) % {"num": overdue}
    return f"{due} · {late}" if overdue else due


def _back(desk: Desk) -> str:
    """Where the row was tapped: our own list only, never an address from outside."""
    asked = desk.request.POST.get("back", "")
    home = reverse("worklist")
    return asked if asked == home or asked.startswith((f"{home}?", "/work/")) else home


def _undo(desk: Desk, text: str, name: str, task_id: str) -> Undo:
    form = desk.form(f"{name}:{task_id}", action=reverse(name, args=[task_id]), prefix="undo")
    return Undo(text=text, form=form)


@screen("worklist", methods=("POST",), roles=("technician", "clinician"))
def claim(desk: Desk, task_id: str) -> HttpResponse:
    """Take a task; `go` leads on to its next step, else back to the list with the offer to undo."""
    outcome = desk.act(_form(desk, "claim", task_id), lambda performance: claim_work(performance, task_id))
    if outcome.refused:
        return _page(desk, outcome.reasons or _errors(outcome.form), outcome.status)
    if desk.request.POST.get("go"):
        return desk.done(reverse("next-step", args=[task_id]))
    return desk.done(_back(desk), undo=_undo(desk, _("Claimed. It is yours."), "release", task_id))


@screen("worklist", methods=("POST",), roles=("technician", "clinician"))
def release(desk: Desk, task_id: str) -> HttpResponse:
    """Put a task of one's own back, with a word why when there is one."""
    reason = desk.request.POST.get("reason", "")[:500]
    outcome = desk.act(_form(desk, "release", task_id), lambda performance: release_work(performance, task_id, reason))
    if outcome.refused:
        return _page(desk, outcome.reasons or _errors(outcome.form), outcome.status)
    return desk.done(_back(desk), undo=_undo(desk, _("Handed back. Anybody can take it."), "claim", task_id))


@screen("worklist", methods=("POST",), roles=("technician", "clinician"))
def assign(desk: Desk, task_id: str) -> HttpResponse:
    """Give a task to a colleague, whoever has it."""
    colleague = desk.request.POST.get("colleague", "").partition("/")[2]
    if not colleague:
        return desk.done(reverse("work", args=[task_id]), notice=_("Choose a colleague first. Nothing was changed."), tone="warning")
    outcome = desk.act(_form(desk, "assign", task_id), lambda performance: assign_work(performance, task_id, colleague))
    if outcome.refused:
        return _page(desk, outcome.reasons or _errors(outcome.form), outcome.status)
    return desk.done(reverse("work", args=[task_id]), notice=_("Assigned."))


def _form(desk: Desk, name: str, task_id: str) -> Form:
    return desk.form(f"{name}:{task_id}", prefix=f"{name}-{task_id}")


def _errors(form: Form) -> tuple[Reason, ...]:
    """A fault of the form itself, as a reason: these forms have no place for it."""
    return tuple(Reason(code="form", words=error.message, remedy=_("Try again from this list.")) for error in form.errors)
