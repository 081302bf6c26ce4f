"""Is this process alive, and can it work? For supervisors and load balancers; says nothing about the data."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

PLAIN = "text/plain; charset=utf-8"


def alive(request: HttpRequest) -> HttpResponse:
    """Answer that this process takes requests; touches nothing else."""
    del request
    return HttpResponse("alive\n", content_type=PLAIN)


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and has this release's form, otherwise 503 with the reason."""
    del request
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type=PLAIN)
    if waiting:
        return HttpResponse("the database waits for `benchside migrate`\n", status=503, content_type=PLAIN)
    return HttpResponse("ready\n", content_type=PLAIN)
