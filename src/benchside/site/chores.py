"""What a worker does now and then beside its tasks: signs of life, abandoned tasks, the access log, what has expired."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django_tasks_db.compat import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from benchside.accounts.sign_in import forget_old_failures
from benchside.accounts.tablets import forget_ended_shifts
from benchside.areas.laboratory.acts import escalate_overdue
from benchside.areas.laboratory.views.turnaround import sum_up_days
from benchside.readiness.requirements import SiteRulesInvalid
from benchside.readiness.system import system_performance
from benchside.record import RecordRefusal
from benchside.record.engine import Engine
from benchside.record.site import site_access_log, site_record
from benchside.site.models import WorkerBeat
from benchside.terms.refusal import ActRefused
from benchside.wire.fhir_api.export.tasks import resume_exports

DEAD_AFTER: Final = timedelta(minutes=2)
STARTS_MAX: Final = 5
"""A task that brought so many workers down is marked as failed, for a person to look at."""
FINISHED_KEPT: Final = timedelta(days=30)
TICK_S: Final = 1.0
STOP_PATIENCE_S: Final = 10.0

log = logging.getLogger(__name__)


class TooManyStarts(RuntimeError):
    """The task was started again and again and its worker died each time. Look at the log of those times."""


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do every `every_s` seconds; `work` is given the time."""

    name: str
    every_s: float
    work: Callable[[datetime], object]


def beat(worker: str, at: datetime) -> None:
    """Note that `worker` is alive."""
    WorkerBeat.objects.update_or_create(worker=worker, defaults={"at": at})


def take_up_abandoned(at: datetime) -> int:
    """Make tasks of dead workers ready again, and those that were started too often failed; return how many changed."""
    with transaction.atomic():
        alive = set(WorkerBeat.objects.filter(at__gt=at - DEAD_AFTER).values_list("worker", flat=True))
        changed = 0
        for task in DBTaskResult.objects.select_for_update().filter(status=TaskResultStatus.RUNNING):
            if task.worker_ids and task.worker_ids[-1] in alive:
                continue
            exhausted = len(task.worker_ids) >= STARTS_MAX
            task.status = TaskResultStatus.FAILED if exhausted else TaskResultStatus.READY
            if exhausted:
                task.finished_at = at
                task.exception_class_path = f"{__name__}.{TooManyStarts.__qualname__}"
            task.save(update_fields=["status", "finished_at", "exception_class_path"])
            changed += 1
        WorkerBeat.objects.filter(at__lt=at - DEAD_AFTER).delete()
    if changed:
        log.warning("took up %d abandoned tasks", changed)
    return changed


def forget_finished(at: datetime) -> int:
    """Remove the rows of tasks that ended well long ago, and of sessions and shifts that are over; return how many."""
    tasks, _ = DBTaskResult.objects.filter(status=TaskResultStatus.SUCCESSFUL, finished_at__lt=at - FINISHED_KEPT).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    return tasks + sessions + forget_old_failures(at) + forget_ended_shifts(at)


def take_over_access_log(at: datetime) -> int:
    """Bring what the processes of this machine noted about reads into the database; return how many reads."""
    return site_access_log().take_over(Engine(), at.timestamp())


def escalate(at: datetime) -> int:
    """Climb with every critical call nobody answered, raise every report nobody acknowledged; return how many.

    A refusal (a site's rules that leave the worker out) is told in the log each time: nothing may be silent here.
    """
    try:
        done = escalate_overdue(system_performance(site_record(), at))
    except (ActRefused, RecordRefusal, SiteRulesInvalid) as refused:
        log.error("escalation was refused: %s", type(refused).__name__ if isinstance(refused, RecordRefusal) else refused)  # noqa: TRY400 - a traceback may show patient data
        return 0
    if done.calls or done.reviews:
        log.warning("escalated %d critical calls and %d unread reports", len(done.calls), len(done.reviews))
    return len(done.calls) + len(done.reviews)


def chores_of(worker: str) -> tuple[Chore, ...]:
    """List what the worker named `worker` does now and then."""
    return (
        Chore("beat", 10, lambda at: beat(worker, at)),
        Chore("access log", 5, take_over_access_log),
        Chore("escalation", 60, escalate),
        Chore("days of the board", 60, lambda at: sum_up_days(site_record(), at)),
        Chore("abandoned tasks", 30, take_up_abandoned),
        Chore("interrupted exports", 60, lambda _: resume_exports()),
        Chore("what has expired", 3600, forget_finished),
    )


class Housekeeping(threading.Thread):
    """Does the chores of a worker in a thread beside its tasks."""

    def __init__(self, worker: str) -> None:
        """Take the worker's name; begins with `start`."""
        super().__init__(name="housekeeping", daemon=True)
        self._chores = chores_of(worker)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Do each chore when it is due, until told to stop. One that fails is tried again when it is due next."""
        due = {chore.name: 0.0 for chore in self._chores}
        while not self._stopping.wait(TICK_S):
            for chore in self._chores:
                if time.monotonic() < due[chore.name]:
                    continue
                try:
                    chore.work(datetime.now(UTC))
                except (DatabaseError, OSError):
                    log.exception("chore failed: %s", chore.name)
                due[chore.name] = time.monotonic() + chore.every_s
        connection.close()

    def stop(self) -> None:
        """Ask the thread to end, and wait for the chore at hand."""
        self._stopping.set()
        self.join(STOP_PATIENCE_S)
