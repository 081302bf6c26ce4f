"""What the API uses of the site it runs in, beside its record: the access log of this process."""

from functools import cache
from pathlib import Path

from django.conf import settings

from benchside.record.access_log import AccessLog


@cache
def site_access_log() -> AccessLog:
    """Where this process notes who saw what."""
    return AccessLog(Path(settings.BENCHSIDE_HOME) / "access")
