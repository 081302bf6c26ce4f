"""What one value of a search asks of one row of the index, as SQL.

Each function gives a condition over the row's alias `x`; which parameter numbers the row may have is said apart.
Semantics: https://hl7.org/fhir/R4/search.html, and fhir/search/criteria.py for ranges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchside.fhir.search.case import CASE_SENSITIVE, compared
from benchside.fhir.search.criteria import (
    DateValue,
    NumberValue,
    QuantityValue,
    ReferenceValue,
    StringValue,
    TokenValue,
    UriValue,
)
from benchside.record.keys import system_word, word
from benchside.record.rows import PREFIX_LENGTH
from benchside.record.sql_text import Sql, all_of, any_of, members, sql
from benchside.terms.folding import fold
from benchside.terms.quantity import UCUM_SYSTEM, canonical, usual_units

_LAST = "\U0010ffff"
_CASE_SENSITIVE_SYSTEMS = ",".join(str(number) for number in sorted(map(system_word, CASE_SENSITIVE)))


def token(value: TokenValue) -> Sql:
    """`system|code` in any of its forms, for codes; an Identifier's value is a whole one (clauses.py)."""
    if value.system is not None:
        pieces = [sql("x.system = ?", system_word(value.system))]
        if value.code is not None:
            pieces.append(sql("x.value = ?", word(compared(value.system, value.code))))
        return all_of(pieces)
    code = value.code or ""
    exact = sql("x.value = ?", word(code))
    return exact if code == code.casefold() else any_of((exact, without_case(code)))


def without_case(code: str) -> Sql:
    """The row holds `code` in any case, in a system where case is left out of account."""
    return sql("x.value = ? AND x.system NOT IN (", word(code.casefold())) + _CASE_SENSITIVE_SYSTEMS + ")"


def reference_words(value: ReferenceValue, targets: Sequence[str]) -> list[int]:
    """Hashes of what a row may hold: a type and id, a bare id as any of `targets`, or a url."""
    if value.url is not None:
        return [word(value.url)]
    types = [value.type] if value.type is not None else list(targets)
    return [word(f"{type_}/{value.id}") for type_ in types]


def in_hierarchy(selfs: Sequence[int], steps: Sequence[int], modifier: str) -> Sql:
    """The row holds one of the resources `selfs`, or one below or above it along the references `steps`.

    UNION leaves out what was met before, so that a circle of references ends.
    """
    begin = "SELECT " + " UNION SELECT ".join("CAST(? AS BIGINT)" for _ in selfs)
    if modifier == "below":
        step = "SELECT r.self FROM line JOIN record_token s ON s.value = line.self JOIN record_resource r ON r.key = s.resource WHERE "
    else:
        step = "SELECT s.value FROM line JOIN record_resource r ON r.self = line.self JOIN record_token s ON s.resource = r.key WHERE "
    found = Sql(f"x.value IN (WITH RECURSIVE line(self) AS ({begin} UNION {step}", tuple(selfs))
    return found + members("s.parameter", steps) + Sql(" AND r.deleted = 0) SELECT self FROM line)")


def date(value: DateValue, start: str = "x.start", stop: str = "x.stop") -> Sql:
    """A range of time against the row's; the added bounds say the same and let an index begin at the right place."""
    within = sql(f"{start} >= ? AND {stop} <= ?", value.start, value.stop)
    after, before = sql(f"{stop} > ?", value.stop), sql(f"{start} < ?", value.start)
    match value.prefix:
        case "eq":
            return within + sql(f" AND {start} <= ? AND {stop} >= ?", value.stop, value.start)
        case "ne":
            return Sql("NOT (") + within + ")"
        case "gt":
            return after
        case "lt":
            return before
        case "ge":
            return all_of((sql(f"{stop} >= ?", value.start), any_of((after, within))))
        case "le":
            return all_of((sql(f"{start} <= ?", value.stop), any_of((before, within))))
        case "sa":
            return sql(f"{start} > ? AND {stop} > ?", value.stop, value.stop)
        case "eb":
            return sql(f"{stop} < ? AND {start} < ?", value.start, value.start)
        case _:
            return sql(f"{start} <= ? AND {stop} >= ?", value.stop, value.start)


