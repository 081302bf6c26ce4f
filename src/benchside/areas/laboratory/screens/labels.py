"""Labels at the bedside: which printer, what became of each print, printing again, and wristbands."""

from dataclasses import dataclass
from typing import Final, cast

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.models import PrintJob
from benchside.areas.laboratory.order_of_draw import Equipment
from benchside.areas.laboratory.printing import (
    REPRINT_REASONS,
    ask_again,
    ask_for_labels,
    ask_for_reprint,
    ask_for_wristband,
    confirm_job,
    jobs_of,
)
from benchside.areas.laboratory.screens.task import task_of
from benchside.fhir import r4
from benchside.pages.codes import N_
from benchside.pages.idempotency import new_key
from benchside.pages.shapes import Option, Reason
from benchside.readiness.gathering.kept import id_of, load
from benchside.readiness.gathering.places import devices_of_kind
from benchside.record import NotFound
from benchside.terms.refusal import Refusal
from benchside.workplace import Desk, screen
from benchside.workplace.places import address

PRINTER_COOKIE: Final = "benchside_printer"
COOKIE_AGE: Final = 365 * 24 * 60 * 60
POLL_S: Final = 1
STOP_POLLING: Final = 286
"""htmx ends a poll that is answered so."""
EQUIPMENT: Final[dict[Equipment, str]] = {
    "needle": N_("Straight needle"),
    "winged": N_("Winged set (butterfly)"),
    "syringe": N_("Syringe"),
}
REPRINT_WORDS: Final[dict[str, str]] = {
    "damaged": N_("The label was damaged"),
    "unreadable": N_("The barcode or text cannot be read"),
    "not-printed": N_("The printer did not print it"),
    "lost": N_("The label was lost"),
    "corrected": N_("The patient's data was corrected"),
    "other": N_("Another reason, in words"),
}
STATES: Final[dict[str, tuple[str, str, str]]] = {
    "waiting": (N_("Waiting for the printer"), "info", "clock"),
    "printing": (N_("Printing…"), "info", "print"),
    "printed": (N_("Printed: the printer confirmed every label"), "good", "done"),
    "failed": (N_("Not confirmed"), "danger", "alarm"),
}


def printer_options(desk: Desk) -> list[Option]:
    """The printers in service, by name."""
    return [Option(value=own, text=name) for own, name, status in devices_of_kind(desk.record, "label_printer") if status == "active"]


def chosen_printer(desk: Desk) -> str:
    """The printer this tablet used last, else the first."""
    options = [option.value for option in printer_options(desk)]
    kept = desk.request.POST.get("printer") or desk.request.COOKIES.get(PRINTER_COOKIE, "")
    return kept if kept in options else next(iter(options), "")


def _kept(desk: Desk, answer: HttpResponse, printer: str) -> HttpResponse:
    answer.set_cookie(PRINTER_COOKIE, printer, max_age=COOKIE_AGE, samesite="Lax", httponly=True, secure=desk.request.is_secure())
    return answer


@dataclass(frozen=True, slots=True)
class JobShown:
    """A print job as the page shows it."""

    id: int
    state: str
    words: str
    tone: str
    icon: str
    count: int
    reasons: tuple[Reason, ...]
    was_sent: bool
    by_hand: bool
    pdf_url: str | None
    again_url: str
    there_url: str


def job_shown(desk: Desk, job: PrintJob) -> JobShown:
    """Its state in words; what a printer did not confirm is never called printed."""
    words, tone, icon = STATES[job.state]
    if job.state == "printed" and job.confirmed_by:
        words = N_("Every label is there: somebody looked")
    by_hand = any(code == "labels.printer.by-hand" for code, _facts in job.reasons)
    if by_hand:
        words, tone, icon = N_("Print the PDF"), "info", "print"
    return JobShown(
        int(job.pk),
        job.state,
        _(words),
        tone,
        icon,
        len(job.specimens) or 1,
        desk.reasons([Refusal(code, cast("dict[str, str]", dict(facts))) for code, facts in job.reasons]),
        job.was_sent,
        by_hand,
        address("labels-pdf", str(job.pk)),
        reverse("labels-again", args=[job.pk]),
        reverse("labels-there", args=[job.pk]),
    )


def state_values(desk: Desk, task_id: str) -> dict[str, object]:
    """What the panel of print jobs draws: the newest job, and whether it is still on its way."""
    jobs = [job_shown(desk, job) for job in jobs_of(task_id)]
    moving = bool(jobs) and jobs[0].state in ("waiting", "printing")
    return {
        "jobs": jobs[:1] + [job for job in jobs[1:] if job.state == "failed"][:1] if jobs and jobs[0].state != "printed" else jobs[:1],
        "moving": moving,
        "state_url": reverse("labels-state", args=[task_id]),
        "poll_s": POLL_S,
        "new_key": new_key,
    }


@screen("worklist", methods=("GET",), roles=("technician", "clinician"))
def state(desk: Desk, task_id: str) -> HttpResponse:
    """The panel alone, for a page that waits for its printer."""
    task_of(desk, task_id)
    values = {**state_values(desk, task_id), "page": desk.page(_("Labels"))}
    answer = render(desk.request, "laboratory/labels_state.html", values, status=200 if values["moving"] else STOP_POLLING)
    answer["Cache-Control"] = "no-store"
    return answer


