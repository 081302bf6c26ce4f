"""Current versions by key."""

from __future__ import annotations

from collections.abc import Sequence

from benchside.record.engine import Engine
from benchside.record.stored import Stored

_FETCH = """
SELECT r.type, r.id, v.version, v.recorded, v.method, v.content, r.key, v.number
FROM record_resource r JOIN record_version v ON v.key = r.version_key WHERE r.key IN ({marks})"""


def fetch(engine: Engine, keys: Sequence[int]) -> list[Stored]:
    """The current versions behind these keys, in their order."""
    found: dict[int, Stored] = {}
    for begin in range(0, len(keys), 500):
        part = keys[begin : begin + 500]
        for row in engine.rows(_FETCH.format(marks=",".join("?" * len(part))), part):
            found[row[6]] = Stored(
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
    return [found[key] for key in keys if key in found]
