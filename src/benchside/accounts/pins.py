"""The PIN: six digits for shared tablets and signatures, never enough alone, hashed as a password is.

Six digits are few, so the hash is keyed with the site's secret (a stolen database alone cannot be searched), and failures
are braked below. Source: NIST SP 800-63B 5.1.1.2 (keyed hash of memorised secrets), OWASP "Authentication Cheat Sheet".
"""

import re
from itertools import pairwise
from typing import Final

from django.contrib.auth.hashers import check_password, make_password

from benchside.accounts.keyed import keyed_digest
from benchside.accounts.models import Person

PIN_DIGITS: Final = 6
_PURPOSE: Final = "benchside.accounts.pins"
_PIN: Final = re.compile(rf"[0-9]{{{PIN_DIGITS}}}")


class PinUnfit(ValueError):
    """The PIN cannot be taken: it is not six digits, or one of those that are tried first."""


def looks_like_pin(secret: str) -> bool:
    """Say whether a secret is six digits; no password is, because passwords have twelve characters."""
    return _PIN.fullmatch(secret) is not None


def set_pin(person: Person, pin: str) -> None:
    """Give a person this PIN and save it. Raises PinUnfit for what is no PIN or easily guessed."""
    if not looks_like_pin(pin):
        raise PinUnfit("A PIN has six digits.")
    if _is_easy(pin):
        raise PinUnfit("This PIN is one of the first that anybody tries. Choose another.")
    person.pin = make_password(_keyed(person, pin))
    person.save(update_fields=["pin"])


def pin_fits(person: Person, pin: str) -> bool:
    """Say whether this is the person's PIN; never for somebody who has none or is disabled."""
    return bool(person.pin) and person.is_active and looks_like_pin(pin) and check_password(_keyed(person, pin), person.pin)


def _keyed(person: Person, pin: str) -> str:
    return keyed_digest(_PURPOSE, f"{person.pk}:{pin}")


def _is_easy(pin: str) -> bool:
    """Say whether the digits are few, in a row, or a pattern twice."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    half = PIN_DIGITS // 2
    return len(set(pin)) < 3 or len(steps) == 1 or pin[:half] == pin[half:]  # two digits only, 123456, 135791, 147147
