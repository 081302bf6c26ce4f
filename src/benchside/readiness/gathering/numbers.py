"""Numbers given to patients, requisitions and tubes: the next after the highest in the record, taken under the write lock.

They live in the record itself, so they survive a restore and leave no gap: a number is taken in the transaction that
writes the thing that bears it.
"""

from benchside.record import Record


def next_number(record: Record, table: str, column: str, prefix: str, digits: int) -> int:
    """The next running number behind `prefix` in a view's column; the caller holds the write lock."""
    assert table.isidentifier()  # our own invariant: names of views, never what somebody typed
    assert column.isidentifier()
    highest = record.engine.rows(f"SELECT max({column}) FROM {table} WHERE {column} >= ? AND {column} < ?", (f"{prefix}0", f"{prefix}:"))[
        0
    ][0]
    return int(highest[len(prefix) : len(prefix) + digits]) + 1 if highest else 1
