"""patch and conditional patch: JSON Patch (RFC 6902), FHIRPath Patch, and JSON Merge Patch (RFC 7396) for clients that send it.

A patch is made on one version and written only if that version is still the current one; when somebody was faster and the
client named no version, it is made again on the new one: a few times freely, then under the record's write lock.
Sources: https://hl7.org/fhir/R4/http.html#patch, fhirpatch.html
"""

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from benchside.fhir import Fault, Invalid, r4, read
from benchside.fhir.patch import fhirpath_patch, json_patch
from benchside.record import NotFound, Stored, VersionConflict
from benchside.wire.fhir_api import access, conditions, writing
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.gate.asking import needs_turn
from benchside.wire.fhir_api.merge_patch import MERGE_PATCH_TYPE, is_merge_patch, merged
from benchside.wire.fhir_api.negotiation import JSON_PATCH_TYPE, JSON_TYPES, body_type
from benchside.wire.fhir_api.problems import BadRequest, PreconditionFailed, TooCostly, UnsupportedMediaType

if TYPE_CHECKING:
    from benchside.wire.fhir_api.gate.asking import Writes
    from benchside.wire.fhir_api.gate.change import Change


def patch(call: Call) -> Answer:
    """Change parts of one resource."""
    access.require_id_in_scope(call, "u")
    if call.if_match is None:
        for _ in range(call.limits.conflict_retries_max):
            try:
                return _attempt(call, alone=False)
            except VersionConflict:
                continue
    return _attempt(call, alone=True)


def _attempt(call: Call, *, alone: bool) -> Answer:
    """Make the patch on what is there now; `alone` keeps everybody else from being faster."""
    with writing.committing(call, alone=alone or needs_turn(call, "update", call.resource_type)) as writes:
        change = _stage(call, writes, call.record.read(call.resource_type, call.id))
    return _answered(call, writes, change)


def _answered(call: Call, writes: "Writes", change: "Change") -> Answer:
    stored = writing.stored_by(change)
    return writing.written(call, stored, 200, writing.notes_on(call, writes, stored))


def conditional_patch(call: Call) -> Answer:
    """Change parts of the one resource that fits the condition; 404 when none does."""
    pairs = conditions.filtering(call.pairs, "PATCH " + call.resource_type)
    with writing.committing(call, alone=True) as writes:
        change = _stage(call, writes, _selected(call, pairs))
    return _answered(call, writes, change)


def _selected(call: Call, pairs: tuple[tuple[str, str], ...]) -> Stored:
    current = conditions.selected(call, call.resource_type, pairs)
    if current is None:
        raise NotFound(call.resource_type, "&".join(f"{name}={value}" for name, value in pairs)[:200])
    return current


def _stage(call: Call, writes: "Writes", current: Stored) -> "Change":
    wanted = writing.version_wanted(call)
    if wanted is not None and wanted != current.version:
        raise PreconditionFailed(
            f"{current.reference} is at version {current.version}, not {wanted}; read it again and repeat your change."
        )
    resource = _patched(call, current)
    access.require_writable_in_scope(call, resource, "u")
    return writes.update(resource, if_match=current.version, before=current)


def _patched(call: Call, current: Stored) -> Any:
    """The resource after the patch in the body; raises Invalid when what comes out is no valid resource, or another one."""
    kind = body_type(call.content_type)
    if kind == JSON_PATCH_TYPE:
        resource = json_patch(current.content, call.body, operations_max=call.limits.patch_operations_max)
    elif kind == MERGE_PATCH_TYPE or (kind in JSON_TYPES and is_merge_patch(call.body)):
        resource = read(merged(current.content, call.body), current.type)
    elif kind in JSON_TYPES:
        resource = _fhirpath_patched(call, current)
    else:
        words = f"A patch is {JSON_PATCH_TYPE}, {MERGE_PATCH_TYPE}, or a Parameters resource as application/fhir+json; not {kind}."
        raise UnsupportedMediaType(words)
    if type(resource).__name__ != current.type or resource.id != current.id:
        raise Invalid((Fault(f"{current.type}.id", "value", "A patch may change neither the type nor the id of a resource."),))
    return resource


def _fhirpath_patched(call: Call, current: Stored) -> Any:
    parameters: Any = read(call.body)
    if not isinstance(parameters, r4.Parameters):
        raise BadRequest(
            f"A patch sent as application/fhir+json is a Parameters resource with operations, not a {type(parameters).__name__}."
        )
    operations = parameters.parameter or []
    if len(operations) > call.limits.patch_operations_max:
        raise TooCostly(f"The patch has {len(operations)} operations; this site takes at most {call.limits.patch_operations_max}.")
    return fhirpath_patch(read(current.content, current.type), parameters)


def unpack_entry(call: Call) -> None:
    """Make the body of a PATCH entry of a bundle what it would be by itself: a JSON Patch travels inside a Binary.

    Source: https://hl7.org/fhir/R4/http.html#patch ("PATCH in batch and transaction")
    """
    body: Any = read(call.body)
    if isinstance(body, r4.Binary):
        if body.contentType != JSON_PATCH_TYPE:
            raise UnsupportedMediaType(f"A Binary in a PATCH entry must have the contentType {JSON_PATCH_TYPE}, not {body.contentType}.")
        call.body, call.content_type = b64decode(body.data or ""), JSON_PATCH_TYPE


def stage_entry(call: Call, writes: "Writes") -> "Change":
    """Collect the PATCH entry of a transaction; call it under the write lock."""
    unpack_entry(call)
    if call.id:
        return _stage(call, writes, call.record.read(call.resource_type, call.id))
    return _stage(call, writes, _selected(call, conditions.filtering(call.pairs, "PATCH " + call.resource_type)))
