"""One write as the gate sees it: the resource before and after."""

from dataclasses import dataclass, field
from typing import Any, Literal

from benchside.record import Stored
from benchside.record.commit import Commit, Staged

Method = Literal["create", "update", "delete"]
NEVER_THE_POINT = frozenset({"meta", "text", "implicitRules", "language"})
"""Elements whose change changes nothing of what a resource says."""


@dataclass(slots=True)
class Change:
    """A write that was asked for; `path` is where it stands in a bundle, `staged` what became of it."""

    method: Method
    type: str
    id: str
    before: Any = None
    after: Any = None
    path: str = ""
    if_match: int | None = None
    must_exist: bool = False
    staged: Staged | None = None
    known: dict[str, bool] = field(default_factory=dict[str, bool])
    """Traits that were asked about already."""

    @property
    def place(self) -> str:
        """`Type/id`."""
        return f"{self.type}/{self.id}"

    @property
    def stored(self) -> Stored | None:
        """The version that was written; None before the commit has ended."""
        return self.staged.stored if self.staged is not None else None

    @property
    def either(self) -> Any:
        """The resource as it will be, or as it was when it is deleted."""
        return self.after if self.after is not None else self.before

    def status(self, resource: Any) -> str:
        """The status of `before` or `after`; `none` when there is no such resource, `unknown` when it has none."""
        return "none" if resource is None else getattr(resource, "status", None) or "unknown"

    def differing(self) -> frozenset[str]:
        """Names of the elements that the write changes, without what is never the point."""
        if self.before is None or self.after is None:
            there = self.either
            return frozenset(name for name in there.__struct_fields__ if getattr(there, name) is not None) - NEVER_THE_POINT
        names = self.after.__struct_fields__
        changed = (name for name in names if getattr(self.after, name) != getattr(self.before, name))
        return frozenset(changed) - NEVER_THE_POINT

    def stage(self, commit: Commit) -> None:
        """Put the write into the commit."""
        if self.method == "delete":
            self.staged = commit.delete(self.type, self.id, if_match=self.if_match)
        elif self.method == "create":
            self.staged = commit.create(self.after, id=self.id)
        else:
            self.staged = commit.update(self.after, if_match=self.if_match, must_exist=self.must_exist)
