"""The worker's door to print jobs: the task that an act queues with its labels."""

import logging
import traceback
from datetime import UTC, datetime
from uuid import uuid4

from django_tasks import task

from benchside.wire.printing import work

logger = logging.getLogger(__name__)


def now() -> datetime:
    """The time, as the worker has it."""
    return datetime.now(UTC)


@task()
def print_labels(job_id: int) -> None:
    """Print one job. A task that is begun again finds its job begun, and asks a person to look instead of sending twice."""
    try:
        work.work_on(job_id, now)
    except Exception as error:  # noqa: BLE001 - the door of the worker: whoever waits at the bedside must be told that it failed
        incident = uuid4().hex[:12]
        lines = "; ".join(f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-8:])
        logger.error(  # noqa: TRY400 - a traceback shows the error's message, which may hold patient data
            "incident %s: print job %s: %s at %s", incident, job_id, type(error).__qualname__, lines
        )
        work.interrupted(job_id, now())
