"""create and conditional create.

Sources: https://hl7.org/fhir/R4/http.html#create, #ccreate
"""

from benchside.wire.fhir_api import access, conditions, writing
from benchside.wire.fhir_api.call import Answer, Call


def create(call: Call) -> Answer:
    """Keep a new resource under an id of ours; with `If-None-Exist`, only if nothing fits the condition yet."""
    resource = writing.resource_in(call)
    access.require_writable_in_scope(call, resource, "c")
    pairs = _condition(call)
    if pairs is None:
        with writing.committing(call, "fhir.create") as commit:
            staged = commit.create(resource)
        return writing.written(call, writing.stored_by(staged), 201)
    with writing.committing(call, "fhir.create", alone=True) as commit:
        existing = conditions.selected(call, call.resource_type, pairs)
        staged = None if existing is not None else commit.create(resource)
    if staged is None:
        assert existing is not None, "nothing was staged because something was there"
        return writing.written(call, existing, 200)
    return writing.written(call, writing.stored_by(staged), 201)


def _condition(call: Call) -> tuple[tuple[str, str], ...] | None:
    """The condition of a conditional create; None when there is none.

    fhirpy puts it into the address (`POST Patient?identifier=x`). FHIR says nothing of that; to pass over it would make
    the duplicate that the client wants to avoid.
    """
    if call.if_none_exist is not None:
        return conditions.condition_pairs(call.if_none_exist, call.resource_type)
    asked = tuple(pair for pair in call.pairs if pair[0] not in conditions.RESULT_PARAMETERS)
    return asked or None
