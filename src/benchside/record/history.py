"""History: every version, newest first, of one resource, of a type or of the whole record, page by page."""

from __future__ import annotations

from datetime import datetime

from benchside.record.engine import Engine
from benchside.record.errors import NotFound
from benchside.record.keys import microseconds, word
from benchside.record.stored import HistoryPage, Stored

_COLUMNS = "r.type, r.id, v.version, v.recorded, v.method, v.content, r.key, v.number, v.key"
_FROM = " FROM record_version v JOIN record_resource r ON r.key = v.resource WHERE "


def page(
    engine: Engine,
    type_: str | None,
    id_: str | None,
    *,
    since: datetime | None,
    at: datetime | None,
    count: int,
    cursor: str | None,
    types: tuple[str, ...] | None = None,
) -> HistoryPage:
    """One page of `count` versions written at or after `since`, or in force at `at`. `cursor` is the last page's.

    Raises NotFound when the named resource was never in the record.
    """
    conditions, values = ["1 = 1"], list[object]()
    if type_ is not None and id_ is not None:
        rows = engine.rows(
            "SELECT key, type, id FROM record_resource WHERE self = ?",
            (word(f"{type_}/{id_}"),),
        )
        if not rows or (rows[0][1], rows[0][2]) != (type_, id_):
            raise NotFound(type_, id_)
        conditions.append("v.resource = ?")
        values.append(rows[0][0])
    elif type_ is not None or types:
        wanted = types or (type_,)
        conditions.append(f"v.type IN ({','.join('?' * len(wanted))})")
        values.extend(wanted)
    if since is not None:
        conditions.append("v.recorded >= ?")
        values.append(microseconds(since))
    if at is not None:
        conditions.append(
            "v.recorded <= ? AND NOT EXISTS (SELECT 1 FROM record_version later WHERE later.resource = v.resource "
            "AND later.version = v.version + 1 AND later.recorded <= ?)"
        )
        values.extend((microseconds(at), microseconds(at)))
    total = engine.rows("SELECT count(*)" + _FROM + " AND ".join(conditions), values)[0][0]
    if cursor is not None:
        conditions.append("v.key < ?")
        values.append(_place(cursor))
    sql = f"SELECT {_COLUMNS}{_FROM}{' AND '.join(conditions)} ORDER BY v.key DESC LIMIT {count + 1}"
    rows = engine.rows(sql, values)
    versions = [
        Stored(
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
        for row in rows[:count]
    ]
    return HistoryPage(versions, int(total), str(rows[count - 1][8]) if len(rows) > count else None)


def _place(cursor: str) -> int:
    """The place a cursor names; one we did not give starts at the newest version again."""
    return int(cursor) if cursor.isdecimal() and len(cursor) < 19 else 2**62
