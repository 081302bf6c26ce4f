"""`benchside user`: the people who may sign in."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchside.cli.door import CommandRefused
from benchside.cli.setup import set_up_with_database

if TYPE_CHECKING:
    from benchside.accounts.models import Person, System

application = typer.Typer(help="People who may sign in: add, list, change, disable.", no_args_is_help=True)

Username = Annotated[str, typer.Argument(help="The name the person signs in with.")]
PasswordFile = Annotated[Path | None, typer.Option(help="Read the password from the first line of this file instead of asking for it.")]


@application.command()
def add(
    username: Username,
    name: Annotated[str, typer.Option(help="The person's name, as colleagues see it.")],
    role: Annotated[list[str], typer.Option(help="A role; repeat the option for several. See: benchside user roles")],
    reference: Annotated[str, typer.Option(help="Who this is in the record, for example Practitioner/17.")] = "",
    password_file: PasswordFile = None,
) -> None:
    """Add a person. The password is asked for twice and not shown."""
    set_up_with_database()
    from benchside.accounts.models import Person

    require_roles(role)
    person = Person(username=username, name=name, roles=role, reference=reference)
    person.full_clean(exclude=["password"])
    person.set_password(_new_password(person, password_file))
    person.save()
    typer.echo(f"{username} can sign in as: {', '.join(role)}.")


@application.command("list")
def list_people() -> None:
    """List everybody, with roles and whether they may sign in."""
    set_up_with_database()
    from benchside.accounts.models import Person

    people = list(Person.objects.order_by("username"))
    for person in people:
        state = "" if person.is_active else "  DISABLED"
        typer.echo(f"{person.username:24} {person.name:32} {', '.join(person.roles) or 'no roles':40} {person.reference}{state}")
    typer.echo(f"{len(people)} people.")


@application.command()
def disable(username: Username) -> None:
    """Stop a person from signing in, at once: sessions end and tokens stop working. What they did stays in the record."""
    set_up_with_database()
    from benchside.accounts.tokens import revoke

    person = _person(username)
    person.is_active = False
    person.save(update_fields=["is_active"])
    revoked = revoke(person, datetime.now(UTC))
    typer.echo(f"{person.username} can no longer sign in; {revoked} tokens were revoked.")


@application.command()
def enable(username: Username) -> None:
    """Let a disabled person sign in again. Tokens stay revoked."""
    set_up_with_database()
    person = _person(username)
    person.is_active = True
    person.save(update_fields=["is_active"])
    typer.echo(f"{person.username} can sign in again.")


@application.command()
def role(
    username: Username,
    give: Annotated[list[str] | None, typer.Option("--add", help="A role to give; may be repeated.")] = None,
    take: Annotated[list[str] | None, typer.Option("--remove", help="A role to take away; may be repeated.")] = None,
) -> None:
    """Give a person roles or take roles away. It holds from their next request on."""
    set_up_with_database()
    person = _person(username)
    require_roles(give or [])
    absent = [name for name in take or [] if name not in person.roles]
    if absent:
        raise CommandRefused(f"{person.username} does not have the role {', '.join(absent)}.")
    kept = [name for name in person.roles if name not in (take or [])]
    person.roles = [*kept, *(name for name in give or [] if name not in kept)]
    person.save(update_fields=["roles"])
    typer.echo(f"{person.username} has the roles: {', '.join(person.roles) or 'none'}.")


@application.command()
def roles() -> None:
    """List the roles there are and what each is for."""
    from benchside.accounts.roles import role_table

    for name, described in role_table().roles.items():
        typer.echo(f"{name:22} {described.title}. {described.purpose}")


@application.command()
def password(username: Username, password_file: PasswordFile = None) -> None:
    """Give a person a new password. Their sessions end."""
    set_up_with_database()
    person = _person(username)
    person.set_password(_new_password(person, password_file))
    person.save(update_fields=["password"])
    typer.echo(f"{person.username} has a new password.")


@application.command("set-pin")
def set_a_pin(
    username: Username,
    pin_file: Annotated[Path | None, typer.Option(help="Read the PIN from the first line of this file instead of asking for it.")] = None,
) -> None:
    """Give a person a PIN: six digits for registered tablets, unlocking and signatures. They can change it in their account."""
    set_up_with_database()
    from benchside.accounts.pins import PinUnfit, set_pin

    person = _person(username)
    try:
        set_pin(person, _new_secret("PIN", pin_file))
    except PinUnfit as unfit:
        raise CommandRefused(str(unfit)) from unfit
    typer.echo(f"{person.username} has a new PIN.")


@application.command("set-badge")
def set_a_badge(
    username: Username,
    code: Annotated[str, typer.Argument(help="The code on the badge; without one, a code to print is made and shown once.")] = "",
    *,
    take: Annotated[bool, typer.Option("--take", help="Take the badge away instead: lost, or given back.")] = False,
) -> None:
    """Give a person the badge with this code. It names them at a shared tablet; the PIN lets them in."""
    set_up_with_database()
    from benchside.accounts.badges import BadgeUnfit, new_badge_code, set_badge, take_badge

    person = _person(username)
    if take:
        take_badge(person)
        typer.echo(f"{person.username} has no badge now.")
        return
    chosen = code or new_badge_code()
    try:
        set_badge(person, chosen)
    except BadgeUnfit as unfit:
        raise CommandRefused(str(unfit)) from unfit
    if code:
        typer.echo(f"{person.username} has the badge.")
        return
    typer.echo(f"Print this as a barcode on the badge of {person.username}; it is not shown again:", err=True)
    typer.echo(chosen)


@application.command()
def token(
    username: Username,
    purpose: Annotated[str, typer.Option(help="What the token is for, so that somebody can tell later if it is still needed.")],
    days: Annotated[int, typer.Option(help="How many days it works.")] = 90,
    scope: Annotated[list[str] | None, typer.Option(help="A SMART scope to narrow it to, for example user/Observation.rs.")] = None,
) -> None:
    """Make a bearer token with which a program may act as this person at /fhir. It is shown once."""
    set_up_with_database()
    show_new_token(_person(username), purpose, days, scope)


@application.command()
def revoke(username: Username) -> None:
    """Revoke all bearer tokens of a person, at once."""
    set_up_with_database()
    from benchside.accounts.tokens import revoke as revoke_all

    typer.echo(f"{revoke_all(_person(username), datetime.now(UTC))} tokens were revoked.")


def show_new_token(owner: "Person | System", purpose: str, days: int, scope: list[str] | None) -> None:
    """Make a token for a person or a system and print it, alone on its line; raises CommandRefused."""
    from benchside.accounts.tokens import TokenRefused, make_token

    try:
        made = make_token(owner, purpose=purpose, at=datetime.now(UTC), days=days, scopes=scope)
    except TokenRefused as refusal:
        raise CommandRefused(str(refusal)) from refusal
    typer.echo(f"Works until {made.expires:%Y-%m-%d}. Keep it like a password; it is not shown again:", err=True)
    typer.echo(made.text)


def require_roles(names: list[str]) -> None:
    """Raise CommandRefused for a role that there is not."""
    from benchside.accounts.roles import UnknownRole, role_named

    for name in names:
        try:
            role_named(name)
        except UnknownRole as unknown:
            raise CommandRefused(str(unknown)) from unknown


def _person(username: str) -> "Person":
    from benchside.accounts.models import Person

    try:
        return Person.objects.get_by_natural_key(username)
    except Person.DoesNotExist:
        raise CommandRefused(f"There is nobody named {username}. See: benchside user list") from None


def _new_password(person: "Person", file: Path | None) -> str:
    from django.contrib.auth.password_validation import validate_password

    chosen = _new_secret("Password", file)
    validate_password(chosen, person)
    return chosen


def _new_secret(what: str, file: Path | None) -> str:
    """Read a secret from a file's first line, or ask for it twice; raises CommandRefused where there is nobody to ask."""
    if file is not None:
        return file.read_text(encoding="utf-8").split("\n", 1)[0]
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, confirmation_prompt=True))
    raise CommandRefused(f"There is no terminal to ask for a {what}; use --{what.lower()}-file.")
