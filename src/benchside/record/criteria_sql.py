"""Criteria of a search as SQL: as a test of one resource, and as the set of resources that pass it.

A test reads a handful of index entries of the one resource; a set reads as many as it finds. A posting is the best
case: one value of one parameter, whose rows already stand in order of patient and clinical time.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchside.fhir.search.criteria import (
    AllOf,
    AnyOf,
    Chained,
    Clause,
    Criterion,
    DateValue,
    MissingValue,
    Reverse,
    TokenValue,
)
from benchside.fhir.search.parameters import PRIMARY_DATE, parameters
from benchside.record import row_conditions
from benchside.record.canonicals import canonical_keys
from benchside.record.clauses import Rows, presence, rows_of
from benchside.record.keys import NO_TIME, system_word, word
from benchside.record.parameter_numbers import answering
from benchside.record.sql_text import Sql, all_of, any_of, members, sql

NEGATIVE = ("not", "not-in")


@dataclass(frozen=True, slots=True)
class Names:
    """The columns by which the resource in question is known in the surrounding SQL."""

    own: str = "r"
    """Alias of its row in record_resource."""

    def column(self, name: str) -> str:
        """The SQL of one of its columns."""
        return f"{self.own}.{name}"


def is_primary_date(resource_type: str, parameter: str) -> bool:
    """Whether `parameter` is the clinical time kept in record_resource.start and .stop."""
    return PRIMARY_DATE.get(resource_type) == parameter


def holds(criterion: Criterion, names: Names, depth: int = 0) -> Sql:
    """A condition that holds for the resource behind `names` if it meets the criterion."""
    if isinstance(criterion, AnyOf):
        return any_of([holds(part, names, depth) for part in criterion.criteria])
    if isinstance(criterion, AllOf):
        return all_of([holds(part, names, depth) for part in criterion.criteria])
    if isinstance(criterion, Clause):
        return _clause_test(criterion, names)
    inner = Names(f"r{depth + 1}")
    met = all_of([_alive(inner), holds(criterion.criterion, inner, depth + 1)])
    if isinstance(criterion, Chained):
        return _chained_test(criterion, names, inner, met)
    return _reverse_test(criterion, names, inner, met)


def _chained_test(criterion: Chained, names: Names, inner: Names, met: Sql) -> Sql:
    numbers = members("x.parameter", _numbers(criterion.type, criterion.parameter))
    own = inner.own
    there = members(inner.column("type"), criterion.target_types) + Sql(" AND ") + met + ")"
    here = Sql(f"x.resource = {names.column('key')} AND ")
    direct = (
        Sql(f"EXISTS (SELECT 1 FROM record_token x JOIN record_resource {own} ON {own}.self = x.value WHERE ")
        + here + numbers + Sql(" AND ") + there
    )  # fmt: skip
    keys = canonical_keys(criterion.type, criterion.parameter, criterion.target_types)
    if keys is None:
        return direct
    by_url = (
        Sql(f"EXISTS (SELECT 1 FROM record_token x JOIN record_token k ON k.value = x.value JOIN record_resource {own} ON {own}.key = k.resource WHERE ")
        + here + members("x.parameter", keys.sources) + Sql(" AND ") + members("k.parameter", keys.targets) + Sql(" AND ") + there
    )  # fmt: skip
    return any_of((direct, by_url))


def _reverse_test(criterion: Reverse, names: Names, inner: Names, met: Sql) -> Sql:
    numbers = members("x.parameter", _numbers(criterion.source_type, criterion.parameter))
    own = inner.own
    direct = (
        Sql(f"EXISTS (SELECT 1 FROM record_token x JOIN record_resource {own} ON {own}.key = x.resource WHERE ")
        + numbers + Sql(f" AND x.value = {names.column('self')} AND ") + met + ")"
    )  # fmt: skip
    keys = canonical_keys(criterion.source_type, criterion.parameter, (criterion.type,))
    if keys is None:
        return direct
    by_url = (
        Sql(f"EXISTS (SELECT 1 FROM record_token k JOIN record_token x ON x.value = k.value JOIN record_resource {own} ON {own}.key = x.resource WHERE ")
        + Sql(f"k.resource = {names.column('key')} AND ") + members("k.parameter", keys.targets) + Sql(" AND ")
        + members("x.parameter", keys.sources) + Sql(" AND ") + met + ")"
    )  # fmt: skip
    return any_of((direct, by_url))


def _alive(names: Names) -> Sql:
    return Sql(f"{names.column('deleted')} = 0")


def _numbers(resource_type: str, parameter: str) -> tuple[int, ...]:
    return tuple(found.number for found in answering(parameters(resource_type)[parameter]))


def _clause_test(clause: Clause, names: Names) -> Sql:
    special = own_row_test(clause, names)
    if special is not None:
        return special
    if isinstance(clause.values[0], MissingValue):
        has = any_of([_has(rows, names) for rows in presence(parameters(clause.type)[clause.parameter])])
        return Sql("NOT (") + has + ")" if clause.values[0].missing else has
    met = any_of([_has(rows, names) for rows in rows_of(clause)])
    return Sql("NOT (") + met + ")" if clause.modifier in NEGATIVE else met


def own_row_test(clause: Clause, names: Names) -> Sql | None:
    """Clauses answered from the resource's own row: _id, _lastUpdated and the clinical time."""
    if clause.parameter == "_id":
        hashes = [word(f"{clause.type}/{v.code}") for v in clause.values if isinstance(v, TokenValue)]
        found = members(names.column("self"), hashes)
        return Sql("NOT (") + found + ")" if clause.modifier in NEGATIVE else found
    dates = [value for value in clause.values if isinstance(value, DateValue)]
    if clause.parameter == "_lastUpdated":
        recorded = names.column("recorded")
        return any_of([row_conditions.date(value, recorded, f"({recorded} + 999)") for value in dates])
    if dates and is_primary_date(clause.type, clause.parameter):
        start, stop = names.column("start"), names.column("stop")
        return all_of((sql(f"{start} > ?", NO_TIME), any_of([row_conditions.date(value, start, stop) for value in dates])))
    return None


