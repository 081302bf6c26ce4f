"""`benchside demo`: the invented clinic to try Benchside on."""

from datetime import datetime
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


@application.command()
def day(
    speed: Annotated[float, typer.Option(min=1, max=100_000, help="How many times faster than the clock on the wall.")] = 60,
    seed: Annotated[int, typer.Option(help="Another number is another day.")] = 1,
    hours: Annotated[float, typer.Option(min=1, max=12, help="How long orders come in.")] = 9,
) -> None:
    """Play a day in the demo clinic: orders come in, people and analyzers work. It ends now; Ctrl+C pauses it."""
    set_up_with_database()
    from django.utils.timezone import localtime

    from benchside.demo.clinic import DemoRefused, now, play_day
    from benchside.demo.watching import Pace, StoppedWatching, begin_of, summary

    def say(at: datetime, text: str) -> None:
        typer.echo(f"{localtime(at):%H:%M}  {text}")

    begin = begin_of(now(), hours, speed)
    pace = Pace(begin, speed, lambda: typer.confirm("Paused. Go on?", default=True))
    try:
        played = play_day(begin, seed, say, pace, hours=hours)
    except DemoRefused as refusal:
        raise CommandRefused(str(refusal)) from refusal
    except StoppedWatching:
        typer.echo("Stopped. What was done stays; what was not waits in the worklist.")
        return
    typer.echo(f"\nThe day is over. It left:\n{summary(played.tally)}\nThe board tells the story: sign in as lena.")


def _made() -> str:
    """Make the clinic if need be; return its sign-ins as text."""
    from django.conf import settings

    from benchside.cli.progress import steps
    from benchside.demo.clinic import DemoRefused, make_clinic, now

    try:
        with steps("Making the demo clinic", unit="resources") as progress:
            made = make_clinic(settings.BENCHSIDE_HOME, now(), progress)
    except DemoRefused as refusal:
        raise CommandRefused(str(refusal)) from refusal
    return (
        f"\nDemo clinic (everything in it is invented). Sign-ins, also in {made.sign_ins}:\n\n{made.sign_ins.read_text(encoding='utf-8')}"
    )
