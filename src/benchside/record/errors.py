"""Why the record refused. One class for each meaning; the door turns them into its own words."""

from dataclasses import dataclass

from benchside.fhir import Fault


class RecordRefusal(Exception):
    """The record did not do what was asked; nothing was written."""


@dataclass
class NotFound(RecordRefusal):
    """There is no such resource, or it has no such version. Check the type and the id."""

    type: str
    id: str
    version: int | None = None

    def __str__(self) -> str:
        version = "" if self.version is None else f" version {self.version}"
        return f"{self.type}/{self.id}{version} is not in the record."


@dataclass
class Gone(RecordRefusal):
    """The resource was deleted. Its earlier versions can still be read from its history."""

    type: str
    id: str
    version: int

    def __str__(self) -> str:
        return f"{self.type}/{self.id} was deleted (version {self.version}). Its history can still be read."


@dataclass
class VersionConflict(RecordRefusal):
    """Somebody else changed the resource first. Read it again and repeat the change on what it says now."""

    type: str
    id: str
    expected: int | None
    found: int | None

    def __str__(self) -> str:
        return (
            f"{self.type}/{self.id} is at version {self.found}, not {self.expected}: "
            "somebody changed it first. Read it again and repeat your change."
        )


@dataclass
class MultipleMatches(RecordRefusal):
    """The condition fits more than one resource, so it cannot say which is meant. Make it more exact."""

    type: str
    query: str
    found: int

    def __str__(self) -> str:
        return f"{self.found} {self.type} resources fit the condition; it must fit one. Make it more exact."


@dataclass
class DanglingReferences(RecordRefusal):
    """References point at resources that are not in the record. Send those first, or in the same transaction."""

    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        return "; ".join(f"{fault.path}: {fault.message}" for fault in self.faults)


@dataclass
class Referenced(RecordRefusal):
    """Other resources still point at this one, so it cannot be deleted. Change or delete those first."""

    type: str
    id: str
    by: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.type}/{self.id} is still referred to by {', '.join(self.by)}."
