"""The story of one resource: every version with who wrote it, when, by which act and why; and who was told about it."""

from dataclasses import dataclass
from datetime import datetime

from benchside.record import Record, Stored
from benchside.record.keys import moment as moment_of_us

VERSIONS_MAX = 50
MESSAGES_MAX = 50


@dataclass(frozen=True, slots=True)
class Written:
    """One version and its commit."""

    stored: Stored
    at: datetime
    author: str
    act: str
    reason: str


def versions_of(record: Record, resource_type: str, own: str) -> list[Written]:
    """The versions of a resource, newest first, at most VERSIONS_MAX. Raises NotFound."""
    found = record.history(resource_type, own, count=VERSIONS_MAX).versions
    marks = ",".join("?" * len(found))
    rows = record.engine.rows(
        f"SELECT number, author, act, reason FROM record_commit WHERE number IN ({marks})",
        tuple(stored.number for stored in found),
    )
    commits = {row[0]: (row[1] or "", row[2] or "", row[3] or "") for row in rows}
    return [Written(stored, stored.recorded, *commits.get(stored.number, ("", "", ""))) for stored in found]


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who was told something: `heard` when they read it back or it was received."""

    message: str
    kind: str
    sender: str
    recipient: str
    sent: datetime
    heard: datetime | None
    words: str
    work: str
    done: bool


def told_about(record: Record, *about: str) -> list[Told]:
    """Messages and calls about these resources (`Type/id`), oldest first."""
    marks = ",".join("?" * len(about))
    rows = record.engine.rows(
        "SELECT id, kind, sender, recipient, sent_us, received_us, words, work, status FROM communication_row "
        f"WHERE about IN ({marks}) ORDER BY sent_us, id, recipient LIMIT ?",
        (*about, MESSAGES_MAX),
    )
    return [
        Told(
            row[0],
            row[1],
            row[2],
            row[3],
            moment_of_us(row[4] or 0),
            moment_of_us(row[5]) if row[5] else None,
            row[6],
            row[7],
            row[8] != "not-done",
        )
        for row in rows
    ]
