"""Bundles made by joining stored bytes: no resource is decoded on its way out.

Source: https://hl7.org/fhir/R4/bundle.html
"""

from collections.abc import Iterable, Sequence
from uuid import uuid4

import msgspec

from benchside.wire.fhir_api.call import Answer, etag, instant

MATCH = b'"search":{"mode":"match"}'
INCLUDE = b'"search":{"mode":"include"}'
OUTCOME = b'"search":{"mode":"outcome"}'

_quote = msgspec.json.Encoder().encode


def quoted(text: str) -> bytes:
    """Write `text` as a JSON string."""
    return _quote(text)


def bundle(
    kind: str, entries: Iterable[bytes], *, links: Sequence[tuple[str, str]] = (), total: int | None = None, last_updated: str | None = None
) -> bytes:
    """A Bundle of type `kind` around finished entries; `links` are (relation, url) in the order to show."""
    parts = [b'{"resourceType":"Bundle","id":"', str(uuid4()).encode()]
    if last_updated is not None:
        parts += [b'","meta":{"lastUpdated":"', last_updated.encode(), b'"},"type":"', kind.encode(), b'"']
    else:
        parts += [b'","type":"', kind.encode(), b'"']
    if total is not None:
        parts.append(b',"total":%d' % total)
    if links:
        written = b",".join(b'{"relation":%b,"url":%b}' % (_quote(relation), _quote(url)) for relation, url in links)
        parts += [b',"link":[', written, b"]"]
    joined = b",".join(entries)
    if joined:  # FHIR JSON has no empty arrays
        parts += [b',"entry":[', joined, b"]"]
    parts.append(b"}")
    return b"".join(parts)


def searched_entry(base: bytes, resource_type: str, resource_id: str, content: bytes, mode: bytes) -> bytes:
    """An entry of a search result; `base` is our address, `mode` one of MATCH, INCLUDE."""
    return b'{"fullUrl":"%b/%b/%b","resource":%b,%b}' % (base, resource_type.encode(), resource_id.encode(), content, mode)


def outcome_entry(content: bytes) -> bytes:
    """An entry that carries warnings about a search."""
    return b'{"resource":%b,%b}' % (content, OUTCOME)


def history_entry(
    base: bytes, resource_type: str, resource_id: str, content: bytes | None, *, method: str, url: str, status: str, version: int, at: str
) -> bytes:
    """One version in a history; `content` is None for a deletion (https://hl7.org/fhir/R4/http.html#history)."""
    resource = b'"resource":%b,' % content if content is not None else b""
    return (
        b'{"fullUrl":"%b/%b/%b",%b"request":{"method":"%b","url":%b},"response":{"status":%b,"etag":%b,"lastModified":"%b"}}'
        % (base, resource_type.encode(), resource_id.encode(), resource, method.encode(), _quote(url), _quote(status),
           _quote(etag(version)), at.encode())
    )  # fmt: skip  # one line per half of the entry reads better


STATUS_WORDS = {
    200: "200 OK",
    201: "201 Created",
    204: "204 No Content",
    304: "304 Not Modified",
}


def answered_entry(answer: Answer, base: str, *, with_resource: bool) -> bytes:
    """What a batch or transaction answers for one entry; an OperationOutcome goes into `response.outcome`, as FHIR wants."""
    parts: list[bytes] = []
    is_outcome = answer.resource_type == "OperationOutcome"
    if answer.content and with_resource and not is_outcome:
        parts.append(b'"resource":%b' % answer.content)
    response = [b'"status":%b' % _quote(STATUS_WORDS.get(answer.status, str(answer.status)))]
    place = answer.location or answer.content_location
    if place is not None:
        response.append(b'"location":%b' % _quote(f"{base}/{place}"))
    if answer.version is not None:
        response.append(b'"etag":%b' % _quote(etag(answer.version)))
    if answer.last_modified is not None:
        response.append(b'"lastModified":"%b"' % instant(answer.last_modified).encode())
    if (answer.content and is_outcome) or answer.notes:
        response.append(b'"outcome":%b' % (answer.content if is_outcome else answer.notes))
    parts.append(b'"response":{%b}' % b",".join(response))
    return b"{%b}" % b",".join(parts)
