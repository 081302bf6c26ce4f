"""read and vread: one resource, as it is or as it was.

Sources: https://hl7.org/fhir/R4/http.html#read, #vread, #cread (If-None-Match, If-Modified-Since), binary.html#rest.
"""

from base64 import b64decode
from datetime import timedelta

import msgspec

from benchside.record import Stored
from benchside.wire.fhir_api import access, audit, negotiation
from benchside.wire.fhir_api.call import Answer, Call, moment_in_http_date
from benchside.wire.fhir_api.problems import NoSuchResource

SECOND = timedelta(seconds=1)
VERSION_DIGITS_MAX = 10


class RawBinary(msgspec.Struct, frozen=True):
    """What a Binary's bytes are served from."""

    contentType: str  # noqa: N815 - FHIR's own name
    data: str = ""


def read(call: Call) -> Answer:
    """The current version of a resource; 410 when it was deleted, 304 when the client has it already."""
    if audit.is_own_id(call.resource_type, call.id):
        return represented(call, audit.read(call))
    stored = call.record.read(call.resource_type, call.id)
    access.require_id_in_scope(call)
    access.seen(call, "read", stored)
    return represented(call, stored)


def vread(call: Call) -> Answer:
    """One version of a resource, whether or not it is the current one."""
    if not (call.version.isascii() and call.version.isdigit() and len(call.version) <= VERSION_DIGITS_MAX):
        raise NoSuchResource(f"{call.resource_type}/{call.id} has no version {call.version[:20]}: versions are whole numbers.")
    stored = call.record.read_version(call.resource_type, call.id, int(call.version))
    access.require_id_in_scope(call)
    access.seen(call, "vread", stored)
    return represented(call, stored)


def represented(call: Call, stored: Stored) -> Answer:
    """`stored` as the client wants it: whole, not at all (304), or a Binary as its own bytes."""
    answer = Answer(200, stored.content, stored.type, version=stored.version, last_modified=stored.recorded)
    if _client_has_it(call, stored):
        answer.status, answer.content, answer.presented = 304, b"", True
    elif stored.type == "Binary" and call.accept is not None and not _wants_fhir(call):
        binary = msgspec.json.decode(stored.content, type=RawBinary)
        answer.content, answer.content_type, answer.presented = b64decode(binary.data), binary.contentType, True
        # The bytes are somebody's upload: a browser must neither guess their type nor run them as our page.
        answer.headers["Content-Disposition"] = "attachment"
        answer.headers["Content-Security-Policy"] = "sandbox"
    return answer


def _wants_fhir(call: Call) -> bool:
    format_parameter = call.parameter("_format")
    return negotiation.asks_for_fhir(call.accept, format_parameter)


def _client_has_it(call: Call, stored: Stored) -> bool:
    if call.if_none_match is not None:
        # Weak comparison (RFC 9110, 8.8.3.2); fhirpy sends the bare version.
        named = {part.strip().removeprefix("W/").strip('"') for part in call.if_none_match.split(",")}
        return "*" in named or str(stored.version) in named
    if call.if_modified_since is not None:
        since = moment_in_http_date(call.if_modified_since)
        # HTTP dates have whole seconds: a change within the named second can't be told apart, so it is sent again.
        return since is not None and stored.recorded < since + SECOND and stored.recorded.replace(microsecond=0) <= since
    return False
