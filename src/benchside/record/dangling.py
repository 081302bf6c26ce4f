"""References to resources that are not in the record: refused, or, where the site lets imports bring them, listed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from benchside.record.engine import Engine
from benchside.record.keys import word
from benchside.record.reindexing import reindex
from benchside.record.sql_text import members

_COLUMNS = ("resource", "path", "reference", "target")
_PART = 500
ANY = "SELECT 1 FROM record_dangling LIMIT 1"
"""Gives a row while the list is not empty."""


def note(engine: Engine, written: Sequence[int], arrived: Sequence[int], missing: Sequence[tuple[int, str, str]], zone: tzinfo) -> None:
    """Bring the list up to date in the caller's commit.

    `written` are the keys of the resources just written, `arrived` the hashes of those now there, `missing` what they
    point to in vain: (key, path, `Type/id`). What waited for one that arrived is indexed anew, since it may be its
    patient.
    """
    _remove(engine, "resource", written)
    waiting = {key for part in _parts(arrived) for key in _waiting(engine, part)}
    _remove(engine, "target", arrived)
    reindex(engine, sorted(waiting), zone)
    rows = [(key, path, target, word(target)) for key, path, target in missing]
    engine.insert("record_dangling", _COLUMNS, rows, ignore=True)


def _parts(values: Sequence[int]) -> list[Sequence[int]]:
    return [values[begin : begin + _PART] for begin in range(0, len(values), _PART)]


def _waiting(engine: Engine, arrived: Sequence[int]) -> list[int]:
    condition = members("target", arrived)
    rows = engine.rows(f"SELECT DISTINCT resource FROM record_dangling WHERE {condition.text}", condition.values)
    return [int(row[0]) for row in rows]


def _remove(engine: Engine, column: str, values: Sequence[int]) -> None:
    for part in _parts(values):
        condition = members(column, part)
        engine.run(f"DELETE FROM record_dangling WHERE {condition.text}", condition.values)


def listed(engine: Engine, count: int) -> list[tuple[str, str, str]]:
    """The first `count` of them: (resource, path, reference)."""
    rows = engine.rows(
        "SELECT r.type, r.id, d.path, d.reference FROM record_dangling d JOIN record_resource r ON r.key = d.resource "
        f"ORDER BY d.resource, d.path LIMIT {count}"
    )
    return [(f"{row[0]}/{row[1]}", row[2], row[3]) for row in rows]
