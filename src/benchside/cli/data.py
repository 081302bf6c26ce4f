"""Commands about the record's data: import, export, verify-record, rebuild-views."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchside.cli.door import REFUSED, CommandRefused
from benchside.cli.setup import set_up_with_database

if TYPE_CHECKING:
    from benchside.record import Record
    from benchside.record.importing import Failure

FAULTS_SHOWN_MAX = 50


def add_to(application: typer.Typer) -> None:
    """Register these commands."""
    application.command("import")(import_files)
    application.command("export")(export)
    application.command("verify-record")(verify_record)
    application.command("rebuild-views")(rebuild_views)


def import_files(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, or folders of files: FHIR bundles (.json) and NDJSON (.ndjson).", exists=True)
    ],
    reason: Annotated[str, typer.Option(help="Why this is brought in; kept with every commit.")] = "",
    *,
    allow_dangling: Annotated[
        bool, typer.Option("--allow-dangling", help="Let references in whose target is not there; they are listed afterwards.")
    ] = False,
) -> None:
    """Bring FHIR R4 resources in from files, checked as strictly as at the API. Safe to repeat.

    A bundle is one commit; NDJSON is committed every few hundred lines. What cannot be read is listed with its faults
    and the rest goes on; the exit code is then 1.
    """
    set_up_with_database()
    from benchside.cli.progress import steps
    from benchside.record import Attribution, Record, importing
    from benchside.record.policy import Policy
    from benchside.record.site import site_record

    files = list(_files(paths))
    if not files:
        raise CommandRefused("There is no .json or .ndjson file in what you named.")
    own = site_record().policy
    record = Record(policy=Policy(zone=own.zone, dangling_allowed=allow_dangling, views=own.views))
    attribution = Attribution(author="urn:benchside:command", act="import_records", reason=reason)
    with steps("Importing", unit="files") as progress:
        done = 0

        def one_more(file: Path, report: importing.ImportReport) -> None:
            nonlocal done
            del file, report
            done += 1
            progress(done, len(files))

        progress(0, len(files))
        report = importing.import_files(record, files, attribution, clock=lambda: datetime.now(UTC), progress=one_more)
    typer.echo(f"{report.resources:,} resources in {report.commits:,} commits from {len(files):,} files.")
    if allow_dangling:
        _tell_dangling(record)
    if report.failures:
        _tell_failures(report.failures)
        raise typer.Exit(REFUSED)


def export(
    folder: Annotated[Path, typer.Argument(help="The folder to write to; made if needed. It must be empty.")],
    resource_type: Annotated[list[str] | None, typer.Option("--type", help="Only this resource type; may be repeated.")] = None,
) -> None:
    """Write every current resource out as NDJSON, one file for each resource type: all a site needs to leave.

    The files hold patient data; the folder is made readable by you only.
    """
    set_up_with_database()
    from benchside.cli.exporting import UnknownTypes, write_all
    from benchside.cli.progress import steps
    from benchside.record.site import site_record

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise CommandRefused(f"{folder} is not empty; name a new folder.")
    try:
        with steps("Exporting", unit="resources") as progress:
            counts = write_all(site_record(), folder, tuple(resource_type or ()), progress)
    except UnknownTypes as unknown:
        raise CommandRefused(str(unknown)) from unknown
    typer.echo(f"{sum(counts.values()):,} resources of {len(counts)} types in {folder}.")


def verify_record() -> None:
    """Walk the record's hash chain from the first commit to the last and name the first link that does not fit.

    Exit code 0: every commit is as it was written. 1: something was changed outside Benchside, or is missing.
    """
    set_up_with_database()
    from benchside.cli.progress import steps
    from benchside.record import chain
    from benchside.record.site import site_record

    with steps("Verifying", unit="commits") as progress:
        verdict = chain.verify(site_record().engine, progress)
    if verdict.broken_at is None:
        typer.echo(f"Whole: {verdict.commits:,} commits, {verdict.versions:,} versions.")
        return
    typer.echo(f"BROKEN at commit {verdict.broken_at:,}: {verdict.why}. Keep this database as it is and see docs/operating.md.", err=True)
    raise typer.Exit(REFUSED)


def rebuild_views(
    table: Annotated[list[str] | None, typer.Option(help="Only this view's table; may be repeated.")] = None,
) -> None:
    """Make the rows that screens show anew from the record. They come out the same; needed only after a repair."""
    set_up_with_database()
    from benchside.cli.progress import steps
    from benchside.record import upkeep
    from benchside.record.site import site_record

    record = site_record()
    known = {view.table: view for view in record.policy.views.views}
    unknown = sorted(set(table or ()) - set(known))
    if unknown:
        raise CommandRefused(f"There is no view {', '.join(unknown)}. Views are: {', '.join(sorted(known)) or 'none yet'}.")
    with steps("Rebuilding", unit="resources") as progress:
        made = upkeep.rebuild_views(
            record, [view for name, view in known.items() if not table or name in table], lambda what, done: progress(done, done)
        )
    typer.echo(f"{len(made)} views rebuilt{': ' if made else '.'}{', '.join(made)}")


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in {".json", ".ndjson"} and file.is_file())
        else:
            yield path


def _tell_failures(failures: "list[Failure]") -> None:
    for failure in failures[:FAULTS_SHOWN_MAX]:
        place = f"{failure.file}, line {failure.line}" if failure.line else failure.file
        for fault in failure.faults:
            typer.echo(f"{place}: {fault.path + ': ' if fault.path else ''}{fault.message}", err=True)
    left = len(failures) - FAULTS_SHOWN_MAX
    typer.echo(f"{len(failures):,} did not come in{f'; the first {FAULTS_SHOWN_MAX} are listed' if left > 0 else ''}.", err=True)


def _tell_dangling(record: "Record") -> None:
    found = record.dangling(FAULTS_SHOWN_MAX)
    for resource, path, reference in found:
        typer.echo(f"{resource} {path}: {reference} is not here.", err=True)
