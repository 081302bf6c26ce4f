"""Who did what, why, on whose behalf: the head of every commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a commit says about itself. References are relative ("Practitioner/12"); empty means none.

    `act` is the verb of the field (`collect_specimen`) or, for a write at the API, `fhir.create` and the like.
    """

    author: str
    act: str
    reason: str = ""
    device: str = ""
    on_behalf_of: str = ""
