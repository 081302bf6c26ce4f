"""The worker part: does the tasks that acts and requests left in the database (django-tasks).

A task is a row written in the same transaction as what caused it, so none is lost in a crash. A worker that dies leaves
its task marked as running; chores.py notices, and another takes it up again. Tasks must therefore be repeatable: one
that was half done is done again from where its own rows say it was.
"""

import os
import signal
import socket
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import django

from benchside.site.supervisor import end_with_parent

IDLE_POLL_S: Final = 1.0


def new_worker_id() -> str:
    """Return a name for this worker that no other has: machine, process, and something random."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid4().hex[:8]}"


def main() -> None:
    """Work until SIGTERM, finishing the task at hand first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchside.site.settings")
    django.setup()
    from django_tasks_db.management.commands.db_worker import Worker

    from benchside.site.chores import Housekeeping, beat

    name = new_worker_id()
    worker = Worker(
        queue_names=["*"],
        interval=IDLE_POLL_S,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=name,
        excluded_queue_names=[],
    )
    worker.configure_signals()
    end_with_parent(ask=lambda: os.kill(os.getpid(), signal.SIGTERM))
    housekeeping = Housekeeping(name)
    beat(name, datetime.now(UTC))  # before the first task is taken, or another would think its worker dead
    housekeeping.start()
    try:
        worker.run()
    finally:
        housekeeping.stop()


if __name__ == "__main__":
    main()
