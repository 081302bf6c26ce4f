"""Asking for labels: what is to be printed, where, and what became of it.

The labels' numbers and the row that asks the worker to print them are written in one transaction. The worker's part is in
`benchside.wire.printing`, named by the setting BENCHSIDE_PRINT_TASK, because areas know nothing of printers' wires.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string

from benchside.areas.laboratory.acts.collecting import confirm_labels, print_labels, reprint_label
from benchside.areas.laboratory.models import PrintJob
from benchside.areas.laboratory.order_of_draw import Equipment
from benchside.fhir import r4
from benchside.readiness.gathering.equipment import equipment_of
from benchside.readiness.gathering.kept import extension_url, extension_values, id_of, load
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.performing import Performance, act, facts_for, perform
from benchside.record import NotFound
from benchside.terms.refusal import ActRefused, Refusal

REPRINT_REASONS: Final = ("damaged", "unreadable", "not-printed", "lost", "corrected", "other")
"""Why a label is printed again; the same codes as `benchside.wire.labels.REPRINT_REASONS` (held equal by a test)."""
JOBS_SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """The print job that was made; `specimens` whose labels it prints."""

    job: int
    work: str
    specimens: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What a job prints, and why again."""

    kind: str = "specimen"
    work: str = ""
    patient: str
    specimens: Sequence[str] = ()
    copies: Mapping[str, int] | None = None
    reason: str = ""
    reason_text: str = ""


def _ask(performance: Performance, printer_id: str, wanted: _Wanted) -> int:
    """Write the job and queue it, in the caller's transaction."""
    job = PrintJob.objects.using(performance.record.engine.alias).create(
        kind=wanted.kind,
        work=wanted.work,
        patient=wanted.patient,
        specimens=list(wanted.specimens),
        copies=dict(wanted.copies or {}),
        reason=wanted.reason,
        reason_text=wanted.reason_text[:200],
        printer=printer_id,
        person=performance.author,
        language=translation.get_language() or settings.LANGUAGE_CODE,
        asked_at=performance.at,
        changed_at=performance.at,
    )
    import_string(settings.BENCHSIDE_PRINT_TASK).enqueue(job.pk)
    return int(job.pk)


def _within(performance: Performance) -> Performance:
    """The same performance for an act inside an act: the outer one answers for the request key."""
    return replace(performance, request_key="")


@act("print_label")
def ask_for_labels(performance: Performance, work_id: str, printer_id: str, *, equipment: Equipment = "needle") -> Asked:
    """Number the labels of a collection and ask for them to be printed. Raises what `print_labels` raises."""
    labels = print_labels(_within(performance), work_id, printer_id, equipment=equipment)
    task = load(performance.record, r4.Task, work_id)
    specimens = tuple(label.specimen for label in labels.labels)
    job = _ask(performance, printer_id, _Wanted(work=work_id, patient=id_of(task.for_, "Patient"), specimens=specimens))
    return Asked(job, work_id, specimens)


@act("print_label")
def ask_again(performance: Performance, job_id: int, printer_id: str) -> Asked:
    """Print a job's labels again after none of them came out: the failure is kept, the labels stay first prints.

    Only of a job that failed before anything was sent; what may be out is reprinted one by one, with a reason. Raises ActRefused,
    NotFound.
    """
    job = _job(performance, job_id)
    if job.state != "failed" or job.was_sent:
        raise ActRefused((Refusal("labels.job-not-failed"),))
    if job.work:
        confirm_labels(_within(performance), job.work, printer_id, printed=False)
    wanted = _Wanted(kind=job.kind, work=job.work, patient=job.patient, specimens=job.specimens, copies=job.copies)
    wanted = replace(wanted, reason=job.reason, reason_text=job.reason_text)
    return Asked(_ask(performance, printer_id, wanted), job.work, tuple(job.specimens))


