"""$validate: would this resource be taken? Everything that create and update would check, and nothing is written.

Source: https://hl7.org/fhir/R4/resource-operation-validate.html
"""

from typing import Any

import msgspec

from benchside.fhir import Fault, Invalid, read
from benchside.fhir.references import references
from benchside.record import Gone, NotFound
from benchside.record.commit import local_target
from benchside.wire.fhir_api import access, outcomes, signin
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.negotiation import require_json_body
from benchside.wire.fhir_api.operations.operation import Operation, arguments
from benchside.wire.fhir_api.problems import BadRequest

MODES = ("create", "update", "delete")
LETTERS = {"create": "c", "update": "u", "delete": "d", "": "s"}
BASE_PROFILE = "http://hl7.org/fhir/StructureDefinition/"


class _Part(msgspec.Struct):
    """A parameter of the request, its resource still as bytes."""

    name: str = ""
    resource: msgspec.Raw = msgspec.Raw()
    valueCode: str | None = None  # noqa: N815 - FHIR's own names
    valueUri: str | None = None  # noqa: N815 - FHIR's own name
    valueCanonical: str | None = None  # noqa: N815 - FHIR's own name


class _Parts(msgspec.Struct):
    resourceType: str = ""  # noqa: N815 - FHIR's own name
    parameter: list[_Part] = []


def validate(call: Call) -> Answer:
    """Say what is wrong with the resource in the body, or that nothing is; always 200 with an OperationOutcome."""
    body, mode, profile = _asked(call)
    if mode and mode not in MODES:
        raise BadRequest(f"mode must be one of {', '.join(MODES)}, not {mode[:40]}.")
    signin.require(call.principal, call.resource_type, LETTERS[mode])
    if mode == "delete":
        return _said(_delete_faults(call), profile)
    if not body:
        if not call.id or call.method != "GET":
            raise BadRequest("Send the resource to check, by itself or in the parameter 'resource' of a Parameters.")
        access.require_id_in_scope(call)
        body = call.record.read(call.resource_type, call.id).content
    try:
        resource: Any = read(body, call.resource_type)
    except Invalid as invalid:
        return _said(list(invalid.faults), profile)
    return _said(_reference_faults(call, resource) + _id_faults(call, resource, mode), profile)


def _asked(call: Call) -> tuple[bytes, str, str]:
    """The resource's bytes, the mode and the profile; the resource is not read yet, so that its own paths stay."""
    if call.method == "GET" or not call.body:
        parameters = arguments(call)
        return b"", parameters.text("mode") or "", parameters.text("profile") or ""
    require_json_body(call.content_type)
    in_address = dict(call.pairs)
    try:
        parts = msgspec.json.decode(call.body, type=_Parts)
    except msgspec.DecodeError:
        return call.body, in_address.get("mode", ""), in_address.get("profile", "")
    if parts.resourceType != "Parameters" or call.resource_type == "Parameters":
        return call.body, in_address.get("mode", ""), in_address.get("profile", "")
    given = {part.name: part for part in parts.parameter}
    resource, mode, profile = given.get("resource"), given.get("mode"), given.get("profile")
    return (
        bytes(resource.resource) if resource is not None else b"",
        (mode.valueCode if mode else None) or in_address.get("mode", ""),
        ((profile.valueUri or profile.valueCanonical) if profile else None) or in_address.get("profile", ""),
    )


def _reference_faults(call: Call, resource: Any) -> list[Fault]:
    faults: list[Fault] = []
    for path, reference in references(resource):
        target = local_target(reference.reference)
        if target is None:
            continue
        kind, _, resource_id = target.partition("/")
        try:
            call.record.read(kind, resource_id)
        except (NotFound, Gone) as missing:
            faults.append(Fault(f"{path}.reference", "not-found", f"{missing} Send it first, or in the same transaction."))
    return faults


def _id_faults(call: Call, resource: Any, mode: str) -> list[Fault]:
    if mode == "create" and resource.id is not None:
        return [
            Fault(f"{call.resource_type}.id", "informational", "create gives the resource an id of ours; the one in the body is not kept.")
        ]
    if mode == "update" and resource.id is None:
        return [Fault(f"{call.resource_type}.id", "required", "update needs the id of the resource.")]
    if call.id and resource.id is not None and resource.id != call.id:
        return [
            Fault(
                f"{call.resource_type}.id",
                "value",
                f"The id in the body is {resource.id}, in the address {call.id}; they must be the same.",
            )
        ]
    return []


def _delete_faults(call: Call) -> list[Fault]:
    if not call.id:
        raise BadRequest("mode=delete asks about one resource: send it to its address, for example Patient/123/$validate.")
    try:
        call.record.read(call.resource_type, call.id)
    except (NotFound, Gone) as missing:
        return [Fault("", "not-found", str(missing))]
    return []


def _said(faults: list[Fault], profile: str) -> Answer:
    notes: list[str] = []
    if profile and not profile.startswith(BASE_PROFILE):
        notes.append(f"The profile {profile[:200]} is not known here; only the rules of FHIR R4 itself were checked.")
    wrong = [fault for fault in faults if fault.code != "informational"]
    notes += [fault.message for fault in faults if fault.code == "informational"]
    if not wrong:
        notes.insert(0, "Nothing is wrong with it.")
    content = outcomes.mixed_bytes(tuple(wrong), tuple(notes))
    return Answer(200, content, "OperationOutcome", presented=True)


OPERATION = Operation(
    name="validate",
    definition="http://hl7.org/fhir/OperationDefinition/Resource-validate",
    levels={"type": None, "instance": None},
    methods=("GET", "POST"),
    handler=validate,
)
