"""Read one filter of a search: a parameter with its modifier, a chain, or `_has`.

Source: https://hl7.org/fhir/R4/search.html, sections "Modifiers", "Chained Parameters" and "Reverse Chaining".
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from benchside.fhir.r4.names import RESOURCE_NAMES
from benchside.fhir.search.criteria import AnyOf, Chained, Clause, Criterion, MissingValue, Reverse, StringValue, TokenValue
from benchside.fhir.search.parameters import ROW_PARAMETERS, TEXT_PARAMETERS, Parameter, parameters
from benchside.fhir.search.value_reading import Setting, ValueFault, read_box, read_values, split, unescape


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How much one search may ask for; each has a setting of the same name in the site's limits."""

    clauses_max: int = 50
    """Parameters of one search that filter."""
    values_max: int = 200
    """Values of one parameter, separated by commas."""
    value_length_max: int = 8192
    """Characters of one parameter's value."""
    chain_depth_max: int = 4
    """Steps of a chain and of nested `_has` in one parameter."""
    chain_targets_max: int = 30
    """Resource types one step of a chain may lead to when it does not say which."""
    include_max: int = 20
    """`_include` and `_revinclude` together."""
    sort_max: int = 5
    """Keys of `_sort`."""
    count_max: int = 1000
    """Matches a page; more is cut to this, as R4 allows."""
    count_default: int = 20
    """Matches a page when `_count` is not given."""


class UnknownParameterError(ValueError):
    """The search names a parameter that the type does not have."""


def _negative(criterion: Criterion) -> bool:
    """Whether the criterion is met by having no such value."""
    if not isinstance(criterion, Clause):
        return False
    missing = isinstance(criterion.values[0], MissingValue) and criterion.values[0].missing
    return missing or criterion.modifier in ("not", "not-in")


