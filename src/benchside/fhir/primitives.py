r"""The primitive types of FHIR R4 as annotated Python types that msgspec checks while it decodes.

Each pattern is the definition's own, made stricter where the words of R4 ask for more than its pattern can say: a date must be a day of
the calendar, and nothing may be empty. Control characters are looked for once in the whole document (`reading.py`), not in each string.

Source: HL7 FHIR R4 4.0.1, datatypes.html#primitive. `\s` is read as HL7's own tools read it: ASCII white space.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

STRING_CHARACTERS_MAX = 1_048_576
INTEGER_MAX = 2_147_483_647

_YEAR = "(?!0000)[0-9]{4}"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"  # A day that every month has.
    "|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_FULL_DATE = f"(?:{_YEAR}-{_DAY}|{_LEAP_YEAR}-02-29)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

DATE_PATTERN = rf"^(?:{_FULL_DATE}|{_YEAR}(?:-(?:0[1-9]|1[0-2]))?)\Z"
DATE_TIME_PATTERN = rf"^(?:{_FULL_DATE}(?:T{_TIME}{_ZONE})?|{_YEAR}(?:-(?:0[1-9]|1[0-2]))?)\Z"
INSTANT_PATTERN = rf"^{_FULL_DATE}T{_TIME}{_ZONE}\Z"
TIME_PATTERN = rf"^{_TIME}\Z"
ID_PATTERN = r"^[A-Za-z0-9.\-]{1,64}\Z"
CODE_PATTERN = r"^[^\x00-\x20]+(?:[ \t\n\r][^\x00-\x20]+)*\Z"
URI_PATTERN = r"^[^\x00-\x20]+\Z"
OID_PATTERN = r"^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+\Z"
UUID_PATTERN = rf"^urn:uuid:{_UUID}\Z"
# RFC 6838 type and subtype, or one of the short names that R4's own examples use; what follows ";" is free, as BCP 13 cannot be listed.
MIME_TYPE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]*(?:/[A-Za-z0-9*][A-Za-z0-9!#$&^_.+*\-]*)?(?: ?;[ -~]*[!-~])?\Z"

_PRIMITIVE_NAMES = """
base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt string time unsignedInt
uri url uuid xhtml
"""
PRIMITIVES = frozenset(_PRIMITIVE_NAMES.split())
"""The primitive types in FHIR's words."""

NOT_EMPTY = Meta(min_length=1)
"""A list that is there holds something."""

String = Annotated[str, Meta(min_length=1, max_length=STRING_CHARACTERS_MAX)]
Markdown = String
Xhtml = Annotated[str, Meta(min_length=1)]
Uri = Annotated[str, Meta(pattern=URI_PATTERN)]
Url = Uri
Canonical = Uri
Code = Annotated[str, Meta(pattern=CODE_PATTERN)]
PlainUri = Annotated[str, Meta(min_length=1)]  # White space is looked for by the struct: rules.check_uri.
PlainCode = Annotated[str, Meta(min_length=1)]  # The same: rules.check_code.
MimeType = Annotated[str, Meta(pattern=MIME_TYPE_PATTERN)]
Id = Annotated[str, Meta(pattern=ID_PATTERN)]
Oid = Annotated[str, Meta(pattern=OID_PATTERN)]
Uuid = Annotated[str, Meta(pattern=UUID_PATTERN)]
Base64Binary = Annotated[str, Meta(min_length=1)]  # Its characters are checked by the struct: rules.check_base64.
Date = Annotated[str, Meta(pattern=DATE_PATTERN)]
DateTime = Annotated[str, Meta(pattern=DATE_TIME_PATTERN)]
Instant = Annotated[str, Meta(pattern=INSTANT_PATTERN)]
Time = Annotated[str, Meta(pattern=TIME_PATTERN)]
Integer = Annotated[int, Meta(ge=-INTEGER_MAX - 1, le=INTEGER_MAX)]
UnsignedInt = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
PositiveInt = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]


def json_name(attribute: str) -> str:
    """Name the JSON property of a struct field: `birthDate_element` is `_birthDate`, `class_` is `class`."""
    if attribute.endswith("_element"):
        return "_" + attribute[:-8].rstrip("_")
    return attribute.rstrip("_")


__all__ = [
    "NOT_EMPTY",
    "PRIMITIVES",
    "Base64Binary",
    "Canonical",
    "Code",
    "Date",
    "DateTime",
    "Decimal",
    "Id",
    "Instant",
    "Integer",
    "Markdown",
    "MimeType",
    "Oid",
    "PlainCode",
    "PlainUri",
    "PositiveInt",
    "String",
    "Time",
    "UnsignedInt",
    "Uri",
    "Url",
    "Uuid",
    "Xhtml",
    "json_name",
]
