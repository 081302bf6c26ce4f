"""`benchside demo`: the invented clinic to try Benchside on."""

import typer

application = typer.Typer(help="The demo clinic: invented people and data to try Benchside on.", no_args_is_help=True)
