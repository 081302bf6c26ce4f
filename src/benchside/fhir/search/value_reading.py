"""Read the values of one search parameter, each kind in its own way.

Source: https://hl7.org/fhir/R4/search.html, sections "Prefixes", "Escaping Search Parameters" and those of each kind.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final

from benchside.fhir.r4.names import RESOURCE_NAMES
from benchside.fhir.search.criteria import (
    CompositeValue,
    DateValue,
    MissingValue,
    NumberValue,
    PartValue,
    QuantityValue,
    ReferenceValue,
    StringValue,
    TokenSetValue,
    TokenValue,
    TypedIdentifierValue,
    UriValue,
    Value,
)
from benchside.fhir.search.generated.kinds import CANONICALS
from benchside.fhir.search.parameters import Parameter, hierarchical_targets, index_numbers
from benchside.fhir.search.soundex import soundex
from benchside.fhir.search.values import LONGITUDE_OFFSET
from benchside.terms.instant import INSTANT_MAX, INSTANT_MIN, microseconds, span

CodesOf = Callable[[str], Sequence[tuple[str | None, str]] | None]
"""Codes (system, code) of the value set with this canonical url; None when the site does not have it."""

RelatedCodes = Callable[[str | None, str, str], Sequence[tuple[str | None, str]] | None]
"""For (system, code, "above" | "below"): the code and those above or below it; None when its system has no known hierarchy."""


class ValueFault(ValueError):
    """A value that its parameter cannot take; says what would be right. `code` is the FHIR issue type."""

    def __init__(self, message: str, code: str = "value") -> None:
        """Say what is wrong."""
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Setting:
    """What values may depend on beside themselves."""

    zone: tzinfo
    now: datetime | None
    base: str | None
    codes_of: CodesOf | None
    related_codes: RelatedCodes | None
    values_max: int


MODIFIERS: Final = {
    "string": frozenset({"exact", "contains"}),
    "token": frozenset({"not", "text", "in", "not-in", "of-type", "above", "below"}),
    "reference": frozenset({"identifier", "above", "below", *RESOURCE_NAMES}),
    "uri": frozenset({"above", "below"}),
    "number": frozenset[str](),
    "date": frozenset[str](),
    "quantity": frozenset[str](),
    "composite": frozenset[str](),
    "special": frozenset[str](),
}
"""By kind of parameter, beside `:missing`, which every indexed parameter has."""

_ESCAPED = re.compile(r"\\([,|$\\])")
_PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d{1,100}(?:\.\d{1,100})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9.\-]{1,64}", re.ASCII)
_LOCAL = re.compile(r"([A-Z][A-Za-z]*)/([A-Za-z0-9.\-]{1,64})(/_history/[A-Za-z0-9.\-]{1,64})?", re.ASCII)
_MIME_BASE = re.compile(r"[A-Za-z0-9.+\-]+/[A-Za-z0-9.+\-]+", re.ASCII)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+", re.ASCII)

_NEAR_KM_DEFAULT: Final = Decimal(10)
_NEAR_KM_MAX: Final = Decimal(20_038)  # half way round the world
_HAIR: Final = Decimal("1e-9")
_KM_OF_UNIT: Final = {
    "km": Decimal(1),
    "m": Decimal("0.001"),
    "[mi_i]": Decimal("1.609344"),
    "[mi_us]": Decimal("1.609347"),
    "[ft_i]": Decimal("0.0003048"),
}
_KM_OF_A_DEGREE: Final = Decimal("111.32")


def split(text: str, separator: str) -> list[str]:
    """The parts of `text` between separators that no backslash escapes; the escapes stay."""
    if "\\" not in text:
        return text.split(separator)
    parts: list[str] = []
    start = place = 0
    while place < len(text):
        if text[place] == "\\":
            place += 2
            continue
        if text[place] == separator:
            parts.append(text[start:place])
            start = place + 1
        place += 1
    return [*parts, text[start:]]


def unescape(text: str) -> str:
    r"""The text meant: `\,`, `\|`, `\$` and `\\` lose their backslash; another backslash stays."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def read_values(parameter: Parameter, modifier: str | None, raw: str, setting: Setting) -> tuple[Value, ...]:
    """The values of `parameter:modifier=raw`; raises ValueFault for the first that cannot be read."""
    parts = split(raw, ",")
    if len(parts) > setting.values_max:
        raise ValueFault(f"has {len(parts)} values; the limit is {setting.values_max} (values_max).", "too-costly")
    if any(not part.strip() for part in parts):
        raise ValueFault("has an empty value: give a value, or leave the parameter out.")
    if modifier == "missing":
        return (_missing(raw),)
    if modifier is not None and modifier not in MODIFIERS[parameter.kind]:
        raise ValueFault(_modifier_words(parameter, modifier), "not-supported")
    if parameter.kind == "composite":
        return tuple(_composite(parameter, part, setting) for part in parts)
    if parameter.kind == "token":
        return tuple(_token(modifier, part, setting) for part in parts)
    if modifier == "identifier":
        return tuple(_plain_token(part) for part in parts)
    return tuple(_part(parameter, parameter.kind, part, setting, modifier) for part in parts)


