"""Proving who one is: the password, or the PIN, for a signature, a locked screen and a shared tablet. Failures are braked."""

from datetime import datetime
from typing import Final

from benchside.accounts.models import Person
from benchside.accounts.pins import looks_like_pin, pin_fits
from benchside.accounts.sign_in import PASSWORD_CHARACTERS_MAX, check_brake, note_failure, note_success

PIN_FAILURES_MAX: Final = 5
"""So few because PINs are short; the password is still there for who forgot it."""


def proves(person: Person, secret: str, address: str | None, *, at: datetime) -> bool:
    """Say whether `secret` is this person's password or PIN. Raises Throttled after too many failures of that kind."""
    if looks_like_pin(secret):
        return proves_by_pin(person, secret, address, at=at)
    check_brake(person.username, address, at=at)
    if len(secret) <= PASSWORD_CHARACTERS_MAX and person.check_password(secret):
        note_success(person.username)
        return True
    note_failure(person.username, address, at=at)
    return False


def proves_by_pin(person: Person, pin: str, address: str | None, *, at: datetime) -> bool:
    """Say whether `pin` is this person's PIN. Raises Throttled after PIN_FAILURES_MAX wrong ones within the window."""
    name = f"pin:{person.username}"
    check_brake(name, address, at=at, per_name_max=PIN_FAILURES_MAX)
    if pin_fits(person, pin):
        note_success(name)
        return True
    note_failure(name, address, at=at)
    return False
