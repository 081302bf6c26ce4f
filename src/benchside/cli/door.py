"""The one door of the command line: every command enters and every error leaves here."""

import os
from collections.abc import Sequence

import click


def run(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name and return the process's exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchside.site.settings")
    from benchside.cli.commands import application

    try:
        application(args=list(arguments), prog_name="benchside", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as refusal:
        refusal.show()
        return refusal.exit_code
    return 0
