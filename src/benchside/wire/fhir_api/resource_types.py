"""The names of the resources that R4 has, in alphabetical order."""

from typing import Final

from benchside.fhir.r4.names import RESOURCE_NAMES

RESOURCE_TYPES: Final[tuple[str, ...]] = tuple(sorted(RESOURCE_NAMES))
KNOWN_TYPES: Final[frozenset[str]] = frozenset(RESOURCE_TYPES)
