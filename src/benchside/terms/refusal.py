"""A reason why something may not be done, as data.

A rule returns refusals; an act raises them together, before anything is written; a door turns them into a page, an
OperationOutcome or a negative acknowledgement. The words of every code, and what to do about it, are in
`terms/refusal_words.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

RefusalFact = str | int | Decimal | date | datetime
"""What may fill a placeholder in the words of a refusal."""

CODE_PATTERN = re.compile(r"^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)+$")
"""Lower-case words joined by dots and hyphens: `competence.lapsed`, `laboratory.verify.own-result`."""

_NO_FACTS: Mapping[str, RefusalFact] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason against.

    `code` names an entry of the message catalogue and is never reused for another meaning. `facts` fill the
    placeholders of its words. `overridable` says that this reason, in this act, may be set aside by an emergency
    override; the gate sets it from the act's requirements, a rule leaves it alone.
    """

    code: str
    facts: Mapping[str, RefusalFact] = field(default_factory=lambda: _NO_FACTS)
    overridable: bool = False

    def __post_init__(self) -> None:
        """Keep codes in one spelling, and facts beyond reach of later changes."""
        if not CODE_PATTERN.match(self.code):
            raise ValueError(f"{self.code!r} is not a refusal code: lower-case words joined by dots or hyphens.")
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))

    def __hash__(self) -> int:
        """Hash by code, facts and overridability, so that refusals can be put in sets."""
        return hash((self.code, tuple(sorted((name, str(value)) for name, value in self.facts.items())), self.overridable))


class ActRefused(Exception):
    """The act was refused and nothing was written; every reason against it is in `refusals`."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        """Take every reason; at least one."""
        if not refusals:
            raise ValueError("An act is refused for at least one reason; give every refusal.")
        super().__init__(", ".join(refusal.code for refusal in refusals))
        self.refusals = refusals
