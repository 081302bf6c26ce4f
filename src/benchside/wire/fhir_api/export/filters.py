"""`_typeFilter`: searches that narrow what is exported of a type. A resource is exported that any one of its type's searches finds.

Source: https://hl7.org/fhir/uv/bulkdata/STU2/export.html#_typefilter-query-parameter
"""

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from urllib.parse import parse_qsl

from benchside.fhir.search.criteria import AllOf, AnyOf, Criterion, Search
from benchside.fhir.search.query import parse_search
from benchside.record.in_memory import is_read
from benchside.wire.fhir_api.limits import Limits
from benchside.wire.fhir_api.problems import BadRequest
from benchside.wire.fhir_api.search_query import codes_of, search_limits

FILTERS_MAX = 50
_BETWEEN = re.compile(r",(?=[A-Z][A-Za-z]*\?)")


def read_filters(values: Sequence[object], types: Sequence[str]) -> dict[str, list[str]]:
    """The queries of each type, from `Type?query,Type?query`; raises BadRequest for a type that is not exported."""
    found: dict[str, list[str]] = {}
    given = [part for value in values for part in _BETWEEN.split(str(value)) if part.strip()]
    if len(given) > FILTERS_MAX:
        raise BadRequest(f"_typeFilter: at most {FILTERS_MAX} searches may be given, not {len(given)}.")
    for part in given:
        kind, mark, query = part.strip().partition("?")
        if not mark or not query:
            raise BadRequest(f"_typeFilter takes [type]?[parameter]=[value], not {part[:60]}.")
        if kind not in types:
            raise BadRequest(f"_typeFilter: {kind[:60]} is not among the types that are exported.")
        found.setdefault(kind, []).append(query)
    return found


def searches(kind: str, queries: Sequence[str], limits: Limits, zone: tzinfo, now: datetime) -> list[Search]:
    """The queries as searches; raises InvalidSearch, or BadRequest for what an export cannot do."""
    found: list[Search] = []
    for query in queries:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=limits.search_clauses_max + 1)
        search = parse_search((kind,), pairs, limits=search_limits(limits), strict=True, zone=zone, now=now, codes_of=codes_of)
        if len(search.criteria) == 0 or search.sort or search.includes or search.revincludes or search.cursor or search.elements:
            raise BadRequest(f"_typeFilter: {kind}?{query[:60]} must have parameters that filter, and no others.")
        if any(is_read(criterion) for criterion in search.criteria):
            raise BadRequest(f"_typeFilter: {kind}?{query[:60]} asks for words or a composite by ranges, which an export cannot do.")
        found.append(search)
    return found


def criteria(kind: str, queries: Sequence[str], limits: Limits, zone: tzinfo, now: datetime) -> tuple[Criterion, ...]:
    """What a resource of the type must meet."""
    found = searches(kind, queries, limits, zone, now)
    return found[0].criteria if len(found) == 1 else (AnyOf(tuple(AllOf(search.criteria) for search in found)),)
