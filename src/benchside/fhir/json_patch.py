"""JSON Patch on a resource's document, with decimals kept as written.

Sources: RFC 6902 (JSON Patch), RFC 6901 (JSON Pointer), https://hl7.org/fhir/R4/http.html#patch.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import msgspec

from benchside.fhir.fault import Fault, Invalid
from benchside.fhir.reading import read

if TYPE_CHECKING:
    from benchside.fhir.r4 import AnyResource

JSON = Any  # A JSON document: any shape.

OPERATIONS_MAX: Final = 1_000
"""Operations of one patch, unless the caller says otherwise."""

NODES_MAX: Final = 1_000_000
"""Values that `copy` and `add` may put in; more would let a few operations double a document without end."""

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_INDEX = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)
_BAD_ESCAPE = re.compile(r"~(?![01])")
_MEMBERS: Final = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("from", "path"),
    "copy": ("from", "path"),
    "test": ("path", "value"),
}
"""The members each operation must have, beside `op`."""


class _CannotApplyError(ValueError):
    """An operation does not fit the document."""

    code = "processing"


class _TooMuchError(_CannotApplyError):
    """The patch puts in too many values."""

    code = "too-costly"


def json_patch(document: bytes, patch: bytes, *, operations_max: int = OPERATIONS_MAX) -> AnyResource:
    """The resource that `patch` (a JSON array of operations) makes of `document` (a resource as JSON).

    All operations are made or none. Raises Invalid: for every operation that is malformed, for the first that does not
    fit the document (a `test` that fails is one), or for what is wrong with the resource that comes out.
    """
    operations = _operations(_decode(patch, "The patch"), operations_max)
    held: list[JSON] = [_decode(document, "The resource")]
    left = NODES_MAX
    for place, operation in enumerate(operations):
        try:
            left -= _apply(held, operation, left)
        except _CannotApplyError as error:
            words = f"Operation {place + 1} ({operation['op']} {operation['path']}): {error}"
            raise Invalid([Fault(f"patch[{place}]", error.code, words)]) from error
    return read(_ENCODER.encode(held[0]))


def _is_object(value: JSON) -> TypeGuard[dict[str, JSON]]:
    return isinstance(value, dict)


def _is_list(value: JSON) -> TypeGuard[list[JSON]]:
    return isinstance(value, list)


def _decode(raw: bytes, what: str) -> JSON:
    try:
        return _DECODER.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid([Fault("", "structure", f"{what} is not JSON: {error}.")]) from error


def _operations(patch: JSON, operations_max: int) -> list[dict[str, JSON]]:
    """Check the shape of every operation."""
    if not _is_list(patch):
        raise Invalid([Fault("patch", "structure", "A JSON Patch is an array of operations.")])
    if len(patch) > operations_max:
        words = f"The patch has {len(patch)} operations; the limit is {operations_max} (patch_operations_max)."
        raise Invalid([Fault("patch", "too-costly", words)])
    faults = [
        Fault(f"patch[{place}]", "structure", f"Operation {place + 1} {words}")
        for place, operation in enumerate(patch)
        if (words := _shape_fault(operation))
    ]
    if faults:
        raise Invalid(faults)
    return patch


def _shape_fault(operation: JSON) -> str | None:
    if not _is_object(operation):
        return "is not an object."
    name = operation.get("op")
    if not isinstance(name, str) or name not in _MEMBERS:
        return f"has no known op: use {', '.join(_MEMBERS)}."
    for member in _MEMBERS[name]:
        if member not in operation:
            return f'({name}) has no "{member}".'
        if member in ("path", "from"):
            pointer = operation[member]
            if not isinstance(pointer, str) or (pointer and pointer[0] != "/") or _BAD_ESCAPE.search(pointer):
                return f'({name}) has no JSON Pointer as "{member}".'
    return None


def _pointer(text: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _apply(held: list[JSON], operation: dict[str, JSON], left: int) -> int:
    """Make one operation on `held[0]`; the number of values it put in, at most `left`."""
    name, path = operation["op"], _pointer(operation["path"])
    match name:
        case "add":
            return _add(held, path, *_copied(operation["value"], left))
        case "remove":
            _remove(held, path)
        case "replace":
            return _replace(held, path, *_copied(operation["value"], left))
        case "move":
            origin = _pointer(operation["from"])
            if path[: len(origin)] == origin and len(path) > len(origin):
                raise _CannotApplyError("a value cannot be moved into itself.")
            value = _at(held, origin)
            if path != origin:
                _remove(held, origin)
                _add(held, path, value, 0)
        case "copy":
            return _add(held, path, *_copied(_at(held, _pointer(operation["from"])), left))
        case _:
            if not same(_at(held, path), operation["value"]):
                raise _CannotApplyError("the value there is another one.")
    return 0


def _index(part: str, length: int) -> int:
    if _INDEX.fullmatch(part) is None:
        raise _CannotApplyError(f"{part!r} is not a place in a list.")
    if int(part) >= length:
        raise _CannotApplyError(f"the list has no place {part}.")
    return int(part)


def _at(held: list[JSON], path: list[str]) -> JSON:
    value: JSON = held[0]
    for part in path:
        if _is_object(value):
            if part not in value:
                raise _CannotApplyError(f"there is no {part!r}.")
            value = value[part]
        elif _is_list(value):
            value = value[_index(part, len(value))]
        else:
            raise _CannotApplyError(f"there is nothing below {part!r}.")
    return value


def _add(held: list[JSON], path: list[str], fresh: JSON, count: int) -> int:
    if not path:
        held[0] = fresh
        return count
    owner = _at(held, path[:-1])
    if _is_list(owner):
        place = len(owner) if path[-1] == "-" else _index(path[-1], len(owner) + 1)
        owner.insert(place, fresh)
    elif _is_object(owner):
        owner[path[-1]] = fresh
    else:
        raise _CannotApplyError("there is neither an object nor a list to add to.")
    return count


def _remove(held: list[JSON], path: list[str]) -> None:
    if not path:
        raise _CannotApplyError("the whole resource cannot be removed.")
    owner = _at(held, path[:-1])
    _at([owner], path[-1:])
    if _is_list(owner):
        del owner[int(path[-1])]
    else:
        del owner[path[-1]]


def _replace(held: list[JSON], path: list[str], fresh: JSON, count: int) -> int:
    _at(held, path)
    if not path:
        held[0] = fresh
        return count
    owner = _at(held, path[:-1])
    owner[int(path[-1]) if _is_list(owner) else path[-1]] = fresh
    return count


def _copied(value: JSON, left: int) -> tuple[JSON, int]:
    """A copy that shares nothing with `value`, and how many values it is made of, at most `left`."""
    count = 0

    def copy(node: JSON) -> JSON:
        nonlocal count
        count += 1
        if count > left:
            raise _TooMuchError(f"the patch puts in more than {NODES_MAX} values.")
        if _is_object(node):
            return {name: copy(inner) for name, inner in node.items()}
        if _is_list(node):
            return [copy(inner) for inner in node]
        return node

    return copy(value), count


def same(left: JSON, right: JSON) -> bool:
    """Equality of JSON values as RFC 6902 section 4.6 says: numbers by value, objects in any order."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if _is_object(left) and _is_object(right):
        return left.keys() == right.keys() and all(same(inner, right[name]) for name, inner in left.items())
    if _is_list(left) and _is_list(right):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return bool(left == right) and (type(left) is type(right) or (_is_number(left) and _is_number(right)))


def _is_number(value: JSON) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