@screen("worklist", methods=("GET", "POST"), roles=("technician", "clinician"))
def ask(desk: Desk, task_id: str) -> HttpResponse:
    """Number and print the labels of a collection."""
    from benchside.areas.laboratory.screens import collecting

    work = task_of(desk, task_id)
    if desk.request.method != "POST":
        return collecting.collect(desk.request, task_id=task_id)
    posted = desk.request.POST
    equipment = cast("Equipment", posted.get("equipment") if posted.get("equipment") in EQUIPMENT else "needle")
    printer = chosen_printer(desk)
    form = desk.form(f"labels:Task/{task_id}", patient=f"Patient/{work.patient}", prefix="labels")
    outcome = desk.act(
        form, lambda performance: ask_for_labels(performance, task_id, printer, equipment=equipment), patient=f"Patient/{work.patient}"
    )
    if outcome.refused:
        return collecting.page(desk, task_id, reasons=outcome.reasons, status=outcome.status)
    return _kept(
        desk, desk.done(reverse("collect", args=[task_id]), notice=_("Labels are on their way to the printer."), tone="info"), printer
    )


def _job(job_id: int) -> PrintJob:
    found = PrintJob.objects.filter(pk=job_id).first()
    if found is None:
        raise Http404("There is no such print job.")
    return found


def _back_of(job: PrintJob) -> str:
    if job.work:
        return reverse("collect", args=[job.work])
    return address("patient", job.patient) or reverse("worklist")


@screen("worklist", methods=("POST",), roles=("technician", "clinician", "front-desk"))
def again(desk: Desk, job_id: int) -> HttpResponse:
    """Print again what never reached the printer; another printer may be chosen."""
    job = _job(job_id)
    printer = chosen_printer(desk) or job.printer
    outcome = desk.act(desk.form(f"labels-again:{job_id}"), lambda performance: ask_again(performance, job_id, printer))
    if outcome.refused:
        words = " ".join(f"{reason.words} {reason.remedy}" for reason in outcome.reasons)
        return desk.done(_back_of(job), notice=words or _("Open the page again."), tone="danger")
    return _kept(desk, desk.done(_back_of(job), notice=_("Labels are on their way to the printer."), tone="info"), printer)


@screen("worklist", methods=("POST",), roles=("technician", "clinician", "front-desk"))
def there(desk: Desk, job_id: int) -> HttpResponse:
    """Somebody looked, and every label is there."""
    job = _job(job_id)
    outcome = desk.act(desk.form(f"labels-there:{job_id}"), lambda performance: confirm_job(performance, job_id))
    if outcome.refused:
        words = " ".join(f"{reason.words} {reason.remedy}" for reason in outcome.reasons)
        return desk.done(_back_of(job), notice=words or _("Open the page again."), tone="danger")
    return desk.done(_back_of(job), notice=_("Noted: every label is there."))


@screen("worklist", roles=("technician", "clinician"))
def reprint(desk: Desk, specimen_id: str) -> HttpResponse:
    """Print one label again, with a reason; the number stays, the label says which copy it is."""
    try:
        specimen = load(desk.record, r4.Specimen, specimen_id)
    except NotFound as absent:
        raise Http404(str(absent)) from absent
    patient = desk.patient(id_of(specimen.subject, "Patient"))
    options = printer_options(desk)
    form = desk.form(f"reprint:Specimen/{specimen_id}", patient=patient.reference, values={"printer": chosen_printer(desk)})
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted, printer = desk.request.POST, chosen_printer(desk)
        reason, text = posted.get("reason", ""), posted.get("text", "").strip()[:200]
        outcome = desk.act(
            form, lambda performance: ask_for_reprint(performance, specimen_id, printer, reason, text), patient=patient.reference
        )
        if outcome.answer is not None:
            back = reverse("collect", args=[outcome.answer.work]) if outcome.answer.work else reverse("worklist")
            return _kept(
                desk, desk.done(back, notice=_("The copy is on its way to the printer. Destroy the old label."), tone="info"), printer
            )
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    values = {
        "page": desk.page(_("Print a label again")),
        "patient": patient,
        "form": form,
        "reasons": reasons,
        "accession": specimen.accessionIdentifier.value if specimen.accessionIdentifier else "",
        "printers": options,
        "options": [Option(value=code, text=_(REPRINT_WORDS[code])) for code in REPRINT_REASONS],
        "back_url": reverse("worklist"),
    }
    return render(desk.request, "laboratory/reprint.html", values, status=status)


@screen("worklist", roles=("technician", "clinician", "front-desk"))
def wristband(desk: Desk, patient_id: str) -> HttpResponse:
    """Print a patient's wristband, and show what became of it."""
    patient = desk.patient(patient_id)
    form = desk.form(f"wristband:{patient.reference}", patient=patient.reference, values={"printer": chosen_printer(desk)})
    reasons, status = (), 200
    if desk.request.method == "POST":
        printer = chosen_printer(desk)
        outcome = desk.act(form, lambda performance: ask_for_wristband(performance, patient_id, printer), patient=patient.reference)
        if not outcome.refused:
            told = _("The wristband is on its way to the printer.")
            return _kept(desk, desk.done(reverse("wristband", args=[patient_id]), notice=told, tone="info"), printer)
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    jobs = PrintJob.objects.filter(patient=patient_id, kind="wristband").order_by("-id")[:1]
    values = {
        "page": desk.page(_("Wristband")),
        "patient": patient,
        "form": form,
        "reasons": reasons,
        "printers": printer_options(desk),
        "jobs": [job_shown(desk, job) for job in jobs],
        "moving": False,
        "new_key": new_key,
        "back_url": address("patient", patient_id) or reverse("worklist"),
    }
    return render(desk.request, "laboratory/wristband.html", values, status=status)
