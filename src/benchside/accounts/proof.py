"""Proving again who one is: the password, or the PIN, for a signature and for a locked screen. Failures are braked like sign-ins."""

from datetime import datetime

from benchside.accounts.models import Person
from benchside.accounts.sign_in import check_brake, note_failure, note_success


def proves(person: Person, secret: str, address: str | None, *, at: datetime) -> bool:
    """Say whether `secret` is this person's password. Raises Throttled after too many failures."""
    check_brake(person.username, address, at=at)
    if person.check_password(secret):
        note_success(person.username)
        return True
    note_failure(person.username, address, at=at)
    return False
