"""The commands, gathered."""

import typer

application = typer.Typer(help="Benchside: the work system of clinical technicians.", no_args_is_help=True, add_completion=False)


@application.callback()
def start() -> None:
    """Benchside: the work system of clinical technicians."""
    import django

    django.setup()


@application.command()
def migrate() -> None:
    """Bring the database to this release's form. Safe to repeat."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1)


@application.command()
def version() -> None:
    """Say which release of Benchside this is."""
    from benchside import __version__

    typer.echo(f"Benchside {__version__}")
