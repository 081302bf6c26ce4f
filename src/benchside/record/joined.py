"""Joined views: rows that need more than one resource, such as how long an order took from its request to its report.

Their rows are a pure function of other views' rows with the same key, and are replaced in the transaction that changes any of
those. So following commits and rebuilding give the same rows, as with the views they are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from benchside.record.engine import Engine, in_dialect

JoinedRow = tuple[int | float | str | None, ...]
KEYS_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Summary:
    """A table of summaries of a joined view's rows, two texts for each value of its INTEGER column `by` (a day): the sum, and its detail.

    Whoever needs summaries writes them; a change of any row behind one deletes it in the same transaction.
    """

    table: str
    by: str

    def make(self, engine: Engine) -> None:
        """Drop the table and make it anew, empty."""
        engine.run(f"DROP TABLE IF EXISTS {self.table}")
        vendor = "postgresql" if engine.postgresql else "sqlite"
        engine.run(
            in_dialect(
                vendor, f"CREATE TABLE {self.table} ({self.by} INTEGER PRIMARY KEY, content TEXT NOT NULL, detail TEXT NOT NULL) STRICT"
            )
        )


@dataclass(frozen=True, slots=True)
class JoinedView:
    """One table for screens, a row (or none) for each key.

    `sources` maps each view the rows are made of to its column that holds the key; the first is the one that lists all keys.
    `columns` maps columns to types; the first is the key itself. `rows` gives the rows of some keys from the sources' tables, and
    must not look at anything else. Raise `version` when it changes.
    """

    table: str
    sources: Mapping[str, str]
    columns: Mapping[str, str]
    rows: Callable[[Engine, Sequence[str]], Iterable[JoinedRow]]
    indexes: Sequence[Sequence[str]] = ()
    version: int = 1
    summary: Summary | None = None

    @property
    def key(self) -> str:
        """The column that holds the key."""
        return next(iter(self.columns))

    @property
    def fingerprint(self) -> str:
        """Changes whenever the table would."""
        summary = (self.summary.table, self.summary.by) if self.summary else None
        shape = (self.table, sorted(self.sources.items()), list(self.columns.items()), self.indexes, self.version, summary)
        return sha256(repr(shape).encode()).hexdigest()

    def make(self, engine: Engine) -> None:
        """Drop the table and its summaries and make them anew, empty."""
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        engine.run(f"DROP TABLE IF EXISTS {self.table}")
        engine.run(in_dialect("postgresql" if engine.postgresql else "sqlite", f"CREATE TABLE {self.table} ({columns}) STRICT"))
        engine.run(f"CREATE INDEX {self.table}_key ON {self.table} ({self.key})")
        for place, index in enumerate(self.indexes):
            engine.run(f"CREATE INDEX {self.table}_{place} ON {self.table} ({', '.join(index)})")
        if self.summary is not None:
            self.summary.make(engine)

    def replace(self, engine: Engine, keys: Iterable[str]) -> None:
        """Make the rows of these keys anew, and forget the summaries they were and are part of."""
        wanted = sorted(set(keys) - {""})
        for begin in range(0, len(wanted), KEYS_AT_ONCE):
            part = wanted[begin : begin + KEYS_AT_ONCE]
            marks = ",".join("?" * len(part))
            summed: set[int] = set()
            if self.summary is not None:
                sql = f"SELECT DISTINCT {self.summary.by} FROM {self.table} WHERE {self.key} IN ({marks})"
                summed |= {row[0] for row in engine.rows(sql, part)}
            engine.run(f"DELETE FROM {self.table} WHERE {self.key} IN ({marks})", part)
            rows = list(self.rows(engine, part))
            self._insert(engine, rows)
            if self.summary is not None:
                place = list(self.columns).index(self.summary.by)
                summed |= {int(str(row[place])) for row in rows}
                engine.run_many(f"DELETE FROM {self.summary.table} WHERE {self.summary.by} = ?", [(one,) for one in sorted(summed)])

    def _insert(self, engine: Engine, rows: Sequence[JoinedRow]) -> None:
        marks = ", ".join("?" * len(self.columns))
        engine.run_many(f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES ({marks})", rows)

    def rebuild(self, engine: Engine, progress: Callable[[int], None] = lambda done: None) -> int:
        """Make the table anew from the sources as they stand. Gives the number of keys."""
        self.make(engine)
        first, column = next(iter(self.sources.items()))
        done, after = 0, ""
        while keys := [
            row[0]
            for row in engine.rows(
                f"SELECT DISTINCT {column} FROM {first} WHERE {column} > ? ORDER BY {column} LIMIT {KEYS_AT_ONCE}", (after,)
            )
        ]:
            self._insert(engine, list(self.rows(engine, keys)))
            done, after = done + len(keys), keys[-1]
            progress(done)
        return done
