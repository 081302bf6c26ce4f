"""The work on an export: one chunk after another, each committed with how far it brought the files.

A chunk is read from the record, appended to its files and synced; then one database transaction writes the new lengths and
the new place. A crash before it leaves bytes beyond the committed length: the next worker cuts them off and does the chunk
again. Two workers can't have the same job: `lease_until` says whose it is, and until when.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from benchside.fhir.search.criteria import Search
from benchside.fhir.search.query import parse_search
from benchside.record import Gone, NotFound, Record, Stored
from benchside.record.deletions import deletions
from benchside.record.site import site_record
from benchside.wire.fhir_api.call import instant
from benchside.wire.fhir_api.export.filters import criteria
from benchside.wire.fhir_api.limits import Limits, site_limits
from benchside.wire.fhir_api.models import ExportFile, ExportJob
from benchside.wire.fhir_api.search_query import search_limits

LEASE = timedelta(seconds=60)
DELETED = "deleted"
"""In the place of a resource type: the file that tells what was deleted."""
Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Another worker has taken the job over, or somebody cancelled it; this one stops without a trace."""


def folder_of(job_id: str) -> Path:
    """Where the files of a job are."""
    return Path(settings.BENCHSIDE_HOME) / "exports" / job_id


def file_path(file: ExportFile) -> Path:
    """Where one file is."""
    return folder_of(file.job_id) / f"{file.resource_type}.{file.number:04d}.ndjson"


def take(job_id: str, now: datetime) -> ExportJob | None:
    """Take the job for LEASE from `now`; None when it is done, cancelled, or another worker has it."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    taken = ExportJob.objects.filter(free, id=job_id, status=ExportJob.ACCEPTED).update(lease_until=now + LEASE)
    return ExportJob.objects.get(id=job_id) if taken else None


def waiting(now: datetime) -> list[str]:
    """The jobs that nobody works on though they are not done: those whose worker died."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    return list(ExportJob.objects.filter(free, status=ExportJob.ACCEPTED).values_list("id", flat=True))


def work(job: ExportJob, *, clock: Clock, until: datetime) -> bool:
    """Work on a job that was taken, until it is done (True) or the time is up (False); raises LeaseLost."""
    limits, record = site_limits(), site_record()
    while clock() < until:
        chunk = next_chunk(record, job, limits)
        if chunk is None:
            _commit(job, [], clock(), finished=True)
            return True
        files = _append(job, chunk.resources, limits) if chunk.deleted is None else [_append_deleted(job, chunk.deleted)]
        job.place, job.resources = chunk.place, job.resources + len(chunk.resources)
        _commit(job, files, clock())
    ExportJob.objects.filter(id=job.id, lease_until=job.lease_until).update(lease_until=None)
    return False


@dataclass(slots=True)
class Chunk:
    """Resources to be written next, and the place after them."""

    resources: list[Stored]
    place: dict[str, object]
    deleted: list[str] | None = None
    """In a chunk of deletions: what was deleted, as `Type/id`."""


def next_chunk(record: Record, job: ExportJob, limits: Limits) -> Chunk | None:
    """What comes after the job's place; None when nothing does. Deletions come last, where a time is asked for."""
    if "deleted" not in job.place:
        chunk = _next_of_system(record, job, limits) if job.level == "system" else _next_of_patients(record, job, limits)
        if chunk is not None or job.since is None:
            return chunk
    return _next_deleted(record, job, limits)


def _next_deleted(record: Record, job: ExportJob, limits: Limits) -> Chunk | None:
    """Resources of the export's types, and patients, that were deleted between `_since` and the export's moment."""
    assert job.since is not None  # asked for only then
    after = int(str(job.place.get("deleted", 0)))
    found = deletions(record.engine, job.types, job.since, job.seen_at, after=after, count=limits.export_chunk_resources)
    if not found:
        return None
    members = None if job.patients is None else frozenset(job.patients)
    own = [each for each in found if job.level == "system" or (each.patient and (members is None or each.patient in members))]
    return Chunk([], {"deleted": found[-1].key}, [f"{each.type}/{each.id}" for each in own])


def _next_of_system(record: Record, job: ExportJob, limits: Limits) -> Chunk | None:
    """Type after type, page after page."""
    at_type, cursor = int(str(job.place.get("type", 0))), job.place.get("cursor")
    if at_type >= len(job.types):
        return None
    search = _search(record, job, (job.types[at_type],), limits, cursor=cursor)
    page = record.search(search)
    after: dict[str, object] = {"type": at_type, "cursor": page.next_cursor}
    if page.next_cursor is None:
        after = {"type": at_type + 1}
    return Chunk(list(_as_of(record, job, page.matches)), after)


def _next_of_patients(record: Record, job: ExportJob, limits: Limits) -> Chunk | None:
    """Patient after patient: those of the group, or a page of all of them at a time."""
    place = job.place
    queue = place.get("queue", job.patients)
    if queue is None or (not queue and job.patients is None):
        if place.get("last"):
            return None
        everybody = parse_search(
            ("Patient",), _pairs(limits, place.get("patients")), limits=search_limits(limits), strict=True, zone=record.policy.zone
        )
        page = record.search(everybody)
        queue = [match.id for match in page.matches]
        place = {"patients": page.next_cursor, "last": page.next_cursor is None, "queue": queue}
    assert isinstance(queue, list)
    if not queue:
        return None
    parts = _parts(job)
    part = int(str(place.get("part", 0)))
    search = _search(record, job, parts[part], limits, cursor=place.get("cursor"), compartment=("Patient", str(queue[0])))
    page = record.search(search)
    after = {**place, "queue": queue, "part": part, "cursor": page.next_cursor}
    if page.next_cursor is None:
        last = part + 1 == len(parts)
        after |= {"queue": queue[1:] if last else queue, "part": 0 if last else part + 1}
    return Chunk(list(_as_of(record, job, page.matches)), after)


