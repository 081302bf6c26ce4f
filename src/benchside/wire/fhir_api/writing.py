"""What create, update, patch and delete share: the body as a resource, the head of the commit, and the answer.

Sources: https://hl7.org/fhir/R4/http.html#create, #update, #ops (Prefer), binary.html#rest
"""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import msgspec

from benchside.fhir import Fault, Invalid, read
from benchside.fhir.references import references
from benchside.record import Attribution, Stored
from benchside.wire.fhir_api.call import Answer, Call, version_in_etag
from benchside.wire.fhir_api.negotiation import JSON_TYPES, body_type
from benchside.wire.fhir_api.outcomes import information_bytes
from benchside.wire.fhir_api.problems import BadRequest, UnsupportedMediaType

if TYPE_CHECKING:
    from benchside.fhir.r4 import AnyResource
    from benchside.record.commit import Commit, Staged

VERBS = {200: "is kept as", 201: "was created as"}


def resource_in(call: Call) -> "AnyResource":
    """The resource in the body; raises Invalid with every fault, UnsupportedMediaType, or BadRequest when there is none."""
    if not call.body:
        raise BadRequest(f"The body must be one {call.resource_type} resource as JSON; it is empty.")
    kind = body_type(call.content_type)
    if kind in JSON_TYPES:
        return localised(call, read(call.body, call.resource_type))
    if call.resource_type == "Binary":
        document = {"resourceType": "Binary", "contentType": kind, "data": b64encode(call.body).decode()}
        if call.id:
            document["id"] = call.id
        return read(msgspec.json.encode(document), "Binary")
    raise UnsupportedMediaType(f"We read FHIR JSON and XML; send application/fhir+json or application/fhir+xml instead of {kind}.")


def localised(call: Call, resource: "AnyResource") -> "AnyResource":
    """Make references to our own address relative, so that they are found and kept whole like every local reference."""
    if f'"{call.base}/'.encode() in call.body:
        for _, reference in references(resource):
            text = reference.reference
            if text is not None and text.startswith(call.base + "/"):
                reference.reference = text[len(call.base) + 1 :]
    return resource


def require_same_id(call: Call, resource: Any) -> None:
    """Raise Invalid unless the body says the id that the address says."""
    if resource.id is None:
        raise Invalid((Fault(f"{call.resource_type}.id", "required", f"The body needs the id of the address: {call.id}."),))
    if resource.id != call.id:
        message = f"The id in the body is {resource.id}, in the address {call.id}; they must be the same."
        raise Invalid((Fault(f"{call.resource_type}.id", "value", message),))


def attribution(call: Call, act: str) -> Attribution:
    """Who does this, by which act, why."""
    return Attribution(author=call.principal.author, act=act, reason=call.purpose or "")


@contextmanager
def committing(call: Call, act: str, *, alone: bool = False) -> Iterator["Commit"]:
    """One commit of the record in the caller's name; an exception inside writes nothing.

    `alone` holds the record's write lock from the start, for a commit that rests on what a search inside it finds.
    """
    with call.record.serialised() if alone else nullcontext(), call.record.commit(attribution(call, act), at=call.at) as commit:
        yield commit


def stored_by(staged: "Staged") -> Stored:
    """What a staged write became; only after the commit has ended."""
    assert staged.stored is not None, "a commit that ended without an exception has stored all it staged"
    return staged.stored


def version_wanted(call: Call) -> int | None:
    """The version that `If-Match` names; None when it names none."""
    return None if call.if_match is None else version_in_etag(call.if_match)


def written(call: Call, stored: Stored, status: int) -> Answer:
    """The answer to a write: 201 or 200 with the addresses of the new version, and what `Prefer: return=` asks for."""
    answer = Answer(status, resource_type=stored.type, version=stored.version, last_modified=stored.recorded)
    place = f"{stored.type}/{stored.id}/_history/{stored.version}"
    if status == 201:
        answer.location = place
    else:
        answer.content_location = place
    wanted = call.preferences.return_
    if wanted == "minimal":
        answer.presented = True
    elif wanted == "OperationOutcome":
        words = f"{stored.type}/{stored.id} {VERBS[status]} version {stored.version}."
        answer.content, answer.resource_type, answer.presented = information_bytes(words), "OperationOutcome", True
    else:
        answer.content = stored.content
    return answer
