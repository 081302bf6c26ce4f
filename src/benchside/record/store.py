"""`Record`: the way into the clinical record, to write by commits and to read what is and what was."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from benchside.fhir.search.criteria import Search
from benchside.record import dangling, history, searching
from benchside.record.attribution import Attribution
from benchside.record.commit import Commit
from benchside.record.engine import Engine
from benchside.record.errors import Gone, NotFound
from benchside.record.keys import microseconds, word
from benchside.record.policy import Policy
from benchside.record.stored import HistoryPage, SearchPage, SearchScope, Stored

_READ = """
SELECT r.type, r.id, v.version, v.recorded, r.deleted, v.content, r.key, v.number, v.method
FROM record_resource r JOIN record_version v ON v.key = r.version_key WHERE r.self = ?"""
_READ_VERSION = """
SELECT r.type, r.id, v.version, v.recorded, v.method, v.content, r.key, v.number
FROM record_resource r JOIN record_version v ON v.resource = r.key WHERE r.self = ? AND v.version = ?"""
_AUTHORS = """
SELECT c.author FROM record_resource r JOIN record_version v ON v.resource = r.key JOIN record_commit c ON c.number = v.number
WHERE r.self = ? ORDER BY v.version LIMIT 1000"""
_READ_AS_OF = """
SELECT r.type, r.id, v.version, v.recorded, v.method, v.content, r.key, v.number
FROM record_resource r JOIN record_version v ON v.resource = r.key WHERE r.self = ? AND v.recorded <= ?
ORDER BY v.version DESC LIMIT 1"""


class Record:
    """The record behind one Django database alias, under one site's policy. Cheap: make one where you need it."""

    def __init__(self, alias: str = "default", policy: Policy | None = None) -> None:
        self.engine = Engine(alias)
        self.policy = policy or Policy()

    @contextmanager
    def commit(self, attribution: Attribution, *, at: datetime) -> Generator[Commit]:
        """Write many resources as one act. Nothing is visible until the block ends; an exception writes nothing.

        Inside an outer transaction (an act that also queues a task) it becomes part of that one. Raises
        VersionConflict, NotFound, Gone, DanglingReferences or Referenced, always before anything is written.
        """
        commit = Commit(self.engine, attribution, at, self.policy)
        yield commit
        commit.prepare()
        if commit.writes:
            with self.engine.writing_once():
                commit.finish()

    @contextmanager
    def serialised(self) -> Generator[None]:
        """Hold the write lock: what is read inside stays true until the commit inside is written.

        For "create it unless there is one" and other decisions that rest on a search.
        """
        with self.engine.writing():
            yield

    def read(self, type: str, id: str) -> Stored:
        """The current version. Raises NotFound, or Gone when it was deleted."""
        rows = self.engine.rows(_READ, (word(f"{type}/{id}"),))
        if not rows or (rows[0][0], rows[0][1]) != (type, id):
            raise NotFound(type, id)
        row = rows[0]
        if row[4]:
            raise Gone(type, id, row[2])
        return Stored(row[0], row[1], row[2], row[3], False, bytes(row[5]), row[6], row[7], row[8])

    def read_version(self, type: str, id: str, version: int) -> Stored:
        """One version, current or not. Raises NotFound, or Gone when that version is a deletion."""
        return self._one(_READ_VERSION, type, id, version, version)

    def read_as_of(self, type: str, id: str, at: datetime) -> Stored:
        """What the record said at `at`. Raises NotFound when it said nothing yet, Gone when it was deleted by then."""
        return self._one(_READ_AS_OF, type, id, microseconds(at), None)

    def _one(self, sql: str, type_: str, id_: str, value: int, version: int | None) -> Stored:
        rows = self.engine.rows(sql, (word(f"{type_}/{id_}"), value))
        if not rows or (rows[0][0], rows[0][1]) != (type_, id_):
            raise NotFound(type_, id_, version)
        stored = version_row(rows[0])
        if stored.deleted:
            raise Gone(type_, id_, stored.version)
        return stored

    def authors(self, type: str, id: str) -> tuple[str, ...]:
        """Everybody who wrote a version of a resource, in the order in which they first did; nobody when there is none."""
        return tuple(dict.fromkeys(row[0] for row in self.engine.rows(_AUTHORS, (word(f"{type}/{id}"),))))

    def history(
        self,
        type: str | None = None,
        id: str | None = None,
        *,
        since: datetime | None = None,
        at: datetime | None = None,
        count: int = 50,
        cursor: str | None = None,
        types: tuple[str, ...] | None = None,
    ) -> HistoryPage:
        """Versions newest first: of one resource, of a type, or of everything. See record/history.py."""
        return history.page(
            self.engine,
            type,
            id,
            since=since,
            at=at,
            count=count,
            cursor=cursor,
            types=types,
        )

    def search(self, search: Search, scope: SearchScope | None = None) -> SearchPage:
        """Answer a search: one page, what it includes, and the total unless `_total=none`."""
        return searching.page(self.engine, search, scope, self.policy.zone)

    def dangling(self, count: int = 1000) -> list[tuple[str, str, str]]:
        """References the policy let in though their target is not there: (resource, path, reference), at most `count`."""
        return dangling.listed(self.engine, count)

    def count(self, search: Search, scope: SearchScope | None = None) -> int:
        """How many resources a search finds."""
        return searching.count(self.engine, search, scope, self.policy.zone)


def version_row(row: tuple[Any, ...]) -> Stored:
    """A row of (type, id, version, recorded, method, content, key, number)."""
    return Stored(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4] == "DELETE",
        bytes(row[5]),
        row[6],
        row[7],
        row[4],
    )
