"""Make index rows anew from the current versions: when the definitions changed, or a patient arrived late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo

from benchside.fhir import restore
from benchside.fhir.search.extraction import index_values
from benchside.record.engine import Engine
from benchside.record.keys import word
from benchside.record.parameter_numbers import patient_id
from benchside.record.rows import IndexBatch, index_rows

INDEX_TABLES = ("record_token", "record_date", "record_quantity")
_BATCH = 500
_CURRENT = """
SELECT r.key, r.type, r.id, v.content FROM record_resource r JOIN record_version v ON v.key = r.version_key
WHERE r.deleted = 0 AND r.key IN ({marks})"""


def reindex(engine: Engine, keys: Sequence[int], zone: tzinfo) -> None:
    """Replace the index rows of these resources, in the caller's transaction."""
    for begin in range(0, len(keys), _BATCH):
        part = keys[begin : begin + _BATCH]
        marks = ",".join("?" * len(part))
        for table in INDEX_TABLES:
            engine.run(f"DELETE FROM {table} WHERE resource IN ({marks})", part)
        batch = IndexBatch()
        for key, type_, id_, content in engine.rows(_CURRENT.format(marks=marks), part):
            values = index_values(restore(bytes(content)), zone)
            rows = index_rows(values)
            patient = _patient_key(engine, patient_id(type_, id_, values))
            engine.run(
                "UPDATE record_resource SET patient = ?, start = ?, stop = ? WHERE key = ?",
                (patient, rows.start, rows.stop, key),
            )
            batch.add(rows, key, patient)
        batch.write(engine)


def _patient_key(engine: Engine, patient: str | None) -> int:
    if patient is None:
        return 0
    rows = engine.rows("SELECT key FROM record_resource WHERE self = ?", (word(f"Patient/{patient}"),))
    return int(rows[0][0]) if rows else 0


def reindex_all(engine: Engine, zone: tzinfo, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Make the whole index anew, in the caller's transaction. `progress` is told (resources done, in all)."""
    total = int(engine.rows("SELECT COALESCE(max(key), 0) FROM record_resource")[0][0])
    for table in (*INDEX_TABLES, "record_text"):
        engine.run(f"DELETE FROM {table}")
    for begin in range(1, total + 1, _BATCH):
        reindex(engine, range(begin, min(begin + _BATCH, total + 1)), zone)
        progress(min(begin + _BATCH - 1, total), total)
    return total
