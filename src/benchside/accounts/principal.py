"""Who is asking: a signed-in person or a connected system, as plain data."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["person", "system"]


@dataclass(frozen=True, slots=True)
class Principal:
    """One caller, with everything that access rules look at.

    `reference` is who this is in the record ("Practitioner/17", "Device/3"), empty while nobody has linked it.
    `scopes` are SMART v2 scope strings; `patient` is the id of the one Patient that `patient/` scopes are about.
    """

    kind: Kind
    key: int
    name: str
    reference: str
    roles: tuple[str, ...]
    scopes: frozenset[str]
    patient: str | None = None

    @property
    def author(self) -> str:
        """Return the reference for a commit's author; an unlinked account is named by its own address, never left blank."""
        return self.reference or f"urn:benchside:{self.kind}:{self.key}"
