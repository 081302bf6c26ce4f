"""What a site decides about its record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from benchside.record.views import ViewRegistry


@dataclass(frozen=True, slots=True)
class Policy:
    """The site's time zone gives dates without offset their meaning; imports may be let in with dangling references.

    The zone is fixed when the record is made: the index is built with it (`benchside migrate` rebuilds it when it changes).
    """

    zone: tzinfo = UTC
    dangling_allowed: bool = False
    views: ViewRegistry = field(default_factory=ViewRegistry)
