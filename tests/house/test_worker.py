"""Tasks of workers that died are taken up again; what wears workers out is given up."""

from datetime import UTC, datetime, timedelta

import pytest
from django_tasks import task
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from benchside.site.chores import DEAD_AFTER, STARTS_MAX, beat, forget_finished, take_up_abandoned
from benchside.site.models import WorkerBeat

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
done: list[str] = []


@task()
def note(word: str) -> None:
    done.append(word)


@task()
def fail() -> None:
    raise RuntimeError("on purpose")


def work(name: str = "this") -> None:
    """Let a worker do what there is."""
    Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=name,
        excluded_queue_names=[],
    ).run()


def taken_by(name: str, *, starts: int = 1) -> DBTaskResult:
    """Queue a task and let worker `name` take it and do no more."""
    note.enqueue(name)
    row = DBTaskResult.objects.latest("enqueued_at")
    for _ in range(starts):
        row.claim(name)
    return row


def status(row: DBTaskResult) -> str:
    row.refresh_from_db()
    return str(row.status)


@pytest.mark.usefixtures("database")
def test_a_queued_task_is_done() -> None:
    done.clear()
    note.enqueue("once")
    work()
    assert done == ["once"]


@pytest.mark.usefixtures("database")
def test_the_task_of_a_dead_worker_is_done_by_another() -> None:
    done.clear()
    beat("dead", AT - DEAD_AFTER - timedelta(seconds=1))
    row = taken_by("dead")
    assert take_up_abandoned(AT) == 1
    assert status(row) == "READY"
    work("another")
    assert done == ["dead"]
    assert status(row) == "SUCCESSFUL"


@pytest.mark.usefixtures("database")
def test_the_task_of_a_living_worker_is_left_alone() -> None:
    beat("alive", AT - DEAD_AFTER + timedelta(seconds=1))
    row = taken_by("alive")
    assert take_up_abandoned(AT) == 0
    assert status(row) == "RUNNING"


@pytest.mark.usefixtures("database")
def test_a_task_that_wears_workers_out_is_given_up() -> None:
    row = taken_by("dead", starts=STARTS_MAX)
    assert take_up_abandoned(AT) == 1
    assert status(row) == "FAILED"
    assert row.exception_class_path.endswith("TooManyStarts")


@pytest.mark.usefixtures("database")
def test_a_failing_task_is_kept_for_a_person_to_look_at() -> None:
    fail.enqueue()
    work()
    row = DBTaskResult.objects.get()
    assert str(row.status) == "FAILED"
    forget_finished(datetime.now(UTC) + timedelta(days=400))
    assert DBTaskResult.objects.count() == 1


@pytest.mark.usefixtures("sqlite_database")
def test_beats_of_the_dead_are_forgotten() -> None:
    beat("dead", AT - timedelta(hours=1))
    beat("alive", AT)
    take_up_abandoned(AT)
    assert list(WorkerBeat.objects.values_list("worker", flat=True)) == ["alive"]
