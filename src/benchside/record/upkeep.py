"""Bring what is derived from the record (index, views) to the shape this release wants."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256

from benchside.fhir import r4
from benchside.fhir.search.parameters import PRIMARY_DATE, parameters
from benchside.record import views
from benchside.record.joined import JoinedView
from benchside.record.policy import Policy
from benchside.record.reindexing import reindex_all
from benchside.record.store import Record
from benchside.record.views import View

INDEX_VERSION = 3
"""Raise it when the rows a resource is found by change without the search parameters changing."""

Progress = Callable[[str, int], None]
"""Told what is being made and how many resources are done."""


def index_fingerprint(policy: Policy) -> str:
    """Changes whenever index rows would: other parameters, another site time zone, another version of the rows."""
    table = [
        (parameter.type, parameter.code, parameter.number, parameter.kind, parameter.expression, parameter.alias_of)
        for resource_type in sorted(r4.RESOURCES)
        for parameter in sorted(parameters(resource_type).values(), key=lambda parameter: parameter.code)
    ]
    return sha256(repr((INDEX_VERSION, str(policy.zone), table, sorted(PRIMARY_DATE.items()))).encode()).hexdigest()


def bring_up_to_date(record: Record, progress: Progress = lambda what, done: None) -> list[str]:
    """Rebuild the index and the views that were built with another shape. Gives the names of what was made anew.

    Each is one transaction: an interruption leaves the old one, and the next run makes it.
    """
    engine, policy = record.engine, record.policy
    made: list[str] = []
    fingerprint = index_fingerprint(policy)
    known = dict(engine.rows("SELECT name, fingerprint FROM record_fingerprint"))
    if known.get("index") != fingerprint:
        with engine.writing():
            if "index" in known:
                reindex_all(engine, policy.zone, lambda done, total: progress("search index", done))
                made.append("search index")
            views.note_fingerprint(engine, "index", fingerprint)
    made += rebuild_views(record, views.out_of_date(engine, policy.views.views), progress)
    return made


def rebuild_views(record: Record, wanted: Iterable[View | JoinedView], progress: Progress = lambda what, done: None) -> list[str]:
    """Make these views anew from the record, each in one transaction. Gives their names."""
    made: list[str] = []
    for view in wanted:
        with record.engine.writing():
            views.rebuild(record.engine, view, lambda done, table=view.table: progress(table, done))
            views.note_fingerprint(record.engine, f"view:{view.table}", view.fingerprint)
        made.append(view.table)
    return made
