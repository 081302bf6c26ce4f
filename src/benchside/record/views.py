"""Views: typed rows for screens, kept up to date in the transaction that changes the record.

A view's rows are a pure function of one resource as it stands now. So following a commit and rebuilding from
nothing give the same rows by construction, and screens join views instead of asking the record to search.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from benchside.fhir import r4, restore
from benchside.record.engine import Engine, in_dialect
from benchside.record.joined import JoinedView

ViewRow = tuple[int | float | str | None, ...]


@dataclass(frozen=True, slots=True)
class View:
    """One table for screens.

    `columns` maps each column to its type (INTEGER, REAL or TEXT, optionally NOT NULL); the first column of the
    table is always `resource`, the key of the resource the row comes from. `indexes` are lists of columns.
    `rows` gives the rows of one resource, each in the order of `columns`; it must not look at anything else.
    Raise `version` when `rows` changes: `benchside migrate` then rebuilds the table.
    """

    table: str
    resource_types: frozenset[str]
    columns: Mapping[str, str]
    rows: Callable[[Any], Iterable[ViewRow]]
    indexes: Sequence[Sequence[str]] = ()
    version: int = 1

    @property
    def fingerprint(self) -> str:
        """Changes whenever the table would."""
        shape = (
            self.table,
            sorted(self.resource_types),
            list(self.columns.items()),
            self.indexes,
            self.version,
        )
        return sha256(repr(shape).encode()).hexdigest()

    def make(self, engine: Engine) -> None:
        """Drop the table and make it anew, empty."""
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        vendor = "postgresql" if engine.postgresql else "sqlite"
        engine.run(f"DROP TABLE IF EXISTS {self.table}")
        engine.run(
            in_dialect(
                vendor,
                f"CREATE TABLE {self.table} (resource INTEGER NOT NULL, {columns}) STRICT",
            )
        )
        engine.run(f"CREATE INDEX {self.table}_resource ON {self.table} (resource)")
        for place, index in enumerate(self.indexes):
            engine.run(f"CREATE INDEX {self.table}_{place} ON {self.table} ({', '.join(index)})")


@dataclass(slots=True)
class ViewRegistry:
    """The views of this site; a joined view stands behind those it is made of."""

    views: list[View | JoinedView] = field(default_factory=list["View | JoinedView"])

    def follow(self, engine: Engine, changes: Sequence[tuple[int, r4.AnyResource | None]], fresh: Container[int] = ()) -> None:
        """Replace the rows of each changed resource (key, resource as it stands now or None if deleted), then what is joined of them.

        Keys that are `fresh` have no rows yet.
        """
        joined = [view for view in self.views if isinstance(view, JoinedView)]
        touched: dict[str, set[str]] = {view.table: set() for view in joined}
        for view in self.views:
            if isinstance(view, JoinedView):
                view.replace(engine, touched[view.table])
                continue
            keys, rows = view_rows(view, changes)
            if not keys:
                continue
            keys = [key for key in keys if key not in fresh]
            followers = [(one, one.sources[view.table]) for one in joined if view.table in one.sources]
            for begin in range(0, len(keys), 500):
                part = keys[begin : begin + 500]
                marks = ",".join("?" * len(part))
                for one, column in followers:
                    sql = f"SELECT DISTINCT {column} FROM {view.table} WHERE resource IN ({marks})"
                    touched[one.table] |= {row[0] for row in engine.rows(sql, part)}
                engine.run(f"DELETE FROM {view.table} WHERE resource IN ({marks})", part)
            insert_rows(engine, view, rows)
            for one, column in followers:
                place = list(view.columns).index(column) + 1
                touched[one.table] |= {str(row[place]) for row in rows}


def view_rows(view: View, changes: Sequence[tuple[int, r4.AnyResource | None]]) -> tuple[list[int], list[ViewRow]]:
    """Keys whose rows are to go, and the rows to come. A deleted resource may be of any type: its key always goes."""
    keys: list[int] = []
    rows: list[ViewRow] = []
    for key, resource in changes:
        if resource is None:
            keys.append(key)
        elif type(resource).resourceType in view.resource_types:
            keys.append(key)
            rows += [(key, *row) for row in view.rows(resource)]
    return keys, rows


def insert_rows(engine: Engine, view: View, rows: Sequence[ViewRow]) -> None:
    """Insert rows of one view."""
    kinds = ["bigint", *(_KINDS[kind.partition(" ")[0]] for kind in view.columns.values())]
    engine.insert(view.table, ("resource", *view.columns), rows, kinds=kinds)


_KINDS = {"INTEGER": "bigint", "REAL": "double precision", "TEXT": "text"}

_CURRENT = """
SELECT r.key, v.content, r.recorded FROM record_resource r JOIN record_version v ON v.key = r.version_key
WHERE r.type = ? AND r.deleted = 0 AND (r.recorded, r.key) > (?, ?) ORDER BY r.recorded, r.key LIMIT 1000"""


def rebuild(engine: Engine, view: View | JoinedView, progress: Callable[[int], None] = lambda done: None) -> int:
    """Make one view anew from the record, in the caller's transaction. Gives the number of resources (or keys) read."""
    if isinstance(view, JoinedView):
        return view.rebuild(engine, progress)
    view.make(engine)
    done = 0
    for resource_type in sorted(view.resource_types):
        after = (0, 0)
        while page := engine.rows(_CURRENT, (resource_type, *after)):
            changes = [(int(key), restore(bytes(content))) for key, content, _ in page]
            insert_rows(engine, view, view_rows(view, changes)[1])
            after = (page[-1][2], page[-1][0])
            done += len(page)
            progress(done)
    return done


def out_of_date(engine: Engine, views: Iterable[View | JoinedView]) -> list[View | JoinedView]:
    """The views whose table was built with another shape, or never; a joined view also when one that it is made of is among them."""
    known = dict(engine.rows("SELECT name, fingerprint FROM record_fingerprint"))
    found: dict[str, View | JoinedView] = {}
    for view in views:
        stale = isinstance(view, JoinedView) and bool(found.keys() & view.sources.keys())
        if stale or known.get(f"view:{view.table}") != view.fingerprint:
            found[view.table] = view
    return list(found.values())


def note_fingerprint(engine: Engine, name: str, fingerprint: str) -> None:
    """Remember with which shape a derived table was built."""
    engine.run(
        "INSERT INTO record_fingerprint (name, fingerprint) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint",
        (name, fingerprint),
    )
