"""Answer a `Search` from `IndexValues`, as criteria.py describes it: what SQL does, in a few lines of Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from benchside.fhir.search.case import compared
from benchside.fhir.search.criteria import (
    AllOf,
    AnyOf,
    Chained,
    Clause,
    CompositeValue,
    Criterion,
    DateValue,
    MissingValue,
    NumberValue,
    QuantityValue,
    ReferenceValue,
    Reverse,
    StringValue,
    TokenSetValue,
    TokenValue,
    TypedIdentifierValue,
    UriValue,
)
from benchside.fhir.search.generated.kinds import IDENTIFIERS
from benchside.fhir.search.parameters import HIERARCHIES, hierarchical_targets, hierarchy_of, index_numbers, parameters
from benchside.fhir.search.values import IndexValues
from benchside.terms.folding import fold
from benchside.terms.quantity import UCUM_SYSTEM, canonical

Key = tuple[str, str]
Rows = Mapping[Key, IndexValues]
"""Index values of every resource by type and id."""


def meets(key: Key, criterion: Criterion, rows: Rows) -> bool:
    """Whether the resource `key` meets `criterion`."""
    match criterion:
        case AnyOf(criteria):
            return any(meets(key, each, rows) for each in criteria)
        case AllOf(criteria):
            return all(meets(key, each, rows) for each in criteria)
        case Chained(resource_type, code, targets, inner):
            return any(
                other[0] in targets and _points_to(resource_type, code, rows[key], other, rows) and meets(other, inner, rows)
                for other in rows
            )
        case Reverse(_, source, code, inner):
            return any(
                other[0] == source and _points_to(source, code, rows[other], key, rows) and meets(other, inner, rows) for other in rows
            )
        case Clause(modifier="above" | "below", values=(ReferenceValue(), *_)):
            return any(
                _hierarchy_meets(criterion, value, rows[key], rows) for value in criterion.values if isinstance(value, ReferenceValue)
            )
        case Clause():
            return _clause_meets(key, criterion, rows[key])


def _points_to(resource_type: str, code: str, values: IndexValues, target: Key, rows: Rows) -> bool:
    """Whether a reference leads to `target`, by its type and id or by its canonical url."""
    if "/".join(target) in _references(resource_type, code, values):
        return True
    numbers = index_numbers(resource_type, code)
    known = {text for _, text in rows[target].known_as}
    return any(text in known for number, text in values.canonicals if number in numbers)


def _hierarchy_meets(clause: Clause, value: ReferenceValue, values: IndexValues, rows: Rows) -> bool:
    numbers = index_numbers(clause.type, clause.parameter)
    if value.url is not None:
        held = [text for number, text in values.canonicals if number in numbers]
        whole = [text for text in held if "|" in text]
        if "|" in value.url:
            return any(text == value.url or text.startswith((f"{value.url}.", f"{value.url}-")) for text in whole)
        return any(text.partition("|")[0] == value.url for text in held)
    parameter = parameters(clause.type)[clause.parameter]
    line = {f"{target}/{value.id}" for target in hierarchical_targets(parameter) if value.type in (None, target)}
    grown = True
    while grown:
        more: set[str] = set()
        for other in rows:
            if other[0] in HIERARCHIES and other[0] in hierarchical_targets(parameter):
                above = set(_references(other[0], hierarchy_of(parameter, other[0]).code, rows[other]))
                own = "/".join(other)
                if clause.modifier == "below" and above & line:
                    more.add(own)
                elif clause.modifier == "above" and own in line:
                    more |= above
        grown = not more <= line
        line |= more
    return any(text in line for text in _references(clause.type, clause.parameter, values))


def _references(resource_type: str, code: str, values: IndexValues) -> list[str]:
    parameter, numbers = parameters(resource_type)[code], index_numbers(resource_type, code)
    found = [text for number, text in values.references if number in numbers]
    wanted = parameter.restricted_to
    return found if wanted is None else [text for text in found if text.startswith(f"{wanted}/")]


def _clause_meets(key: Key, clause: Clause, values: IndexValues) -> bool:
    if clause.parameter == "_id":
        return any(isinstance(value, TokenValue) and value.code == key[1] for value in clause.values)
    if isinstance(clause.values[0], MissingValue):
        return clause.values[0].missing != _is_present(clause, values)
    met = any(_value_meets(clause, value, values) for value in clause.values)
    return not met if clause.modifier in ("not", "not-in") else met


def _is_present(clause: Clause, values: IndexValues) -> bool:
    parameter = parameters(clause.type)[clause.parameter]
    if parameter.kind == "reference":
        return bool(_references(clause.type, clause.parameter, values))
    lists = {
        "token": values.tokens,
        "string": values.strings,
        "uri": values.uris,
        "date": values.dates,
        "number": values.numbers,
        "quantity": values.quantities,
        "composite": values.composites,
    }
    return bool(_of(clause, lists[parameter.kind]))


def _of(clause: Clause, rows: Sequence[Any]) -> list[Any]:
    """What the rows of the clause's parameter hold, without its number."""
    numbers = index_numbers(clause.type, clause.parameter)
    return [row[1:] for row in rows if row[0] in numbers]


