"""Answer a search from the index: choose where to begin, test the rest, sort, cut a page, include.

Where to begin, best first: a whole value within one patient (its rows stand in clinical order: the page is read and
nothing else), the patient, the criterion that finds the fewest, the type. What begins is decided by looking how many
entries the candidates have, at most PROBE_MAX each, so it follows the data and not a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from benchside.fhir.search.criteria import (
    AnyOf,
    Clause,
    Criterion,
    ReferenceValue,
    Search,
)
from benchside.fhir.search.parameters import compartment_parameters
from benchside.record import in_memory, including, sorting
from benchside.record.criteria_sql import Names, chosen, holds, patient_of, posting
from benchside.record.engine import Engine, Row
from benchside.record.fetching import fetch
from benchside.record.keys import NO_TIME, word
from benchside.record.parameter_numbers import patient_number
from benchside.record.sql_text import Sql, all_of, members, sql
from benchside.record.stored import SearchPage, SearchScope, Stored

PROBE_MAX = 1000
_R = Names("r")


class _InPosting(Names):
    """Names of a resource reached by an index entry `p`, which carries its patient and clinical time.

    Asking the entry, and only the entry, leaves PostgreSQL one way to the resource: by its key. Asked of both, it may pair all
    entries of a patient with all resources of the patient.
    """

    def column(self, name: str) -> str:
        """The SQL of one of its columns."""
        return f"p.{name}" if name in ("patient", "start", "stop") else super().column(name)


@dataclass(frozen=True, slots=True)
class Plan:
    """FROM and WHERE of a search, and whether its rows come in the order patient, clinical time, key."""

    source: str
    where: Sql
    in_posting: bool = False
    read: tuple[Clause, ...] = ()
    """Clauses to be tested on each candidate, in memory."""


def page(engine: Engine, search: Search, scope: SearchScope | None, zone: tzinfo) -> SearchPage:
    """One page of the search, with what it includes and the total unless `_total=none`."""
    plan = _plan(engine, search, scope)
    order = sorting.order_of(search, in_posting=plan.in_posting)
    if plan.read or order is None:
        found = in_memory.found(engine, search, plan.source, plan.where, plan.read, zone)
        matches, cursor = in_memory.page(found, search) if search.count else ([], None)
        total: int | None = len(found)
    else:
        total = None if search.total == "none" else _count(engine, plan)
        matches, cursor = _page(engine, search, plan, order) if search.count else ([], None)
    included, cut = including.included(engine, search, matches, scope_condition(engine, scope))
    return SearchPage(matches, included, total, cursor, cut)


def count(engine: Engine, search: Search, scope: SearchScope | None, zone: tzinfo) -> int:
    """How many resources the search finds."""
    plan = _plan(engine, search, scope)
    if plan.read:
        return len(in_memory.found(engine, search, plan.source, plan.where, plan.read, zone))
    return _count(engine, plan)


def _count(engine: Engine, plan: Plan) -> int:
    found = Sql(f"SELECT count(*) FROM {plan.source} WHERE ") + plan.where
    return int(engine.rows(found.text, found.values)[0][0])


def _page(engine: Engine, search: Search, plan: Plan, order: sorting.Order) -> tuple[list[Stored], str | None]:
    where = plan.where
    if search.cursor is not None:
        where = all_of((where, order.after(search.cursor)))
    keys = ", ".join(["r.key", *order.columns])
    found = (
        Sql(f"SELECT {keys} FROM {plan.source} WHERE ") + where
        + Sql(f" ORDER BY {order.by} LIMIT {search.count + 1}", ())
    )  # fmt: skip
    found = Sql(found.text, (*order.select_values, *found.values, *order.by_values))
    rows = engine.rows(found.text, found.values)
    more = len(rows) > search.count
    rows = rows[: search.count]
    stored = fetch(engine, [row[0] for row in rows])
    return stored, sorting.cursor(rows[-1][1:]) if more else None


def scope_condition(engine: Engine, scope: SearchScope | None, names: Names = _R) -> Sql | None:
    """What a scope lets be seen: everything, or what belongs to one patient."""
    if scope is None or scope.patient is None:
        return None
    key = _patient_key(engine, word(f"Patient/{scope.patient}"))
    return sql(f"{names.column('patient')} = ?", -1 if key is None else key)


def _patient_key(engine: Engine, self_hash: int) -> int | None:
    rows = engine.rows(
        "SELECT key FROM record_resource WHERE self = ? AND type = 'Patient'",
        (self_hash,),
    )
    return int(rows[0][0]) if rows else None


def _compartment(search: Search) -> list[Criterion]:
    if search.compartment is None:
        return []
    type_, id_ = search.compartment
    members_of = compartment_parameters(type_)
    value = (ReferenceValue(type_, id_, None),)
    found: list[Criterion] = []
    for resource_type in search.types:
        found += [Clause(resource_type, code, None, value) for code in members_of.get(resource_type, ())]
        if resource_type == type_:
            found.append(Clause(resource_type, "_id", None, (sorting.id_value(id_),)))
    return found[:1] if len(found) == 1 else [AnyOf(tuple(found))]


def _plan(engine: Engine, search: Search, scope: SearchScope | None) -> Plan:
    """Where to begin and what to test."""
    read = tuple(criterion for criterion in search.criteria if in_memory.is_read(criterion))
    if not read:
        return _indexed_plan(engine, search, (*search.criteria, *_compartment(search)), scope)
    rest = [criterion for criterion in search.criteria if criterion not in read]
    rest += [found for clause in read if (found := in_memory.narrowing(clause)) is not None]
    return replace(_indexed_plan(engine, search, (*rest, *_compartment(search)), scope), read=read)


def _indexed_plan(engine: Engine, search: Search, criteria: tuple[Criterion, ...], scope: SearchScope | None) -> Plan:
    base = [members("r.type", search.types), Sql("r.deleted = 0")] if search.types else [Sql("r.deleted = 0")]
    patient: int | None = None
    single = search.types[0] if len(search.types) == 1 else None
    number = patient_number(single) if single else None
    whose = patient_of(criteria, number) if number is not None else None
    if whose is not None:
        patient = _patient_key(engine, whose[1])
    if whose is not None and patient is not None:
        criteria = tuple(criterion for criterion in criteria if criterion is not whose[0])
    first = _first(engine, search, criteria, patient)
    found = None if first is None else posting(first)
    names = _R if found is None else _InPosting("r")
    if patient is not None:
        base.append(sql(f"{names.column('patient')} = ?", patient))
    scoped = scope_condition(engine, scope, names)
    if scoped is not None:
        base.append(scoped)
    if search.period is not None:
        begin, end = search.period
        start, stop = names.column("start"), names.column("stop")
        base.append(sql(f"({start} = ? OR ({start} <= ? AND {stop} >= ?))", NO_TIME, end, begin))
    if first is None:
        return Plan(
            "record_resource r",
            all_of([*base, *(holds(criterion, _R) for criterion in criteria)]),
        )
    rest = [holds(criterion, names) for criterion in criteria if criterion is not first]
    if found is not None:
        return _posting_plan(engine, found, [*base, *rest])
    among = chosen(first, patient)
    if among is None:
        return Plan("record_resource r", all_of([*base, holds(first, _R), *rest]))
    return Plan("record_resource r", all_of([Sql("r.key IN (") + among + ")", *base, *rest]))


def _posting_plan(
    engine: Engine,
    found: tuple[int, int, int | None],
    rest: list[Sql],
) -> Plan:
    parameter, value, system = found
    begin = [
        Sql("r.key = p.resource"),
        sql("p.parameter = ? AND p.value = ?", parameter, value),
    ]
    if system is not None:
        begin.append(sql("p.system = ?", system))
    else:  # the same code of two systems in one resource must not count twice
        begin.append(
            Sql(
                "NOT EXISTS (SELECT 1 FROM record_token q WHERE q.parameter = p.parameter AND q.value = p.value "
                "AND q.patient = p.patient AND q.start = p.start AND q.resource = p.resource AND q.system < p.system)"
            )
        )
    join = "JOIN record_resource r ON r.key = p.resource" if engine.postgresql else "CROSS JOIN record_resource r"
    return Plan(f"record_token p {join}", all_of([*begin, *rest]), in_posting=True)


def _first(engine: Engine, search: Search, criteria: Sequence[Criterion], patient: int | None) -> Criterion | None:
    """The criterion to begin with; None: begin with the patient or the type."""
    if patient is not None:
        return next(
            (criterion for criterion in criteria if posting(criterion) is not None),
            None,
        )
    candidates = [(criterion, among) for criterion in criteria if (among := chosen(criterion, None)) is not None]
    if not candidates:
        return None
    if len(candidates) == 1 and search.sort == ():
        return candidates[0][0]
    sizes = [_size(engine, among) for _, among in candidates]
    smallest = min(sizes)
    if smallest > PROBE_MAX and sorting.by_clinical_time(search):
        return None
    return candidates[sizes.index(smallest)][0]


def _size(engine: Engine, among: Sql) -> int:
    rows: list[Row] = engine.rows(f"SELECT count(*) FROM ({among.text} LIMIT {PROBE_MAX + 1}) probe", among.values)
    return int(rows[0][0])