def _has(rows: Rows, names: Names) -> Sql:
    condition = rows.where()
    if rows.whole is not None:
        # the whole key of record_token: one entry is looked at
        at_hand = f"x.patient = {names.column('patient')} AND x.start = {names.column('start')} AND x.resource = {names.column('key')}"
    else:
        at_hand = f"x.resource = {names.column('key')}"
    return Sql(f"EXISTS (SELECT 1 FROM {rows.source()} WHERE {at_hand} AND ") + condition + ")"


def chosen(criterion: Criterion, patient: int | None, depth: int = 0) -> Sql | None:
    """The keys of all resources that meet the criterion, or None where only a test makes sense."""
    if isinstance(criterion, AnyOf):
        sets = [chosen(part, patient, depth) for part in criterion.criteria]
        if any(found is None for found in sets):
            return None
        text = " UNION ".join(found.text for found in sets if found)
        return Sql(text, tuple(value for found in sets if found for value in found.values))
    if isinstance(criterion, Clause):
        return _clause_set(criterion, patient)
    if isinstance(criterion, AllOf):
        return None
    inner = Names(f"r{depth + 1}")
    among = chosen(criterion.criterion, None, depth + 1)
    met = holds(criterion.criterion, inner, depth + 1) if among is None else Sql(f"{inner.own}.key IN (") + among + ")"
    if isinstance(criterion, Chained):
        return _chained_set(criterion, inner, met)
    return _reverse_set(criterion, inner, among, met)


