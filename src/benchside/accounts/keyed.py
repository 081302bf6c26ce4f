"""Digests keyed with the site's secret: of what is too short to be kept under a plain hash."""

import hashlib
import hmac

from django.conf import settings


def keyed_digest(purpose: str, text: str) -> str:
    """Return the HMAC-SHA-256 of `text`, in hexadecimal; another `purpose` gives another digest."""
    message = len(purpose).to_bytes(4, "big") + purpose.encode() + text.encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()
