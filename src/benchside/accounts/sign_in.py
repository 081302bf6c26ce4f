"""Signing in with a password, and the brake on guessing.

The brake counts failures per name and per network address in the database, so it holds across processes. It never
locks an account for good: a stranger must not be able to keep a technician from work for longer than the window.
Source: OWASP "Authentication Cheat Sheet", login throttling; NIST SP 800-63B 5.2.2.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from benchside.accounts.models import Person, SignInFailure

WINDOW: Final = timedelta(minutes=15)
FAILURES_PER_NAME_MAX: Final = 10
FAILURES_PER_ADDRESS_MAX: Final = 100
FAILURES_KEPT: Final = timedelta(days=90)
PASSWORD_CHARACTERS_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class Throttled(Exception):
    """Too many failed sign-ins. Wait until the time that `until` says, or ask an administrator for a new password."""

    until: datetime


class PasswordBackend(BaseBackend):
    """Django's sign-in by name and password, for people only. Rights come from roles, so Django's permissions stay empty."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_credentials: object
    ) -> Person | None:
        """Return the person, or None. A wrong name costs as much time as a wrong password."""
        del request
        if username is None or password is None or len(password) > PASSWORD_CHARACTERS_MAX:
            return None
        try:
            person = Person.objects.get_by_natural_key(username)
        except Person.DoesNotExist:
            make_password(password)
            return None
        return person if person.check_password(password) and person.is_active else None

    def get_user(self, user_id: int) -> Person | None:
        """Return the person of a session, or None when they have been disabled since."""
        return Person.objects.filter(pk=user_id, is_active=True).first()


def check_brake(username: str, address: str | None, *, at: datetime, per_name_max: int = FAILURES_PER_NAME_MAX) -> None:
    """Raise Throttled when this name or this address has failed too often within the window before `at`."""
    since = at - WINDOW
    by_name = SignInFailure.objects.filter(username_digest=_digest(username), at__gt=since)
    by_address = SignInFailure.objects.filter(address=address, at__gt=since) if address else SignInFailure.objects.none()
    for failures, most in ((by_name, per_name_max), (by_address, FAILURES_PER_ADDRESS_MAX)):
        newest = list(failures.order_by("-at").values_list("at", flat=True)[:most])
        if len(newest) == most:
            raise Throttled(newest[-1] + WINDOW)


def note_failure(username: str, address: str | None, *, at: datetime) -> None:
    """Count a failed sign-in."""
    SignInFailure.objects.create(username_digest=_digest(username), address=address, at=at)


def forget_old_failures(at: datetime) -> int:
    """Remove failures older than anybody looks into; return how many."""
    removed, _ = SignInFailure.objects.filter(at__lt=at - FAILURES_KEPT).delete()
    return removed


def note_success(username: str) -> None:
    """Forget the failures of a name whose owner has come in."""
    SignInFailure.objects.filter(username_digest=_digest(username)).delete()


def _digest(username: str) -> str:
    return sha256(username.strip().casefold().encode()).hexdigest()
