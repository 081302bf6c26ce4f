"""Which format the client sends and accepts, and what it prefers: from headers and general parameters to plain values.

Sources: https://hl7.org/fhir/R4/http.html#mime-type (formats), #ops (Prefer return), #general (general parameters),
https://hl7.org/fhir/R4/search.html#errors (Prefer handling).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from benchside.wire.fhir_api.problems import BadRequest, NotAcceptable, UnsupportedMediaType

JSON_ANSWER = "application/fhir+json; charset=utf-8"
JSON_TYPES = frozenset({"application/fhir+json", "application/json", "application/json+fhir", "text/json", "json"})
XML_ANSWER = "application/fhir+xml; charset=utf-8"
XML_TYPES = frozenset({"application/fhir+xml", "application/xml", "application/xml+fhir", "text/xml", "xml"})
JSON_RANGES = JSON_TYPES | {"*/*", "application/*"}
FORM_TYPE = "application/x-www-form-urlencoded"
JSON_PATCH_TYPE = "application/json-patch+json"
NDJSON_TYPES = frozenset({"application/fhir+ndjson", "application/ndjson", "ndjson"})
FHIR_VERSIONS = frozenset({"4.0", "4.0.1"})

Format = Literal["json", "xml"]
ReturnPreference = Literal["minimal", "representation", "OperationOutcome"]
Summary = Literal["true", "text", "data", "count", "false"]
RETURN_PREFERENCES: dict[str, ReturnPreference] = {
    "minimal": "minimal",
    "representation": "representation",
    "operationoutcome": "OperationOutcome",
}
SUMMARIES: dict[str, Summary] = {"true": "true", "text": "text", "data": "data", "count": "count", "false": "false"}
YES_NO = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the `Prefer` header asks for; `return_` is None when the client leaves it to us."""

    return_: ReturnPreference | None = None
    strict: bool = True
    respond_async: bool = False


@dataclass(frozen=True, slots=True)
class Presentation:
    """How resources are to be shown: `_summary`, `_elements` (names, the type in front is allowed), `_pretty`."""

    summary: Summary = "false"
    elements: tuple[str, ...] = ()
    pretty: bool = False

    @property
    def whole(self) -> bool:
        """Whether each resource goes out as it is stored."""
        return self.summary == "false" and not self.elements


WHOLE = Presentation()
DEFAULT_PREFERENCES = Preferences()


@lru_cache(maxsize=256)
def preferences(header: str | None) -> Preferences:
    """Read a `Prefer` header; what we don't know is ignored, as RFC 7240 says."""
    if not header:
        return DEFAULT_PREFERENCES
    return_: ReturnPreference | None = None
    strict, respond_async = True, False
    for item in re.split(r"[,;]", header):
        name, _, value = item.strip().partition("=")
        name, value = name.strip().lower(), value.strip().strip('"').lower()
        if name == "return":
            return_ = RETURN_PREFERENCES[value] if value in RETURN_PREFERENCES else return_  # noqa: SIM401 - .get() loses the type
        elif name == "handling" and value in {"strict", "lenient"}:
            strict = value == "strict"
        elif name == "respond-async":
            respond_async = True
    return Preferences(return_, strict, respond_async)


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    first, *rest = text.split(";")
    parameters: dict[str, str] = {}
    for item in rest:
        name, _, value = item.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"')
    return first.strip().lower(), parameters


def _quality(text: str) -> float:
    """How much the client wants a format, from 0 (not at all) to 1."""
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 1.0