def _value_meets(clause: Clause, value: object, values: IndexValues) -> bool:
    match value:
        case TokenValue() if clause.modifier == "identifier":
            return any(_token_meets(row, value, exact=True) for row in _of(clause, values.reference_identifiers))
        case TokenValue():
            exact = not IDENTIFIERS.isdisjoint(index_numbers(clause.type, clause.parameter))
            return any(_token_meets(row, value, exact=exact) for row in _of(clause, values.tokens))
        case TokenSetValue(_, codes):
            return any(_token_meets(row, code) for row in _of(clause, values.tokens) for code in codes)
        case TypedIdentifierValue(system, code, number):
            return (system, code, number) in _of(clause, values.identifier_types)
        case DateValue():
            return any(_date_meets(row, value) for row in _of(clause, values.dates))
        case NumberValue():
            return any(_number_meets(row[0], value) for row in _of(clause, values.numbers))
        case QuantityValue():
            return any(_quantity_meets(row, value) for row in _of(clause, values.quantities))
        case StringValue(text) if clause.modifier == "text":
            return any(fold(row[0]).startswith(fold(text)) for row in _of(clause, values.token_texts))
        case StringValue():
            return any(_string_meets(row[0], value, clause.modifier) for row in _of(clause, values.strings))
        case UriValue():
            return any(_uri_meets(row[0], value.text, clause.modifier) for row in _of(clause, values.uris))
        case ReferenceValue():
            parameter = parameters(clause.type)[clause.parameter]
            found = _references(clause.type, clause.parameter, values)
            return any(_reference_meets(text, value, parameter.targets) for text in found)
        case CompositeValue(parts):
            return any(_parts_meet(row[0], parts) for row in _of(clause, values.composites))
        case _:
            raise AssertionError(value)


def _token_meets(row: tuple[str, str], value: TokenValue, *, exact: bool = False) -> bool:
    system, code = row
    if value.system not in (None, system) or value.code is None:
        return value.system == system
    return code == value.code if exact else compared(system, code) == compared(system, value.code)


def _date_meets(row: tuple[int, int], value: DateValue) -> bool:
    start, stop = row
    within = value.start <= start and stop <= value.stop
    return {
        "eq": within,
        "ne": not within,
        "gt": stop > value.stop,
        "lt": start < value.start,
        "ge": stop > value.stop or within,
        "le": start < value.start or within,
        "sa": start > value.stop,
        "eb": stop < value.start,
        "ap": start <= value.stop and stop >= value.start,
    }[value.prefix]


def _number_meets(held: Decimal, value: NumberValue | QuantityValue) -> bool:
    within = value.low <= held < value.high
    return {
        "eq": within,
        "ap": within,
        "ne": not within,
        "gt": held > value.value,
        "sa": held > value.value,
        "lt": held < value.value,
        "eb": held < value.value,
        "ge": held >= value.value,
        "le": held <= value.value,
    }[value.prefix]


def _quantity_meets(row: tuple[Decimal, str, str, str], value: QuantityValue) -> bool:
    held, system, code, unit = row
    if value.code is not None and value.system == system == UCUM_SYSTEM:
        return _ucum_meets(held, code, value)
    if not _number_meets(held, value):
        return False
    if value.code is None:
        return True
    return value.code in (code, unit) if value.system is None else (system, code) == (value.system, value.code)


def _ucum_meets(held: Decimal, code: str, value: QuantityValue) -> bool:
    """In base units, where both units are known; else by the same code."""
    bases = [canonical(number, value.code or "") for number in (value.value, value.low, value.high)]
    own = canonical(held, code)
    if bases[0] is None or own is None:
        return code == value.code and bases[0] is None and _number_meets(held, value)
    asked = NumberValue(value.prefix, *(base[0] for base in bases if base is not None))  # type: ignore[arg-type] # exact fractions
    return own[1] == bases[0][1] and _number_meets(own[0], asked)  # type: ignore[arg-type] # as above


def _string_meets(held: str, value: StringValue, modifier: str | None) -> bool:
    if modifier == "exact":
        return held == value.text
    return fold(value.text) in fold(held) if modifier == "contains" else fold(held).startswith(fold(value.text))


def _uri_meets(held: str, asked: str, modifier: str | None) -> bool:
    if modifier == "below":
        return held == asked or held.startswith(f"{asked.rstrip('/')}/")
    return held == asked or (modifier == "above" and asked.startswith(f"{held.rstrip('/')}/"))


def _reference_meets(held: str, value: ReferenceValue, targets: tuple[str, ...]) -> bool:
    if value.url is not None:
        return held == value.url
    kind, _, own = held.rpartition("/")
    return own == value.id and (kind == value.type if value.type is not None else not targets or kind in targets)


def _parts_meet(row: Sequence[Any], parts: Sequence[object]) -> bool:
    for held, value in zip(row, parts, strict=True):
        met = {
            TokenValue: lambda held=held, value=value: _token_meets(held[1:], value),
            DateValue: lambda held=held, value=value: _date_meets(held[1:], value),
            NumberValue: lambda held=held, value=value: _number_meets(held[1], value),
            QuantityValue: lambda held=held, value=value: _quantity_meets(held[1:], value),
            StringValue: lambda held=held, value=value: _string_meets(held[1], value, None),
            UriValue: lambda held=held, value=value: held[1] == value.text,
            ReferenceValue: lambda held=held, value=value: _reference_meets(held[1], value, ()),
        }[type(value)]()
        if not met:
            return False
    return True
