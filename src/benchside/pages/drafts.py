"""Drafts on the device: what the server contributes.

A half-filled form survives a reload, a dead battery and a lost connection because the page keeps it in the browser's
`localStorage`. A tablet is shared, and the form speaks of a patient, so what is kept is encrypted (AES-GCM) with a key that only
the signed-in person's pages carry. Another person at the same tablet finds bytes without meaning.
"""

import base64
import hashlib
import hmac
import re
from typing import Protocol

DONE_COOKIE = "benchside_done"
KEPT_HOURS = 12
"""Drafts older than one long shift are removed from the device. The page reads the same figure from `data-draft-hours`."""

_PURPOSE = b"benchside.pages.drafts:"


class _Response(Protocol):
    def set_cookie(self, key: str, value: str, *, max_age: int, path: str, samesite: str, secure: bool) -> None: ...


def secret_for(person: str, *, site_secret: str) -> str:
    """Derive the base64 AES-256 key of one person's drafts; the same at every sign-in, unknown to everybody else.

    `person` is a reference such as `Practitioner/17`; `site_secret` is the installation's secret key.
    """
    key = hmac.new(site_secret.encode(), _PURPOSE + person.encode(), hashlib.sha256).digest()
    return base64.b64encode(key).decode()


def finish(response: _Response, key: str, *, secure: bool) -> None:
    """Tell the device that the form with this idempotency key is done, so that it forgets the draft.

    A cookie, because it survives the redirect that follows a done form and reaches the page with or without htmx.
    JavaScript must read it, so it is not HttpOnly; it carries a used-up random key and nothing else.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{22}", key):
        raise ValueError("not an idempotency key")
    response.set_cookie(DONE_COOKIE, key, max_age=3600, path="/", samesite="Lax", secure=secure)