@act("print_label")
def confirm_job(performance: Performance, job_id: int) -> Asked:
    """A person looked: every label of the job is there. Raises ActRefused, NotFound."""
    job = _job(performance, job_id)
    if job.work:
        confirm_labels(_within(performance), job.work, job.printer, printed=True)
    job.state, job.confirmed_by, job.changed_at, job.reasons = "printed", performance.author, performance.at, []
    job.save(update_fields=["state", "confirmed_by", "changed_at", "reasons"])
    return Asked(int(job.pk), job.work, tuple(job.specimens))


@act("reprint_label")
def ask_for_reprint(performance: Performance, specimen_id: str, printer_id: str, reason: str, text: str = "") -> Asked:
    """Print one label again: the number stays, the label says which copy it is and the record why. Raises ActRefused, NotFound."""
    specimen = load(performance.record, r4.Specimen, specimen_id)
    coded = reason if reason in REPRINT_REASONS and (reason != "other" or text.strip()) else ""
    done = reprint_label(_within(performance), specimen_id, printer_id, f"{coded} {text}".strip() if coded else "")
    work = next((id_of(found.valueReference, "Task") for found in extension_values(specimen, "work")), "")
    patient = id_of(specimen.subject, "Patient")
    copies = {specimen_id: done.times + 1}
    wanted = _Wanted(work=work, patient=patient, specimens=(specimen_id,), copies=copies, reason=coded, reason_text=text)
    return Asked(_ask(performance, printer_id, wanted), work, (specimen_id,))


@act("print_label")
def ask_for_wristband(performance: Performance, patient_id: str, printer_id: str, work_id: str = "") -> Asked:
    """Print a patient's wristband; who asked and when is in the evidence and on the job. Raises ActRefused, NotFound."""
    record = performance.record
    patient = patient_facts(record, patient_id, performance.at)
    facts = facts_for(performance, equipment=(equipment_of(record, printer_id),))
    with perform(performance, "print_label", facts, patient=patient.reference) as performed:
        performed.outcome = "wristband"
        job = _ask(performance, printer_id, _Wanted(kind="wristband", patient=patient_id, work=work_id))
    return Asked(job, work_id, ())


def _job(performance: Performance, job_id: int) -> PrintJob:
    found = PrintJob.objects.using(performance.record.engine.alias).filter(pk=job_id).first()
    if found is None:
        raise NotFound("PrintJob", str(job_id))
    return found


def jobs_of(work_id: str) -> list[PrintJob]:
    """The print jobs of a collection, newest first; at most JOBS_SHOWN_MAX."""
    return list(PrintJob.objects.filter(work=work_id).order_by("-id")[:JOBS_SHOWN_MAX])


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """A printer as its Device describes it. `address` is "" of one that prints from a PDF: then a person says what came out."""

    id: str
    name: str
    address: str
    dots_per_inch: int
    label: str
    wristband: str


def printer_settings(device: r4.Device) -> PrinterSettings:
    """Read a printer's Device: `url` as `socket://host:port`, and the extensions printer-dpi, label-layout, wristband-layout."""

    def coded(name: str, usual: str) -> str:
        found = extension_values(device, name)
        return (found[0].valueCode or usual) if found else usual

    dots = extension_values(device, "printer-dpi")
    names = [name.name for name in device.deviceName or () if name.name]
    return PrinterSettings(
        device.id or "",
        names[0] if names else device.id or "",
        (device.url or "").removeprefix("socket://"),
        (dots[0].valueInteger or 203) if dots else 203,
        coded("label-layout", "specimen-2x1in"),
        coded("wristband-layout", "wristband-adult"),
    )


def printer_extensions(
    *, dots_per_inch: int = 203, label: str = "specimen-2x1in", wristband: str = "wristband-adult"
) -> list[r4.Extension]:
    """The extensions of a printer's Device, for whoever sets one up."""
    return [
        r4.Extension(url=extension_url("printer-dpi"), valueInteger=dots_per_inch),
        r4.Extension(url=extension_url("label-layout"), valueCode=label),
        r4.Extension(url=extension_url("wristband-layout"), valueCode=wristband),
    ]
