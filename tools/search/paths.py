"""Follow a search parameter's FHIRPath through the types, to the struct fields that hold its values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchside.fhir.fhirpath.model import TypeModel
from benchside.fhir.fhirpath.parser import parse
from benchside.fhir.fhirpath.syntax import Call, Constant, Expression, Index, Literal, Member, Operation, TypeOperation, text


class NotAPathError(ValueError):
    """The expression is more than a path through elements."""


@dataclass(frozen=True, order=True)
class Step:
    """Into a field of a struct; `first` takes only the first of many."""

    field: str
    many: bool
    first: bool = False


@dataclass(frozen=True, order=True)
class Filter:
    """Go on only where a field of the struct equals a text."""

    field: str
    value: str


@dataclass(frozen=True)
class Path:
    """Steps from the resource to values of one type; `element` is "Owner.name" of the last one."""

    steps: tuple[Step | Filter, ...]
    type: str
    element: str
    restricted_to: str | None = None
    """Only references to this type."""
    from_resource: bool = False
    """In a composite: starts at the resource (`%resource`), not where the composite stands."""

    def unrestricted(self) -> Path:
        """The same path without its restriction."""
        return replace(self, restricted_to=None)


def parts(expression: Expression) -> list[Expression]:
    """The operands of a union."""
    if isinstance(expression, Operation) and expression.operator == "|":
        return [*parts(expression.left), *parts(expression.right)]
    return [expression]


def head(expression: Expression) -> str | None:
    """The name an expression starts with: the resource type."""
    match expression:
        case Member(None, name):
            return name
        case Member(target, _) | Call(target, _, _) if target is not None:
            return head(target)
        case TypeOperation(_, operand, _):
            return head(operand)
        case Index(target, _):
            return head(target)
        case Operation(_, left, _):
            return head(left)
        case _:
            return None


def own_parts(expression: str, type_name: str, model: TypeModel) -> list[Expression]:
    """The operands of the union that are about `type_name`, or name no type at all."""

    def mine(part: Expression) -> bool:
        name = head(part)
        return name is not None and (name[:1].islower() or model.is_a(type_name, name))

    return [part for part in parts(parse(expression)) if mine(part)]


def paths(expression: Expression, start: str, resource_type: str, model: TypeModel) -> list[Path]:
    """All paths of `expression` from a `start` type inside `resource_type`.

    Raises NotAPathError for anything but elements, types, `where(x='y')`, `where(resolve() is X)` and `[0]`.
    """
    return [path for part in parts(expression) for path in _paths(part, start, resource_type, model)]


def _paths(expression: Expression, start: str, resource_type: str, model: TypeModel) -> list[Path]:
    match expression:
        case Member(None, name) if name[:1].isupper() and model.is_a(start, name):
            return [Path((), start, start)]
        case Member(None, name):
            return _child(Path((), start, start), name, model)
        case Constant("resource"):
            return [Path((), resource_type, resource_type, from_resource=True)]
        case Member(target, name):
            return [found for path in _paths(target, start, resource_type, model) for found in _child(path, name, model)]
        case TypeOperation("as", operand, kind):
            return _of_type(_paths(operand, start, resource_type, model), kind, model)
        case Call(target, "as" | "ofType", (Member(None, kind),)) if target is not None:
            return _of_type(_paths(target, start, resource_type, model), kind, model)
        case Call(target, "where", (Operation("=", Member(None, field), Literal(str(value), "String")),)) if target:
            found = _paths(target, start, resource_type, model)
            return [replace(path, steps=(*path.steps, Filter(field, value))) for path in found]
        case Call(target, "where", (TypeOperation("is", Call(None, "resolve", ()), kind),)) if target:
            return [replace(path, restricted_to=kind) for path in _paths(target, start, resource_type, model)]
        case Index(target, Literal(0, "Integer")):
            return [_first(path) for path in _paths(target, start, resource_type, model)]
        case _:
            raise NotAPathError(text(expression))


def _child(path: Path, name: str, model: TypeModel) -> list[Path]:
    child = model.children[path.type].get(name)
    if child is None:
        raise KeyError(f"{path.type} has no element {name}")
    return [
        replace(path, steps=(*path.steps, Step(choice.field, child.many)), type=choice.type, element=f"{path.type}.{name}")
        for choice in child.choices
    ]


def _of_type(found: list[Path], kind: str, model: TypeModel) -> list[Path]:
    return [path for path in found if model.is_a(path.type, kind)]


def _first(path: Path) -> Path:
    last = path.steps[-1]
    assert isinstance(last, Step)
    assert last.many
    return replace(path, steps=(*path.steps[:-1], replace(last, first=True)))
