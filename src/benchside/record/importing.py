"""Bring resources in from files: FHIR bundles (one commit each) and NDJSON (one commit for each batch of lines).

What cannot be read or written is not dropped: every file and line that failed is reported with all its faults, and
the rest goes on. Running the same import again changes nothing that is already there word for word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from benchside.fhir import Fault, Invalid, r4, read
from benchside.fhir.references import reference_elements
from benchside.record.attribution import Attribution
from benchside.record.errors import DanglingReferences, RecordRefusal
from benchside.record.resource_id import new_id
from benchside.record.store import Record

LINES_PER_COMMIT = 500
LINE_BYTES_MAX = 64_000_000


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that did not come in: which file, which line of it (0: the file as a whole), and why."""

    file: str
    line: int
    faults: tuple[Fault, ...]


@dataclass(slots=True)
class ImportReport:
    """What an import did."""

    resources: int = 0
    commits: int = 0
    failures: list[Failure] = field(default_factory=list[Failure])


def import_files(
    record: Record,
    files: Iterable[Path],
    attribution: Attribution,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[Path, ImportReport], None] = lambda file, report: None,
) -> ImportReport:
    """Import each file in turn: `.ndjson` line by line, anything else as one bundle or one resource."""
    report = ImportReport()
    for file in files:
        if file.suffix == ".ndjson":
            _import_lines(record, file, attribution, clock, report)
        else:
            _import_document(record, file, attribution, clock, report)
        progress(file, report)
    return report


def _import_document(
    record: Record,
    file: Path,
    attribution: Attribution,
    clock: Callable[[], datetime],
    report: ImportReport,
) -> None:
    try:
        document = read(file.read_bytes())
        resources = list(bundle_resources(document)) if isinstance(document, r4.Bundle) else [document]
        import_resources(record, resources, attribution, at=clock())
    except Invalid as invalid:
        report.failures.append(Failure(str(file), 0, invalid.faults))
    except RecordRefusal as refusal:
        report.failures.append(Failure(str(file), 0, _faults(refusal)))
    else:
        report.resources += len(resources)
        report.commits += 1


def _import_lines(
    record: Record,
    file: Path,
    attribution: Attribution,
    clock: Callable[[], datetime],
    report: ImportReport,
) -> None:
    batch: list[tuple[int, r4.AnyResource]] = []
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            if len(line) > LINE_BYTES_MAX:
                fault = Fault("", "too-long", f"The line is longer than {LINE_BYTES_MAX:,} bytes.")
                report.failures.append(Failure(str(file), number, (fault,)))
                continue
            try:
                batch.append((number, read(line)))
            except Invalid as invalid:
                report.failures.append(Failure(str(file), number, invalid.faults))
            if len(batch) >= LINES_PER_COMMIT:
                _import_batch(record, file, batch, attribution, clock, report)
                batch = []
    if batch:
        _import_batch(record, file, batch, attribution, clock, report)


def _import_batch(
    record: Record,
    file: Path,
    batch: list[tuple[int, r4.AnyResource]],
    attribution: Attribution,
    clock: Callable[[], datetime],
    report: ImportReport,
) -> None:
    """One commit for the batch; if that is refused, one for each line, so that only the lines at fault stay out."""
    try:
        import_resources(record, [resource for _, resource in batch], attribution, at=clock())
    except RecordRefusal as refusal:
        if len(batch) == 1:
            report.failures.append(Failure(str(file), batch[0][0], _faults(refusal)))
            return
        for single in batch:
            _import_batch(record, file, [single], attribution, clock, report)
    else:
        report.resources += len(batch)
        report.commits += 1


def _faults(refusal: RecordRefusal) -> tuple[Fault, ...]:
    if isinstance(refusal, DanglingReferences):
        return refusal.faults
    return (Fault("", "processing", str(refusal)),)


def import_resources(
    record: Record,
    resources: Iterable[r4.AnyResource],
    attribution: Attribution,
    *,
    at: datetime,
) -> None:
    """Write the resources in one commit, keeping their ids; those without one get one."""
    with record.commit(attribution, at=at) as commit:
        for resource in resources:
            if resource.id is None:
                commit.create(resource)
            else:
                commit.update(resource)


def bundle_resources(bundle: r4.Bundle) -> Iterator[r4.AnyResource]:
    """The resources of a bundle under ids of this record, with the references between them put right.

    A resource keeps its own id, or takes the uuid of its fullUrl, so that importing a file twice is one resource.
    References by fullUrl become `Type/id`.
    """
    targets: dict[str, str] = {}
    for entry in bundle.entry or ():
        if entry.resource is None:
            continue
        full_url = entry.fullUrl or ""
        if entry.resource.id is None:
            entry.resource.id = full_url[9:] if full_url.startswith("urn:uuid:") else new_id()
        if full_url:
            targets[full_url] = f"{type(entry.resource).resourceType}/{entry.resource.id}"
    for entry in bundle.entry or ():
        if entry.resource is None:
            continue
        for reference in reference_elements(entry.resource):
            target = targets.get(reference.reference or "")
            if target is not None:
                reference.reference = target
        yield entry.resource
