"""Bearer tokens: made once, shown once, kept as SHA-256, looked up by one indexed read.

The tokens are 256 random bits, so a plain fast hash is enough: there is nothing to guess. Source: RFC 6750, OWASP
"Authentication Cheat Sheet". SMART authorisation will issue the same rows with `scopes` and `patient` filled in.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.db import DatabaseError, connection

from benchside.accounts.models import Person, System, Token
from benchside.accounts.principal import Kind, Principal
from benchside.accounts.roles import UnknownRole, scopes_of
from benchside.accounts.scopes import UnknownScope, narrowed, parse_scope
from benchside.record.engine import Engine

PREFIX: Final = "bst_"
"""Tells leak scanners and people what such a text is."""
TOKEN_BYTES: Final = 32
TOKEN_CHARACTERS_MAX: Final = 200
LIFETIME_DAYS: Final = 90
LIFETIME_DAYS_MAX: Final = 366
USE_NOTED_EVERY: Final = timedelta(hours=1)

_SELECT_OWNER: Final = """
SELECT t.id, t.scopes, t.patient, t.last_used,
       p.id, p.name, p.reference, p.roles,
       s.id, s.name, s.reference, s.roles
  FROM accounts_token t
  LEFT JOIN accounts_person p ON p.id = t.person_id
  LEFT JOIN accounts_system s ON s.id = t.system_id
 WHERE t.digest = ? AND t.revoked IS NULL AND t.expires > ?
   AND COALESCE(p.is_active, s.is_active)
"""


class TokenRefused(ValueError):
    """The token cannot be made as asked; the message says what to change."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. `text` is shown to the person once and can't be had again."""

    text: str
    expires: datetime


def digest_of(text: str) -> str:
    """Return the SHA-256 of a token, in hexadecimal: what the database keeps."""
    return sha256(text.encode()).hexdigest()


def make_token(
    owner: Person | System,
    *,
    purpose: str,
    at: datetime,
    days: int = LIFETIME_DAYS,
    scopes: Sequence[str] | None = None,
    patient: str = "",
) -> NewToken:
    """Make a bearer token for `owner`, good for `days` days from `at`; raises TokenRefused.

    `scopes` narrow what the owner's roles allow; `patient` is the Patient id that `patient/` scopes are about.
    """
    if not 1 <= days <= LIFETIME_DAYS_MAX:
        raise TokenRefused(f"A token lives 1 to {LIFETIME_DAYS_MAX} days, not {days}.")
    if not purpose.strip():
        raise TokenRefused("Say what the token is for, so that somebody can decide later whether it is still needed.")
    try:
        for scope in scopes or ():
            parse_scope(scope)
    except UnknownScope as unknown:
        raise TokenRefused(f"Not a scope: {unknown}. {UnknownScope.__doc__}") from unknown
    text = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    expires = at + timedelta(days=days)
    Token.objects.create(
        digest=digest_of(text),
        person=owner if isinstance(owner, Person) else None,
        system=owner if isinstance(owner, System) else None,
        purpose=purpose.strip(),
        scopes=list(scopes) if scopes is not None else None,
        patient=patient,
        expires=expires,
    )
    return NewToken(text, expires)


def principal_for(raw_token: str, *, at: datetime | None = None) -> Principal | None:
    """Return who presents `raw_token`, or None when it is unknown, expired, revoked, or its owner is disabled.

    One indexed read. `at` is now unless a test says otherwise. Nothing is remembered between calls, so that a
    revocation holds from the next request on, in every process.
    """
    if not raw_token.startswith(PREFIX) or len(raw_token) > TOKEN_CHARACTERS_MAX:
        return None
    moment = at or datetime.now(UTC)
    rows = Engine().rows(_SELECT_OWNER, (digest_of(raw_token), _moment_value(moment)))
    if not rows:
        return None
    token, token_scopes, patient, last_used, *owners = rows[0]
    person, system = owners[:4], owners[4:]
    _note_use(token, _moment(last_used), moment)
    try:
        if person[0] is not None:
            return _principal("person", *person, narrowed_by=_json(token_scopes), patient=patient)
        return _principal("system", *system, narrowed_by=_json(token_scopes), patient=patient)
    except UnknownRole:
        return None  # A role that this release no longer has grants nothing.


def principal_of_person(person: Person) -> Principal:
    """Return the principal of a person who signed in with a password; raises UnknownRole."""
    return _principal("person", person.pk, person.name, person.reference, person.roles)


def revoke(owner: Person | System, at: datetime) -> int:
    """Revoke every token of `owner` that still works; return how many there were."""
    own = Token.objects.filter(person=owner) if isinstance(owner, Person) else Token.objects.filter(system=owner)
    return own.filter(revoked__isnull=True, expires__gt=at).update(revoked=at)


def _principal(
    kind: Kind, key: int, name: str, reference: str, roles: Any, *, narrowed_by: Sequence[str] | None = None, patient: str = ""
) -> Principal:
    role_names: tuple[str, ...] = tuple(_json(roles))
    scopes = scopes_of(role_names)
    if narrowed_by is not None:
        scopes = narrowed(scopes, narrowed_by)
    own = reference.removeprefix("Patient/") if reference.startswith("Patient/") else ""
    return Principal(kind=kind, key=key, name=name, reference=reference, roles=role_names, scopes=scopes, patient=patient or own or None)


def _note_use(token: int, last_used: datetime | None, at: datetime) -> None:
    """Note, at most once an hour, that the token was used; skipped while somebody else writes: a note may wait, a reader not."""
    if last_used is not None and at - last_used < USE_NOTED_EVERY:
        return
    hour = at.replace(minute=0, second=0, microsecond=0)
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        Token.objects.filter(pk=token).update(last_used=hour)
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual_wait_ms,) = cursor.fetchone() or (0,)
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            Token.objects.filter(pk=token).update(last_used=hour)
        except DatabaseError:
            pass  # The database is being written; the next request notes it.
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual_wait_ms)}")


def _moment_value(moment: datetime) -> Any:
    """Return `moment` as the engine of the connection keeps it."""
    return connection.ops.adapt_datetimefield_value(moment)


def _moment(value: str | datetime | None) -> datetime | None:
    """Return what an engine gave for a time: SQLite text without zone, PostgreSQL a time; both are UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _json(value: Any) -> Any:
    """Return what an engine gave for a JSON column: text, or already a value."""
    return json.loads(value) if isinstance(value, str) else value