def _chained_set(criterion: Chained, inner: Names, met: Sql) -> Sql:
    own = inner.own
    numbers = members("x.parameter", _numbers(criterion.type, criterion.parameter))
    there = all_of([_alive(inner), members(inner.column("type"), criterion.target_types), met])
    found = Sql("SELECT x.resource FROM record_token x WHERE ") + numbers
    found += Sql(f" AND x.value IN (SELECT {own}.self FROM record_resource {own} WHERE ") + there + ")"
    keys = canonical_keys(criterion.type, criterion.parameter, criterion.target_types)
    if keys is None:
        return found
    found += Sql(" UNION SELECT x.resource FROM record_token x WHERE ") + members("x.parameter", keys.sources)
    found += Sql(f" AND x.value IN (SELECT k.value FROM record_token k JOIN record_resource {own} ON {own}.key = k.resource WHERE ")
    return found + members("k.parameter", keys.targets) + Sql(" AND ") + there + ")"


def _reverse_set(criterion: Reverse, inner: Names, among: Sql | None, met: Sql) -> Sql:
    numbers = members("x.parameter", _numbers(criterion.source_type, criterion.parameter))
    if among is None:
        among = Sql(f"SELECT {inner.own}.key FROM record_resource {inner.own} WHERE ") + all_of(
            [_alive(inner), sql(f"{inner.own}.type = ?", criterion.source_type), met]
        )
    found = Sql("SELECT t.key FROM record_resource t WHERE t.self IN (SELECT x.value FROM record_token x WHERE ") + numbers
    found += Sql(" AND x.resource IN (") + among + "))"
    keys = canonical_keys(criterion.source_type, criterion.parameter, (criterion.type,))
    if keys is None:
        return found
    found += Sql(" UNION SELECT k.resource FROM record_token k WHERE ") + members("k.parameter", keys.targets)
    found += Sql(" AND k.value IN (SELECT x.value FROM record_token x WHERE ") + members("x.parameter", keys.sources)
    return found + Sql(" AND x.resource IN (") + among + "))"


def _clause_set(clause: Clause, patient: int | None) -> Sql | None:
    if clause.modifier in NEGATIVE or isinstance(clause.values[0], MissingValue):
        return None
    if clause.parameter == "_id":
        return Sql("SELECT t.key FROM record_resource t WHERE ") + (own_row_test(clause, Names("t")) or Sql("1 = 1"))
    if clause.parameter == "_lastUpdated":
        return None
    if any(isinstance(value, DateValue) and value.prefix == "ne" for value in clause.values):
        return None
    sets: list[Sql] = []
    for rows in rows_of(clause):
        found = Sql(f"SELECT x.resource FROM {rows.source()} WHERE ") + rows.where()
        if patient is not None:
            found += sql(" AND x.patient = ?", patient)
        sets.append(found)
    return Sql(
        " UNION ".join(found.text for found in sets),
        tuple(value for found in sets for value in found.values),
    )


def posting(criterion: Criterion) -> tuple[int, int, int | None] | None:
    """(parameter, value, system or None) when the criterion is one whole value of one parameter."""
    if not isinstance(criterion, Clause) or criterion.modifier in NEGATIVE or len(criterion.values) != 1:
        return None
    if own_row_test(criterion, Names()) is not None or isinstance(criterion.values[0], MissingValue):
        return None
    rows = rows_of(criterion)
    if len(rows) != 1 or rows[0].whole is None or len(rows[0].numbers) != 1:
        return None
    return rows[0].numbers[0], *rows[0].whole


def patient_of(criteria: tuple[Criterion, ...], own_number: int) -> tuple[Criterion, int] | None:
    """The criterion that says all matches belong to one patient, and the hash of that patient.

    `own_number` is the parameter from which the patient column is filled (parameter_numbers.patient_number), so a
    row with that patient meets the criterion and it need not be tested again.
    """
    for criterion in criteria:
        found = posting(criterion)
        if found is None or not isinstance(criterion, Clause) or found[0] != own_number:
            continue
        value = criterion.values[0]
        if getattr(value, "type", None) == "Patient" or found[2] == system_word("Patient"):
            return criterion, found[1]
    return None