def _parts(job: ExportJob) -> list[tuple[str, ...]]:
    """The types that one search covers: those without filter together, each of the others by itself."""
    plain = tuple(kind for kind in job.types if kind not in job.filters)
    return [*([plain] if plain else []), *((kind,) for kind in job.types if kind in job.filters)]


def _pairs(limits: Limits, cursor: object) -> list[tuple[str, str]]:
    pairs = [("_count", str(limits.export_chunk_resources)), ("_total", "none")]
    return [*pairs, ("_cursor", str(cursor))] if cursor else pairs


def _search(
    record: Record, job: ExportJob, types: tuple[str, ...], limits: Limits, *, cursor: object, compartment: tuple[str, str] | None = None
) -> Search:
    pairs = _pairs(limits, cursor)
    if job.since is not None:
        pairs.append(("_lastUpdated", f"ge{instant(job.since)}"))
    zone = record.policy.zone
    search = parse_search(types, pairs, limits=search_limits(limits), strict=True, zone=zone, compartment=compartment)
    queries = job.filters.get(types[0])
    if not queries:
        return search
    return replace(search, criteria=(*search.criteria, *criteria(types[0], queries, limits, zone, job.seen_at)))


def _as_of(record: Record, job: ExportJob, matches: list[Stored]) -> Iterator[Stored]:
    """The matches as they were at the job's moment: what was changed since is shown as before, what is new is left out."""
    for match in matches:
        if match.recorded <= job.seen_at:
            yield match
            continue
        try:
            earlier = record.read_as_of(match.type, match.id, job.seen_at)
        except (NotFound, Gone):
            continue
        if job.since is None or earlier.recorded >= job.since:
            yield earlier


def _append(job: ExportJob, resources: list[Stored], limits: Limits) -> list[ExportFile]:
    """Append resources to the file of their type, cut back to its committed length before, and synced after."""
    touched: list[ExportFile] = []
    for kind, group in groupby(sorted(resources, key=lambda one: one.type), key=lambda one: one.type):
        lines = [one.content + b"\n" for one in group]
        file = ExportFile.objects.filter(job=job, resource_type=kind).order_by("-number").first()
        if file is None or file.resources >= limits.export_file_resources_max:
            file = ExportFile(job=job, resource_type=kind, number=file.number + 1 if file is not None else 1)
        _write(file, lines)
        touched.append(file)
    return touched


def _append_deleted(job: ExportJob, deleted: list[str]) -> ExportFile:
    """Append one transaction Bundle of deletions, as Bulk Data wants them told."""
    file = ExportFile.objects.filter(job=job, resource_type=DELETED).first() or ExportFile(job=job, resource_type=DELETED, number=1)
    entries = [{"request": {"method": "DELETE", "url": each}} for each in deleted]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    _write(file, [msgspec.json.encode(bundle) + b"\n"] if entries else [])
    return file


def _write(file: ExportFile, lines: list[bytes]) -> None:
    path = file_path(file)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.truncate(file.bytes)
        stream.seek(file.bytes)
        stream.writelines(lines)
        stream.flush()
        os.fsync(stream.fileno())
    file.bytes += sum(len(line) for line in lines)
    file.resources += len(lines)


def _commit(job: ExportJob, files: list[ExportFile], now: datetime, *, finished: bool = False) -> None:
    """Write how far the job has come, if it is still ours; raises LeaseLost otherwise."""
    held = job.lease_until
    job.lease_until = None if finished else now + LEASE
    changes: dict[str, object] = {"place": job.place, "resources": job.resources, "lease_until": job.lease_until}
    if finished:
        changes |= {"status": ExportJob.FINISHED, "finished_at": now}
    with transaction.atomic():
        if not ExportJob.objects.filter(id=job.id, lease_until=held, status=ExportJob.ACCEPTED).update(**changes):
            raise LeaseLost
        for file in files:
            file.save()


def fail(job: ExportJob, incident: str, now: datetime) -> None:
    """Give a job up; whoever asked is told the incident."""
    ExportJob.objects.filter(id=job.id, status=ExportJob.ACCEPTED).update(
        status=ExportJob.FAILED, incident=incident, finished_at=now, lease_until=None
    )


def remove(job: ExportJob) -> None:
    """Remove a job, its rows and its files."""
    folder = folder_of(job.id)
    job.delete()
    shutil.rmtree(folder, ignore_errors=True)


def remove_expired(now: datetime) -> int:
    """Remove the jobs that ended longer ago than the site keeps exports; how many they were."""
    expired = ExportJob.objects.filter(finished_at__lt=now - timedelta(hours=site_limits().export_keep_hours))
    jobs = list(expired)
    for job in jobs:
        remove(job)
    return len(jobs)
