"""Write the element definitions of every type as compact JSON, one type a line, for readers that walk any resource."""

import json

from .definitions import Definitions, Element, Type
from .naming import has_companion


def _element(definitions: Definitions, element: Element) -> list[object]:
    flags = "".join(
        mark
        for mark, is_set in (
            ("c", element.choice),
            ("s", element.summary),
            ("m", element.modifier),
            ("x", any(has_companion(definitions, element, use) for use in element.types)),
        )
        if is_set
    )
    types = [
        [use.code, list(use.targets), *([list(use.profiles)] if use.profiles else [])] if use.targets or use.profiles else use.code
        for use in element.types
    ]
    found: list[object] = [element.name, element.minimum, "*" if element.many else "1", flags, types]
    if element.binding:
        found += [element.binding, element.strength]
    return found


def _type(definitions: Definitions, type_: Type) -> dict[str, object]:
    return {
        "kind": type_.kind,
        "path": type_.path,
        "base": type_.base or "",
        "elements": [_element(definitions, element) for element in definitions.own_elements(type_.name)],
    }


def render(definitions: Definitions) -> str:
    """Write the whole table."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(_type(definitions, type_), separators=(',', ':'), ensure_ascii=False)}"
        for name, type_ in sorted(definitions.types.items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"
