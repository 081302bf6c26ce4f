"""FHIRPath Patch: operations in a Parameters resource, made on the structs of another.

Source: https://hl7.org/fhir/R4/fhirpatch.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from benchside.fhir import r4
from benchside.fhir.fault import Fault, Invalid
from benchside.fhir.fhirpath.evaluation import evaluate
from benchside.fhir.fhirpath.model import R4, Child, Choice, companion_name
from benchside.fhir.fhirpath.node import NUMBER_TYPES, STRING_TYPES, Node
from benchside.fhir.fhirpath.parser import parse
from benchside.fhir.fhirpath.syntax import FHIRPathError, Member
from benchside.fhir.reading import read
from benchside.fhir.writing import write

if TYPE_CHECKING:
    from benchside.fhir.r4 import AnyResource, Parameters, ParametersParameter

FUNCTIONS: Final = frozenset(
    [
        "all",
        "as",
        "count",
        "empty",
        "exists",
        "extension",
        "first",
        "hasValue",
        "is",
        "last",
        "not",
        "ofType",
        "single",
        "skip",
        "startsWith",
        "tail",
        "take",
        "where",
    ]
)
"""What a path of a patch may call: enough to find an element, nothing that takes long."""

_PARTS: Final = {
    "add": ("path", "name", "value"),
    "insert": ("path", "value", "index"),
    "delete": ("path",),
    "replace": ("path", "value"),
    "move": ("path", "source", "destination"),
}
"""The parts each type of operation must have, beside `type`."""

Struct = Any  # A struct of any R4 type.


class _CannotApplyError(ValueError):
    """An operation does not fit the resource."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A value to put in: its type, itself, and the Element of a primitive."""

    type: str
    value: Any
    element: Any


def fhirpath_patch(resource: AnyResource, parameters: Parameters) -> AnyResource:
    """The resource that the operations in `parameters` make of `resource`, which stays as it is.

    All operations are made or none. Raises Invalid: for every operation that is malformed, for the first that does not
    fit, or for what is wrong with the resource that comes out. The number of operations is limited by the caller.
    """
    operations = _operations(parameters)
    patched = read(write(resource))
    for place, operation in enumerate(operations):
        try:
            _apply(patched, operation)
        except (_CannotApplyError, FHIRPathError) as error:
            words = f"Operation {place + 1} ({operation['type'].valueCode}): {error}"
            raise Invalid([Fault(f"Parameters.parameter[{place}]", "processing", words)]) from error
    return read(write(patched))


_Operation = dict[str, "ParametersParameter"]


def _operations(parameters: Parameters) -> list[_Operation]:
    """The parts of each operation by name, checked for shape."""
    faults: list[Fault] = []
    operations: list[_Operation] = []
    for place, parameter in enumerate(parameters.parameter or ()):
        parts = {part.name: part for part in parameter.part or () if part.name is not None}
        words = _shape_fault(parameter.name, parts)
        if words:
            faults.append(Fault(f"Parameters.parameter[{place}]", "structure", f"Operation {place + 1} {words}"))
        operations.append(parts)
    if not operations and not faults:
        faults.append(Fault("Parameters", "required", 'A FHIRPath Patch has at least one parameter "operation".'))
    if faults:
        raise Invalid(faults)
    return operations


def _shape_fault(name: str | None, parts: _Operation) -> str | None:
    if name != "operation":
        return f'is a parameter "{name}"; each must be called "operation".'
    kind = parts["type"].valueCode if "type" in parts else None
    if kind not in _PARTS:
        return f"has no known type: use {', '.join(_PARTS)}."
    for part in _PARTS[kind]:
        if part not in parts:
            return f'({kind}) has no part "{part}".'
        if part in ("path", "name") and not parts[part].valueString:
            return f'({kind}) has no valueString in its part "{part}".'
        if part in ("index", "source", "destination") and (parts[part].valueInteger is None or parts[part].valueInteger < 0):  # pyright: ignore[reportOptionalOperand] - None is asked first
            return f'({kind}) has no whole number from 0 as valueInteger in its part "{part}".'
    return None


