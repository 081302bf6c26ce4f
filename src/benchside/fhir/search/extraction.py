"""Collect what a resource is found by. The hot path of every write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from benchside.fhir.search import rows as row
from benchside.fhir.search.generated.parameter_table import MODULES
from benchside.fhir.search.parameters import CANONICAL_TYPES, parameters
from benchside.fhir.search.values import IndexValues

if TYPE_CHECKING:
    from benchside.fhir.r4 import AnyResource

Indexer = Callable[[Any, IndexValues, tzinfo], None]

_INDEXERS: Final[dict[str, Indexer]] = {}


def index_values(resource: AnyResource, zone: tzinfo) -> IndexValues:
    """The search index rows of `resource`, for every parameter of its type that has rows of its own.

    `zone` says what dates without an offset mean. The resource must have passed `read`: dates are trusted to be dates.
    """
    type_name = resource.resourceType
    indexer = _INDEXERS.get(type_name)
    if indexer is None:
        indexer = _load(type_name)
    rows = IndexValues()
    indexer(resource, rows, zone)
    if type_name in CANONICAL_TYPES:
        known: Any = resource
        row.known_as(rows, parameters(type_name)["url"].number, known.url, known.version)
    return rows


def _load(type_name: str) -> Indexer:
    """Import the generated function of one type, when its first resource is met."""
    module = import_module(f"benchside.fhir.search.generated.{MODULES[type_name]}")
    indexer: Indexer = module.index
    _INDEXERS[type_name] = indexer
    return indexer
