"""Staff badges: a code that names a person and proves nothing. Who holds it still needs the PIN."""

import re
import secrets
from typing import Final

from benchside.accounts.keyed import keyed_digest
from benchside.accounts.models import Person

_PURPOSE: Final = "benchside.accounts.badges"
_CODE: Final = re.compile(r"[!-~]{6,100}")
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
PREFIX: Final = "BSB-"
CODE_CHARACTERS: Final = 12


class BadgeUnfit(ValueError):
    """The code cannot be a badge: too short, with blanks, or somebody else's."""


def new_badge_code() -> str:
    """Make a code to print on a badge: 60 random bits, letters and digits that are not mistaken for each other."""
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(CODE_CHARACTERS))


def set_badge(person: Person, code: str) -> None:
    """Give a person the badge with this code and save it; their earlier badge names nobody. Raises BadgeUnfit."""
    code = code.strip()
    if not _CODE.fullmatch(code):
        raise BadgeUnfit("A badge's code has 6 to 100 letters, digits and signs, no blanks.")
    digest = badge_digest(code)
    if Person.objects.filter(badge=digest).exclude(pk=person.pk).exists():
        raise BadgeUnfit("Somebody else has this badge. Take it from them first.")
    person.badge = digest
    person.save(update_fields=["badge"])


def take_badge(person: Person) -> None:
    """Take a person's badge away: lost, or given back."""
    person.badge = None
    person.save(update_fields=["badge"])


def person_of_badge(code: str) -> Person | None:
    """Return who wears the badge with this code, or None; disabled people wear none."""
    if not _CODE.fullmatch(code.strip()):
        return None
    return Person.objects.filter(badge=badge_digest(code.strip()), is_active=True).first()


def badge_digest(code: str) -> str:
    """Return what the database keeps of a code: keyed with the site's secret, because codes may be short and in a row."""
    return keyed_digest(_PURPOSE, code)
