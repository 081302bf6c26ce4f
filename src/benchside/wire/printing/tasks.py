"""The worker's door to print jobs: the task that an act queues with its labels."""

from datetime import UTC, datetime

from django_tasks import task

from benchside.wire.printing import work


def now() -> datetime:
    """The time, as the worker has it."""
    return datetime.now(UTC)


@task()
def print_labels(job_id: int) -> None:
    """Print one job. A task that is begun again finds its job begun, and asks a person to look instead of sending twice."""
    work.work_on(job_id, now)
