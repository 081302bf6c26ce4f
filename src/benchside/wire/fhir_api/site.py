"""What the API uses of the site it runs in: its record and its access log."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.timezone import get_default_timezone

from benchside.record import Record
from benchside.record.access_log import AccessLog
from benchside.record.policy import Policy


@cache
def _policy() -> Policy:
    return Policy(zone=get_default_timezone())


def site_record() -> Record:
    """The site's record, on this thread's connection."""
    return Record(policy=_policy())


@cache
def site_access_log() -> AccessLog:
    """Where this process notes who saw what."""
    return AccessLog(Path(settings.BENCHSIDE_HOME) / "access")