def _apply(resource: AnyResource, operation: _Operation) -> None:
    kind, path = str(operation["type"].valueCode), str(operation["path"].valueString)
    if kind == "add":
        owner = _only(resource, path)
        child = _child(owner, str(operation["name"].valueString))
        _add(owner, child, _value(operation["value"], child))
        return
    if kind in ("insert", "move"):
        _within_list(resource, path, kind, operation)
        return
    found = _find(resource, path)
    if kind == "delete" and not found:
        return  # what is not there needs no deleting: not an error in R4
    node = _single(found, path)
    if node.parent is None:
        raise _CannotApplyError("the whole resource cannot be deleted or replaced.")
    if kind == "delete":
        _take_out(node)
    else:
        child = _child(node.parent, node.name)
        _put_in_place(node, child, _value(operation["value"], child))


def _find(resource: AnyResource, path: str) -> list[Node]:
    return evaluate(path, resource, functions=FUNCTIONS)


def _single(found: list[Node], path: str) -> Node:
    if len(found) != 1:
        raise _CannotApplyError(f"{path} must lead to one element; it leads to {len(found)}.")
    return found[0]


def _only(resource: AnyResource, path: str) -> Node:
    node = _single(_find(resource, path), path)
    if not node.is_struct:
        raise _CannotApplyError(f"{path} is a {node.type}: it has no elements to add to.")
    return node


def _child(owner: Node, name: str) -> Child:
    """The element `name` of the owner's type; a choice may be named `value` or `valueQuantity`."""
    known = R4.children[type(owner.value).__name__]
    for child in known.values():
        if child.name == name:
            return child
        chosen = tuple(choice for choice in child.choices if choice.field == name)
        if chosen:
            return Child(child.name, chosen, child.many, child.companion)
    raise _CannotApplyError(f"{owner.type} has no element {name}.")


# Values


def _value(part: ParametersParameter, child: Child) -> _Value:
    """The value in a part, as one of the types `child` may have."""
    if part.resource is not None:
        return _fitting(_Value(part.resource.resourceType, part.resource, None), child)
    if part.part is not None:
        if len(child.choices) != 1:
            raise _CannotApplyError(f"{child.name} may have several types: give a value[x], not parts.")
        return _Value(child.choices[0].type, _from_parts(child.choices[0].type, part.part), None)
    for choice in R4.children["ParametersParameter"]["value"].choices:
        held = getattr(part, choice.field)
        element = getattr(part, companion_name(choice.field), None)
        if held is not None or element is not None:
            return _fitting(_Value(choice.type, held, element), child)
    raise _CannotApplyError(f"there is no value for {child.name}.")


def _from_parts(type_name: str, parts: list[ParametersParameter]) -> Struct:
    """A struct of a type that has no value[x] of its own (Patient.contact), from a part for each element."""
    holder = Node(None, type_name)
    fields: dict[str, Any] = {}
    known = R4.children.get(type_name, {})
    for part in parts:
        child = known.get(part.name or "")
        if child is None:
            raise _CannotApplyError(f"{type_name} has no element {part.name}.")
        value = _value(part, child)
        choice = _choice(holder, child, value)
        companion = companion_name(choice.field)
        if child.many:
            fields.setdefault(choice.field, []).append(value.value)
            if value.element is not None:
                fields[companion] = [None] * (len(fields[choice.field]) - 1) + [value.element]
        elif choice.field in fields:
            raise _CannotApplyError(f"{type_name}.{child.name} is given twice.")
        else:
            fields[choice.field] = value.value
            if value.element is not None:
                fields[companion] = value.element
    try:
        made: Struct = getattr(r4, type_name)(**fields)
    except (TypeError, ValueError) as error:  # a required element is missing, or a rule of the struct is broken
        raise _CannotApplyError(f"{type_name}: {error}.") from error
    return made


def _fitting(value: _Value, child: Child) -> _Value:
    """The value under the type the element calls for: texts and numbers of kindred types may stand in for each other."""
    types = [choice.type for choice in child.choices]
    if value.type in types or any(R4.is_a(value.type, kind) for kind in types):
        return value
    for family in (STRING_TYPES | {"date", "dateTime", "instant", "time"}, NUMBER_TYPES):
        fitting = [kind for kind in types if kind in family]
        if value.type in family and len(types) == 1 and fitting:
            return _Value(fitting[0], value.value, value.element)
    raise _CannotApplyError(f"{child.name} is of type {' or '.join(types)}, not {value.type}.")


