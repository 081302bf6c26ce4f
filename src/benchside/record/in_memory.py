"""The part of a search the index cannot answer: orders by codes and references, and words anywhere in a resource.

The index finds the candidates; they are read one by one, at most IN_MEMORY_MAX of them. Beyond that the search is
refused, never answered by half.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from benchside.fhir import r4, restore
from benchside.fhir.search.criteria import Clause, Criterion, Search, Sort, StringValue
from benchside.fhir.search.extraction import index_values
from benchside.fhir.search.parameters import TEXT_PARAMETERS, Parameter, parameters
from benchside.fhir.search.text import all_text, narrative_text
from benchside.fhir.search.values import IndexValues
from benchside.record import sorting
from benchside.record.engine import Engine, Row
from benchside.record.errors import RecordRefusal
from benchside.record.parameter_numbers import answering
from benchside.record.sql_text import Sql
from benchside.record.stored import Stored
from benchside.terms.folding import fold

IN_MEMORY_MAX = 10_000


class TooManyToRead(RecordRefusal):
    """There are too many candidates to read them one by one. Narrow the search, for example to a patient or a time."""


def is_text(criterion: Criterion) -> bool:
    """Whether the criterion asks for words (`_text`, `_content`), which no index row holds."""
    return isinstance(criterion, Clause) and criterion.parameter in TEXT_PARAMETERS


def found(engine: Engine, search: Search, source: str, where: Sql, texts: Sequence[Clause], zone: tzinfo) -> list[Stored]:
    """All matches in order. Raises TooManyToRead beyond IN_MEMORY_MAX candidates."""
    query = (
        Sql(
            "SELECT r.type, r.id, v.version, v.recorded, v.method, v.content, r.key, v.number "
            f"FROM {source} JOIN record_version v ON v.key = r.version_key WHERE "
        )
        + where
        + Sql(f" ORDER BY r.key LIMIT {IN_MEMORY_MAX + 1}")
    )
    rows = engine.rows(query.text, query.values)
    if len(rows) > IN_MEMORY_MAX:
        message = f"{TooManyToRead.__doc__} (More than {IN_MEMORY_MAX:,}.)"
        raise TooManyToRead(message)
    keyed: list[tuple[list[tuple[int, Any]], Row]] = []
    for row in rows:
        resource = restore(bytes(row[5]))
        if all(_has_words(clause, resource) for clause in texts):
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
