"""Evaluate any FHIRPath expression on R4 structs.

Walks the parts of the expression; the functions are in `functions.py`. Slower than compiled source, but it takes any
expression. Source: http://hl7.org/fhirpath/N1, https://hl7.org/fhir/R4/fhirpath.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, DivisionByZero, InvalidOperation
from itertools import zip_longest
from typing import Any, Final

import msgspec

from benchside.fhir.fhirpath.model import R4, TypeModel, companion_name
from benchside.fhir.fhirpath.node import (
    Node,
    QuantityValue,
    Raw,
    boolean,
    compare,
    contains,
    distinct,
    equal_collections,
    equivalent,
    kind_of,
    number,
    quantity_parts,
    single,
    string,
    truth,
)
from benchside.fhir.fhirpath.parser import parse
from benchside.fhir.fhirpath.syntax import (
    Call,
    Constant,
    EmptySet,
    Expression,
    FHIRPathError,
    Index,
    Literal,
    Member,
    Operation,
    Polarity,
    QuantityLiteral,
    This,
    TypeOperation,
)

Nodes = list[Node]

CONSTANTS: Final = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}

_NAMED_TYPES: Final = {
    "bool": "Boolean",
    "int": "Integer",
    "str": "String",
    "Decimal": "Decimal",
}


@dataclass(frozen=True, slots=True)
class Environment:
    """What an evaluation may see beside its input."""

    model: TypeModel
    resource: Node | None = None
    """`%resource`: the resource that holds the input."""
    root: Node | None = None
    """`%rootResource`: the outermost one."""
    variables: Mapping[str, Nodes] = field(default_factory=dict[str, Nodes])
    zone: tzinfo = UTC
    now: datetime | None = None
    """The clock of `now()` and `today()`; they fail without one."""
    resolve: Callable[[str], Raw] | None = None
    """Finds the struct a reference names, or None; without it, only contained resources and the type are known."""
    member_of: Callable[[Node, str], bool | None] | None = None
    """Whether a code is in a value set."""
    functions: frozenset[str] | None = None
    """Names of the functions allowed; None for all."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The input of an expression, and `$this`, `$index`, `$total`."""

    focus: Nodes
    environment: Environment
    this: Nodes
    index: int | None = None
    total: Nodes | None = None

    def on(self, node: Node, index: int) -> Scope:
        """The scope of a criterion for one item."""
        return replace(self, focus=[node], this=[node], index=index)


def evaluate(
    expression: str | Expression,
    target: Raw,
    *,
    model: TypeModel = R4,
    resource: Raw = None,
    root: Raw = None,
    zone: tzinfo = UTC,
    now: datetime | None = None,
    resolve: Callable[[str], Raw] | None = None,
    variables: Mapping[str, Nodes] | None = None,
    functions: frozenset[str] | None = None,
) -> Nodes:
    """The collection that `expression` gives for `target`, a struct or a Node.

    `resource` and `root` are `%resource` and `%rootResource` (the target itself when not given). Raises FHIRPathError.
    """
    focus = _node(target)
    whole = _node(resource) if resource is not None else focus
    environment = Environment(
        model,
        resource=whole,
        root=_node(root) if root is not None else whole,
        variables=variables or {},
        zone=zone,
        now=now,
        resolve=resolve,
        functions=functions,
    )
    parsed = parse(expression) if isinstance(expression, str) else expression
    return walk(parsed, Scope([focus], environment, [focus]))


def _node(value: Raw) -> Node:
    if isinstance(value, Node):
        return value
    return Node(value, _NAMED_TYPES.get(type(value).__name__, type(value).__name__))


def children(node: Node, model: TypeModel, name: str | None = None) -> Nodes:
    """The elements of `node`: those called `name`, or all in the order of the definition."""
    held = node.value
    if not isinstance(held, msgspec.Struct):
        if node.element is None:
            return []
        return children(Node(node.element, "Element", parent=node.parent, name=node.name, index=node.index), model, name)
    known = model.children.get(type(held).__name__)
    if known is None:
        raise FHIRPathError(f"{type(held).__name__} is not a type of R4.")
    found: Nodes = []
    if name is None:
        for child in known.values():
            for choice in child.choices:
                _hold(node, child.name, choice.field, choice.type, found)
    elif (child := known.get(name)) is not None:
        for choice in child.choices:
            _hold(node, name, choice.field, choice.type, found)
    return found


def _hold(parent: Node, name: str, field_name: str, type_name: str, found: Nodes) -> None:
    held: Raw = getattr(parent.value, field_name, None)
    element: Raw = getattr(parent.value, companion_name(field_name), None)
    if held is None and element is None:
        return
    if type(held) is not list and type(element) is not list:
        found.append(_child(parent, held, element, type_name, name, field_name, None))
        return
    for index, (value, extra) in enumerate(zip_longest(_listed(held), _listed(element))):
        if value is not None or extra is not None:
            found.append(_child(parent, value, extra, type_name, name, field_name, index))


def _listed(held: Raw) -> list[Raw]:
    return held or []


