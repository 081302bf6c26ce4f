"""The functions of FHIRPath and of FHIR on collections.

Source: http://hl7.org/fhirpath/N1, section "Functions"; https://hl7.org/fhir/R4/fhirpath.html, "Additional functions".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from benchside.fhir.fhirpath import conversions
from benchside.fhir.fhirpath.evaluation import Nodes, Scope, children, is_type, of_type, walk
from benchside.fhir.fhirpath.node import (
    Node,
    QuantityValue,
    boolean,
    contains,
    distinct,
    integer_of,
    kind_of,
    number,
    single,
    string,
    text_of,
    truth,
)
from benchside.fhir.fhirpath.syntax import Expression, FHIRPathError, Member
from benchside.fhir.narrative import narrative_faults

Arguments = Sequence[Expression]

NODES_MAX: Final = 1_000_000
"""Items one `descendants()` or `repeat()` may gather."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function: `run(focus, arguments, scope)`, and how many arguments it takes."""

    run: Callable[[Nodes, Arguments, Scope], Nodes]
    arguments_min: int = 0
    arguments_max: int = 0


def _matching(nodes: Nodes, criterion: Expression, scope: Scope) -> Nodes:
    return [node for index, node in enumerate(nodes) if truth(walk(criterion, scope.on(node, index))) is True]


def _selected(nodes: Nodes, projection: Expression, scope: Scope) -> Nodes:
    return [found for index, node in enumerate(nodes) for found in walk(projection, scope.on(node, index))]


def _outer(argument: Expression, scope: Scope) -> Nodes:
    """Evaluate an argument that is a value, not a criterion: it sees `$this` of where the function stands."""
    return walk(argument, replace(scope, focus=scope.this))


