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
from benchside.record import Stored
from benchside.wire.fhir_api.call import Answer, Call, version_in_etag
from benchside.wire.fhir_api.gate import refused
from benchside.wire.fhir_api.gate.asking import Writes, settle
from benchside.wire.fhir_api.negotiation import JSON_TYPES, body_type
from benchside.wire.fhir_api.outcomes import information_bytes
from benchside.wire.fhir_api.problems import BadRequest, UnsupportedMediaType

if TYPE_CHECKING:
    from benchside.fhir.r4 import AnyResource
    from benchside.wire.fhir_api.gate.change import Change

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


@contextmanager
def committing(call: Call, *, alone: bool = False) -> Iterator[Writes]:
    """Collect writes, then ask the gate about them and commit them as one; an exception inside writes nothing.

    `alone` holds the record's write lock from the start: for a commit that rests on what a search inside it finds, and for
    whatever `needs_turn` of the gate says. Raises WriteRefused.
    """
    with call.record.serialised() if alone else nullcontext():
        writes = Writes(call)
        yield writes
        settle(writes)


def stored_by(change: "Change") -> Stored:
    """What a write became; only after the commit has ended."""
    assert change.stored is not None, "a commit that ended without an exception has stored all it staged"
    return change.stored


def notes_on(call: Call, writes: Writes, stored: Stored) -> bytes:
    """What the sender should know of a write that was done, as an OperationOutcome; empty when there is nothing."""
    notes = [note for place, note in writes.notes if place == stored.reference]
    return refused.warnings(notes, call.record.policy.zone, call.language) if notes else b""


def version_wanted(call: Call) -> int | None:
    """The version that `If-Match` names; None when it names none."""
    return None if call.if_match is None else version_in_etag(call.if_match)


def written(call: Call, stored: Stored, status: int, notes: bytes = b"") -> Answer:
    """The answer to a write: 201 or 200 with the addresses of the new version, and what `Prefer: return=` asks for.

    `notes` is an OperationOutcome of warnings: shown where an outcome is asked for, and in a bundle always.
    """
    answer = Answer(status, resource_type=stored.type, version=stored.version, last_modified=stored.recorded, notes=notes)
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
        answer.content, answer.resource_type, answer.presented = notes or information_bytes(words), "OperationOutcome", True
    else:
        answer.content = stored.content
    return answer