def number(value: NumberValue | QuantityValue) -> Sql:
    """A number: the range its digits imply for eq, ne and ap, else the number itself."""
    return _compared(value.prefix, float(value.value), float(value.low), float(value.high))


def _compared(prefix: str, exact: float, low: float, high: float) -> Sql:
    match prefix:
        case "eq" | "ap":
            return sql("x.value >= ? AND x.value < ?", low, high)
        case "ne":
            return sql("(x.value < ? OR x.value >= ?)", low, high)
        case "gt" | "sa":
            return sql("x.value > ?", exact)
        case "lt" | "eb":
            return sql("x.value < ?", exact)
        case "ge":
            return sql("x.value >= ?", exact)
        case _:
            return sql("x.value <= ?", exact)


def quantity(value: QuantityValue) -> Sql:
    """A number with its unit: by system and code, or by code or printed unit where no system is given."""
    condition = number(value)
    if value.code is None:
        return condition
    code = word(value.code)
    if value.system is None:
        return condition + sql(" AND (x.code = ? OR x.unit = ?)", code, code)
    return condition + sql(" AND x.code = ? AND x.system = ?", code, system_word(value.system))


@dataclass(frozen=True, slots=True)
class Converted:
    """A quantity in UCUM asked for in base units (rows under `canonical`) and in each usual unit (rows as they stand)."""

    base: Sql
    usual: tuple[Sql, ...]


def converted(value: QuantityValue) -> Converted | None:
    """The conditions for every commensurable unit; None where the unit asked for is not a known one of UCUM."""
    if value.system != UCUM_SYSTEM or value.code is None:
        return None
    asked = canonical(value.value, value.code)
    if asked is None:
        return None
    exact, kind = asked
    low, high = (base[0] if (base := canonical(end, value.code)) else exact for end in (value.low, value.high))
    usual = [
        _compared(value.prefix, *(float((end - unit.offset) / unit.factor) for end in (exact, low, high)))
        + sql(" AND x.code = ? AND x.system = ?", word(unit.code), system_word(UCUM_SYSTEM))
        for unit in usual_units(kind)
    ]
    return Converted(_compared(value.prefix, float(exact), float(low), float(high)) + sql(" AND x.code = ?", word(kind)), tuple(usual))


def _like(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def starts_with(folded: str) -> Sql:
    """The dictionary row `w` begins with `folded`."""
    prefix = folded[:PREFIX_LENGTH]
    condition = sql("w.prefix >= ? AND w.prefix < ?", prefix, prefix + _LAST)
    if len(folded) > PREFIX_LENGTH:
        condition += sql(" AND substr(w.folded, 1, ?) = ?", len(folded), folded)
    return condition


def contains(folded: str) -> Sql:
    """The dictionary row `w` has `folded` somewhere in it."""
    return sql("w.folded LIKE ? ESCAPE '!'", f"%{_like(folded)}%")


def text(value: StringValue, modifier: str | None) -> Sql:
    """A condition on the dictionary row `w` of a string."""
    folded = fold(value.text)
    return contains(folded) if modifier == "contains" else starts_with(folded)


def uri_below(value: UriValue) -> Sql:
    """The dictionary row `w` is the uri or continues it after a slash."""
    return any_of((sql("w.folded = ?", value.text), starts_with(value.text.rstrip("/") + "/")))


def uri_above(value: UriValue) -> Sql:
    """The row is the uri or one of its parents, cut at each slash."""
    parents = [value.text]
    while "/" in parents[-1].rstrip("/"):
        parents.append(parents[-1].rstrip("/").rpartition("/")[0])
    return members(
        "x.value",
        [word(uri) for parent in parents if parent for uri in (parent, parent + "/")],
    )
