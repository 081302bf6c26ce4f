"""FHIR XML: resources out and in, by way of their JSON and the element definitions.

`read_xml` turns XML into the JSON that says the same and gives it to `reading.read`: XML is checked by the very rules of JSON, and faults
carry the same paths. Source: HL7 FHIR R4 4.0.1, xml.html.
"""

import re
from collections.abc import Iterator
from typing import Any, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import msgspec

from benchside.fhir.fault import Fault, Invalid
from benchside.fhir.r4 import AnyResource
from benchside.fhir.r4.elements import ElementDefinition, ElementType, properties
from benchside.fhir.r4.names import RESOURCE_NAMES
from benchside.fhir.reading import read
from benchside.fhir.writing import write

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
NESTING_MAX = 200
"""Elements within elements; deeper documents are refused."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")
_NUMBERS = frozenset(("decimal", "integer", "unsignedInt", "positiveInt"))
_BREAKS = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_values = msgspec.json.Decoder(float_hook=str)


class UnwritableError(ValueError):
    """A text holds a character that XML has no way to write; ask for JSON."""


# Writing


def _attribute(name: str, value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if _NOT_XML.search(text):
        raise UnwritableError(f"XML cannot hold the character {_NOT_XML.findall(text)[0]!r}")
    return f" {name}={quoteattr(text, _BREAKS)}"


def _written_primitive(name: str, use: ElementType, value: Any, companion: dict[str, Any] | None) -> Iterator[str]:
    if use.code == "xhtml":
        yield str(value)
        return
    beside = companion or {}
    start = f"<{name}" + (_attribute("id", beside["id"]) if "id" in beside else "")
    start += _attribute("value", value) if value is not None else ""
    if "extension" not in beside:
        yield start + "/>"
        return
    yield start + ">"
    for extension in beside["extension"]:
        yield from _written_object("extension", "Extension", extension)
    yield f"</{name}>"


def _written_element(name: str, definition: ElementDefinition, use: ElementType, owner: dict[str, Any]) -> Iterator[str]:
    many = definition.max is None
    if use.primitive:
        value, companion = owner.get(name), owner.get(f"_{name}")
        values: list[Any] = (value or []) if many else [value]
        companions: list[Any] = (companion or []) if many else [companion]
        for place in range(max(len(values), len(companions))):
            each = values[place] if place < len(values) else None
            yield from _written_primitive(name, use, each, companions[place] if place < len(companions) else None)
        return
    for value in owner[name] if many else [owner[name]]:
        if use.code == "Resource":
            yield f"<{name}>"
            yield from _written_object(value["resourceType"], value["resourceType"], value)
            yield f"</{name}>"
        else:
            yield from _written_object(name, use.code, value)


def _is_attribute(type_name: str, name: str) -> bool:
    """Say whether XML writes an element as an attribute: ids of elements, and the url of an extension."""
    return (name == "id" and type_name not in RESOURCE_NAMES) or (type_name, name) == ("Extension", "url")


def _written_object(tag: str, type_name: str, value: dict[str, Any], namespace: str = "") -> Iterator[str]:
    names = {name.removeprefix("_"): None for name in value if name != "resourceType"}
    if type_name == "ExampleScenarioInstance" and "resourceType" in value:
        names["resourceType"] = None  # The one element of R4 with that name.
    known = properties(type_name)
    attributes = "".join(_attribute(name, value[name]) for name in ("id", "url") if name in value and _is_attribute(type_name, name))
    inner = [part for name in known if name in names and not _is_attribute(type_name, name)
             for part in _written_element(name, *known[name], value)]  # fmt: skip  # reads as one sentence
    if not inner:
        yield f"<{tag}{namespace}{attributes}/>"
        return
    yield f"<{tag}{namespace}{attributes}>"
    yield from inner
    yield f"</{tag}>"


def write_xml(resource: AnyResource) -> bytes:
    """Encode a resource as FHIR XML in UTF-8, elements in the order of their definition; raises UnwritableError."""
    value = _values.decode(write(resource))
    name: str = value["resourceType"]
    return "".join(_written_object(name, name, value, f' xmlns="{FHIR}"')).encode()


# Reading


def _refuse(words: str) -> NoReturn:
    raise Invalid([Fault("", "structure", words)])


class _Node:
    __slots__ = ("attributes", "children", "name", "source")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[_Node] = []
        self.source = ""  # Of a narrative: its own text, as it was sent.


class _Builder:
    """The tree of a document, narratives kept as they were sent."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.open: list[_Node] = []
        self.root: _Node | None = None
        self.inside_narrative = 0
        self.begin = 0
        self.parser = expat.ParserCreate("UTF-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype

    def start(self, qualified: str, attributes: dict[str, str]) -> None:
        if self.inside_narrative:
            self.inside_narrative += 1
            return
        if len(self.open) >= NESTING_MAX:
            _refuse("the document is nested too deeply")
        namespace, _, name = qualified.rpartition(" ")
        node = _Node(name, attributes)
        if namespace == XHTML and self.open:
            self.inside_narrative, self.begin = 1, self.parser.CurrentByteIndex
        elif namespace != FHIR:
            _refuse(f'the element <{name}> must be in the namespace "{FHIR}"')
        if self.open:
            self.open[-1].children.append(node)
        self.root = self.root or node
        self.open.append(node)

    def end(self, _qualified: str) -> None:
        if self.inside_narrative:
            self.inside_narrative -= 1
            if self.inside_narrative:
                return
            stop = self.raw.index(b">", self.parser.CurrentByteIndex) + 1
            self.open[-1].source = self.raw[self.begin : stop].decode()
        self.open.pop()

    def text(self, words: str) -> None:
        if not self.inside_narrative and words.strip():
            _refuse(f"text stands outside of an attribute: {words.strip()[:40]!r}")

    def doctype(self, *_: object) -> None:
        _refuse("a document type is not allowed")


def _read_value(node: _Node, use: ElementType) -> Any:
    if use.code == "xhtml":
        return node.source
    text = node.attributes.get("value")
    if use.code == "boolean":
        return {"true": True, "false": False}.get(text or "", text)
    if use.code in _NUMBERS and text is not None and _NUMBER.match(text):
        return msgspec.Raw(text.encode())
    return text


def _read_companion(node: _Node, use: ElementType) -> dict[str, Any] | None:
    if use.code == "xhtml":
        return None
    rest = _Node(node.name, {name: text for name, text in node.attributes.items() if name != "value"})
    rest.children = node.children
    return _read_object(rest, "Element") or None


def _read_resource(node: _Node) -> dict[str, Any]:
    if node.name not in RESOURCE_NAMES:
        _refuse(f"<{node.name}> is no resource of FHIR R4")
    return {"resourceType": node.name} | _read_object(node, node.name)


def _read_object(node: _Node, type_name: str) -> dict[str, Any]:
    """Say in JSON what an element says; what does not belong there is kept under its name, for `read` to refuse with its path."""
    known = properties(type_name)
    found: dict[str, Any] = dict(node.attributes)
    by_name: dict[str, list[_Node]] = {}
    for child in node.children:
        by_name.setdefault(child.name, []).append(child)
    for name, nodes in by_name.items():
        if name not in known or name in found:
            found[name if name not in found else f"{name} (twice)"] = name
            continue
        definition, use = known[name]
        many = definition.max is None or len(nodes) > 1
        if use.primitive:
            values = [_read_value(each, use) for each in nodes]
            companions = [_read_companion(each, use) for each in nodes]
            if any(value is not None for value in values):
                found[name] = values if many else values[0]
            if any(companion is not None for companion in companions):
                found[f"_{name}"] = companions if many else companions[0]
            if name not in found and f"_{name}" not in found:
                found[name] = None
            continue
        if use.code == "Resource":
            made = [_read_resource(each.children[0]) if len(each.children) == 1 else {} for each in nodes]
        else:
            made = [_read_object(each, use.code) for each in nodes]
        found[name] = made if many else made[0]
    return found


def read_xml(raw: bytes, resource_type: str | None = None) -> AnyResource:
    """Read one resource from FHIR XML in UTF-8; raises Invalid with every fault, as `reading.read` does."""
    builder = _Builder(raw)
    try:
        builder.parser.Parse(raw, True)
    except expat.ExpatError as error:
        _refuse(f"the document is not XML: {expat.ErrorString(error.code)} at line {error.lineno}, column {error.offset + 1}")
    except UnicodeDecodeError as error:
        _refuse(f"the document is not UTF-8 text: {error.reason}")
    assert builder.root is not None
    return read(msgspec.json.encode(_read_resource(builder.root)), resource_type)
