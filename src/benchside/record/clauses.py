"""A clause of a search as a condition on rows of one index table.

`Rows` says: in this table, under these parameter numbers, a row `x` that meets `condition`. It can be asked as
"has the resource such a row" or as "which resources have such a row"; searching.py chooses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from benchside.fhir.search.case import compared
from benchside.fhir.search.criteria import (
    Clause,
    CompositeValue,
    DateValue,
    NumberValue,
    PartValue,
    QuantityValue,
    ReferenceValue,
    StringValue,
    TokenSetValue,
    TokenValue,
    TypedIdentifierValue,
    UriValue,
    Value,
)
from benchside.fhir.search.generated.kinds import CANONICALS, IDENTIFIERS
from benchside.fhir.search.parameters import TEXT_PARAMETERS, Parameter, hierarchical_targets, hierarchy_of, parameters
from benchside.record import row_conditions
from benchside.record.keys import system_word, variant, word
from benchside.record.parameter_numbers import answering
from benchside.record.rows import TOKEN, composite_key, leading_code
from benchside.record.sql_text import Sql, any_of, members, sql

TEXT_JOIN = " JOIN record_text w ON w.parameter = x.parameter AND w.value = x.value"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows `x` of `table` under one of `numbers` that meet `condition`; `dictionary`: it also speaks of text rows `w`."""

    table: str
    numbers: tuple[int, ...]
    condition: Sql
    dictionary: bool = False
    whole: tuple[int, int | None] | None = None
    """(value, system or None for any) when the condition is that the row has exactly this value."""

    def source(self) -> str:
        """The FROM clause."""
        return f"{self.table} x{TEXT_JOIN if self.dictionary else ''}"

    def where(self) -> Sql:
        """The WHERE clause without any resource."""
        column = "w.parameter" if self.dictionary else "x.parameter"
        return members(column, self.numbers) + " AND (" + self.condition + ")"


_APART_MAX = 8
"""Up to so many values are looked up one by one; more are asked in one condition."""


class NotSearchable(Exception):
    """The record cannot answer this clause; the message says why."""


def rows_of(clause: Clause) -> list[Rows]:
    """What each group of the clause's values asks; the clause is met by any of them (before a `:not`)."""
    if clause.parameter in TEXT_PARAMETERS:
        message = f"{clause.parameter} cannot be asked through a chain or of several types at once; ask it of one type."
        raise NotSearchable(message)
    parameter = parameters(clause.type)[clause.parameter]
    own = answering(parameter)
    numbers = tuple(found.number for found in own)
    found = [rows for value in clause.values for rows in _value_rows(parameter, numbers, clause.modifier, value)]
    if len(found) <= _APART_MAX:
        return found
    groups: dict[tuple[str, tuple[int, ...], bool], list[Sql]] = {}
    for rows in found:
        groups.setdefault((rows.table, rows.numbers, rows.dictionary), []).append(rows.condition)
    return [Rows(table, own_numbers, any_of(c), words) for (table, own_numbers, words), c in groups.items()]


def presence(parameter: Parameter) -> list[Rows]:
    """The rows that show the resource has the parameter at all."""
    numbers = tuple(found.number for found in answering(parameter))
    table = {
        "date": "record_date",
        "number": "record_quantity",
        "quantity": "record_quantity",
        "special": "record_quantity",  # Location.near: its latitude and longitude
    }.get(parameter.kind, TOKEN)
    return [Rows(table, numbers, _restriction(parameter))]


def _restriction(parameter: Parameter) -> Sql:
    if parameter.restricted_to is None:
        return Sql("1 = 1")
    return sql("x.system = ?", system_word(parameter.restricted_to))


def _value_rows(parameter: Parameter, numbers: tuple[int, ...], modifier: str | None, value: Value) -> Iterator[Rows]:
    if isinstance(value, CompositeValue):
        yield from _composite_rows(numbers, value)
    elif isinstance(value, TokenSetValue):
        yield Rows(TOKEN, numbers, any_of([row_conditions.token(code) for code in value.codes]))
    elif isinstance(value, TypedIdentifierValue):
        whole = (word(f"{compared(value.system, value.code)}\x1f{value.value}"), system_word(value.system))
        yield _whole(tuple(variant(number, "of-type") for number in numbers), whole)
    elif isinstance(value, StringValue) and modifier == "text":
        texts = tuple(variant(number, "text") for number in numbers)
        yield Rows(TOKEN, texts, row_conditions.text(value, None), dictionary=True)
    elif modifier == "identifier" and isinstance(value, TokenValue):
        yield _identifier_rows(tuple(variant(n, "identifier") for n in numbers), value)
    elif modifier in ("above", "below") and isinstance(value, ReferenceValue):
        yield from _hierarchy_rows(parameter, numbers, modifier, value)
    elif isinstance(value, ReferenceValue):
        targets = (parameter.restricted_to,) if parameter.restricted_to else parameter.targets
        system = system_word(parameter.restricted_to) if parameter.restricted_to else None
        for target in row_conditions.reference_words(value, targets):
            yield _whole(numbers, (target, system))
    elif modifier == "below" and isinstance(value, TokenValue):
        yield from _token_rows(numbers, value)
        yield _whole(tuple(variant(number, "below") for number in numbers), (word((value.code or "").casefold()), None))
    elif isinstance(value, PartValue):
        yield from _plain_rows(numbers, modifier, value)
    else:
        message = f"{parameter.code}: the record cannot answer this value."
        raise NotSearchable(message)