def _modifier_words(parameter: Parameter, modifier: str) -> str:
    known = sorted({"missing", *MODIFIERS[parameter.kind]} - RESOURCE_NAMES)
    extra = ", or a resource type" if parameter.kind == "reference" else ""
    return f"does not take :{modifier}; a {parameter.kind} parameter takes :{', :'.join(known)}{extra}."


def _missing(raw: str) -> MissingValue:
    if raw not in ("true", "false"):
        raise ValueFault(f":missing takes true or false, not {raw!r}.")
    return MissingValue(raw == "true")


def _part(parameter: Parameter, kind: str, raw: str, setting: Setting, modifier: str | None = None) -> PartValue:
    match kind:
        case "token":
            return _plain_token(raw)
        case "date":
            return _date(unescape(raw), setting)
        case "number":
            prefix, value, low, high = _number(unescape(raw))
            return NumberValue(prefix, value, low, high)
        case "quantity":
            return _quantity(raw)
        case "uri":
            return _uri(unescape(raw), modifier)
        case "reference" if modifier in ("above", "below"):
            return _in_hierarchy(parameter, modifier, unescape(raw), setting)
        case "reference":
            return _reference(parameter, modifier, unescape(raw), setting)
        case _:
            return _string(parameter, unescape(raw))


# Tokens


def _plain_token(raw: str) -> TokenValue:
    parts = [unescape(part) for part in split(raw, "|")]
    if len(parts) == 1:
        return TokenValue(None, parts[0])
    if len(parts) > 2 or not any(parts):
        raise ValueFault(f"{raw!r} is not [code], [system]|[code], [system]| or |[code].")
    return TokenValue(parts[0], parts[1] or None)


def _token(modifier: str | None, raw: str, setting: Setting) -> Value:
    if modifier == "text":
        return StringValue(unescape(raw))
    if modifier in ("in", "not-in"):
        return _token_set(unescape(raw), setting)
    if modifier in ("above", "below"):
        return _related(modifier, raw, setting)
    if modifier == "of-type":
        parts = [unescape(part) for part in split(raw, "|")]
        if len(parts) != 3 or not all(parts):
            raise ValueFault(f":of-type takes [type system]|[type code]|[value], not {raw!r}.")
        return TypedIdentifierValue(*parts)
    return _plain_token(raw)


def _token_set(url: str, setting: Setting) -> TokenSetValue:
    codes = setting.codes_of(url) if setting.codes_of is not None else None
    if codes is None:
        raise ValueFault(f"the value set {url} is not known here, or too large to search by.", "not-found")
    return TokenSetValue(url, tuple(TokenValue(system, code) for system, code in codes))


