"""`benchside system`: programs and machines that call Benchside."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from benchside.cli.door import CommandRefused
from benchside.cli.people import require_roles, show_new_token
from benchside.cli.setup import set_up_with_database

if TYPE_CHECKING:
    from benchside.accounts.models import System

application = typer.Typer(help="Programs and machines that call Benchside: EHRs, analyser gateways, scripts.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The system's name.")]


@application.command()
def add(
    name: Name,
    role: Annotated[list[str], typer.Option(help="A role, for example system.interface; may be repeated.")],
    reference: Annotated[str, typer.Option(help="Who this is in the record, for example Device/3.")] = "",
) -> None:
    """Add a system. It signs in with a token: benchside system token."""
    set_up_with_database()
    from benchside.accounts.models import System

    require_roles(role)
    system = System(name=name, roles=role, reference=reference)
    system.full_clean()
    system.save()
    typer.echo(f"{name} may act as: {', '.join(role)}.")


@application.command("list")
def list_systems() -> None:
    """List every system, with roles and whether it may call."""
    set_up_with_database()
    from benchside.accounts.models import System

    systems = list(System.objects.order_by("name"))
    for system in systems:
        state = "" if system.is_active else "  DISABLED"
        typer.echo(f"{system.name:40} {', '.join(system.roles) or 'no roles':40} {system.reference}{state}")
    typer.echo(f"{len(systems)} systems.")


@application.command()
def disable(name: Name) -> None:
    """Stop a system from calling, at once, and revoke its tokens."""
    set_up_with_database()
    from benchside.accounts.tokens import revoke

    system = _system(name)
    system.is_active = False
    system.save(update_fields=["is_active"])
    typer.echo(f"{system.name} can no longer call; {revoke(system, datetime.now(UTC))} tokens were revoked.")


@application.command()
def token(
    name: Name,
    purpose: Annotated[str, typer.Option(help="What the token is for, so that somebody can tell later if it is still needed.")],
    days: Annotated[int, typer.Option(help="How many days it works.")] = 90,
    scope: Annotated[list[str] | None, typer.Option(help="A SMART scope to narrow it to, for example system/Observation.rs.")] = None,
) -> None:
    """Make a bearer token for a system. It is shown once."""
    set_up_with_database()
    show_new_token(_system(name), purpose, days, scope)


def _system(name: str) -> "System":
    from benchside.accounts.models import System

    try:
        return System.objects.get(name=name)
    except System.DoesNotExist:
        raise CommandRefused(f"There is no system named {name}. See: benchside system list") from None
