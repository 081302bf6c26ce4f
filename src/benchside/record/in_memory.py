"""The part of a search the index cannot answer.

Orders by codes and references, words anywhere in a resource, and composites whose first parts are no whole values. The
index finds the candidates; they are read one by one, at most `Search.read_max` of them. Beyond that the search is
refused, never answered by half.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, TypeGuard

from benchside.fhir import r4, restore
from benchside.fhir.search import composites
from benchside.fhir.search.criteria import Clause, CompositeValue, Criterion, MissingValue, Search, Sort, StringValue
from benchside.fhir.search.extraction import index_values
from benchside.fhir.search.parameters import TEXT_PARAMETERS, Parameter, parameters
from benchside.fhir.search.text import all_text, narrative_text
from benchside.fhir.search.values import IndexValues
from benchside.record import sorting
from benchside.record.clauses import is_by_key
from benchside.record.engine import Engine, Row
from benchside.record.errors import RecordRefusal
from benchside.record.parameter_numbers import answering
from benchside.record.sql_text import Sql
from benchside.record.stored import Stored
from benchside.terms.folding import fold


class TooManyToRead(RecordRefusal):
    """There are too many candidates to read them one by one. Narrow the search, for example to a patient or a time."""


def is_read(criterion: Criterion) -> TypeGuard[Clause]:
    """Whether the criterion must be tested on the resource itself: words, and composites whose first parts are ranges."""
    if not isinstance(criterion, Clause):
        return False
    return criterion.parameter in TEXT_PARAMETERS or not all(is_by_key(value) for value in criterion.values)


def narrowing(clause: Clause) -> Clause | None:
    """What the index can say beforehand of a clause that must be read: that the composite is there at all."""
    if clause.parameter in TEXT_PARAMETERS:
        return None
    return Clause(clause.type, clause.parameter, "missing", (MissingValue(False),))


def found(engine: Engine, search: Search, source: str, where: Sql, read: Sequence[Clause], zone: tzinfo) -> list[Stored]:
    """All matches in order. Raises TooManyToRead beyond `search.read_max` candidates."""
    query = (
        Sql(
            "SELECT r.type, r.id, v.version, v.recorded, v.method, v.content, r.key, v.number "
            f"FROM {source} JOIN record_version v ON v.key = r.version_key WHERE "
        )
        + where
        + Sql(f" ORDER BY r.key LIMIT {search.read_max + 1}")
    )
    rows = engine.rows(query.text, query.values)
    if len(rows) > search.read_max:
        message = f"{TooManyToRead.__doc__} (More than {search.read_max:,}; the limit is search_read_max.)"
        raise TooManyToRead(message)
    keyed: list[tuple[list[tuple[int, Any]], Row]] = []
    for row in rows:
        resource = restore(bytes(row[5]))
        if all(_meets(clause, resource, zone) for clause in read):
            keyed.append((_keys(search.sort, resource, zone), row))
    for place in range(len(search.sort) - 1, -1, -1):
        keyed.sort(key=lambda pair: pair[0][place], reverse=search.sort[place].descending)
    return [_stored(row) for _, row in keyed]


def page(matches: list[Stored], search: Search) -> tuple[list[Stored], str | None]:
    """The page after the cursor: it names the last match, and its place in case that one is gone meanwhile."""
    begin = 0
    if search.cursor is not None:
        last = sorting.place(search.cursor)
        keys = [match.key for match in matches]
        if len(last) != 2 or not isinstance(last[1], int):
            raise sorting.BadCursor(sorting.BadCursor.__doc__)
        begin = keys.index(last[0]) + 1 if last[0] in keys else max(last[1], 0)
    part = matches[begin : begin + search.count]
    more = begin + search.count < len(matches)
    return part, sorting.cursor([part[-1].key, begin + search.count]) if more else None


def _stored(row: Row) -> Stored:
    return Stored(row[0], row[1], row[2], row[3], row[4] == "DELETE", bytes(row[5]), row[6], row[7], row[4])


def _meets(clause: Clause, resource: r4.AnyResource, zone: tzinfo) -> bool:
    if clause.parameter in TEXT_PARAMETERS:
        return _has_words(clause, resource)
    parameter, values = parameters(clause.type)[clause.parameter], index_values(resource, zone)
    return any(composites.meets(parameter, value, values) for value in clause.values if isinstance(value, CompositeValue))


def _has_words(clause: Clause, resource: r4.AnyResource) -> bool:
    """Whether all the words of one of the values are in the resource, each at the beginning of a word."""
    text = " " + fold(narrative_text(resource) if clause.parameter == "_text" else all_text(resource))
    wanted = [fold(value.text).split() for value in clause.values if isinstance(value, StringValue)]
    return any(all(f" {word}" in text for word in words) for words in wanted)


def _keys(sort: tuple[Sort, ...], resource: r4.AnyResource, zone: tzinfo) -> list[tuple[int, Any]]:
    if not sort:
        return []
    type_ = type(resource).resourceType
    values = index_values(resource, zone)
    keys: list[tuple[int, Any]] = []
    for key in sort:
        parameter = parameters(type_).get(key.parameter)
        found = [] if parameter is None else _own_values(parameter, values)
        if key.parameter == "_lastUpdated":
            found: list[Any] = [resource.meta.lastUpdated]  # pyright: ignore[reportOptionalMemberAccess] # stored resources have it
        elif key.parameter == "_id":
            found = [resource.id]
        keys.append((1, max(found) if key.descending else min(found)) if found else (0, 0))
    return keys


def _own_values(parameter: Parameter, values: IndexValues) -> list[Any]:
    numbers = {row.number for row in answering(parameter)}
    if parameter.kind == "token":
        return [(code, system) for number, system, code in values.tokens if number in numbers]
    if parameter.kind == "reference":
        return [reference for number, reference in values.references if number in numbers]
    if parameter.kind == "date":
        return [start for number, start, _ in values.dates if number in numbers]
    if parameter.kind in ("number", "quantity"):
        return [row[1] for row in (*values.numbers, *values.quantities) if row[0] in numbers]
    return [text for number, text in (*values.strings, *values.uris) if number in numbers]
