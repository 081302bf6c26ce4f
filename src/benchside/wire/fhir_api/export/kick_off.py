"""$export: the request for a bulk export, checked and written down as a job.

Source: https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request
"""

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import get_default_timezone

from benchside.fhir import r4, read
from benchside.wire.fhir_api import access, search_query, signin
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.export.filters import read_filters, searches
from benchside.wire.fhir_api.export.tasks import work_on_export
from benchside.wire.fhir_api.models import ExportJob
from benchside.wire.fhir_api.negotiation import NDJSON_TYPES
from benchside.wire.fhir_api.operations.everything import patient_types
from benchside.wire.fhir_api.operations.operation import Arguments, Operation, arguments
from benchside.wire.fhir_api.outcomes import information_bytes
from benchside.wire.fhir_api.problems import BadRequest, NotPermitted, TooMany, Unprocessable
from benchside.wire.fhir_api.resource_types import KNOWN_TYPES, RESOURCE_TYPES

KNOWN = frozenset({"_since", "_type", "_typeFilter", "_outputFormat"})
GROUP_DEPTH_MAX = 5
GROUP_PATIENTS_MAX = 100_000


def kick_off(call: Call) -> Answer:
    """Accept an export: 202 with the address at which to ask how far it is."""
    if not call.preferences.respond_async:
        raise BadRequest("$export works in the background; send the header 'Prefer: respond-async'.")
    given = arguments(call)
    if call.preferences.strict:
        given.require_known(KNOWN, "export")
    _require_ndjson(given)
    level = "group" if call.id else "patient" if call.resource_type else "system"
    types = _types(given, level)
    signin.require_all(call.principal, types, "rs")
    if access.search_scope(call, types) is not None:
        raise NotPermitted("An export hands out data of many patients; your access is limited to one.")
    filters = _filters(call, given, types)
    if ExportJob.objects.filter(status=ExportJob.ACCEPTED).count() >= call.limits.export_jobs_max:
        raise TooMany(
            f"{call.limits.export_jobs_max} exports are under way, the limit of this site; try again later.", headers={"Retry-After": "120"}
        )
    job = ExportJob(
        id=secrets.token_hex(16),
        owner=call.principal.author,
        level=level,
        request=_address(call),
        base=call.base,
        types=list(types),
        group=call.id,
        patients=sorted(_patients_of(call, call.id, 0)) if level == "group" else None,
        filters=filters,
        since=_since(given),
        seen_at=call.at,
    )
    with transaction.atomic():
        job.save(force_insert=True)
        work_on_export.enqueue(job.id)
    access.seen(call, "export")
    place = f"{call.base}/_export/{job.id}"
    content = information_bytes(f"The export has begun; ask {place} how far it is.")
    return Answer(202, content, "OperationOutcome", headers={"Content-Location": place}, presented=True)


def _require_ndjson(given: Arguments) -> None:
    wanted = (given.text("_outputFormat") or "ndjson").replace(" ", "+")
    if wanted not in NDJSON_TYPES:
        raise BadRequest(f"_outputFormat: we write {', '.join(sorted(NDJSON_TYPES))}, not {wanted[:60]}.")


def _types(given: Arguments, level: str) -> tuple[str, ...]:
    """The types to export: those of `_type`, or all that the level has."""
    possible = frozenset(RESOURCE_TYPES) if level == "system" else patient_types()
    wanted = [name.strip() for value in given.all("_type") for name in str(value).split(",") if name.strip()]
    if not wanted:
        return tuple(sorted(possible))
    for name in wanted:
        if name not in possible:
            where = "is not in the Patient compartment" if name in KNOWN_TYPES else "is no R4 resource type"
            raise BadRequest(f"_type: {name[:60]} {where}.")
    return tuple(dict.fromkeys(wanted))


def _filters(call: Call, given: Arguments, types: tuple[str, ...]) -> dict[str, list[str]]:
    """The queries of `_typeFilter`, each understood and permitted."""
    found = read_filters(given.all("_typeFilter"), types)
    for kind, queries in found.items():
        for search in searches(kind, queries, call.limits, call.record.policy.zone, call.at):
            search_query.require_search_permits(call, search)
    return found


def _since(given: Arguments) -> datetime | None:
    text = given.text("_since")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise BadRequest(f"_since must be an instant, for example 2026-01-31T08:00:00Z; we can't read {text[:60]}.") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=get_default_timezone())


def _address(call: Call) -> str:
    query = search_query.query_string(call.pairs)
    return f"{call.base}/{'/'.join(call.segments)}" + (f"?{query}" if query else "")


def _patients_of(call: Call, group_id: str, depth: int) -> set[str]:
    """The ids of the patients in a group, those of groups within it too; members marked inactive are left out."""
    signin.require(call.principal, "Group", "r")
    if depth > GROUP_DEPTH_MAX:
        raise Unprocessable(f"Groups within groups may go {GROUP_DEPTH_MAX} deep, not deeper.")
    group: Any = read(call.record.read("Group", group_id).content, "Group")
    assert isinstance(group, r4.Group)
    found: set[str] = set()
    for member in group.member or []:
        kind, _, member_id = (member.entity.reference or "").partition("/")
        if member.inactive or not member_id:
            continue
        if kind == "Patient":
            found.add(member_id.partition("/")[0])
        elif kind == "Group":
            found |= _patients_of(call, member_id.partition("/")[0], depth + 1)
        if len(found) > GROUP_PATIENTS_MAX:
            raise Unprocessable(f"The group has more than {GROUP_PATIENTS_MAX} patients; export it in parts.")
    return found


OPERATION = Operation(
    name="export",
    definition="http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export",
    levels={"system": None, "type": frozenset({"Patient"}), "instance": frozenset({"Group"})},
    methods=("GET", "POST"),
    handler=kick_off,
)
