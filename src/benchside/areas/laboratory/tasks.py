"""The laboratory's work of the worker: what an act left to be done by the installation itself."""

import logging
from datetime import UTC, datetime

from django_tasks import task

from benchside.areas.laboratory.acts.autoverifying import autoverify
from benchside.readiness.system import system_performance
from benchside.record.site import site_record

logger = logging.getLogger(__name__)


def now() -> datetime:
    """The time, as the worker has it."""
    return datetime.now(UTC)


@task()
def judge_entered(report_id: str) -> None:
    """Judge what was entered into a report by the rules of auto-verification, and release it where the site lets them."""
    outcome = autoverify(system_performance(site_record(), now()), report_id)
    logger.info("auto-verification: report %s", outcome)