def _child(parent: Node, value: Raw, element: Raw, type_name: str, name: str, field_name: str, index: int | None) -> Node:
    actual = type(value).__name__ if isinstance(value, msgspec.Struct) else type_name
    return Node(value, actual, element=element, parent=parent, name=name, field=field_name, index=index)


def walk(expression: Expression, scope: Scope) -> Nodes:
    """The collection `expression` gives in `scope`."""
    return _WALKERS[type(expression)](expression, scope)


def _literal(expression: Literal, _: Scope) -> Nodes:
    return [Node(expression.value, expression.type)]


def _quantity(expression: QuantityLiteral, _: Scope) -> Nodes:
    return [Node(QuantityValue(expression.value, expression.unit), "Quantity")]


def _empty(_: EmptySet, __: Scope) -> Nodes:
    return []


def _this(expression: This, scope: Scope) -> Nodes:
    if expression.name == "$this":
        return scope.this
    if expression.name == "$index":
        return [] if scope.index is None else number(scope.index)
    return scope.total or []


def _constant(expression: Constant, scope: Scope) -> Nodes:
    environment = scope.environment
    name = expression.name
    if name in CONSTANTS:
        return string(CONSTANTS[name])
    if name in ("resource", "context"):
        return [environment.resource] if environment.resource is not None else []
    if name == "rootResource":
        return [environment.root] if environment.root is not None else []
    if name in environment.variables:
        return environment.variables[name]
    if name.startswith("vs-"):
        return string(f"http://hl7.org/fhir/ValueSet/{name[3:]}")
    if name.startswith("ext-"):
        return string(f"http://hl7.org/fhir/StructureDefinition/{name[4:]}")
    raise FHIRPathError(f"There is no constant %{name}.")


def _member(expression: Member, scope: Scope) -> Nodes:
    model = scope.environment.model
    if expression.target is None:
        if expression.name[:1].isupper():
            return [node for node in scope.focus if model.is_a(node.type, expression.name)]
        nodes = scope.focus
    else:
        nodes = walk(expression.target, scope)
    return [child for node in nodes for child in children(node, model, expression.name)]


def _index(expression: Index, scope: Scope) -> Nodes:
    nodes = walk(expression.target, scope)
    place = single(walk(expression.index, scope), "[ ]")
    if place is None:
        return []
    if not isinstance(place.value, int) or isinstance(place.value, bool):
        raise FHIRPathError("The place in [ ] must be a whole number.")
    return [nodes[place.value]] if 0 <= place.value < len(nodes) else []


def _polarity(expression: Polarity, scope: Scope) -> Nodes:
    node = single(walk(expression.operand, scope), expression.operator)
    if node is None or expression.operator == "+":
        return [node] if node is not None else []
    if isinstance(node.value, QuantityValue):
        return [Node(QuantityValue(-node.value.value, node.value.unit), "Quantity")]
    if kind_of(node) != "number":
        raise FHIRPathError(f"- works on a number, found {node.type}.")
    return number(-node.value)


def _type_operation(expression: TypeOperation, scope: Scope) -> Nodes:
    nodes = walk(expression.operand, scope)
    return is_type(nodes, expression.type, scope) if expression.operator == "is" else of_type(nodes, expression.type, scope)


def is_type(nodes: Nodes, type_name: str, scope: Scope) -> Nodes:
    """The `is` operator: empty for the empty collection."""
    node = single(nodes, "is")
    return [] if node is None else boolean(scope.environment.model.is_a(node.type, type_name))


def of_type(nodes: Nodes, type_name: str, scope: Scope) -> Nodes:
    """The items of that type (R4 uses `as` on many items too)."""
    return [node for node in nodes if scope.environment.model.is_a(node.type, type_name)]


def _operation(expression: Operation, scope: Scope) -> Nodes:
    operator = expression.operator
    left = walk(expression.left, scope)
    if operator in ("and", "or", "implies"):
        return boolean(_logic(operator, truth(left), expression.right, scope))
    right = walk(expression.right, scope)
    return _OPERATORS[operator](left, right, scope)


def _logic(operator: str, left: bool | None, right: Expression, scope: Scope) -> bool | None:  # noqa: FBT001 - an operand
    """Three-valued and, or, implies; the right side is not asked when the left decides."""
    decides = operator == "or"
    if operator == "implies":
        left, decides = (None if left is None else not left), True
    if left is decides:
        return decides
    other = truth(walk(right, scope))
    if other is decides:
        return decides
    return None if left is None or other is None else not decides


def _xor(left: Nodes, right: Nodes, _: Scope) -> Nodes:
    first, second = truth(left), truth(right)
    return [] if first is None or second is None else boolean(first != second)


def _equals(left: Nodes, right: Nodes, scope: Scope) -> Nodes:
    return boolean(equal_collections(left, right, scope.environment.zone))


def _differs(left: Nodes, right: Nodes, scope: Scope) -> Nodes:
    same = equal_collections(left, right, scope.environment.zone)
    return [] if same is None else boolean(not same)


