"""The record of this site: under the policy that `BENCHSIDE_RECORD_POLICY` names (zone, views), with its access log.

One place for every door: what writes the record without the site's views would leave the screens behind.
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from benchside.record.access_log import AccessLog
from benchside.record.policy import Policy
from benchside.record.store import Record


@cache
def site_policy() -> Policy:
    """The site's policy, made once in a process."""
    policy: Policy = import_string(settings.BENCHSIDE_RECORD_POLICY)()
    return policy


def site_record(alias: str = "default") -> Record:
    """The site's record, on this thread's connection."""
    return Record(alias, site_policy())


@cache
def site_access_log() -> AccessLog:
    """Where this process notes who saw what."""
    return AccessLog(Path(settings.BENCHSIDE_HOME) / "access")
