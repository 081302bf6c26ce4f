"""Messages between people: what asks for an answer, what came, what was sent; writing one about a patient or a report."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import answer_message, read_message, send_message
from benchside.areas.laboratory.screens.rows import row_patients
from benchside.areas.laboratory.screens.wording import people_names
from benchside.fhir import r4
from benchside.pages.codes import N_
from benchside.pages.shapes import Option, Patient, Tab
from benchside.readiness.gathering.kept import WORK, code_of, id_of, load, moment, target_of
from benchside.readiness.gathering.orders import OPEN_WORK
from benchside.record import Gone, NotFound
from benchside.record.keys import moment as moment_of_us
from benchside.terms.folding import fold
from benchside.workplace import Desk, screen

SHOWN_MAX: Final = 60
STAFF_MAX: Final = 2000
FOUND_MAX: Final = 10
KINDS: Final = {
    "message": N_("Message"),
    "critical-call": N_("Critical call"),
    "rejection": N_("Specimen rejected"),
    "amendment": N_("Result changed"),
    "escalation": N_("Escalation"),
    "unable-to-collect": N_("Not collected"),
}
_COLUMNS = "id, patient, kind, priority, sender, recipient, sent_us, received_us, about, work, words"


@dataclass(frozen=True, slots=True)
class Line:
    """One message in a list."""

    id: str
    kind: str
    kind_words: str
    urgent: bool
    sender: str
    recipient: str
    sent_at: datetime | None
    unread: bool
    patient: Patient | None
    words: str
    about_url: str


@screen("messages", methods=("GET",))
def listed(desk: Desk) -> HttpResponse:
    """Show messages: `?show=` asked (waiting for this person's answer), received or sent."""
    asked = _asked(desk)
    chosen = desk.request.GET.get("show", "asked" if asked else "received")
    chosen = chosen if chosen in ("asked", "received", "sent") else "received"
    words = {"asked": _("To answer"), "received": _("Received"), "sent": _("Sent")}
    values = {
        "page": desk.page(_("Messages")),
        "chosen": chosen,
        "tabs": tuple(
            Tab(text=text, url=f"{reverse('messages')}?show={one}", current=one == chosen, count=len(asked) if one == "asked" else None)
            for one, text in words.items()
        ),
        "asked": asked if chosen == "asked" else [],
        "lines": [] if chosen == "asked" else _lines(desk, sent=chosen == "sent"),
        "form": desk.form("read-message"),
    }
    return render(desk.request, "laboratory/messages.html", values)


def _asked(desk: Desk) -> list[tuple[str, str, str, datetime, Patient | None]]:
    """(task, words, who asks, since, about whom) of what waits for this person's answer."""
    rows = desk.record.engine.rows(
        "SELECT id, words, requester, authored_us, patient FROM work_row WHERE open = 1 AND owner = ? AND kind = 'message' "
        f"ORDER BY priority, due_us, id LIMIT {SHOWN_MAX}",
        (desk.principal.author,),
    )
    people = people_names(desk.record, [row[2] for row in rows])
    patients = row_patients(desk, [row[4] for row in rows])
    return [(own, words, people.get(who, ""), moment_of_us(at or 0), patients.get(about)) for own, words, who, at, about in rows]


def _lines(desk: Desk, *, sent: bool) -> list[Line]:
    whose = "sender" if sent else "recipient"
    rows = desk.record.engine.rows(
        f"SELECT {_COLUMNS} FROM communication_row WHERE {whose} = ? ORDER BY sent_us DESC, id LIMIT {SHOWN_MAX}", (desk.principal.author,)
    )
    people = people_names(desk.record, [who for row in rows for who in (row[4], row[5])])
    patients = row_patients(desk, [row[1] for row in rows])
    urls = _about_urls(desk, [row[8] for row in rows])
    return [
        Line(
            id=row[0],
            kind=row[2],
            kind_words=_(KINDS.get(row[2], "Message")),
            urgent=row[3] < 2,
            sender=people.get(row[4], ""),
            recipient=people.get(row[5], ""),
            sent_at=moment_of_us(row[6]) if row[6] is not None else None,
            unread=not sent and row[7] is None and row[2] != "critical-call",
            patient=patients.get(row[1]),
            words=row[10],
            about_url=urls.get(row[8]) or _patient_url(row[1]),
        )
        for row in rows
    ]


def _about_urls(desk: Desk, about: Iterable[str]) -> dict[str, str]:
    """Where what messages are about is shown: the order of a result or report. What has no order is missing."""
    found: dict[str, str] = {}
    for kind, table in (("Observation", "result_row"), ("DiagnosticReport", "report_row"), ("ServiceRequest", "order_row")):
        ids = list(dict.fromkeys(one.partition("/")[2] for one in about if one.startswith(f"{kind}/")))[:SHOWN_MAX]
        column = "id" if table == "order_row" else "order_id"
        marks = ",".join("?" * len(ids))
        rows = desk.record.engine.rows(f"SELECT id, {column} FROM {table} WHERE id IN ({marks})", ids) if ids else []
        found |= {f"{kind}/{own}": reverse("order-detail", args=[order]) for own, order in rows if order}
    return found


def _patient_url(patient: str) -> str:
    return reverse("patient", args=[patient]) if patient else ""


@screen("messages")
def message(desk: Desk, task_id: str) -> HttpResponse:
    """Show a message that asked for an answer, and take the answer, or close it without words."""
    try:
        task = load(desk.record, r4.Task, task_id)
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent
    if code_of(task.code, WORK) != "message":
        raise Http404("This is not a message.")
    asked = load(desk.record, r4.Communication, id_of(task.focus, "Communication"))
    patient_id = id_of(task.for_, "Patient")
    patient = desk.patient(patient_id) if patient_id else None
    reference = patient.reference if patient is not None else None
    form = desk.form(f"message:{task_id}", patient=reference)
    reasons, status = (), 200
    if desk.request.method == "POST":
        text = desk.request.POST.get("text", "")
        outcome = desk.act(form, lambda performance: answer_message(performance, task_id, text), patient=reference)
        if not outcome.refused:
            return desk.done(reverse("messages"), notice=_("Answered.") if text.strip() else _("Closed."))
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    sender = target_of(asked.sender)
    values = {
        "page": desk.page(_("Message")),
        "patient": patient,
        "words": asked.payload[0].contentString or "" if asked.payload else "",
        "sender": people_names(desk.record, [sender]).get(sender, ""),
        "sent_at": moment(asked.sent, desk.record.policy.zone),
        "about_url": next(iter(_about_urls(desk, [target_of(one) for one in asked.about or ()]).values()), ""),
        "open": task.status in OPEN_WORK,
        "form": form,
        "reasons": reasons,
    }
    return render(desk.request, "laboratory/message.html", values, status=status)


@screen("messages", methods=("POST",))
def seen(desk: Desk, communication_id: str) -> HttpResponse:
    """Note that this person has read a message."""
    outcome = desk.act(desk.form("read-message"), lambda performance: read_message(performance, communication_id))
    back = f"{reverse('messages')}?show=received"
    if not outcome.refused:
        return desk.done(back)
    words = [one.words for one in outcome.reasons] + [one.message for one in outcome.form.errors]
    return desk.done(back, notice=" ".join(words), tone="danger")


def staff_options(desk: Desk, typed: str) -> tuple[Option, ...]:
    """Colleagues whose name has words that begin as typed, and what they are."""
    words = fold(typed).split()
    rows = desk.record.engine.rows(
        f"SELECT practitioner, name FROM staff_role WHERE kind = 'person' AND active = 1 ORDER BY name, practitioner LIMIT {STAFF_MAX}"
    )
    found = [
        (own, name) for own, name in rows if words and all(any(part.startswith(word) for part in fold(name).split()) for word in words)
    ][:FOUND_MAX]
    roles = _roles(desk, [own for own, _name in found])
    return tuple(Option(value=f"Practitioner/{own}", text=name, hint=roles.get(own), icon="person") for own, name in found)


def _roles(desk: Desk, ids: list[str]) -> dict[str, str]:
    if not ids:
        return {}
    marks = ",".join("?" * len(ids))
    rows = desk.record.engine.rows(
        f"SELECT practitioner, code FROM staff_role WHERE kind = 'role' AND active = 1 AND practitioner IN ({marks}) ORDER BY code LIMIT 200",
        ids,
    )
    roles = desk.requirements.roles
    return {own: roles[code].text(desk.request.LANGUAGE_CODE[:2]) for own, code in rows if code in roles}  # type: ignore[attr-defined]  # LocaleMiddleware sets it


@screen("messages", methods=("GET",))
def find_people(desk: Desk) -> HttpResponse:
    """Answer the search of colleagues: `?q=`."""
    return render(desk.request, "laboratory/options.html", {"options": staff_options(desk, desk.request.GET.get("q", "")), "id": "f-to"})


@screen("messages")
def send(desk: Desk) -> HttpResponse:
    """Write a message: `?patient=` and `?about=` say what about; who worked on the report is offered first."""
    asked = desk.request.GET
    patient_id, about = asked.get("patient", ""), asked.get("about", "")
    patient = desk.patient(patient_id) if patient_id else None
    reference = patient.reference if patient is not None else None
    start: dict[str, str | list[str]] = {"to": _who_worked(desk, about), "ask": "yes" if about else ""}
    form = desk.form(f"send-message:{about or patient_id}", patient=reference, values=start)
    reasons, status, found = (), 200, ()
    posted = desk.request.POST
    if desk.request.method == "POST" and posted.get("find"):
        found = staff_options(desk, posted.get("q", ""))
    elif desk.request.method == "POST":
        to = list(dict.fromkeys(who for who in posted.getlist("to") if who))
        outcome = desk.act(
            form,
            lambda performance: send_message(
                performance,
                to,
                posted.get("text", ""),
                patient_id=patient_id,
                about=about,
                ask=posted.get("ask") == "yes",
                priority="urgent" if posted.get("urgent") == "yes" else "routine",
            ),
            patient=reference,
        )
        if not outcome.refused:
            return desk.done(f"{reverse('messages')}?show=sent", notice=_("Sent."))
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    chosen = [who for who in posted.getlist("to") if who] if desk.request.method == "POST" else form.chosen("to")
    names = people_names(desk.record, chosen)
    values = {
        "page": desk.page(_("New message")),
        "patient": patient,
        "form": form,
        "picked": tuple(Option(value=who, text=names[who]) for who in names),
        "found": found,
        "reasons": reasons,
        "about_url": _about_urls(desk, [about]).get(about, ""),
    }
    return render(desk.request, "laboratory/send_message.html", values, status=status)


def _who_worked(desk: Desk, about: str) -> list[str]:
    """Who measured and who verified a report, for a question about it."""
    kind, _slash, own = about.partition("/")
    if kind != "DiagnosticReport":
        return []
    rows = desk.record.engine.rows(
        "SELECT r.interpreter, o.performer FROM report_row r LEFT JOIN result_row o ON o.order_id = r.order_id WHERE r.id = ? LIMIT 20",
        (own,),
    )
    found = dict.fromkeys(who for row in rows for who in row if who and who.startswith("Practitioner/"))
    return list(found)[:2]
