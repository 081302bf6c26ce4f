"""One print job, from waiting to what the printer said. Repeatable: a job that was begun is never sent a second time."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.timezone import get_default_timezone

from benchside.accounts.models import Person
from benchside.accounts.tokens import principal_of_person
from benchside.areas.laboratory.acts import confirm_labels
from benchside.areas.laboratory.models import PrintJob
from benchside.areas.laboratory.printing import PrinterSettings, printer_settings
from benchside.fhir import r4
from benchside.readiness.gathering.kept import load
from benchside.readiness.performing import Performance
from benchside.record import NotFound, Record
from benchside.record.site import site_record
from benchside.terms.refusal import ActRefused, Refusal
from benchside.wire.labels import (
    RESOLUTIONS,
    Drawing,
    LabelRefused,
    NotConfirmed,
    Outcome,
    PrintContext,
    Printed,
    PrinterAddress,
    PrintRequest,
    ZplJob,
    arrange,
    labels_pdf,
    print_job,
    zpl_job,
)
from benchside.wire.printing.content import specimen_label, wristband_label
from benchside.wire.printing.virtual import SCHEME, virtual_printer

Send = Callable[[PrinterAddress, ZplJob], Outcome]


def drawings_of(record: Record, job: PrintJob, printer: PrinterSettings) -> tuple[Drawing, ...]:
    """Every label of a job, laid out for its printer. Raises LabelRefused, NotFound, KeyError for a resolution no printer has."""
    language = job.language.partition("-")[0]
    context = PrintContext(zone=get_default_timezone(), language=language if language in ("en", "es") else "en")
    resolution = RESOLUTIONS[printer.dots_per_inch]
    if job.kind == "wristband":
        label = wristband_label(record, job.patient, job.asked_at, settings.BENCHSIDE_SITE_NAME)
        return (arrange(label, printer.wristband, resolution, context),)

    def asked(specimen: str) -> PrintRequest:
        copy = job.copies.get(specimen, 1)
        return PrintRequest(copy_number=copy, reason=job.reason or None, reason_text=job.reason_text) if copy > 1 else PrintRequest()

    return tuple(
        arrange(specimen_label(record, own, job.asked_at), printer.label, resolution, context, asked(own)) for own in job.specimens
    )


def pdf_of(job: PrintJob) -> bytes:
    """The job's labels as a PDF, one a page. Raises LabelRefused, NotFound."""
    record = site_record()
    return labels_pdf(drawings_of(record, job, printer_settings(load(record, r4.Device, job.printer))))


def _take(job_id: int, at: datetime) -> tuple[PrintJob, bool] | None:
    """Take a waiting job (True), or find one that a dead worker began (False); None when there is nothing to do."""
    with transaction.atomic():
        job = PrintJob.objects.select_for_update().filter(pk=job_id).first()
        if job is None or job.state not in ("waiting", "printing"):
            return None
        fresh = job.state == "waiting"
        if fresh:
            job.state, job.changed_at = "printing", at
            job.save(update_fields=["state", "changed_at"])
    return job, fresh


def work_on(job_id: int, clock: Callable[[], datetime], send: Send = print_job) -> str:
    """Print one job and keep what the printer said; the state it ended in, "" when it was somebody else's."""
    taken = _take(job_id, clock())
    if taken is None:
        return ""
    job, fresh = taken
    record = site_record()
    printer = printer_settings(load(record, r4.Device, job.printer))
    if not fresh:
        return _failed(job, [Refusal("labels.printer.interrupted", {"printer": printer.name})], clock(), was_sent=True)
    if not printer.address:
        return _failed(job, [Refusal("labels.printer.by-hand", {"printer": printer.name})], clock(), was_sent=True)
    try:
        data = zpl_job(drawings_of(record, job, printer), f"job-{job.pk}")
        address = _address(printer)
    except LabelRefused as refused:
        return _failed(job, list(refused.refusals), clock())
    except (KeyError, ValueError, NotFound) as fault:
        return _failed(job, [Refusal("labels.printer.not-set-up", {"printer": printer.name, "fault": type(fault).__name__})], clock())
    if address is None:
        with virtual_printer() as virtual:
            outcome = send(virtual, data)
    else:
        outcome = send(address, data)
    if isinstance(outcome, NotConfirmed):
        named = [
            Refusal(one.code, {**one.facts, "printer": printer.name} if "printer" in one.facts else one.facts) for one in outcome.refusals
        ]
        return _failed(job, named, clock(), was_sent=outcome.was_sent)
    assert isinstance(outcome, Printed)
    return _printed(record, job, clock())


def _address(printer: PrinterSettings) -> PrinterAddress | None:
    """Where the printer listens; None of one that stands nowhere. Raises ValueError."""
    if printer.address.startswith(SCHEME):
        return None
    host, _, port = printer.address.rpartition(":")
    return PrinterAddress(host or printer.address, int(port or 9100))


def _failed(job: PrintJob, refusals: list[Refusal], at: datetime, *, was_sent: bool = False) -> str:
    job.state, job.changed_at, job.was_sent = "failed", at, was_sent
    job.reasons = [(one.code, {name: str(value) for name, value in one.facts.items()}) for one in refusals]
    job.save(update_fields=["state", "changed_at", "was_sent", "reasons"])
    return job.state


def _printed(record: Record, job: PrintJob, at: datetime) -> str:
    """Keep the printer's confirmation on the job, and on the collection in the name of who asked."""
    job.state, job.changed_at, job.was_sent = "printed", at, True
    job.save(update_fields=["state", "changed_at", "was_sent"])
    asker = Person.objects.filter(reference=job.person).first()
    if job.work and asker is not None:
        performance = Performance(record, principal_of_person(asker), at, device=f"Device/{job.printer}")
        try:
            confirm_labels(performance, job.work, job.printer, printed=True)
        except ActRefused:
            return job.state  # the gate changed its mind meanwhile; the labels are out all the same, and the job says so
    return job.state


def interrupted(job_id: int, at: datetime) -> None:
    """Say that a job broke off: nobody knows how far it came, so a person looks."""
    job = PrintJob.objects.filter(pk=job_id, state__in=("waiting", "printing")).first()
    if job is not None:
        _failed(job, [Refusal("labels.printer.interrupted", {"printer": job.printer})], at, was_sent=job.state == "printing")
