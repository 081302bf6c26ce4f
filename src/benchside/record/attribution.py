"""Who did what, why, on whose behalf: the head of every commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a commit says about itself. References are relative ("Practitioner/12"); empty means none.

    `act` is the verb of the field (`collect_specimen`); a write at the API may amount to several, with a space between.
    """

    author: str
    act: str
    reason: str = ""
    device: str = ""
    on_behalf_of: str = ""
