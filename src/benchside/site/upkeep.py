"""Bringing a site's database up to date, and copying it while it is in use."""

import os
import sqlite3
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Final

from django.core.management import call_command
from django.db import connection

from benchside.record import upkeep
from benchside.record.site import site_record

PAGES_AT_ONCE: Final = 2048
PAUSE_S: Final = 0.01
FILE_MODE: Final = 0o600


class BackupRefused(RuntimeError):
    """The database cannot be copied as asked; the message says what to do instead."""


def migrate(progress: upkeep.Progress = lambda what, done: None) -> list[str]:
    """Run migrations, then rebuild what is derived where its form changed; return what was done, in words."""
    output = StringIO()
    call_command("migrate", interactive=False, verbosity=1, stdout=output)
    applied = [line.strip().removesuffix("... OK") for line in output.getvalue().splitlines() if line.strip().startswith("Applying")]
    return [*applied, *(f"Made anew: {name}" for name in upkeep.bring_up_to_date(site_record(), progress))]


def copy_database(destination: Path, progress: Callable[[int, int], None]) -> int:
    """Copy the SQLite database to `destination` while it is in use, check the copy, and return its size in bytes.

    The copy is the database at one moment: SQLite's own online backup, which starts over what was written meanwhile.
    It is written beside the destination first, so an interrupted backup never looks like a whole one. Raises
    BackupRefused.
    """
    if connection.vendor != "sqlite":
        name = connection.settings_dict["NAME"]
        raise BackupRefused(
            f"This site runs on PostgreSQL. Copy it with PostgreSQL's own tool, which does so while the site runs:\n"
            f"  pg_dump --format=custom --file={destination} {name}\nand restore with pg_restore. See docs/operating.md."
        )
    if destination.exists():
        raise BackupRefused(f"{destination} exists; a backup never overwrites. Name another file.")
    draft = destination.with_name(destination.name + ".part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    os.close(descriptor)
    try:
        _copy(draft, progress)
        os.link(draft, destination)
    except FileExistsError as error:
        raise BackupRefused(f"{destination} exists; a backup never overwrites. Name another file.") from error
    finally:
        draft.unlink()
    return destination.stat().st_size


def _copy(draft: Path, progress: Callable[[int, int], None]) -> None:
    connection.ensure_connection()
    source: sqlite3.Connection = connection.connection
    target = sqlite3.connect(draft)
    try:
        source.backup(target, pages=PAGES_AT_ONCE, sleep=PAUSE_S, progress=lambda _, left, total: progress(total - left, total))
        # A copy in WAL mode would be two files; the site sets WAL again when it opens it.
        target.execute("PRAGMA journal_mode = DELETE")
        faults = target.execute("PRAGMA integrity_check(1)").fetchall()
    finally:
        target.close()
    if faults != [("ok",)]:
        raise BackupRefused(
            f"The copy is damaged ({faults[0][0]}), so the database itself probably is. Call for help before anything else."
        )
    with draft.open("rb") as file:
        os.fsync(file.fileno())
