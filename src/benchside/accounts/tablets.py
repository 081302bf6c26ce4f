"""Shared tablets and who is on shift at them: where a PIN lets somebody in, and until when.

A PIN works only on a registered tablet, only for people who signed in there with their password this shift, and only while
that password holds. Registering puts a random cookie on the device; the database keeps its SHA-256.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from benchside.accounts.models import Person, Shift, Tablet

COOKIE_BYTES: Final = 32
COOKIE_CHARACTERS_MAX: Final = 100
KEPT_S: Final = 2 * 365 * 24 * 3600
SHIFT: Final = timedelta(hours=12)
SHOWN_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class NewTablet:
    """A tablet just registered; `text` goes into its cookie and can't be had again."""

    tablet: Tablet
    text: str


def register_tablet(name: str, by: Person, at: datetime, *, reference: str = "") -> NewTablet:
    """Register a device under a name. Raises ValidationError, also for a name that is taken."""
    text = secrets.token_urlsafe(COOKIE_BYTES)
    tablet = Tablet(name=name.strip(), reference=reference.strip(), digest=_digest(text), registered_by=by, registered=at)
    tablet.full_clean()
    tablet.save()
    return NewTablet(tablet, text)


def tablet_of(text: str | None) -> Tablet | None:
    """Return the tablet whose cookie this is, or None."""
    if not text or len(text) > COOKIE_CHARACTERS_MAX:
        return None
    return Tablet.objects.filter(digest=_digest(text)).first()


def retire_tablet(tablet: Tablet) -> None:
    """End a registration: the device is an unknown one from now on, and nobody is on shift there."""
    tablet.delete()


def begin_shift(person: Person, tablet: Tablet, at: datetime) -> Shift:
    """Note that the person has signed in here with their password; their PIN works here until the shift ends."""
    values = {"began": at, "ends": at + SHIFT, "password_mark": person.get_session_auth_hash()}
    shift, _made = Shift.objects.update_or_create(person=person, tablet=tablet, defaults=values)
    return shift


def end_shift(person: Person, tablet: Tablet) -> None:
    """Note that the person has signed out here: next time, the password."""
    Shift.objects.filter(person=person, tablet=tablet).delete()


def shift_of(person: Person, tablet: Tablet, at: datetime) -> Shift | None:
    """Return the shift in which this person's PIN works on this tablet at `at`, or None."""
    shift = Shift.objects.filter(person=person, tablet=tablet, ends__gt=at, person__is_active=True).first()
    return shift if shift is not None and shift.password_mark == person.get_session_auth_hash() else None


def people_on(tablet: Tablet, at: datetime) -> list[Person]:
    """Return who is on shift at this tablet, the last who came first; at most SHOWN_MAX."""
    shifts = Shift.objects.filter(tablet=tablet, ends__gt=at, person__is_active=True).select_related("person").order_by("-began")
    return [shift.person for shift in shifts[:SHOWN_MAX] if shift.password_mark == shift.person.get_session_auth_hash()]


def forget_ended_shifts(at: datetime) -> int:
    """Remove shifts that are over; return how many."""
    removed, _ = Shift.objects.filter(ends__lte=at).delete()
    return removed


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
