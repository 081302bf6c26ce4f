"""What reading the record gives back."""

from dataclasses import dataclass, field
from datetime import datetime

from benchside.record.keys import moment


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of one resource. `content` is its JSON with `meta.versionId` and `meta.lastUpdated`; empty if deleted."""

    type: str
    id: str
    version: int
    recorded_us: int
    deleted: bool
    content: bytes
    key: int = 0
    number: int = 0
    method: str = ""

    @property
    def recorded(self) -> datetime:
        """When it was committed, in UTC."""
        return moment(self.recorded_us)

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What the asker may see at most: `patient` limits everything to that patient's own compartment."""

    patient: str | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of matches, what was included with them, how many there are in all, and where to go on."""

    matches: list[Stored]
    included: list[Stored] = field(default_factory=list[Stored])
    total: int | None = None
    next_cursor: str | None = None
    included_cut: bool = False


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of versions, newest first; `total` counts all of them."""

    versions: list[Stored]
    total: int
    next_cursor: str | None = None