def _related(modifier: str, raw: str, setting: Setting) -> TokenSetValue | TokenValue:
    token = _plain_token(raw)
    if token.code is None:
        raise ValueFault(f":{modifier} takes [code] or [system]|[code], not {raw!r}.")
    if modifier == "below" and token.system is None and _MIME_BASE.fullmatch(token.code):
        return token  # text/xml finds text/xml; charset=UTF-8: the index keeps the base of each MIME type
    related = setting.related_codes(token.system, token.code, modifier) if setting.related_codes is not None else None
    if related is None:
        raise ValueFault(f"no hierarchy of codes is known here for {raw!r}.", "not-supported")
    return TokenSetValue(raw, tuple(TokenValue(system, code) for system, code in related))


# Text


def _string(parameter: Parameter, text: str) -> StringValue:
    if parameter.code != "phonetic":
        return StringValue(text)
    code = soundex(text) if len(text.split()) == 1 else ""
    if not code:
        raise ValueFault(f"takes one word that can be spoken, not {text!r}.")
    return StringValue(code)


def _uri(text: str, modifier: str | None) -> UriValue:
    if modifier is not None and text.lower().startswith("urn:"):
        raise ValueFault(f":{modifier} takes a URL with a path, not {text!r}.")
    return UriValue(text)


# Numbers and dates


def _prefixed(text: str) -> tuple[str, str]:
    match = _PREFIX.fullmatch(text)
    assert match is not None  # both groups may be empty: every text matches
    return match[1] or "eq", match[2]


def _number(text: str) -> tuple[str, Decimal, Decimal, Decimal]:
    prefix, digits = _prefixed(text)
    if _NUMBER.fullmatch(digits) is None:
        raise ValueFault(f"{text!r} is not a number, such as 100, 5.40 or ge1.2e3.")
    value = Decimal(digits)
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # neither infinite nor NaN: the pattern has digits only
    half = Decimal(5).scaleb(exponent - 1)
    if "e" in digits.lower():
        half = half.scaleb(-1)  # R4's own example: 1e2 means 95 to 105
    if prefix == "ap":
        half = max(half, abs(value) / 10)  # R4 recommends a tenth of the value
    return prefix, value, value - half, value + half


def _quantity(raw: str) -> QuantityValue:
    parts = [unescape(part) for part in split(raw, "|")]
    if len(parts) not in (1, 3):
        raise ValueFault(f"{raw!r} is not [number], [number]|[system]|[code] or [number]||[code].")
    prefix, value, low, high = _number(parts[0])
    system, code = (parts[1] or None, parts[2] or None) if len(parts) == 3 else (None, None)
    return QuantityValue(prefix, value, low, high, system, code)


def _date(text: str, setting: Setting) -> DateValue:
    prefix, written = _prefixed(text)
    try:
        start, stop = span(written.replace(" ", "+"), setting.zone)  # an unescaped + of an offset arrives as a space
    except ValueError as error:
        raise ValueFault(str(error)) from error
    if prefix == "ap" and setting.now is not None:
        now = microseconds(setting.now)
        gap = max(start - now, now - stop, 0) // 10  # R4 recommends a tenth of the distance to now
        start, stop = max(start - gap, INSTANT_MIN), min(stop + gap, INSTANT_MAX)
    return DateValue(prefix, start, stop)


# References


def _in_hierarchy(parameter: Parameter, modifier: str, text: str, setting: Setting) -> ReferenceValue:
    """`:above` and `:below`: a resource that others are above or below, or (`:below`) a canonical url with any version."""
    value = _reference(parameter, None, text, setting)
    targets = hierarchical_targets(parameter)
    if value.url is not None:
        known = bool(targets) or (modifier == "below" and not CANONICALS.isdisjoint(index_numbers(parameter.type, parameter.code)))
    else:
        known = value.type in targets if value.type is not None else bool(targets)
    if not known:
        words = f"to {', '.join(targets)}" if targets else "at all here: it leads to nothing that R4 puts into a hierarchy"
        raise ValueFault(f":{modifier} cannot be answered with {text!r}; it applies {words}.", "not-supported")
    return value