def _choice(owner: Node, child: Child, value: _Value) -> Choice:
    for choice in child.choices:
        if choice.type == value.type or R4.is_a(value.type, choice.type):
            return choice
    raise _CannotApplyError(f"{owner.type}.{child.name} cannot be a {value.type}.")


# Changes


def _add(owner: Node, child: Child, value: _Value) -> None:
    choice = _choice(owner, child, value)
    if child.many:
        _insert(owner.value, choice.field, _length(owner.value, choice.field), value)
        return
    taken = [each for each in R4.children[type(owner.value).__name__][child.name].choices if _is_there(owner.value, each)]
    if taken:
        raise _CannotApplyError(f"{owner.path}.{child.name} exists: use replace.")
    _set(owner.value, choice.field, value)


def _is_there(struct: Struct, choice: Choice) -> bool:
    if getattr(struct, choice.field) is not None:
        return True
    return getattr(struct, companion_name(choice.field), None) is not None


def _set(struct: Struct, field: str, value: _Value) -> None:
    setattr(struct, field, value.value)
    if hasattr(struct, companion_name(field)):
        setattr(struct, companion_name(field), value.element)


def _lists(struct: Struct, field: str) -> tuple[list[Any], list[Any]]:
    """Values and elements of a repeating element, both of the same length."""
    values = list(getattr(struct, field) or ())
    elements = list(getattr(struct, companion_name(field), None) or ())
    length = max(len(values), len(elements))
    return values + [None] * (length - len(values)), elements + [None] * (length - len(elements))


def _length(struct: Struct, field: str) -> int:
    return len(_lists(struct, field)[0])


def _keep(struct: Struct, field: str, values: list[Any], elements: list[Any]) -> None:
    setattr(struct, field, values if any(value is not None for value in values) else None)
    if hasattr(struct, companion_name(field)):
        setattr(struct, companion_name(field), elements if any(element is not None for element in elements) else None)


def _insert(struct: Struct, field: str, place: int, value: _Value) -> None:
    values, elements = _lists(struct, field)
    values.insert(place, value.value)
    elements.insert(place, value.element)
    _keep(struct, field, values, elements)


def _within_list(resource: AnyResource, path: str, kind: str, operation: _Operation) -> None:
    """Insert into a list, or move within it; `path` names the list itself."""
    parsed = parse(path)
    if not isinstance(parsed, Member) or parsed.target is None:
        raise _CannotApplyError(f"{path} does not name a list.")
    owner = _single(evaluate(parsed.target, resource, functions=FUNCTIONS), path)
    if not owner.is_struct:
        raise _CannotApplyError(f"{path} does not name a list.")
    child = _child(owner, parsed.name)
    if not child.many:
        raise _CannotApplyError(f"{path} does not repeat.")
    field = child.choices[0].field
    length = _length(owner.value, field)
    if kind == "insert":
        place = _whole(operation["index"], length)
        _insert(owner.value, field, place, _value(operation["value"], child))
        return
    source, destination = _whole(operation["source"], length - 1), _whole(operation["destination"], length - 1)
    values, elements = _lists(owner.value, field)
    values.insert(destination, values.pop(source))
    elements.insert(destination, elements.pop(source))
    _keep(owner.value, field, values, elements)


def _whole(part: ParametersParameter, highest: int) -> int:
    value = part.valueInteger
    if value is None or value > highest:
        raise _CannotApplyError(f"there is no place {value} in the list.")
    return value


def _take_out(node: Node) -> None:
    owner: msgspec.Struct = node.parent.value  # type: ignore[union-attr] # the caller has asked for a parent
    if node.index is None:
        _set(owner, node.field, _Value(node.type, None, None))
        return
    values, elements = _lists(owner, node.field)
    del values[node.index], elements[node.index]
    _keep(owner, node.field, values, elements)


def _put_in_place(node: Node, child: Child, value: _Value) -> None:
    owner = node.parent
    assert owner is not None  # the caller has asked for it
    choice = _choice(owner, child, value)
    if node.index is None:
        _set(owner.value, node.field, _Value(node.type, None, None))
        _set(owner.value, choice.field, value)
        return
    values, elements = _lists(owner.value, node.field)
    values[node.index], elements[node.index] = value.value, value.element
    _keep(owner.value, node.field, values, elements)
