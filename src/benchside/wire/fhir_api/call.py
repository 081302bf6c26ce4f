"""A request and its answer as plain values, so that an entry of a bundle travels the same road as a request of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from benchside.wire.fhir_api.negotiation import DEFAULT_PREFERENCES, JSON_ANSWER, WHOLE, Preferences, Presentation
from benchside.wire.fhir_api.problems import BadRequest

if TYPE_CHECKING:
    from benchside.accounts.principal import Principal
    from benchside.record import Record
    from benchside.record.access_log import AccessLog
    from benchside.wire.fhir_api.limits import Limits


@dataclass(slots=True)
class Call:
    """One interaction that somebody asks for.

    `pairs` are the query parameters in their order, decoded; `base` is our own address without a slash at the end;
    `at` is the time of the request; the conditions are raw header values; `dispatch` sends another call by the same road;
    `purpose` is why the caller asks, `origin` from which network address, `language` the one of refusals.
    """

    method: str
    segments: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    base: str
    at: datetime
    principal: Principal
    record: Record
    access_log: AccessLog
    limits: Limits
    dispatch: Callable[[Call], Answer]
    body: bytes = b""
    content_type: str | None = None
    accept: str | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    if_none_exist: str | None = None
    if_modified_since: str | None = None
    purpose: str | None = None
    origin: str = ""
    language: str = "en"
    preferences: Preferences = DEFAULT_PREFERENCES
    presentation: Presentation = WHOLE
    resource_type: str = ""
    id: str = ""
    version: str = ""
    operation: str = ""
    compartment_type: str = ""

    def parameter(self, name: str) -> str | None:
        """The value of a query parameter that may be given once; raises BadRequest when it is given more often."""
        values = [value for key, value in self.pairs if key == name]
        if len(values) > 1:
            raise BadRequest(f"The parameter {name} may be given once, not {len(values)} times.")
        return values[0] if values else None

    def derived(self, **changes: object) -> Call:
        """The same caller at the same moment, asking for something else."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the names are checked by dataclasses.replace at run time


@dataclass(slots=True)
class Answer:
    """What goes back. `location` and `content_location` are relative to our base; `version` makes the ETag."""

    status: int
    content: bytes = b""
    resource_type: str = ""
    content_type: str = JSON_ANSWER
    version: int | None = None
    last_modified: datetime | None = None
    location: str | None = None
    content_location: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    stream: Iterator[bytes] | None = None  # instead of `content`, for what is too large to hold in memory
    length: int | None = None  # of the stream, in bytes
    notes: bytes = b""  # an OperationOutcome about a write that was done, for `response.outcome` in a bundle
    presented: bool = False  # whether _summary and _elements are already applied, or don't apply


def segments_of(path: str) -> tuple[str, ...]:
    """The parts of a path below our base, decoded; a slash at the end does not count."""
    trimmed = path.strip("/")
    return tuple(unquote(part) for part in trimmed.split("/")) if trimmed else ()


def etag(version: int) -> str:
    """The weak ETag of a version (https://hl7.org/fhir/R4/http.html#versioning)."""
    return f'W/"{version}"'


def version_in_etag(text: str, *, header: str = "If-Match") -> int | None:
    """The version that an `If-Match` names, None for `*`; raises BadRequest for anything else."""
    trimmed = text.strip()
    if trimmed == "*":
        return None
    inner = trimmed.removeprefix("W/").strip('"')
    if inner.isascii() and inner.isdigit() and len(inner) <= 10:
        return int(inner)
    raise BadRequest(f'{header} must name one version, for example W/"3"; we can\'t read {text[:60]}.')


def http_date(moment: datetime) -> str:
    """`moment` as HTTP writes it, in whole seconds. Source: RFC 9110, 5.6.7."""
    return _http_date(int(moment.timestamp()))


@lru_cache(maxsize=4096)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def moment_in_http_date(text: str) -> datetime | None:
    """The moment of an HTTP date, or of an instant as a bundle's entry writes it; None when it can't be read.

    RFC 9110, 13.1.3 says to ignore a date that can't be read.
    """
    try:
        moment = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def instant(moment: datetime) -> str:
    """`moment` as a FHIR instant in UTC with milliseconds, as `meta.lastUpdated` shows it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
