"""AuditEvent and Provenance: those that clients sent, and those that the record tells of its own commits and reads.

Ours are made when asked for (`record.audit`) under the ids `commit-12` and `read-7`, which nobody else may use. A search
shows what was sent first, then ours, newest first; the cursor says in which of the two lists a page begins.
Sources: https://hl7.org/fhir/R4/auditevent.html, provenance.html
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchside.fhir import Fault, write
from benchside.fhir.search.criteria import Clause, DateValue, ReferenceValue, Search, TokenValue
from benchside.fhir.search.parameters import Parameter, parameters
from benchside.fhir.search.query import InvalidSearch
from benchside.record import NotFound, SearchPage, Stored, audit
from benchside.record.keys import microseconds
from benchside.wire.fhir_api import access
from benchside.wire.fhir_api.call import Call
from benchside.wire.fhir_api.problems import BadRequest

OWN_ID = re.compile(r"(?:commit|read)-[0-9]{1,18}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OWN_PLACE: Final = "own."

DATE_PARAMETER: Final = {"AuditEvent": "date", "Provenance": "recorded"}
ENTITY_PARAMETER: Final = {"AuditEvent": "entity", "Provenance": "target"}
ANSWERED: Final[dict[str, frozenset[str]]] = {
    "AuditEvent": frozenset({"_id", "date", "agent", "patient", "entity", "action"}),
    "Provenance": frozenset({"_id", "recorded", "agent", "patient", "target"}),
}
"""The search parameters that both lists can answer; a search by another could not tell of ours, so it is refused."""


def kept_apart(resource_type: str) -> bool:
    """Whether the record makes resources of this type itself."""
    return resource_type in ANSWERED


def is_own_id(resource_type: str, resource_id: str) -> bool:
    """Whether the id is one that the record gives to what it makes itself."""
    return resource_type in ANSWERED and OWN_ID.fullmatch(resource_id) is not None


def searchable(resource_type: str) -> list[Parameter]:
    """The search parameters of a type that the API answers."""
    own = parameters(resource_type).values()
    answered = ANSWERED.get(resource_type)
    return [parameter for parameter in own if answered is None or parameter.code in answered]


def read(call: Call) -> Stored:
    """One of ours, by its id; raises NotFound."""
    if call.resource_type == "AuditEvent":
        take_over(call)
        made: Any = audit.read_audit_event(call.record.engine, call.id)
    else:
        made = audit.read_provenance(call.record.engine, call.id)
    stored, patient = _stored(made), _confined(call, call.resource_type)
    if patient is not None and patient not in access.patients_in([stored]):
        raise NotFound(call.resource_type, call.id)
    return stored


def take_over(call: Call) -> None:
    """Bring the reads that are still in the spool into the log, so that a search misses none."""
    call.access_log.take_over(call.record.engine, call.at.timestamp())


def require_answerable(resource_type: str, search: Search) -> None:
    """Raise InvalidSearch naming each parameter that can't be answered for both lists."""
    faults: list[Fault] = []
    for criterion in search.criteria:
        name = criterion.parameter if isinstance(criterion, Clause) else "a chain or _has"
        if name not in ANSWERED[resource_type] or (isinstance(criterion, Clause) and criterion.modifier is not None):
            known = ", ".join(sorted(ANSWERED[resource_type]))
            faults.append(Fault(name, "not-supported", f"{resource_type} can be searched by {known}, without modifiers; not by {name}."))
    if search.sort or search.includes or search.revincludes:
        faults.append(Fault("", "not-supported", f"{resource_type} comes newest first, without _sort, _include and _revinclude."))
    if faults:
        raise InvalidSearch(tuple(faults))


def page(call: Call, search: Search, sent: SearchPage | None) -> SearchPage:
    """Put ours after what was sent; `sent` is the record's page, None when the cursor is already among ours."""
    query = _query(call, search)
    cursor = search.cursor.removeprefix(OWN_PLACE) if search.cursor and search.cursor.startswith(OWN_PLACE) else None
    matches = list(sent.matches) if sent is not None else []
    left = search.count - len(matches)
    if sent is not None:
        sent_total = sent.total or 0
    else:
        sent_total = call.record.count(replace(search, cursor=None), access.search_scope(call, search.types))
    made, made_total, after = _own(call, search, query, max(left, 1), cursor or None)
    total = None if search.total == "none" else sent_total + made_total
    if sent is not None and (sent.next_cursor is not None or left <= 0):
        following = sent.next_cursor or (OWN_PLACE if made_total else None)
        return SearchPage(matches, [], total, following)
    if search.count == 0:
        return SearchPage([], [], total)
    return SearchPage([*matches, *made], [], total, f"{OWN_PLACE}{after}" if after is not None else None)


