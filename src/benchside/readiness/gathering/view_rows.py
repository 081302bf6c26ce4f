"""A view whose rows need the site's time zone: dates without offset get their meaning from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from benchside.record.views import View, ViewRow


def zoned_view(
    table: str,
    resource_types: Iterable[str],
    columns: Mapping[str, str],
    rows: Callable[[Any, tzinfo], Iterable[ViewRow]],
    indexes: Sequence[Sequence[str]],
    zone: tzinfo,
    *,
    version: int = 1,
) -> View:
    """A view of `rows(resource, zone)`; the zone is fixed when the record is made (record/policy.py)."""
    return View(table, frozenset(resource_types), columns, lambda resource: rows(resource, zone), indexes, version)