@lru_cache(maxsize=512)
def answer_format(accept: str | None, format_parameter: str | None) -> Format:
    """The format that the client wants most, JSON where it does not mind; `_format` wins over the `Accept` header.

    Raises NotAcceptable when the client takes neither JSON nor XML.
    """
    if format_parameter is not None:
        # "+" in a query means a space, so application/fhir+json often arrives as "application/fhir json".
        kind, parameters = _media_type(format_parameter.replace(" ", "+"))
        _require_r4(parameters)
        if kind in JSON_RANGES or kind in XML_TYPES:
            return "json" if kind in JSON_RANGES else "xml"
        raise NotAcceptable(
            f"We write JSON and XML (application/fhir+json, application/fhir+xml); _format={format_parameter} is not supported."
        )
    if not accept:
        return "json"
    wanted: dict[Format, float] = {"json": 0.0, "xml": 0.0}
    for item in accept.split(","):
        kind, parameters = _media_type(item)
        if kind in JSON_RANGES or kind in XML_TYPES:
            form: Format = "json" if kind in JSON_RANGES else "xml"
            quality = _quality(parameters.get("q", "1"))
            if quality:
                _require_r4(parameters)
            wanted[form] = max(wanted[form], quality)
    if not any(wanted.values()):
        words = "We write JSON and XML (application/fhir+json, application/fhir+xml); the Accept header allows neither"
        raise NotAcceptable(f"{words}: {accept[:200]}")
    return "xml" if wanted["xml"] > wanted["json"] else "json"


@lru_cache(maxsize=512)
def asks_for_fhir(accept: str | None, format_parameter: str | None) -> bool:
    """Whether the client names a FHIR format, so that a Binary goes out as a resource and not as its bytes.

    Source: https://hl7.org/fhir/R4/binary.html#rest
    """
    if format_parameter is not None:
        return _media_type(format_parameter.replace(" ", "+"))[0] in JSON_TYPES
    return any(_media_type(item)[0] in JSON_TYPES for item in (accept or "").split(","))


def _require_r4(parameters: dict[str, str]) -> None:
    version = parameters.get("fhirversion")
    if version is not None and version not in FHIR_VERSIONS:
        raise NotAcceptable(f"This server speaks FHIR 4.0 (R4); fhirVersion={version} is not supported.")


@lru_cache(maxsize=128)
def body_type(content_type: str | None) -> str:
    """The media type of a body, lower case, without parameters; raises UnsupportedMediaType for another charset than UTF-8."""
    if not content_type:
        raise UnsupportedMediaType("The request has a body but no Content-Type; send application/fhir+json.")
    kind, parameters = _media_type(content_type)
    charset = parameters.get("charset", "utf-8").lower()
    if charset not in {"utf-8", "utf8", "us-ascii"}:
        raise UnsupportedMediaType(f"Bodies are read as UTF-8; charset={charset} is not supported.")
    if kind in JSON_TYPES or kind in XML_TYPES:
        version = parameters.get("fhirversion")
        if version is not None and version not in FHIR_VERSIONS:
            raise UnsupportedMediaType(f"This server speaks FHIR 4.0 (R4); fhirVersion={version} is not supported.")
    return kind


def require_json_body(content_type: str | None) -> None:
    """Raise UnsupportedMediaType unless the body is declared as FHIR JSON."""
    kind = body_type(content_type)
    if kind not in JSON_TYPES:
        raise UnsupportedMediaType(f"We read FHIR JSON and XML; send application/fhir+json or application/fhir+xml instead of {kind}.")


def presentation(pairs: Sequence[tuple[str, str]]) -> Presentation:
    """Read `_summary`, `_elements` and `_pretty`; raises BadRequest naming every value that is not allowed."""
    summary: Summary = "false"
    elements: tuple[str, ...] = ()
    pretty = False
    faults: list[str] = []
    for name, value in pairs:
        if name == "_summary":
            if value not in SUMMARIES:
                faults.append(f"_summary={value} is not one of {', '.join(SUMMARIES)}.")
            summary = SUMMARIES.get(value, "false")
        elif name == "_elements":
            elements += tuple(part.strip() for part in value.split(",") if part.strip())
        elif name == "_pretty":
            if value not in YES_NO:
                faults.append(f"_pretty={value} is not true or false.")
            pretty = YES_NO.get(value, False)
    if summary != "false" and elements:
        faults.append("_summary and _elements can't be used together; choose one.")
    if faults:
        raise BadRequest(*faults)
    return Presentation(summary, elements, pretty)
