"""create and conditional create.

Sources: https://hl7.org/fhir/R4/http.html#create, #ccreate
"""

from typing import TYPE_CHECKING

from benchside.wire.fhir_api import access, conditions, writing
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.gate.asking import needs_turn

if TYPE_CHECKING:
    from benchside.wire.fhir_api.gate.asking import Writes
    from benchside.wire.fhir_api.gate.change import Change


def create(call: Call) -> Answer:
    """Keep a new resource under an id of ours; with `If-None-Exist`, only if nothing fits the condition yet."""
    resource = writing.resource_in(call)
    access.require_writable_in_scope(call, resource, "c")
    pairs = _condition(call)
    if pairs is None:
        with writing.committing(call, alone=needs_turn(call, "create", call.resource_type, resource)) as writes:
            change = writes.create(resource)
        return _created(call, writes, change)
    with writing.committing(call, alone=True) as writes:
        existing = conditions.selected(call, call.resource_type, pairs)
        change = None if existing is not None else writes.create(resource)
    if change is None:
        assert existing is not None, "nothing was written because something was there"
        return writing.written(call, existing, 200)
    return _created(call, writes, change)


def _created(call: Call, writes: "Writes", change: "Change") -> Answer:
    stored = writing.stored_by(change)
    return writing.written(call, stored, 201, writing.notes_on(call, writes, stored))


def _condition(call: Call) -> tuple[tuple[str, str], ...] | None:
    """The condition of a conditional create; None when there is none.

    fhirpy puts it into the address (`POST Patient?identifier=x`). FHIR says nothing of that; to pass over it would make
    the duplicate that the client wants to avoid.
    """
    if call.if_none_exist is not None:
        return conditions.condition_pairs(call.if_none_exist, call.resource_type)
    asked = tuple(pair for pair in call.pairs if pair[0] not in conditions.RESULT_PARAMETERS)
    return asked or None