def _whole(numbers: tuple[int, ...], whole: tuple[int, int | None]) -> Rows:
    value, system = whole
    condition = sql("x.value = ?", value) if system is None else sql("x.value = ? AND x.system = ?", value, system)
    return Rows(TOKEN, numbers, condition, whole=whole)


def _identifier_rows(numbers: tuple[int, ...], value: TokenValue) -> Rows:
    if value.code is None:
        return Rows(TOKEN, numbers, row_conditions.token(value))
    return _whole(numbers, (word(value.code), None if value.system is None else system_word(value.system)))


def _token_rows(numbers: tuple[int, ...], value: TokenValue) -> Iterator[Rows]:
    """Rows of codes; where no system is asked for, those of systems with case and those of systems without are two groups."""
    code, system = value.code, value.system
    if code is None or not IDENTIFIERS.isdisjoint(numbers):
        yield _identifier_rows(numbers, value)
    elif system is not None:
        yield _whole(numbers, (word(compared(system, code)), system_word(system)))
    else:
        yield _whole(numbers, (word(code), None))
        if code != code.casefold():
            yield Rows(TOKEN, numbers, row_conditions.without_case(code))


def _quantity_rows(numbers: tuple[int, ...], value: QuantityValue) -> Iterator[Rows]:
    converted = row_conditions.converted(value)
    if converted is None:
        yield Rows("record_quantity", numbers, row_conditions.quantity(value))
        return
    yield from (Rows("record_quantity", numbers, usual) for usual in converted.usual)
    yield Rows("record_quantity", tuple(variant(number, "canonical") for number in numbers), converted.base)


def _plain_rows(numbers: tuple[int, ...], modifier: str | None, value: PartValue) -> Iterator[Rows]:
    if isinstance(value, TokenValue):
        yield from _token_rows(numbers, value)
    elif isinstance(value, DateValue):
        yield Rows("record_date", numbers, row_conditions.date(value))
    elif isinstance(value, QuantityValue):
        yield from _quantity_rows(numbers, value)
    elif isinstance(value, NumberValue):
        yield Rows("record_quantity", numbers, row_conditions.number(value))
    elif isinstance(value, StringValue):
        yield _string_rows(numbers, modifier, value)
    elif isinstance(value, UriValue):
        yield _uri_rows(numbers, modifier, value)
    else:
        yield Rows(TOKEN, numbers, members("x.value", row_conditions.reference_words(value, ())))


def _string_rows(numbers: tuple[int, ...], modifier: str | None, value: StringValue) -> Rows:
    if modifier == "exact":
        return _whole(numbers, (word(value.text), None))
    return Rows(TOKEN, numbers, row_conditions.text(value, modifier), dictionary=True)


def _uri_rows(numbers: tuple[int, ...], modifier: str | None, value: UriValue) -> Rows:
    if modifier == "below":
        return Rows(TOKEN, numbers, row_conditions.uri_below(value), dictionary=True)
    if modifier == "above":
        return Rows(TOKEN, numbers, row_conditions.uri_above(value))
    return _whole(numbers, (word(value.text), None))


def _hierarchy_rows(parameter: Parameter, numbers: tuple[int, ...], modifier: str, value: ReferenceValue) -> Iterator[Rows]:
    """`:above` and `:below` of a reference: to this resource or one above or below it; of a canonical: in any version below."""
    targets = hierarchical_targets(parameter)
    if value.url is not None and modifier == "below" and not CANONICALS.isdisjoint(numbers):
        versioned = "|" in value.url
        yield _whole(tuple(variant(n, "below") for n in numbers) if versioned else numbers, (word(value.url), None))
    if targets:
        steps = sorted({own.number for target in targets for own in answering(hierarchy_of(parameter, target))})
        found = row_conditions.in_hierarchy(row_conditions.reference_words(value, targets), steps, modifier)
        if parameter.restricted_to is not None:
            found += sql(" AND x.system = ?", system_word(parameter.restricted_to))
        yield Rows(TOKEN, numbers, found)


def _leading_words(part: PartValue) -> tuple[str, ...]:
    """How a composite's leading part is written in the index key (rows.forms)."""
    if isinstance(part, TokenValue) and part.code is not None:
        if part.system is not None:
            return (f"{part.system}|{compared(part.system, part.code)}",)
        return tuple(dict.fromkeys((leading_code(part.code, exact=True), part.code.casefold())))
    if isinstance(part, ReferenceValue) and part.url is not None:
        return (part.url,)
    if isinstance(part, ReferenceValue) and part.type is not None:
        return (f"{part.type}/{part.id}",)
    if isinstance(part, (StringValue, UriValue)):
        return (part.text,)
    if isinstance(part, NumberValue) and part.prefix == "eq" and part.value.as_tuple().exponent == 0:  # R4's are integers
        return (str(part.value),)
    message = "Here the leading parts of a composite must be whole values: a code, a type and id, or an exact number."
    raise NotSearchable(message)


def is_by_key(value: Value) -> bool:
    """Whether the index answers a composite: its leading parts are whole values."""
    try:
        return not isinstance(value, CompositeValue) or all(_leading_words(part) for part in value.parts[:-1])
    except NotSearchable:
        return False


def _composite_rows(numbers: tuple[int, ...], value: CompositeValue) -> Iterator[Rows]:
    leading = [_leading_words(part) for part in value.parts[:-1]]
    keys = tuple(composite_key(number, words) for number in numbers for words in product(*leading))
    yield from _plain_rows(keys, None, value.parts[-1])
