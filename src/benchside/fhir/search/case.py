"""Whether two codes are one: with their case where the code system's definition says so, else without.

R4: a match is case-sensitive unless the context says otherwise (CodeSystem.caseSensitive), and in doubt a server should
leave case out of account, since too much found is safer than too little. So: systems whose definition in R4 says
`caseSensitive: true`, and UCUM, are compared as they stand; every other system, a Coding without system, a ContactPoint
and a text are compared without case. An Identifier is compared as it stands (Identifier.value).
Source: https://hl7.org/fhir/R4/search.html#token and datatypes-definitions.html#Identifier.value.
"""

from __future__ import annotations

from typing import Final

from benchside.fhir.search.generated import kinds
from benchside.terms.quantity import UCUM_SYSTEM

CASE_SENSITIVE: Final = kinds.CASE_SENSITIVE | {UCUM_SYSTEM}


def has_case(code: str) -> bool:
    """Whether comparing without case makes a difference to `code`."""
    return code != code.casefold() or code != code.upper()


def compared(system: str, code: str) -> str:
    """The form by which a code of `system` ("" for none) is compared."""
    return code if system in CASE_SENSITIVE else code.casefold()
