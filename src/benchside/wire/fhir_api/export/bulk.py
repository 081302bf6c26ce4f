"""What is asked about an export after it has begun: how far it is, its files, and to stop it.

Source: https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-status-request
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec

from benchside.fhir import Fault
from benchside.wire.fhir_api import access, signin
from benchside.wire.fhir_api.call import Answer, Call, http_date, instant
from benchside.wire.fhir_api.export import work
from benchside.wire.fhir_api.models import ExportFile, ExportJob
from benchside.wire.fhir_api.outcomes import information_bytes, outcome_bytes
from benchside.wire.fhir_api.problems import MethodNotAllowed, NoSuchResource, UnknownAddress

POLL_AFTER_S = "5"
NDJSON = "application/fhir+ndjson"
PART_BYTES = 1_000_000


def perform(call: Call) -> Answer:
    """Answer `_export/[job]` and `_export/[job]/[file]`."""
    count = len(call.segments)
    if count not in {2, 3}:
        raise UnknownAddress("An export is at _export/ and its number; start one with $export.")
    job = _job(call, call.segments[1])
    if count == 3:
        _require_method(call, ("GET", "HEAD"))
        return _file(call, job, call.segments[2])
    _require_method(call, ("GET", "HEAD", "DELETE"))
    return _cancel(job) if call.method == "DELETE" else _status(call, job)


def _require_method(call: Call, methods: tuple[str, ...]) -> None:
    if call.method not in methods:
        names = ", ".join(methods)
        raise MethodNotAllowed(f"An export answers {names}, not {call.method}.", headers={"Allow": names})


def _job(call: Call, job_id: str) -> ExportJob:
    """The job, for the one who started it; to anybody else there is none."""
    job = ExportJob.objects.filter(id=job_id, owner=call.principal.author).exclude(status=ExportJob.CANCELLED).first()
    if job is None:
        raise NoSuchResource("There is no such export of yours; it may have been cancelled, or its files have expired.")
    return job


def _status(call: Call, job: ExportJob) -> Answer:
    if job.status == ExportJob.ACCEPTED:
        content = information_bytes(f"{job.resources} resources written so far.")
        headers = {"X-Progress": f"{job.resources} resources written", "Retry-After": POLL_AFTER_S}
        return Answer(202, content, "OperationOutcome", headers=headers, presented=True)
    if job.status == ExportJob.FAILED:
        words = f"The export failed on our side. Tell your administrator incident {job.incident}, and start it again."
        return Answer(500, outcome_bytes((Fault("", "exception", words),)), "OperationOutcome", presented=True)
    keep = timedelta(hours=call.limits.export_keep_hours)
    expires = {"Expires": http_date(job.finished_at + keep)} if job.finished_at is not None else {}
    return Answer(200, _manifest(job), "", "application/json", headers=expires, presented=True)


def _manifest(job: ExportJob) -> bytes:
    files = [file for file in ExportFile.objects.filter(job=job).order_by("resource_type", "number") if file.resources]
    deleted = [_listed(job, file, "Bundle") for file in files if file.resource_type == work.DELETED]
    return msgspec.json.encode(
        {
            "transactionTime": instant(job.seen_at),
            "request": job.request,
            "requiresAccessToken": True,
            "output": [_listed(job, file, file.resource_type) for file in files if file.resource_type != work.DELETED],
            **({"deleted": deleted} if job.since is not None else {}),
            "error": [],
        }
    )


def _listed(job: ExportJob, file: ExportFile, kind: str) -> dict[str, object]:
    return {"type": kind, "url": f"{job.base}/_export/{job.id}/{work.file_path(file).name}", "count": file.resources}


def _file(call: Call, job: ExportJob, name: str) -> Answer:
    """One file, for who may still read its type; its name is looked up among the job's, never used as a path."""
    files: list[ExportFile] = list(ExportFile.objects.filter(job=job)) if job.status == ExportJob.FINISHED else []
    file = next((one for one in files if work.file_path(one).name == name), None)
    if file is None:
        raise NoSuchResource("The export has no such file (or is not finished yet).")
    signin.require_all(call.principal, job.types if file.resource_type == work.DELETED else [file.resource_type], "r")
    call.resource_type = file.resource_type
    access.seen(call, "export file")
    path = work.file_path(file)
    if not path.is_file():
        raise NoSuchResource("The file is not on this machine any more; start the export again.")
    return Answer(200, content_type=NDJSON, stream=_parts(path, file.bytes), length=file.bytes, presented=True)


def _parts(path: Path, length: int) -> Iterator[bytes]:
    """The first `length` bytes of a file, part by part."""
    with path.open("rb") as stream:
        while length > 0 and (part := stream.read(min(length, PART_BYTES))):
            length -= len(part)
            yield part


def _cancel(job: ExportJob) -> Answer:
    ExportJob.objects.filter(id=job.id).update(status=ExportJob.CANCELLED, lease_until=None)
    work.remove(job)
    return Answer(202, information_bytes("The export was cancelled and its files are removed."), "OperationOutcome", presented=True)
