"""update, update as create, and conditional update.

Sources: https://hl7.org/fhir/R4/http.html#update, #upsert, #cond-update, #concurrency
"""

from typing import TYPE_CHECKING, Any

from benchside.accounts.scopes import permits
from benchside.record import Gone, NotFound
from benchside.wire.fhir_api import access, audit, conditions, writing
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.gate.asking import needs_turn
from benchside.wire.fhir_api.problems import BadRequest, Conflicting, PreconditionFailed

if TYPE_CHECKING:
    from benchside.wire.fhir_api.gate.asking import Writes
    from benchside.wire.fhir_api.gate.change import Change

NONE_YET = 0
"""The version that the record expects of a resource which must not exist."""


def update(call: Call) -> Answer:
    """Replace the resource at this id, or create it there; `If-Match` names the version that is replaced."""
    resource = writing.resource_in(call)
    writing.require_same_id(call, resource)
    with writing.committing(call, alone=needs_turn(call, "update", call.resource_type)) as writes:
        change = put(call, writes, resource)
    return answered(call, writes, change)


def put(call: Call, writes: "Writes", resource: Any) -> "Change":
    """Collect `resource` at its id under the call's conditions; it may be new there if the caller may create."""
    if audit.is_own_id(call.resource_type, resource.id):
        raise Conflicting(f"{call.resource_type}/{resource.id} is an id that the record gives itself; choose another.")
    must_exist = not permits(call.principal, call.resource_type, "c")
    if_match = writing.version_wanted(call)
    if call.if_match is not None and if_match is None:
        if_match = _version_there(call, resource.id)
    if call.if_none_match is not None and call.if_none_match.strip() == "*":
        if_match, must_exist = NONE_YET, False
    access.require_writable_in_scope(call, resource, "u")
    return writes.update(resource, if_match=if_match, must_exist=must_exist)


def _version_there(call: Call, resource_id: str) -> int:
    """The version that `If-Match: *` means: whichever is there; raises PreconditionFailed when none is."""
    try:
        return call.record.read(call.resource_type, resource_id).version
    except (NotFound, Gone) as missing:
        raise PreconditionFailed(f"If-Match: * needs something to replace, but {missing}") from missing


def answered(call: Call, writes: "Writes", change: "Change") -> Answer:
    """201 for a first version, 200 for a later one."""
    stored = writing.stored_by(change)
    return writing.written(call, stored, 201 if stored.version == 1 else 200, writing.notes_on(call, writes, stored))


def conditional_update(call: Call) -> Answer:
    """Replace the one resource that fits the condition, or create one when none fits."""
    resource = writing.resource_in(call)
    pairs = conditions.filtering(call.pairs, "PUT " + call.resource_type)
    with writing.committing(call, alone=True) as writes:
        change = put_where(call, writes, resource, pairs)
    return answered(call, writes, change)


def put_where(call: Call, writes: "Writes", resource: Any, pairs: tuple[tuple[str, str], ...]) -> "Change":
    """Collect `resource` where the condition `pairs` says; call it under the write lock."""
    existing = conditions.selected(call, call.resource_type, pairs)
    if existing is None:
        if resource.id is not None:
            return put(call, writes, resource)
        access.require_writable_in_scope(call, resource, "c")
        return writes.create(resource)
    if resource.id is not None and resource.id != existing.id:
        raise BadRequest(
            f"The condition selects {existing.reference}, but the body has the id {resource.id}; leave it out or make them the same."
        )
    resource.id = existing.id
    access.require_writable_in_scope(call, resource, "u")
    return writes.update(resource, if_match=writing.version_wanted(call), before=existing)
