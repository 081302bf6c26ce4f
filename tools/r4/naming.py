"""How FHIR's names become Python's."""

import keyword

from .definitions import Definitions, Element, TypeUse

PRIMITIVE_CLASS = {
    "base64Binary": "Base64Binary",
    "boolean": "bool",
    "canonical": "Canonical",
    "code": "Code",
    "date": "Date",
    "dateTime": "DateTime",
    "decimal": "Decimal",
    "id": "Id",
    "instant": "Instant",
    "integer": "Integer",
    "markdown": "Markdown",
    "oid": "Oid",
    "positiveInt": "PositiveInt",
    "string": "String",
    "time": "Time",
    "unsignedInt": "UnsignedInt",
    "uri": "Uri",
    "url": "Url",
    "uuid": "Uuid",
    "xhtml": "Xhtml",
}

# These are XML attributes, or XHTML: no extension can hang on them.
WITHOUT_EXTENSION = {"Element.id", "Resource.id", "Extension.url", "Narrative.div"}


def attribute(json_name: str) -> str:
    """Name the struct field of a JSON property: `class` becomes `class_`."""
    return json_name + "_" if keyword.iskeyword(json_name) else json_name


def companion(json_name: str) -> str:
    """Name the struct field that holds id and extensions of a primitive: `birthDate` has `birthDate_element`."""
    return json_name + "_element"


def has_companion(definitions: Definitions, element: Element, use: TypeUse) -> bool:
    """Say whether a primitive of this element may carry an id or extensions of its own."""
    if use.code not in definitions.primitives:
        return False
    last = element.path.rsplit(".", 1)[1]
    return element.path not in WITHOUT_EXTENSION and not (last == "id" and use.code in ("id", "string"))


def module(resource: str) -> str:
    """Name the module of a resource, a keyword or not."""
    return attribute(resource.lower())


def literal(value_set_url: str) -> str:
    """Name the Literal alias of a value set: `.../administrative-gender` becomes `AdministrativeGenderCode`."""
    last = value_set_url.rsplit("/", 1)[1]
    return "".join(part[0].upper() + part[1:] for part in last.replace(".", "-").split("-") if part) + "Code"