def _alike(left: Nodes, right: Nodes, scope: Scope) -> bool:
    if len(left) != len(right):
        return False
    zone = scope.environment.zone
    waiting = list(right)
    for node in left:
        match = next((other for other in waiting if equivalent(node, other, zone)), None)
        if match is None:
            return False
        waiting.remove(match)
    return True


def _order(test: Callable[[int], bool]) -> Callable[[Nodes, Nodes, Scope], Nodes]:
    def ordered(left: Nodes, right: Nodes, scope: Scope) -> Nodes:
        first, second = single(left, "A comparison"), single(right, "A comparison")
        if first is None or second is None:
            return []
        order = compare(first, second, scope.environment.zone)
        return [] if order is None else boolean(test(order))

    return ordered


def _in(left: Nodes, right: Nodes, scope: Scope) -> Nodes:
    node = single(left, "in")
    return [] if node is None else boolean(contains(right, node, scope.environment.zone))


def _contains(left: Nodes, right: Nodes, scope: Scope) -> Nodes:
    return _in(right, left, scope)


def _union(left: Nodes, right: Nodes, scope: Scope) -> Nodes:
    return distinct([*left, *right], scope.environment.zone)


def _concatenate(left: Nodes, right: Nodes, _: Scope) -> Nodes:
    first, second = single(left, "&"), single(right, "&")
    texts = [node.value if node is not None and node.value is not None else "" for node in (first, second)]
    if not all(isinstance(text, str) for text in texts):
        raise FHIRPathError("& joins text.")
    return string("".join(texts))


def _arithmetic(operator: str) -> Callable[[Nodes, Nodes, Scope], Nodes]:
    def calculate(left: Nodes, right: Nodes, _: Scope) -> Nodes:
        first, second = single(left, operator), single(right, operator)
        if first is None or second is None or first.value is None or second.value is None:
            return []
        kinds = kind_of(first), kind_of(second)
        if kinds == ("string", "string") and operator == "+":
            return string(first.value + second.value)
        if kinds == ("quantity", "quantity") and operator in "+-":
            return _quantity_sum(operator, first, second)
        if kinds != ("number", "number"):
            raise FHIRPathError(f"{first.type} {operator} {second.type} is not supported.")
        try:
            return _calculate(operator, first.value, second.value)
        except (DivisionByZero, InvalidOperation, ZeroDivisionError, OverflowError):
            return []

    return calculate


def _quantity_sum(operator: str, left: Node, right: Node) -> Nodes:
    (first, unit), (second, other) = quantity_parts(left), quantity_parts(right)
    if first is None or second is None or unit != other:
        return []
    return [Node(QuantityValue(first + second if operator == "+" else first - second, unit), "Quantity")]


def _calculate(operator: str, left: Any, right: Any) -> Nodes:
    match operator:
        case "+":
            return number(left + right)
        case "-":
            return number(left - right)
        case "*":
            return number(left * right)
        case "/":
            return number(Decimal(left) / Decimal(right))
        case "div":
            return number(int(Decimal(left) / Decimal(right)))
        case _:
            rest = Decimal(left) % Decimal(right)
            return number(int(rest) if isinstance(left, int) and isinstance(right, int) else rest)


_OPERATORS: Final[Mapping[str, Callable[[Nodes, Nodes, Scope], Nodes]]] = {
    "xor": _xor,
    "=": _equals,
    "!=": _differs,
    "~": lambda left, right, scope: boolean(_alike(left, right, scope)),
    "!~": lambda left, right, scope: boolean(not _alike(left, right, scope)),
    "<": _order(lambda order: order < 0),
    "<=": _order(lambda order: order <= 0),
    ">": _order(lambda order: order > 0),
    ">=": _order(lambda order: order >= 0),
    "in": _in,
    "contains": _contains,
    "|": _union,
    "&": _concatenate,
    **{operator: _arithmetic(operator) for operator in ("+", "-", "*", "/", "div", "mod")},
}


def _call(expression: Call, scope: Scope) -> Nodes:
    from benchside.fhir.fhirpath.functions import FUNCTIONS  # the functions walk their arguments with this module

    allowed = scope.environment.functions
    function = FUNCTIONS.get(expression.name)
    if function is None or (allowed is not None and expression.name not in allowed):
        raise FHIRPathError(f"The function {expression.name}() is not supported here.")
    focus = scope.focus if expression.target is None else walk(expression.target, scope)
    if not function.arguments_min <= len(expression.arguments) <= function.arguments_max:
        raise FHIRPathError(f"{expression.name}() has {len(expression.arguments)} arguments.")
    return function.run(focus, expression.arguments, scope)


_WALKERS: Final[Mapping[type, Callable[[Any, Scope], Nodes]]] = {
    Literal: _literal,
    QuantityLiteral: _quantity,
    EmptySet: _empty,
    This: _this,
    Constant: _constant,
    Member: _member,
    Index: _index,
    Polarity: _polarity,
    TypeOperation: _type_operation,
    Operation: _operation,
    Call: _call,
}
