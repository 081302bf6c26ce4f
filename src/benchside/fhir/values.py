"""What is wrong with one primitive value, in words for a person."""

import re
from decimal import Decimal
from typing import Any

from benchside.fhir import primitives
from benchside.fhir.document import Unusable
from benchside.fhir.narrative import narrative_faults
from benchside.fhir.rules import DECIMAL_EXPONENT_MAX, is_base64, is_code, is_usable

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHOWN_CHARACTERS_MAX = 60

_PATTERNS = {
    "id": (primitives.ID_PATTERN, "must be 1 to 64 letters, digits, hyphens and dots"),
    "date": (primitives.DATE_PATTERN, "must be a day of the calendar as YYYY-MM-DD, or YYYY-MM, or YYYY"),
    "dateTime": (
        primitives.DATE_TIME_PATTERN,
        "must be YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm), and a day of the calendar",
    ),
    "instant": (
        primitives.INSTANT_PATTERN,
        "must be YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm), and a day of the calendar",
    ),
    "time": (primitives.TIME_PATTERN, "must be a time of day as hh:mm:ss"),
    "uri": (primitives.URI_PATTERN, "must be a URI without white space"),
    "url": (primitives.URI_PATTERN, "must be a URL without white space"),
    "canonical": (primitives.URI_PATTERN, "must be a canonical URL without white space"),
    "oid": (primitives.OID_PATTERN, "must be an OID such as urn:oid:1.2.3.4"),
    "uuid": (primitives.UUID_PATTERN, "must be a UUID such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520, in lower case"),
}
_COMPILED = {name: (re.compile(pattern), words) for name, (pattern, words) in _PATTERNS.items()}
_MIME_TYPE = re.compile(primitives.MIME_TYPE_PATTERN)
_RANGES = {
    "integer": (-primitives.INTEGER_MAX - 1, primitives.INTEGER_MAX),
    "unsignedInt": (0, primitives.INTEGER_MAX),
    "positiveInt": (1, primitives.INTEGER_MAX),
}


def shown(value: Any) -> str:
    """Write a value as a person would quote it, shortened."""
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, Decimal | int):
        return str(value)[:_SHOWN_CHARACTERS_MAX]
    if isinstance(value, str):
        text = value.encode("unicode_escape").decode() if not value.isprintable() else value
        cut = text[:_SHOWN_CHARACTERS_MAX] + ("..." if len(text) > _SHOWN_CHARACTERS_MAX else "")
        return cut if isinstance(value, Unusable) else f"'{cut}'"
    if value is None:
        return "null"
    return "an object" if isinstance(value, dict) else "a list"


def _wrong_number(code: str, value: Any) -> str | None:
    if code == "decimal":
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            too_large = "; the number is too large or too small" if isinstance(value, Unusable) else ""
            return f"must be a number, without quotation marks; found {shown(value)}{too_large}"
        if not is_usable(Decimal(value)):
            return f"must lie within 10 to the power of plus or minus {DECIMAL_EXPONENT_MAX}; found {shown(value)}"
        return None
    low, high = _RANGES[code]
    if isinstance(value, bool) or not isinstance(value, int):
        return f"must be a whole number from {low} to {high}, without quotation marks or decimal point; found {shown(value)}"
    return None if low <= value <= high else f"must be a whole number from {low} to {high}; found {shown(value)}"


def _wrong_text(code: str, text: str) -> str | None:
    control = _CONTROL.search(text)
    if control:
        return f"must not hold the control character U+{ord(control.group()):04X}"
    if _SURROGATE.search(text):
        return "must not hold half a character (a lone surrogate); send it as UTF-8"
    if not text:
        return "must not be empty; leave the element out"
    if code in ("string", "markdown"):
        if len(text) > primitives.STRING_CHARACTERS_MAX:
            return f"must not be longer than {primitives.STRING_CHARACTERS_MAX} characters; it has {len(text)}"
        return None
    if code == "code":
        return None if is_code(text) else f"must be a code: no white space around it, single blanks inside; found {shown(text)}"
    if code == "base64Binary":
        return None if is_base64(text) else "must be base64, with its padding"
    if code in _COMPILED:
        pattern, words = _COMPILED[code]
        return None if pattern.match(text) else f"{words}; found {shown(text)}"
    return None


def wrong(code: str, value: Any) -> list[str]:
    """Tell what keeps a JSON value from being a primitive of FHIR type `code`; empty when nothing does."""
    if code == "boolean":
        return [] if isinstance(value, bool) else [f"must be true or false, without quotation marks; found {shown(value)}"]
    if code == "decimal" or code in _RANGES:
        words = _wrong_number(code, value)
        return [words] if words else []
    if not isinstance(value, str) or isinstance(value, Unusable):
        return [f"must be a text in quotation marks; found {shown(value)}"]
    words = _wrong_text(code, value)
    if words:
        return [words]
    return list(narrative_faults(value)) if code == "xhtml" else []


def wrong_mime_type(text: str) -> str | None:
    """Tell what keeps a code from being a MIME type."""
    return None if _MIME_TYPE.match(text) else f"must be a MIME type such as text/plain; found {shown(text)}"
