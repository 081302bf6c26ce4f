"""What the API uses of the site it runs in: its record and its access log."""

from functools import cache
from pathlib import Path

from django.conf import settings

from benchside.record.access_log import AccessLog
from benchside.record.site import site_record


@cache
def site_access_log() -> AccessLog:
    """Where this process notes who saw what."""
    return AccessLog(Path(settings.BENCHSIDE_HOME) / "access")


__all__ = ["site_access_log", "site_record"]
