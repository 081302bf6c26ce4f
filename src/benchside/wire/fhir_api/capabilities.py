"""The CapabilityStatement, made from the tables that dispatch and search: it can't claim what is not there.

Source: https://hl7.org/fhir/R4/capabilitystatement.html
"""

from collections import defaultdict
from functools import lru_cache
from typing import Any, Final

import msgspec
from django.conf import settings

from benchside import __version__
from benchside.fhir.search.parameters import Parameter, hierarchical_targets, parameters
from benchside.wire.fhir_api import audit, routes
from benchside.wire.fhir_api.call import Answer
from benchside.wire.fhir_api.limits import Limits, site_limits
from benchside.wire.fhir_api.negotiation import JSON_PATCH_TYPE, Presentation
from benchside.wire.fhir_api.presenting import present
from benchside.wire.fhir_api.problems import MethodNotAllowed
from benchside.wire.fhir_api.resource_types import RESOURCE_TYPES
from benchside.wire.fhir_api.searching import COMPARTMENTS

PUBLISHED: Final = "2026-11-22"
"""The day this statement last changed in kind; what it lists follows the tables."""
SYSTEM_SHAPES: Final = frozenset({"system", "system history", "system search"})
DOCUMENTATION: Final = (
    "FHIR R4 as JSON and XML. Every request but this one needs a bearer token. "
    "Unknown search parameters are refused unless the client prefers handling=lenient. "
    "Each write is asked about as the act it amounts to; a refusal (403, 422) lists every reason with its code in issue.details."
)


def answer(method: str, base: str, shown: Presentation) -> Answer:
    """The CapabilityStatement of the server at `base`; it needs no sign-in."""
    if method not in {"GET", "HEAD"}:
        raise MethodNotAllowed(f"/metadata answers GET, not {method}.", headers={"Allow": "GET, HEAD"})
    content = statement(base, site_limits(), bool(getattr(settings, "BENCHSIDE_FHIR_CORS_ORIGINS", [])))
    if not shown.whole:
        content = present(content, "CapabilityStatement", shown)
    if shown.pretty:
        content = msgspec.json.format(content, indent=2)
    return Answer(200, content, "CapabilityStatement", presented=True)


@lru_cache(maxsize=16)
def statement(base: str, limits: Limits, cors: bool) -> bytes:  # noqa: FBT001 - part of the key of the cache
    """The statement as JSON; made once for each address that the server is called by."""
    pointing = _pointing()
    rest: dict[str, Any] = {
        "mode": "server",
        "documentation": DOCUMENTATION,
        "security": {
            "cors": cors,
            "description": "Send a bearer token (RFC 6750) made by the site's administrator; SMART v2 scopes say what it permits.",
        },
        "resource": [_resource(name, limits, pointing[name]) for name in RESOURCE_TYPES],
        "interaction": [{"code": code} for code in _codes(system=True)],
        "searchParam": [
            {"name": parameter.code, "type": parameter.kind}
            for parameter in parameters("Basic").values()
            if parameter.code in SYSTEM_PARAMETERS
        ],
        "operation": [_operation(one, "") for one in routes.OPERATION_TABLE.values() if "system" in one.levels],
        "compartment": [f"http://hl7.org/fhir/CompartmentDefinition/{name.lower()}" for name in sorted(COMPARTMENTS)],
    }
    return msgspec.json.encode(
        {
            "resourceType": "CapabilityStatement",
            "id": "benchside",
            "url": f"{base}/metadata",
            "version": __version__,
            "name": "Benchside",
            "status": "active",
            "date": PUBLISHED,
            "publisher": "The Benchside maintainers",
            "kind": "instance",
            "software": {"name": "Benchside", "version": __version__},
            "implementation": {"description": "Benchside, the work system of clinical technicians", "url": base},
            "fhirVersion": "4.0.1",
            "format": ["json", "application/fhir+json", "xml", "application/fhir+xml"],
            "patchFormat": [JSON_PATCH_TYPE, "application/fhir+json"],
            "rest": [{key: value for key, value in rest.items() if value != []}],
        }
    )


SYSTEM_PARAMETERS: Final = frozenset({"_id", "_lastUpdated", "_profile", "_security", "_source", "_tag"})


def _codes(*, system: bool) -> list[str]:
    """The codes of the interactions at system level, or at the level of a type, each once, in the order of the table."""
    return list(dict.fromkeys(row.code for row in routes.INTERACTIONS if (row.shape in SYSTEM_SHAPES) == system))


def _resource(name: str, limits: Limits, pointing: list[str]) -> dict[str, Any]:
    own = sorted(audit.searchable(name), key=lambda parameter: parameter.code)
    includes = not audit.kept_apart(name)
    resource: dict[str, Any] = {
        "type": name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{name}",
        "interaction": [{"code": code} for code in _codes(system=False)],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "single" if limits.conditional_delete_matches_max == 1 else "multiple",
        "referencePolicy": ["literal", "logical", "local", "enforced"],
        "searchInclude": [f"{name}:{parameter.code}" for parameter in own if parameter.kind == "reference" and includes],
        "searchRevInclude": pointing if includes else [],
        "searchParam": [_parameter(parameter) for parameter in own],
        "operation": [
            _operation(one, name)
            for one in routes.OPERATION_TABLE.values()
            if any(level != "system" and one.answers(level, name) for level in one.levels)
        ],
    }
    return {key: value for key, value in resource.items() if value != []}


def _parameter(parameter: Parameter) -> dict[str, str]:
    shown = {"name": parameter.code, "type": parameter.kind}
    if parameter.kind == "reference" and (targets := hierarchical_targets(parameter)):
        shown["documentation"] = f"Takes :above and :below for the hierarchy of {', '.join(targets)}."
    elif parameter.kind == "quantity":
        shown["documentation"] = "UCUM units are converted: 5.4|http://unitsofmeasure.org|mg also finds 0.0054 g."
    return shown


def _operation(operation: "routes.Operation", resource_type: str) -> dict[str, str]:
    return {"name": operation.name, "definition": operation.definition_for(resource_type)}


def _pointing() -> dict[str, list[str]]:
    """For each type, the references of other types that may point to it, as `_revinclude` names them."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in RESOURCE_TYPES:
        for parameter in parameters(name).values():
            if parameter.kind == "reference":
                for target in parameter.targets:
                    found[target].append(f"{name}:{parameter.code}")
    return found
