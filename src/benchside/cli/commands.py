"""The commands, gathered. Each module holds one family; nothing is imported before a command needs it."""

import typer

from benchside.cli import data, demo, people, service, systems

application = typer.Typer(
    help="Benchside: the work system of clinical technicians.\n\nOne command for each thing an administrator does. "
    "Data, secrets and settings are in BENCHSIDE_HOME (by default ~/.local/share/benchside).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
service.add_to(application)
data.add_to(application)
application.add_typer(people.application, name="user")
application.add_typer(systems.application, name="system")
application.add_typer(demo.application, name="demo")
