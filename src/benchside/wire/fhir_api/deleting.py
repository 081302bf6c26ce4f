"""delete and conditional delete: a version that says "gone"; everything before it stays readable.

Sources: https://hl7.org/fhir/R4/http.html#delete, #3.1.0.7.1
"""

from benchside.record import Gone, NotFound, Stored
from benchside.wire.fhir_api import access, conditions, writing
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.gate.asking import needs_turn
from benchside.wire.fhir_api.outcomes import information_bytes
from benchside.wire.fhir_api.problems import SeveralMatch


def delete(call: Call) -> Answer:
    """Delete a resource; deleting what is not there is no error."""
    if_match = writing.version_wanted(call)
    access.require_id_in_scope(call, "d")
    try:
        with writing.committing(call, alone=needs_turn(call, "delete", call.resource_type)) as writes:
            staged = writes.delete(call.resource_type, call.id, if_match=if_match)
    except NotFound:
        return Answer(204, presented=True)
    except Gone as gone:
        return Answer(204, version=gone.version, presented=True)
    return deleted(call, [writing.stored_by(staged)])


def is_there(call: Call) -> bool:
    """Whether there is something to delete at the call's id."""
    try:
        call.record.read(call.resource_type, call.id)
    except (NotFound, Gone):
        return False
    return True


def conditional_delete(call: Call) -> Answer:
    """Delete what fits the condition: one resource, or as many as the site's limit allows."""
    pairs = conditions.filtering(call.pairs, "DELETE " + call.resource_type)
    with writing.committing(call, alone=True) as writes:
        staged = [writes.delete(match.type, match.id) for match in selected(call, pairs)]
    return deleted(call, [writing.stored_by(one) for one in staged])


def selected(call: Call, pairs: tuple[tuple[str, str], ...]) -> list[Stored]:
    """What a conditional delete would delete; raises SeveralMatch beyond the site's limit."""
    at_most = call.limits.conditional_delete_matches_max
    matches = conditions.all_selected(call, call.resource_type, pairs, at_most=at_most)
    if len(matches) > at_most:
        raise SeveralMatch(f"More than {at_most} {call.resource_type} fit the condition; this site deletes at most {at_most} at once.")
    return matches


def deleted(call: Call, gone: list[Stored]) -> Answer:
    """204, or an OperationOutcome that names what was deleted when the client prefers one."""
    if call.preferences.return_ == "OperationOutcome":
        names = ", ".join(stored.reference for stored in gone) or "nothing"
        return Answer(200, information_bytes(f"Deleted: {names}."), "OperationOutcome", presented=True)
    answer = Answer(204, presented=True)
    if len(gone) == 1:
        answer.version, answer.last_modified = gone[0].version, gone[0].recorded
    return answer
