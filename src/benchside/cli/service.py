"""Commands about the running of a site: serve, migrate, backup, version."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from benchside.cli.door import CommandRefused
from benchside.cli.setup import set_up, set_up_with_database


class Piece(Enum):
    """A part of the service that can run alone."""

    web = "web"
    worker = "worker"


def add_to(application: typer.Typer) -> None:
    """Register these commands."""
    for command in (serve, migrate, backup, version):
        application.command()(command)


def serve(
    host: Annotated[str, typer.Option(help="The network address to listen on. 127.0.0.1 means: this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    only: Annotated[Piece | None, typer.Option(help="Run one part only, for sites that spread the parts over machines.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Web processes; about one for each core.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=64, help="Requests that one web process works on at a time.")] = None,
) -> None:
    """Start Benchside and keep it running until it is told to stop (Ctrl+C, or SIGTERM from a service supervisor).

    Runs the web part and the worker that does tasks in the background. A part that crashes is started again.
    """
    set_up_with_database()
    from benchside.site.serving import AddressTaken, run

    try:
        run(host, port, parts=("web", "worker") if only is None else (only.value,), workers=workers, threads=threads)
    except AddressTaken as taken:
        raise CommandRefused(str(taken)) from taken


def migrate() -> None:
    """Bring the database to the form this release needs, and rebuild what is derived where its form changed. Safe to repeat.

    Make a backup first (benchside backup). Other parts of the site may keep running only if the release notes say so.
    """
    set_up()
    from benchside.site.upkeep import migrate as bring_up_to_date

    done = bring_up_to_date()
    typer.echo("\n".join(done) if done else "The database is up to date.")


def backup(
    destination: Annotated[Path, typer.Argument(help="The file to write. It must not exist yet.")],
) -> None:
    """Copy the whole database into one file while the site keeps running (SQLite), checked after it is written.

    On PostgreSQL use its own tool; this command then says which. To restore, see docs/operating.md.
    """
    set_up()
    from benchside.cli.progress import steps
    from benchside.site.upkeep import BackupRefused, copy_database

    try:
        with steps("Copying", unit="pages") as progress:
            copied = copy_database(destination, progress)
    except BackupRefused as refusal:
        raise CommandRefused(str(refusal)) from refusal
    typer.echo(f"{destination}: {copied:,} bytes, checked. The files secret-key and {'benchside.toml'} are not in it; keep a copy apart.")


def version() -> None:
    """Say which release of Benchside this is, and on what it runs."""
    import platform
    import sqlite3

    from benchside import __version__

    typer.echo(f"Benchside {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
