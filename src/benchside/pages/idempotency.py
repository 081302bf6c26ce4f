"""Sending a form twice does it once: the key in the form, and what the server does with it.

The contract of the door (`screens` call it, the record keeps the rows):

1. Every drawn form carries one fresh random key (`new_key`), hidden. A draft kept on the device keeps the key of the form it was
   typed into, so a form that is sent again after a lost answer carries the key of its first sending.
2. A POST looks the pair (person, key) up in the same transaction in which the act is done, and asks `decide`:
   `Fresh`     do the act and keep an `Outcome` in that transaction; answer with a redirect to it;
   `Replay`    the same content came before: answer with the kept outcome, do nothing;
   `Conflict`  the key came before with other content: do nothing, show the kept outcome and say that the change was not applied.
3. Two requests at once: the row's unique key (person, key) makes the second wait and then replay.
4. Only a done act keeps an outcome. A refused act or an invalid form keeps none, so the corrected form may use its key again.
5. The answer to a done act carries the cookie of `benchside.pages.drafts.finish`, and the device forgets its draft.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

KEY_FIELD = "idempotency_key"
KEY_BYTES = 16
KEPT_DAYS = 7
"""How long outcomes are kept at least: longer than a draft lives on a device (`drafts.KEPT_HOURS`)."""

_KEY = re.compile(r"[A-Za-z0-9_-]{22}")


class UnusableKey(ValueError):
    """The form's idempotency key is missing or not one of ours: reload the page and send the form again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a done act answered: the place it led to, and the fingerprint of what was sent."""

    fingerprint: str
    location: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """This key was never used: do the act."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The same form was done before: answer the same."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key was used with other content: show what was done, and that this was not."""

    outcome: Outcome


def new_key() -> str:
    """Make the key of one drawn form: 128 random bits, 22 URL-safe characters."""
    return secrets.token_urlsafe(KEY_BYTES)


def checked_key(text: str | None) -> str:
    """Give the key back when it has the form of ours, so that it may be kept in a row. Raises `UnusableKey`."""
    if text is None or not _KEY.fullmatch(text):
        raise UnusableKey
    return text


def fingerprint(fields: Iterable[tuple[str, str]], *, besides: frozenset[str] = frozenset()) -> str:
    """Digest what a person entered, order kept, without the fields that change with every drawing.

    `besides` names further fields to leave out. SHA-256 over length-prefixed names and values, so no two forms share one text.
    """
    left_out = besides | {KEY_FIELD, "csrfmiddlewaretoken", "patient_check"}
    digest = hashlib.sha256()
    for name, value in fields:
        if name in left_out:
            continue
        for part in (name.encode(), value.encode()):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def decide(kept: Outcome | None, sent: str) -> Fresh | Replay | Conflict:
    """Say what to do with a form whose content has the fingerprint `sent`, given what is kept under its key."""
    if kept is None:
        return Fresh()
    return Replay(kept) if kept.fingerprint == sent else Conflict(kept)
