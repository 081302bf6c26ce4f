"""`benchside demo`: the invented clinic to try Benchside on."""

from typing import Annotated

import typer

from benchside.cli.door import CommandRefused
from benchside.cli.setup import set_up, set_up_with_database

application = typer.Typer(help="The demo clinic: invented people and data to try Benchside on.", no_args_is_help=True)


@application.command()
def clinic() -> None:
    """Make the demo clinic, unless it is there, and show its sign-ins."""
    set_up_with_database()
    typer.echo(_made())


@application.command()
def run(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Prepare the database, make the demo clinic once, and start Benchside on this machine. This is what ./run does."""
    set_up()
    from benchside.site.serving import AddressTaken
    from benchside.site.serving import run as serve
    from benchside.site.upkeep import migrate

    migrate()
    sign_ins = _made()

    def ready(address: str) -> None:
        typer.echo(f"{sign_ins}\nBenchside is ready at {address}   (Ctrl+C stops it)")

    try:
        serve("127.0.0.1", port, ready=ready)
    except AddressTaken as taken:
        raise CommandRefused(str(taken)) from taken


def _made() -> str:
    """Make the clinic if need be; return its sign-ins as text."""
    from django.conf import settings

    from benchside.cli.progress import steps
    from benchside.demo.clinic import DemoRefused, make_clinic, now

    try:
        with steps("Making the demo clinic", unit="patients") as progress:
            made = make_clinic(settings.BENCHSIDE_HOME, now(), progress)
    except DemoRefused as refusal:
        raise CommandRefused(str(refusal)) from refusal
    return (
        f"\nDemo clinic (everything in it is invented). Sign-ins, also in {made.sign_ins}:\n\n{made.sign_ins.read_text(encoding='utf-8')}"
    )