def _reference(parameter: Parameter, modifier: str | None, text: str, setting: Setting) -> ReferenceValue:
    wanted = modifier or parameter.restricted_to
    if wanted is None and len(parameter.targets) == 1:
        wanted = parameter.targets[0]
    if modifier is not None and parameter.targets and modifier not in parameter.targets:
        raise ValueFault(f"never points to {modifier}, only to {', '.join(parameter.targets)}.")
    if setting.base is not None and text.startswith(f"{setting.base}/"):
        text = text[len(setting.base) + 1 :]
    local = _LOCAL.fullmatch(text)
    if local is not None and local[1] in RESOURCE_NAMES:
        if modifier is not None and local[1] != modifier:
            raise ValueFault(f"{text!r} is not of the type {modifier}.")
        if local[3]:
            return ReferenceValue(None, None, text)
        return ReferenceValue(local[1], local[2], None)
    if _ID.fullmatch(text):
        return ReferenceValue(wanted, text, None)
    if _ABSOLUTE.fullmatch(text):
        return ReferenceValue(None, None, text)
    raise ValueFault(f"{text!r} is not a reference: write [id], [type]/[id] or an absolute url.")


# Composites and places


def _composite(parameter: Parameter, raw: str, setting: Setting) -> CompositeValue:
    parts = split(raw, "$")
    if len(parts) != len(parameter.components) or not all(parts):
        wanted = "$".join(f"[{component.code}]" for component in parameter.components)
        raise ValueFault(f"{raw!r} is not {wanted}.")
    return CompositeValue(
        tuple(_part(parameter, component.kind, part, setting) for part, component in zip(parts, parameter.components, strict=True))
    )


def read_box(text: str) -> tuple[tuple[NumberValue, ...], tuple[NumberValue, ...]]:
    """The latitudes and longitudes around `latitude|longitude[|distance[|unit]]` (degrees, WGS84).

    A box, which R4 leaves to the server; 10 km where no distance is given. Where it crosses the date line it has two
    ranges of longitude. Raises ValueFault.
    """
    parts = text.split("|")
    if not 2 <= len(parts) <= 4 or not parts[0] or not parts[1] or any(part and not _NUMBER.fullmatch(part) for part in parts[:3]):
        raise ValueFault(f"{text!r} is not [latitude]|[longitude]|[distance]|[unit].")
    latitude, longitude = Decimal(parts[0]), Decimal(parts[1])
    unit = parts[3] if len(parts) == 4 and parts[3] else "km"
    if abs(latitude) > 90 or abs(longitude) > 180 or unit not in _KM_OF_UNIT:
        raise ValueFault("takes a latitude within 90, a longitude within 180, and a distance in km, m, [mi_i], [mi_us] or [ft_i].")
    distance = (Decimal(parts[2]) if len(parts) > 2 and parts[2] else _NEAR_KM_DEFAULT) * _KM_OF_UNIT[unit]
    if not 0 <= distance <= _NEAR_KM_MAX:
        raise ValueFault(f"takes a distance from 0 to {_NEAR_KM_MAX} km.")
    up = distance / _KM_OF_A_DEGREE
    cosine = Decimal(math.cos(math.radians(min(abs(float(latitude)) + float(up), 90))))
    side = min(up / cosine, Decimal(180)) if cosine > Decimal("0.0001") else Decimal(180)
    west, east = longitude - side, longitude + side
    if side == 180:
        ranges = [(Decimal(-180), Decimal(180))]
    elif west < -180:
        ranges = [(west + 360, Decimal(180)), (Decimal(-180), east)]
    elif east > 180:
        ranges = [(west, Decimal(180)), (Decimal(-180), east - 360)]
    else:
        ranges = [(west, east)]
    longitudes = tuple(_between(low + LONGITUDE_OFFSET, high + LONGITUDE_OFFSET) for low, high in ranges)
    return (_between(latitude - up, latitude + up),), longitudes


def _between(low: Decimal, high: Decimal) -> NumberValue:
    """From low to high, and a hair more, so that high itself is within."""
    return NumberValue("eq", (low + high) / 2, low - _HAIR, high + _HAIR)