class CriterionReader:
    """Reads the filters of one search over `types`."""

    def __init__(self, types: tuple[str, ...], limits: SearchLimits, setting: Setting) -> None:
        """Read for `types`, within `limits`."""
        self._types = types
        self._limits = limits
        self._setting = setting

    def read(self, name: str, value: str) -> tuple[Criterion, ...]:
        """The criteria of `name=value`, all of which must be met; every type searched must have the parameter.

        Raises UnknownParameterError or ValueFault.
        """
        if name == "_lastUpdated":  # the same question for every type
            return (self._clause(self._types[0], self._known(self._types[0], name), None, value),)
        if len(self._types) == 1 and name.partition(":")[0] == "near":
            return self._near(self._types[0], name, value)
        criteria = tuple(self._criterion(type_name, name, value, 0) for type_name in self._types)
        if len(criteria) == 1 or _negative(criteria[0]):
            return criteria  # not A's x, and not B's x: each is true of resources of the other type
        return (AnyOf(criteria),)

    def _near(self, type_name: str, name: str, value: str) -> tuple[Criterion, ...]:
        """Within the latitudes, and within the longitudes: see rows.position."""
        parameter = self._known(type_name, name)
        latitudes, longitudes = read_box(unescape(value))
        return (
            Clause(type_name, parameter.code, None, latitudes),
            Clause(type_name, parameter.code, None, longitudes),
        )

    def _criterion(self, type_name: str, name: str, value: str, depth: int) -> Criterion:
        if depth > self._limits.chain_depth_max:
            limit = self._limits.chain_depth_max
            raise ValueFault(f"has more than {limit} steps; the limit is {limit} (chain_depth_max).", "too-costly")
        if name.startswith("_has:"):
            return self._reverse(type_name, name, value, depth)
        if name == "_list":
            return self._list(type_name, value)
        first, dot, rest = name.partition(".")
        code, colon, modifier = first.partition(":")
        if colon and not modifier:
            raise ValueFault("ends in ':' without a modifier.")
        parameter = self._known(type_name, code)
        if parameter.kind == "special" and parameter.code not in TEXT_PARAMETERS:
            raise ValueFault("is answered for locations alone, without modifier and not at the end of a chain.", "not-supported")
        if dot:
            return self._chained(type_name, parameter, modifier or None, rest, value, depth)
        return self._clause(type_name, parameter, modifier or None, value)

    @staticmethod
    def _known(type_name: str, code: str) -> Parameter:
        known = parameters(type_name)
        parameter = known.get(code)
        if parameter is None:
            close = get_close_matches(code, known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise UnknownParameterError(f"{type_name} has no search parameter {code!r}.{hint}")
        return parameter

    def _clause(self, type_name: str, parameter: Parameter, modifier: str | None, value: str) -> Clause:
        if modifier is not None and parameter.code in ROW_PARAMETERS | TEXT_PARAMETERS:
            raise ValueFault(f"takes no modifier, not :{modifier} either.", "not-supported")
        if parameter.code in TEXT_PARAMETERS:
            if not value.strip():
                raise ValueFault("has an empty value: give the words to find.")
            return Clause(type_name, parameter.code, None, (StringValue(unescape(value)),))
        return Clause(type_name, parameter.code, modifier, read_values(parameter, modifier, value, self._setting))

    def _chained(self, type_name: str, parameter: Parameter, target: str | None, rest: str, value: str, depth: int) -> Criterion:
        if parameter.kind != "reference":
            raise ValueFault(f"cannot be followed: {parameter.code} is a {parameter.kind}, not a reference.")
        if target is not None:
            self._check_target(parameter, target)
            inner = self._criterion(target, rest, value, depth + 1)
            return Chained(type_name, parameter.code, (target,), inner)
        found: list[Criterion] = []
        unknown: UnknownParameterError | None = None
        faults: list[ValueFault] = []
        for each in self._targets(parameter):
            try:
                inner = self._criterion(each, rest, value, depth + 1)
            except UnknownParameterError as error:
                unknown = error
            except ValueFault as fault:
                faults.append(fault)
            else:
                found.append(Chained(type_name, parameter.code, (each,), inner))
        if len(found) > self._limits.chain_targets_max:
            limit = self._limits.chain_targets_max
            words = f"leads to {len(found)} types; the limit is {limit} (chain_targets_max). Name one: {parameter.code}:[type].{rest}."
            raise ValueFault(words, "too-costly")
        if not found:
            if faults:
                raise faults[0]
            raise unknown or UnknownParameterError(f"{parameter.code} leads to no type that has {rest!r}.")
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    @staticmethod
    def _targets(parameter: Parameter) -> tuple[str, ...]:
        if parameter.restricted_to is not None:
            return (parameter.restricted_to,)
        return parameter.targets or tuple(sorted(RESOURCE_NAMES))

    def _check_target(self, parameter: Parameter, target: str) -> None:
        if target not in RESOURCE_NAMES:
            raise ValueFault(f"names no resource type of R4: {target}.")
        allowed = self._targets(parameter)
        if target not in allowed:
            raise ValueFault(f"never points to {target}, only to {', '.join(allowed)}.")

    def _reverse(self, type_name: str, name: str, value: str, depth: int) -> Criterion:
        parts = name.split(":", 3)
        if len(parts) != 4 or not all(parts[1:]):
            raise ValueFault("is not _has:[type]:[reference parameter]:[parameter].")
        _, source, code, rest = parts
        if source not in RESOURCE_NAMES:
            raise ValueFault(f"names no resource type of R4: {source}.")
        parameter = self._known(source, code)
        if parameter.kind != "reference" or type_name not in self._targets(parameter):
            raise ValueFault(f"cannot be answered: {source}.{code} never points to {type_name}.")
        return Reverse(type_name, source, code, self._criterion(source, rest, value, depth + 1))

    def _list(self, type_name: str, value: str) -> Criterion:
        """`_list=42`: entries of the List with that id."""
        if any(not part or part.startswith("$") for part in split(value, ",")):
            raise ValueFault("takes the id of a List; lists with a name ($current-...) are not kept here.", "not-supported")
        ids = tuple(TokenValue(None, unescape(part).removeprefix("List/")) for part in split(value, ","))
        if len(ids) > self._limits.values_max:
            raise ValueFault(f"has {len(ids)} values; the limit is {self._limits.values_max} (values_max).", "too-costly")
        return Reverse(type_name, "List", "item", Clause("List", "_id", None, ids))