def _exists(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    return boolean(bool(_matching(nodes, arguments[0], scope) if arguments else nodes))


def _all(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    return boolean(len(_matching(nodes, arguments[0], scope)) == len(nodes))


def _each(quantifier: Callable[[list[bool]], bool], *, value: bool) -> Callable[[Nodes, Arguments, Scope], Nodes]:
    def run(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
        return boolean(quantifier([node.value is value for node in nodes]))

    return run


def _not(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
    value = truth(nodes)
    return [] if value is None else boolean(not value)


def _subset(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    others = _outer(arguments[0], scope)
    return boolean(all(contains(others, node, scope.environment.zone) for node in nodes))


def _superset(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    others = _outer(arguments[0], scope)
    return boolean(all(contains(nodes, node, scope.environment.zone) for node in others))


def _distinct(nodes: Nodes, _: Arguments, scope: Scope) -> Nodes:
    return distinct(nodes, scope.environment.zone)


def _is_distinct(nodes: Nodes, _: Arguments, scope: Scope) -> Nodes:
    return boolean(len(distinct(nodes, scope.environment.zone)) == len(nodes))


def _repeat(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    found: Nodes = []
    waiting = nodes
    while waiting:
        fresh = [
            node
            for node in distinct(_selected(waiting, arguments[0], scope), scope.environment.zone)
            if not contains(found, node, scope.environment.zone)
        ]
        found.extend(fresh)
        if len(found) > NODES_MAX:
            raise FHIRPathError(f"repeat() gathers at most {NODES_MAX} items.")
        waiting = fresh
    return found


def _type_name(argument: Expression) -> str:
    if isinstance(argument, Member):
        return argument.name
    raise FHIRPathError("Expected the name of a type.")


def _single(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
    node = single(nodes, "single()")
    return [] if node is None else [node]


def _count_of(argument: Expression, scope: Scope, where: str) -> int:
    found = integer_of(_outer(argument, scope), where)
    if found is None:
        raise FHIRPathError(f"{where} needs a whole number.")
    return max(found, 0)


def _skip(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    return nodes[_count_of(arguments[0], scope, "skip()") :]


def _take(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    return nodes[: _count_of(arguments[0], scope, "take()")]


def _intersect(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    zone = scope.environment.zone
    others = _outer(arguments[0], scope)
    return distinct([node for node in nodes if contains(others, node, zone)], zone)


def _exclude(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    others = _outer(arguments[0], scope)
    return [node for node in nodes if not contains(others, node, scope.environment.zone)]


def _union(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    return distinct([*nodes, *_outer(arguments[0], scope)], scope.environment.zone)


def _combine(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    return [*nodes, *_outer(arguments[0], scope)]


def _iif(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    inner = replace(scope, focus=nodes, this=nodes)
    if truth(walk(arguments[0], inner)) is True:
        return walk(arguments[1], inner)
    return walk(arguments[2], inner) if len(arguments) == 3 else []


def _aggregate(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    total = walk(arguments[1], scope) if len(arguments) == 2 else []
    for index, node in enumerate(nodes):
        total = walk(arguments[0], replace(scope.on(node, index), total=total))
    return total


def _children(nodes: Nodes, _: Arguments, scope: Scope) -> Nodes:
    return [child for node in nodes for child in children(node, scope.environment.model)]


def _descendants(nodes: Nodes, _: Arguments, scope: Scope) -> Nodes:
    found: Nodes = []
    waiting = list(reversed(nodes))
    while waiting:
        fresh = children(waiting.pop(), scope.environment.model)
        found.extend(fresh)
        waiting.extend(fresh)
        if len(found) > NODES_MAX:
            raise FHIRPathError(f"descendants() gathers at most {NODES_MAX} items.")
    return found


def _on_text(work: Callable[..., Any], name: str) -> Callable[[Nodes, Arguments, Scope], Nodes]:
    """A function of one text and text arguments: empty when any of them is."""

    def run(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
        text = text_of(nodes, f"{name}()")
        given = [text_of(_outer(argument, scope), f"{name}()") for argument in arguments]
        if text is None or None in given:
            return []
        result = work(text, *given)
        if isinstance(result, bool):
            return boolean(result)
        return number(result) if isinstance(result, int) else string(result)

    return run


@lru_cache(maxsize=1024)
def pattern(text: str) -> re.Pattern[str]:
    """The regular expression `text`; raises FHIRPathError when it is none."""
    try:
        return re.compile(text, re.DOTALL)
    except re.error as error:
        raise FHIRPathError(f"{text!r} is not a regular expression: {error}.") from error


def matches(text: str, regex: str) -> bool:
    """Whether the whole of `text` matches, which is what R4's invariants mean by their `matches`."""
    return pattern(regex).fullmatch(text) is not None


def _replace_matches(text: str, regex: str, substitution: str) -> str:
    return pattern(regex).sub(re.sub(r"\$(\d)", r"\\\1", substitution), text)


def _substring(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    text = text_of(nodes, "substring()")
    start = integer_of(_outer(arguments[0], scope), "substring()")
    if text is None or start is None or not 0 <= start < len(text):
        return []
    length = integer_of(_outer(arguments[1], scope), "substring()") if len(arguments) == 2 else None
    return string(text[start:] if length is None else text[start : start + max(length, 0)])


def _length(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
    text = text_of(nodes, "length()")
    return [] if text is None else number(len(text))


def _to_chars(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
    return [Node(character, "String") for character in text_of(nodes, "toChars()") or ""]


def _on_number(work: Callable[[Decimal], Decimal | int]) -> Callable[[Nodes, Arguments, Scope], Nodes]:
    def run(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
        node = single(nodes, "A function of numbers")
        if node is None or node.value is None:
            return []
        if isinstance(node.value, QuantityValue):
            return [Node(QuantityValue(Decimal(work(node.value.value)), node.value.unit), "Quantity")]
        if kind_of(node) != "number":
            raise FHIRPathError(f"{node.type} is not a number.")
        try:
            result = work(Decimal(node.value))
        except (InvalidOperation, OverflowError, ValueError):
            return []
        whole = isinstance(node.value, int) and result == int(result)
        return number(int(result) if whole else result)

    return run


def _round(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    digits = integer_of(_outer(arguments[0], scope), "round()") if arguments else 0
    node = single(nodes, "round()")
    if node is None or digits is None or kind_of(node) != "number":
        return []
    return number(Decimal(node.value).quantize(Decimal(1).scaleb(-digits), rounding="ROUND_HALF_UP"))


def _two_numbers(work: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Nodes, Arguments, Scope], Nodes]:
    def run(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
        first, second = single(nodes, "power()"), single(_outer(arguments[0], scope), "power()")
        if first is None or second is None or kind_of(first) != "number" or kind_of(second) != "number":
            return []
        try:
            result = work(Decimal(first.value), Decimal(second.value))
        except (InvalidOperation, OverflowError, ZeroDivisionError):
            return []
        whole = isinstance(first.value, int) and isinstance(second.value, int) and result == int(result)
        return number(int(result) if whole else result)

    return run


def _trace(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
    return nodes  # what is traced is of use in a laboratory of expressions, not in a record


def _now(form: str) -> Callable[[Nodes, Arguments, Scope], Nodes]:
    def run(_: Nodes, __: Arguments, scope: Scope) -> Nodes:
        now = scope.environment.now
        if now is None:
            raise FHIRPathError("There is no clock here.")
        local = now.astimezone(scope.environment.zone)
        if form == "Date":
            return [Node(local.date().isoformat(), form)]
        if form == "Time":
            return [Node(local.time().isoformat("milliseconds"), form)]
        return [Node(local.isoformat(timespec="milliseconds"), form)]

    return run


def _extension(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    url = text_of(_outer(arguments[0], scope), "extension()")
    model = scope.environment.model
    return [found for node in nodes for found in children(node, model, "extension") if found.value.url == url]


def _has_value(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
    return boolean(len(nodes) == 1 and not nodes[0].is_struct and nodes[0].value is not None)


def _get_value(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
    return nodes if len(nodes) == 1 and not nodes[0].is_struct and nodes[0].value is not None else []


def _resolve(nodes: Nodes, _: Arguments, scope: Scope) -> Nodes:
    return [found for node in nodes if (found := _resolved(node, scope)) is not None]


def _resolved(node: Node, scope: Scope) -> Node | None:
    reference = getattr(node.value, "reference", None) if node.is_struct else node.value
    root = scope.environment.root
    if isinstance(reference, str) and reference.startswith("#") and root is not None:
        for inner in getattr(root.value, "contained", None) or ():
            if inner.id == reference[1:]:
                return Node(inner, type(inner).__name__)
        return None
    if isinstance(reference, str) and scope.environment.resolve is not None:
        struct = scope.environment.resolve(reference)
        if struct is not None:
            return Node(struct, type(struct).__name__)
    named = getattr(node.value, "type", None) if node.is_struct else None
    if isinstance(reference, str):
        named = reference.partition("/_history/")[0].rpartition("/")[0].rpartition("/")[2] or named
    if isinstance(named, str) and scope.environment.model.is_resource(named):
        return Node(None, named)  # its type is known, its content is not
    return None


def _member_of(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    node = single(nodes, "memberOf()")
    url = text_of(_outer(arguments[0], scope), "memberOf()")
    if node is None or url is None:
        return []
    if scope.environment.member_of is None:
        raise FHIRPathError("There are no value sets here.")
    return boolean(scope.environment.member_of(node, url))


def _conforms_to(nodes: Nodes, arguments: Arguments, scope: Scope) -> Nodes:
    """Known for R4's own types only: a profile is not something this evaluator can judge."""
    node = single(nodes, "conformsTo()")
    url = text_of(_outer(arguments[0], scope), "conformsTo()")
    base, _, name = (url or "").rpartition("/")
    if node is None or base != "http://hl7.org/fhir/StructureDefinition" or name not in scope.environment.model.children:
        return []
    return boolean(scope.environment.model.is_a(node.type, name))


def _html_checks(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
    text = text_of(nodes, "htmlChecks()")
    return [] if text is None else boolean(not narrative_faults(text))


def _convert(work: Callable[[Node], Node | None]) -> Callable[[Nodes, Arguments, Scope], Nodes]:
    def run(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
        node = single(nodes, "A conversion")
        found = work(node) if node is not None and node.value is not None else None
        return [] if found is None else [found]

    return run


def _converts(work: Callable[[Node], Node | None]) -> Callable[[Nodes, Arguments, Scope], Nodes]:
    def run(nodes: Nodes, _: Arguments, __: Scope) -> Nodes:
        node = single(nodes, "A conversion")
        return [] if node is None else boolean(node.value is not None and work(node) is not None)

    return run


FUNCTIONS: Final[Mapping[str, Function]] = {
    "empty": Function(lambda nodes, _, __: boolean(not nodes)),
    "exists": Function(_exists, 0, 1),
    "all": Function(_all, 1, 1),
    "allTrue": Function(_each(all, value=True)),
    "anyTrue": Function(_each(any, value=True)),
    "allFalse": Function(_each(all, value=False)),
    "anyFalse": Function(_each(any, value=False)),
    "not": Function(_not),
    "subsetOf": Function(_subset, 1, 1),
    "supersetOf": Function(_superset, 1, 1),
    "count": Function(lambda nodes, _, __: number(len(nodes))),
    "distinct": Function(_distinct),
    "isDistinct": Function(_is_distinct),
    "where": Function(lambda nodes, arguments, scope: _matching(nodes, arguments[0], scope), 1, 1),
    "select": Function(lambda nodes, arguments, scope: _selected(nodes, arguments[0], scope), 1, 1),
    "repeat": Function(_repeat, 1, 1),
    "ofType": Function(lambda nodes, arguments, scope: of_type(nodes, _type_name(arguments[0]), scope), 1, 1),
    "as": Function(lambda nodes, arguments, scope: of_type(nodes, _type_name(arguments[0]), scope), 1, 1),
    "is": Function(lambda nodes, arguments, scope: is_type(nodes, _type_name(arguments[0]), scope), 1, 1),
    "single": Function(_single),
    "first": Function(lambda nodes, _, __: nodes[:1]),
    "last": Function(lambda nodes, _, __: nodes[-1:]),
    "tail": Function(lambda nodes, _, __: nodes[1:]),
    "skip": Function(_skip, 1, 1),
    "take": Function(_take, 1, 1),
    "intersect": Function(_intersect, 1, 1),
    "exclude": Function(_exclude, 1, 1),
    "union": Function(_union, 1, 1),
    "combine": Function(_combine, 1, 1),
    "iif": Function(_iif, 2, 3),
    "aggregate": Function(_aggregate, 1, 2),
    "children": Function(_children),
    "descendants": Function(_descendants),
    "indexOf": Function(_on_text(str.find, "indexOf"), 1, 1),
    "substring": Function(_substring, 1, 2),
    "startsWith": Function(_on_text(str.startswith, "startsWith"), 1, 1),
    "endsWith": Function(_on_text(str.endswith, "endsWith"), 1, 1),
    "contains": Function(_on_text(str.__contains__, "contains"), 1, 1),
    "upper": Function(_on_text(str.upper, "upper")),
    "lower": Function(_on_text(str.lower, "lower")),
    "replace": Function(_on_text(str.replace, "replace"), 2, 2),
    "matches": Function(_on_text(matches, "matches"), 1, 1),
    "replaceMatches": Function(_on_text(_replace_matches, "replaceMatches"), 2, 2),
    "length": Function(_length),
    "toChars": Function(_to_chars),
    "abs": Function(_on_number(abs)),
    "ceiling": Function(_on_number(math.ceil)),
    "floor": Function(_on_number(math.floor)),
    "truncate": Function(_on_number(math.trunc)),
    "exp": Function(_on_number(Decimal.exp)),
    "ln": Function(_on_number(Decimal.ln)),
    "sqrt": Function(_on_number(Decimal.sqrt)),
    "round": Function(_round, 0, 1),
    "power": Function(_two_numbers(lambda base, exponent: base**exponent), 1, 1),
    "log": Function(_two_numbers(lambda value, base: value.ln() / base.ln()), 1, 1),
    "trace": Function(_trace, 1, 2),
    "now": Function(_now("DateTime")),
    "today": Function(_now("Date")),
    "timeOfDay": Function(_now("Time")),
    "extension": Function(_extension, 1, 1),
    "hasValue": Function(_has_value),
    "getValue": Function(_get_value),
    "resolve": Function(_resolve),
    "memberOf": Function(_member_of, 1, 1),
    "conformsTo": Function(_conforms_to, 1, 1),
    "htmlChecks": Function(_html_checks),
    "htmlchecks": Function(_html_checks),
    **{f"to{name}": Function(_convert(work)) for name, work in conversions.CONVERSIONS.items()},
    **{f"convertsTo{name}": Function(_converts(work)) for name, work in conversions.CONVERSIONS.items()},
}
