"""`_include` and `_revinclude`: what matches point to, and what points to them, along the references of the index."""

from __future__ import annotations

from collections.abc import Sequence

from benchside.fhir.search.criteria import Include, Search
from benchside.fhir.search.parameters import CANONICAL_TYPES, parameters
from benchside.record.canonicals import keys_of_numbers
from benchside.record.engine import Engine
from benchside.record.fetching import fetch
from benchside.record.keys import word
from benchside.record.parameter_numbers import answering
from benchside.record.sql_text import Sql, all_of, members, sql
from benchside.record.stored import Stored


def included(engine: Engine, search: Search, matches: Sequence[Stored], scope: Sql | None) -> tuple[list[Stored], bool]:
    """What goes with the page, each once and none that is a match, and whether the search's limits cut it (number or rounds)."""
    seen = {match.key for match in matches}
    found: list[int] = []
    frontier = {match.key: match.type for match in matches}
    too_deep = False
    for round_ in range(search.include_depth + 1):
        steps = [i for i in search.includes if round_ == 0 or i.iterate]
        back = [i for i in search.revincludes if round_ == 0 or i.iterate]
        fresh: dict[int, str] = {}
        for include in steps:
            fresh |= _forward(engine, include, frontier, scope, search.included_max + 1)
        for include in back:
            fresh |= _backward(engine, include, frontier, scope, search.included_max + 1)
        fresh = {key: type_ for key, type_ in fresh.items() if key not in seen}
        if not fresh:
            break
        if round_ == search.include_depth:
            too_deep = True
            break
        seen |= fresh.keys()
        found += fresh
        frontier = fresh
    return fetch(engine, found[: search.included_max]), too_deep or len(found) > search.included_max


def _numbers(include: Include) -> list[int]:
    own = parameters(include.source_type)
    chosen = own.values() if include.parameter is None else [own[include.parameter]]
    return sorted({row.number for parameter in chosen if parameter.kind == "reference" for row in answering(parameter)})


def _wanted_type(include: Include) -> str | None:
    parameter = parameters(include.source_type).get(include.parameter or "")
    return include.target_type or (parameter.restricted_to if parameter else None)


def _scoped(pieces: list[Sql], scope: Sql | None) -> Sql:
    return all_of([*pieces, Sql("r.deleted = 0"), *([scope] if scope is not None else [])])


def _forward(engine: Engine, include: Include, frontier: dict[int, str], scope: Sql | None, most: int) -> dict[int, str]:
    sources = [key for key, type_ in frontier.items() if type_ == include.source_type]
    if not sources:
        return {}
    wanted = _wanted_type(include)
    condition = [
        members("x.resource", sources),
        members("x.parameter", _numbers(include)),
    ]
    if wanted is not None:
        condition.append(sql("r.type = ?", wanted))
    found = Sql("SELECT DISTINCT r.key, r.type FROM record_token x JOIN record_resource r ON r.self = x.value WHERE ")
    found += _scoped(condition, scope)
    hits = {int(key): str(type_) for key, type_ in engine.rows(found.text + f" LIMIT {most}", found.values)}
    return hits | _canonical(engine, include, sources, scope, most)


def _canonical(engine: Engine, include: Include, sources: list[int], scope: Sql | None, most: int) -> dict[int, str]:
    """Targets named by their canonical url (a QuestionnaireResponse's Questionnaire, a Task's PlanDefinition)."""
    own = parameters(include.source_type)
    chosen = own.values() if include.parameter is None else [own[include.parameter]]
    targets = {target for parameter in chosen for target in parameter.targets or CANONICAL_TYPES}
    if include.target_type is not None:
        targets &= {include.target_type}
    keys = keys_of_numbers(_numbers(include), sorted(targets))
    if keys is None:
        return {}
    found = Sql(
        "SELECT DISTINCT r.key, r.type FROM record_token x JOIN record_token k ON k.value = x.value "
        "JOIN record_resource r ON r.key = k.resource WHERE "
    ) + _scoped(
        [
            members("x.resource", sources),
            members("x.parameter", keys.sources),
            members("k.parameter", keys.targets),
        ],
        scope,
    )
    return {int(key): str(type_) for key, type_ in engine.rows(found.text + f" LIMIT {most}", found.values)}


def _backward(engine: Engine, include: Include, frontier: dict[int, str], scope: Sql | None, most: int) -> dict[int, str]:
    targets = [key for key, type_ in frontier.items() if include.target_type in (None, type_)]
    if not targets:
        return {}
    rows = engine.rows(
        f"SELECT type, id FROM record_resource WHERE key IN ({','.join('?' * len(targets))})",
        targets,
    )
    selfs = [word(f"{type_}/{id_}") for type_, id_ in rows]
    begin = "SELECT DISTINCT r.key, r.type FROM record_token x JOIN record_resource r ON r.key = x.resource WHERE "
    condition = [members("x.parameter", _numbers(include)), members("x.value", selfs)]
    found = Sql(begin) + _scoped(condition, scope)
    hits = {int(key): str(type_) for key, type_ in engine.rows(found.text + f" LIMIT {most}", found.values)}
    keys = keys_of_numbers(_numbers(include), sorted({type_ for type_, _ in rows}))
    if keys is None:
        return hits
    known = Sql("x.value IN (SELECT k.value FROM record_token k WHERE ")
    known += all_of([members("k.parameter", keys.targets), members("k.resource", targets)]) + ")"
    found = Sql(begin) + _scoped([members("x.parameter", keys.sources), known], scope)
    return hits | {int(key): str(type_) for key, type_ in engine.rows(found.text + f" LIMIT {most}", found.values)}
