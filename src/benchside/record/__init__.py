"""The clinical record: the only place that writes clinical data, and the only SQL that reads it.

`Record` is the way in. See ARCHITECTURE.md and docs/record.md for what it keeps and how.
"""

from benchside.record.attribution import Attribution
from benchside.record.errors import (
    DanglingReferences,
    Gone,
    MultipleMatches,
    NotFound,
    RecordRefusal,
    Referenced,
    VersionConflict,
)
from benchside.record.store import Record
from benchside.record.stored import HistoryPage, SearchPage, SearchScope, Stored

__all__ = [
    "Attribution",
    "DanglingReferences",
    "Gone",
    "HistoryPage",
    "MultipleMatches",
    "NotFound",
    "Record",
    "RecordRefusal",
    "Referenced",
    "SearchPage",
    "SearchScope",
    "Stored",
    "VersionConflict",
]
