"""Read the parameters of a FHIR search into a `Search`, or say everything that is wrong with them.

Source: https://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from benchside.fhir.fault import Fault, Invalid
from benchside.fhir.r4.elements import elements
from benchside.fhir.r4.names import RESOURCE_NAMES
from benchside.fhir.search.criteria import (
    AnyOf,
    Chained,
    Clause,
    CompositeValue,
    Criterion,
    DateValue,
    Include,
    MissingValue,
    NumberValue,
    QuantityValue,
    ReferenceValue,
    Reverse,
    Search,
    Sort,
    StringValue,
    TokenSetValue,
    TokenValue,
    TypedIdentifierValue,
    UriValue,
    Value,
)
from benchside.fhir.search.criterion_reading import CriterionReader, SearchLimits, UnknownParameterError
from benchside.fhir.search.parameters import parameters
from benchside.fhir.search.value_reading import CodesOf, RelatedCodes, Setting, ValueFault

__all__ = [
    "AnyOf",
    "Chained",
    "Clause",
    "CodesOf",
    "CompositeValue",
    "Criterion",
    "DateValue",
    "Include",
    "InvalidSearch",
    "MissingValue",
    "NumberValue",
    "QuantityValue",
    "ReferenceValue",
    "RelatedCodes",
    "Reverse",
    "Search",
    "SearchLimits",
    "Sort",
    "StringValue",
    "TokenSetValue",
    "TokenValue",
    "TypedIdentifierValue",
    "UriValue",
    "Value",
    "parse_search",
]

NOT_OURS: Final = frozenset({"_format", "_pretty"})
"""Parameters of every request, read by the door."""

_TOTALS: Final = ("none", "estimate", "accurate")
_SUMMARIES: Final = ("true", "text", "data", "count", "false")
_CURSOR_LENGTH_MAX: Final = 4096


class InvalidSearch(Invalid):
    """The search cannot be answered as asked. `faults` lists every reason, each with the parameter as `http.[name]`."""


def parse_search(
    resource_types: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    *,
    limits: SearchLimits,
    strict: bool,
    zone: tzinfo,
    now: datetime | None = None,
    base: str | None = None,
    compartment: tuple[str, str] | None = None,
    codes_of: CodesOf | None = None,
    related_codes: RelatedCodes | None = None,
) -> Search:
    """Understand `pairs` (name, value as decoded from the query) as a search over `resource_types`.

    An empty `resource_types` is every type (system level; `_type` narrows it). `zone` gives dates without an offset
    their meaning, `now` is the clock for `ap`, `base` the url of this FHIR service without its last slash (references
    that start with it are local). `codes_of` resolves `:in` and `:not-in`, `related_codes` a token's `:above` and
    `:below`. Raises InvalidSearch with every fault. When not `strict`, unknown parameters are left out and named in
    `Search.ignored`; known ones that are malformed are refused always.
    """
    setting = Setting(zone, now, base, codes_of, related_codes, limits.values_max)
    reader = _SearchReader(tuple(resource_types), limits, setting, strict=strict)
    return reader.read(pairs, compartment)


@dataclass
class _Results:
    """What the parameters of the result said."""

    sort: tuple[Sort, ...] = ()
    count: int | None = None
    total: str | None = None
    summary: str | None = None
    elements: tuple[str, ...] = ()
    cursor: str | None = None


class _SearchReader:
    """Reads one search; gathers faults instead of stopping at the first."""

    def __init__(self, types: tuple[str, ...], limits: SearchLimits, setting: Setting, *, strict: bool) -> None:
        self._asked_types = types
        self._types: tuple[str, ...] = types or tuple(sorted(RESOURCE_NAMES))
        self._limits = limits
        self._setting = setting
        self._strict = strict
        self._faults: list[Fault] = []
        self._ignored: list[str] = []
        self._criteria: list[Criterion] = []
        self._includes: list[Include] = []
        self._revincludes: list[Include] = []
        self._results = _Results()
        self._once: set[str] = set()

    def read(self, pairs: Sequence[tuple[str, str]], compartment: tuple[str, str] | None) -> Search:
        """The whole search, or InvalidSearch with every fault."""
        for name, value in pairs:  # first, since it decides what the other names mean
            if name == "_type" and len(self._asked_types) != 1:
                self._guard(name, value, self._read_type)
        self._reader = CriterionReader(self._types, self._limits, self._setting)
        used: list[tuple[str, str]] = []
        filters = 0
        for name, value in pairs:
            if name in NOT_OURS:
                continue
            if name == "_type" and len(self._asked_types) != 1:
                used.append((name, value))
                continue
            known = self._result_reader(name)
            filters += known is None
            if self._guard(name, value, known or (lambda text, of=name: self._read_criterion(of, text))):
                used.append((name, value))
        if filters > self._limits.clauses_max:
            self._fault("", f"The search has {filters} filters; the limit is {self._limits.clauses_max} (clauses_max).", "too-costly")
        self._check_includes()
        if self._faults:
            raise InvalidSearch(self._faults)
        return self._search(used, compartment)

    def _search(self, used: list[tuple[str, str]], compartment: tuple[str, str] | None) -> Search:
        asked = self._limits.count_default if self._results.count is None else self._results.count
        counted = self._results.summary == "count"
        return Search(
            types=self._types,
            criteria=tuple(self._criteria),
            sort=self._results.sort,
            count=0 if counted else min(asked, self._limits.count_max),
            includes=tuple(self._includes),
            revincludes=tuple(self._revincludes),
            total=self._results.total,
            summary=self._results.summary,
            elements=self._results.elements,
            compartment=compartment,
            cursor=self._results.cursor,
            ignored=tuple(self._ignored),
            pairs=tuple(used),
        )

    def _fault(self, name: str, message: str, code: str) -> None:
        self._faults.append(Fault(f"http.{name}" if name else "", code, message))

    def _guard(self, name: str, value: str, read: Callable[[str], None]) -> bool:
        """Run `read`; turn what it raises into a fault, or into an ignored name. True when the pair was used."""
        if len(value) > self._limits.value_length_max:
            limit = self._limits.value_length_max
            self._fault(name, f"{name} has {len(value)} characters; the limit is {limit} (value_length_max).", "too-costly")
            return False
        try:
            read(value)
        except UnknownParameterError as error:
            if self._strict:
                self._fault(name, str(error), "not-supported")
            else:
                self._ignored.append(name)
            return False
        except ValueFault as fault:
            self._fault(name, f"{name} {fault}", fault.code)
            return False
        return True

    def _read_criterion(self, name: str, value: str) -> None:
        self._criteria.extend(self._reader.read(name, value))

    # Parameters of the result

    def _result_reader(self, name: str) -> Callable[[str], None] | None:
        """The reader of a parameter that shapes the result, or None for one that filters."""
        if not name.startswith("_"):
            return None
        base, _, modifier = name.partition(":")
        if base in ("_include", "_revinclude"):
            return lambda value: self._read_include(base, modifier, value)
        if base == "_sort" and modifier:
            return lambda value: self._refuse("takes no modifier: write _sort=-date for the latest first.")
        readers: dict[str, Callable[[str], None]] = {
            "_sort": self._read_sort,
            "_count": self._read_count,
            "_total": self._read_total,
            "_summary": self._read_summary,
            "_elements": self._read_elements,
            "_contained": self._read_contained,
            "_containedType": self._read_contained,
            "_cursor": self._read_cursor,
        }
        read = readers.get(name)
        return None if read is None else lambda value: self._read_once(name, value, read)

    @staticmethod
    def _refuse(message: str) -> None:
        raise ValueFault(message)

    def _read_once(self, name: str, value: str, read: Callable[[str], None]) -> None:
        if name in self._once:
            raise ValueFault("may be given once only.")
        self._once.add(name)
        read(value)

    def _read_type(self, value: str) -> None:
        wanted = value.split(",")
        unknown = [each for each in wanted if each not in RESOURCE_NAMES]
        if unknown:
            raise ValueFault(f"names no resource type of R4: {', '.join(unknown)}.")
        self._types = tuple(each for each in dict.fromkeys(wanted) if each in self._types)
        if not self._types:
            raise ValueFault(f"leaves no type to search: {value}.")

    def _read_sort(self, value: str) -> None:
        keys = value.split(",")
        if len(keys) > self._limits.sort_max:
            raise ValueFault(f"has {len(keys)} keys; the limit is {self._limits.sort_max} (sort_max).", "too-costly")
        self._results.sort = tuple(self._sort_key(key.strip()) for key in keys)

    def _sort_key(self, key: str) -> Sort:
        code = key.removeprefix("-")
        for type_name in self._types:
            known = parameters(type_name).get(code)
            if known is None:
                raise UnknownParameterError(f"{type_name} cannot be sorted by {code!r}: it has no such search parameter.")
            if known.kind in ("composite", "special") or code in ("_text", "_content"):
                raise ValueFault(f"cannot order by {code}: its values have no order.", "not-supported")
        return Sort(code, descending=key.startswith("-"))

    def _read_count(self, value: str) -> None:
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise ValueFault(f"takes a number of matches a page, not {value!r}.")
        self._results.count = int(value)

    def _read_total(self, value: str) -> None:
        if value not in _TOTALS:
            raise ValueFault(f"takes {', '.join(_TOTALS)}, not {value!r}.")
        self._results.total = value

    def _read_summary(self, value: str) -> None:
        if value not in _SUMMARIES:
            raise ValueFault(f"takes {', '.join(_SUMMARIES)}, not {value!r}.")
        self._results.summary = None if value == "false" else value

    def _read_elements(self, value: str) -> None:
        names = [name.strip() for name in value.split(",")]
        for name in names:
            if not any(name in elements(type_name) for type_name in self._types):
                raise ValueFault(f"{name!r} is not an element of {self._types_in_words()}.")
        self._results.elements = tuple(dict.fromkeys(names))

    def _read_contained(self, value: str) -> None:
        if value not in ("false", "container"):
            raise ValueFault("contained resources are not searched; only _contained=false is answered.", "not-supported")

    def _read_cursor(self, value: str) -> None:
        if not value or len(value) > _CURSOR_LENGTH_MAX:
            raise ValueFault("is not a place in a result: follow the links of a page.")
        self._results.cursor = value

    # Includes

    def _read_include(self, base: str, modifier: str, value: str) -> None:
        if modifier not in ("", "iterate"):
            raise ValueFault(f"takes :iterate, not :{modifier}.", "not-supported")
        found = self._includes if base == "_include" else self._revincludes
        if value == "*":
            if base == "_revinclude":
                raise ValueFault("takes [type]:[parameter]; * would be every resource that points here.", "too-costly")
            found.extend(Include(type_name, None, None, bool(modifier)) for type_name in self._types)
            return
        found.append(self._include(base, value, iterate=bool(modifier)))

    def _include(self, base: str, value: str, *, iterate: bool) -> Include:
        parts = value.split(":")
        if len(parts) not in (2, 3) or not all(parts):
            raise ValueFault(f"takes [type]:[parameter] or [type]:[parameter]:[target type], not {value!r}.")
        source, code, target = parts[0], parts[1], parts[2] if len(parts) == 3 else None
        for name in (source, target):
            if name is not None and name not in RESOURCE_NAMES:
                raise ValueFault(f"names no resource type of R4: {name}.")
        if code == "*" and base == "_include":
            return Include(source, None, target, iterate)
        known = parameters(source).get(code)
        if known is None or known.kind != "reference":
            raise UnknownParameterError(f"{source} has no reference parameter {code!r} to include by.")
        if target is not None and known.targets and target not in known.targets:
            raise ValueFault(f"{source}:{code} never points to {target}, only to {', '.join(known.targets)}.")
        return Include(source, code, target, iterate)

    def _check_includes(self) -> None:
        asked = len(self._includes) + len(self._revincludes)
        if asked > self._limits.include_max and len(self._types) == 1:
            words = f"The search has {asked} includes; the limit is {self._limits.include_max} (include_max)."
            self._fault("_include", words, "too-costly")

    def _types_in_words(self) -> str:
        return ", ".join(self._types) if len(self._types) <= 5 else f"{len(self._types)} types"