def starts_among_own(search: Search) -> bool:
    """Whether the page that is asked for begins among ours."""
    return search.cursor is not None and search.cursor.startswith(OWN_PLACE)


@dataclass(slots=True)
class _Asked:
    """The record's query, and the ids when the search names them."""

    query: audit.AuditQuery
    ids: list[str] | None = None
    impossible: bool = False


def _query(call: Call, search: Search) -> _Asked:
    """The criteria in the words of `record.audit`."""
    kind = search.types[0]
    asked = _Asked(audit.AuditQuery(patient=_confined(call, kind)))
    for criterion in search.criteria:
        if not isinstance(criterion, Clause):
            continue
        name, values = criterion.parameter, criterion.values
        if name == DATE_PARAMETER[kind]:
            asked.query = _narrow_dates(asked.query, values)
        elif name == "_id":
            asked.ids = [value.code for value in values if isinstance(value, TokenValue) and value.code]
        elif len(values) != 1:
            raise BadRequest(f"{kind}: {name} takes one value, not several separated by commas.")
        elif name == "action":
            asked.query = replace(asked.query, action=_code(values[0]))
        elif name == "patient":
            patient = _reference(values[0], "Patient").removeprefix("Patient/")
            asked.impossible |= asked.query.patient not in {None, patient}
            asked.query = replace(asked.query, patient=patient)
        elif name == "agent":
            asked.query = replace(asked.query, agent=_reference(values[0], "Practitioner"))
        elif name == ENTITY_PARAMETER[kind]:
            asked.query = replace(asked.query, entity=_reference(values[0], "Patient"))
    return asked


def _confined(call: Call, kind: str) -> str | None:
    scope = access.search_scope(call, (kind,))
    return scope.patient if scope is not None else None


def _narrow_dates(query: audit.AuditQuery, values: Sequence[Any]) -> audit.AuditQuery:
    if len(values) != 1 or not isinstance(values[0], DateValue):
        raise BadRequest("A date here takes one value, not several separated by commas.")
    value = values[0]
    start, stop = EPOCH + timedelta(microseconds=value.start), EPOCH + timedelta(microseconds=value.stop)
    since, until = query.since, query.until
    match value.prefix:
        case "eq":
            since, until = _later(since, start), _earlier(until, stop)
        case "ge":
            since = _later(since, start)
        case "gt" | "sa":
            since = _later(since, stop + timedelta(microseconds=1))
        case "le":
            until = _earlier(until, stop)
        case "lt" | "eb":
            until = _earlier(until, start - timedelta(microseconds=1))
        case _:
            raise BadRequest(f"A date here takes the prefixes eq, ge, gt, le, lt, sa and eb, not {value.prefix}.")
    return replace(query, since=since, until=until)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)


def _code(value: Any) -> str:
    if isinstance(value, TokenValue) and value.code:
        return value.code
    raise BadRequest("action takes a code: C, R, U, D or E.")


def _reference(value: Any, default_type: str) -> str:
    if isinstance(value, ReferenceValue) and value.id:
        return f"{value.type or default_type}/{value.id}"
    if isinstance(value, ReferenceValue) and value.url:
        return value.url
    raise BadRequest("A reference here is Type/id.")


def _own(call: Call, search: Search, asked: _Asked, count: int, cursor: str | None) -> tuple[list[Stored], int, str | None]:
    """A page of ours: what, how many there are, and where the next page begins."""
    if asked.impossible:
        return [], 0, None
    kind, engine = search.types[0], call.record.engine
    if kind == "AuditEvent":
        take_over(call)
    if asked.ids is not None:
        made = [_stored(one) for one in (_by_id(call, kind, resource_id) for resource_id in asked.ids) if one is not None]
        return made, len(made), None
    if kind == "AuditEvent":
        events = audit.search_audit_events(engine, asked.query, count=count, cursor=cursor)
        return [_stored(event) for event in events.events], events.total, events.next_cursor
    found = audit.search_provenances(engine, asked.query, count=count, cursor=cursor)
    return [_stored(one) for one in found.provenances], found.total, found.next_cursor


def _by_id(call: Call, kind: str, resource_id: str) -> Any:
    if not is_own_id(kind, resource_id):
        return None
    try:
        reader = audit.read_audit_event if kind == "AuditEvent" else audit.read_provenance
        return reader(call.record.engine, resource_id)
    except NotFound:
        return None


def _stored(made: Any) -> Stored:
    recorded = datetime.fromisoformat(made.recorded)
    return Stored(type(made).__name__, made.id, 1, microseconds(recorded), deleted=False, content=write(made))
