"""What was deleted: for who keeps a copy of the record and must take out what is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from benchside.record.engine import Engine
from benchside.record.keys import microseconds
from benchside.record.sql_text import all_of, members, sql

_DELETED = """
SELECT r.key, r.type, r.id, r.recorded, COALESCE(p.id, '') FROM record_resource r
LEFT JOIN record_resource p ON p.key = r.patient WHERE """


@dataclass(frozen=True, slots=True)
class Deletion:
    """A resource that is deleted now, and the id of the patient it belonged to ("" for none)."""

    key: int
    type: str
    id: str
    recorded_us: int
    patient: str


def deletions(engine: Engine, types: Sequence[str], since: datetime, until: datetime, *, after: int, count: int) -> list[Deletion]:
    """Resources of `types` deleted from `since` to `until`, both included, that still are: at most `count` whose key is beyond `after`."""
    condition = all_of(
        (
            members("r.type", types),
            sql("r.recorded >= ? AND r.recorded <= ? AND r.deleted = 1 AND r.key > ?", microseconds(since), microseconds(until), after),
        )
    )
    rows = engine.rows(f"{_DELETED}{condition.text} ORDER BY r.key LIMIT {count}", condition.values)
    return [Deletion(*row) for row in rows]
