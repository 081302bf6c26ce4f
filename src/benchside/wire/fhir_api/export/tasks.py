"""The worker's part of bulk export: a queued task works on one job for a while and queues itself again until it is done."""

import logging
import traceback
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django_tasks import task

from benchside.wire.fhir_api.export import work

logger = logging.getLogger(__name__)

TURN = timedelta(seconds=15)
"""A job is worked on this long before others in the queue get their turn."""


def now() -> datetime:
    """The time, as the worker has it."""
    return datetime.now(UTC)


@task()
def work_on_export(job_id: str) -> None:
    """Work on one export job for a turn."""
    job = work.take(job_id, now())
    if job is None:
        return
    try:
        finished = work.work(job, clock=now, until=now() + TURN)
    except work.LeaseLost:
        return
    except Exception as error:  # noqa: BLE001 - the door of the worker: a job that fails must say so to whoever polls it
        incident = uuid4().hex[:12]
        lines = "; ".join(f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-8:])
        logger.error(  # noqa: TRY400 - a traceback shows the error's message, which may hold patient data
            "incident %s: export %s: %s at %s", incident, job_id, type(error).__qualname__, lines
        )
        work.fail(job, incident, now())
        return
    if not finished:
        work_on_export.enqueue(job_id)


def resume_exports() -> int:
    """Queue every job whose worker died, and remove what has expired; for the worker to call when it starts and now and then."""
    work.remove_expired(now())
    waiting = work.waiting(now())
    for job_id in waiting:
        work_on_export.enqueue(job_id)
    return len(waiting)
