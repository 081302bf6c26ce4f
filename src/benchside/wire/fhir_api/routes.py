"""The one table of what the API does: dispatch, the permission check and the CapabilityStatement all read it.

Source: https://hl7.org/fhir/R4/http.html#summary
"""

from collections.abc import Callable
from dataclasses import dataclass

from benchside.wire.fhir_api import (
    batch,
    creating,
    deleting,
    histories,
    patching,
    reading,
    searching,
    signin,
    updating,
)
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.export import bulk
from benchside.wire.fhir_api.gate import asking as gate
from benchside.wire.fhir_api.gate.refused import WriteRefused
from benchside.wire.fhir_api.operations import OPERATIONS, Operation
from benchside.wire.fhir_api.problems import MethodNotAllowed, UnknownAddress
from benchside.wire.fhir_api.resource_types import KNOWN_TYPES

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Interaction:
    """One row of the table.

    `code` is FHIR's word (CapabilityStatement.rest.resource.interaction.code or rest.interaction.code); `letter` is what
    must be permitted on the resource type, empty where the handler asks for each type that it touches.
    """

    shape: str
    method: str
    code: str
    letter: str
    handler: Handler


INTERACTIONS: tuple[Interaction, ...] = (
    Interaction("instance", "GET", "read", "r", reading.read),
    Interaction("version", "GET", "vread", "r", reading.vread),
    Interaction("instance", "PUT", "update", "u", updating.update),
    Interaction("type", "PUT", "update", "u", updating.conditional_update),
    Interaction("instance", "PATCH", "patch", "u", patching.patch),
    Interaction("type", "PATCH", "patch", "u", patching.conditional_patch),
    Interaction("instance", "DELETE", "delete", "d", deleting.delete),
    Interaction("type", "DELETE", "delete", "d", deleting.conditional_delete),
    Interaction("instance history", "GET", "history-instance", "r", histories.of_instance),
    Interaction("type history", "GET", "history-type", "s", histories.of_type),
    Interaction("type", "POST", "create", "c", creating.create),
    Interaction("type", "GET", "search-type", "s", searching.search_type),
    Interaction("type search", "POST", "search-type", "s", searching.search_type),
    Interaction("compartment", "GET", "search-type", "", searching.search_compartment),
    Interaction("compartment search", "POST", "search-type", "", searching.search_compartment),
    Interaction("system history", "GET", "history-system", "", histories.of_system),
    Interaction("system", "GET", "search-system", "", searching.search_system),
    Interaction("system search", "POST", "search-system", "", searching.search_system),
    Interaction("system", "POST", "transaction", "", batch.receive),
    Interaction("system", "POST", "batch", "", batch.receive),
)

TABLE: dict[tuple[str, str], Interaction] = {(row.shape, row.method): row for row in INTERACTIONS}
METHODS: dict[str, tuple[str, ...]] = {
    shape: tuple(sorted({row.method for row in INTERACTIONS if row.shape == shape} | ({"HEAD"} if (shape, "GET") in TABLE else set())))
    for shape in {row.shape for row in INTERACTIONS}
}
OPERATION_TABLE: dict[str, Operation] = {operation.name: operation for operation in OPERATIONS}


def shape_of(call: Call) -> str:
    """Name the shape of the call's path and put its parts into the call; raises UnknownAddress."""
    parts = call.segments
    count = len(parts)
    if count == 0:
        return "system"
    last = parts[-1]
    if last.startswith("$"):
        return _operation_shape(call, parts)
    if count == 1 and last in {"_history", "_search"}:
        return "system history" if last == "_history" else "system search"
    call.resource_type = parts[0]
    if parts[0] not in KNOWN_TYPES:
        raise UnknownAddress(f"{parts[0][:60]} is no R4 resource type; names are case-sensitive, for example Patient.")
    if count == 1:
        return "type"
    if count == 2 and last in {"_history", "_search"}:
        return "type history" if last == "_history" else "type search"
    call.id = parts[1]
    if count == 2:
        return "instance"
    if parts[2] == "_history":
        if count == 3:
            return "instance history"
        call.version = parts[3]
        if count == 4:
            return "version"
    elif count == 3 or (count == 4 and last == "_search"):
        call.compartment_type = parts[2]
        return "compartment" if count == 3 else "compartment search"
    raise UnknownAddress(f"There is nothing at /{'/'.join(parts)[:200]}; see /metadata for what this server does.")


def _operation_shape(call: Call, parts: tuple[str, ...]) -> str:
    call.operation = parts[-1][1:]
    operation = OPERATION_TABLE.get(call.operation)
    if operation is not None:
        place = parts[:-1]
        level = ("system", "type", "instance")[len(place)] if len(place) <= 2 else ""
        call.resource_type = place[0] if place else ""
        call.id = place[1] if len(place) > 1 else ""
        if operation.answers(level, call.resource_type):
            return f"operation {level}"
    raise UnknownAddress(f"There is no operation at /{'/'.join(parts)[:200]}; see /metadata for those of this server.")


def perform(call: Call) -> Answer:
    """Find the row for a call, check that the caller may, and let the handler answer.

    Raises Problem and the record's refusals; `outcomes.answer_for` turns them into answers.
    """
    if call.segments[:1] == ("_export",):
        return bulk.perform(call)
    shape = shape_of(call)
    method = "GET" if call.method == "HEAD" else call.method
    if shape.startswith("operation"):
        return _operate(call, method)
    row = TABLE.get((shape, method))
    if row is None:
        methods = METHODS[shape]
        raise MethodNotAllowed(
            f"{call.method} is not possible at /{'/'.join(call.segments)[:200]}; possible are {', '.join(methods)}.",
            headers={"Allow": ", ".join(methods)},
        )
    if row.letter:
        signin.require(call.principal, call.resource_type, row.letter)
    try:
        return row.handler(call)
    except WriteRefused as refused:
        gate.count(call, refused)
        raise


def _operate(call: Call, method: str) -> Answer:
    operation = OPERATION_TABLE[call.operation]
    if method not in operation.methods:
        raise MethodNotAllowed(
            f"${call.operation} answers {' and '.join(operation.methods)}, not {call.method}.",
            headers={"Allow": ", ".join(operation.methods)},
        )
    return operation.handler(call)
