"""AuditEvent and Provenance, made from what is kept anyway: commits and the access log.

Nothing of them is stored a second time, so they can neither be forgotten nor disagree. Ids: `commit-12` is the
event or provenance of commit 12, `read-7` that of entry 7 of the access log.
Source: https://hl7.org/fhir/R4/auditevent.html, https://hl7.org/fhir/R4/provenance.html.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import Final, Literal

from benchside.fhir import r4
from benchside.record import access_log
from benchside.record.access_log import Access, AccessQuery
from benchside.record.engine import Engine
from benchside.record.errors import NotFound, RecordRefusal
from benchside.record.keys import instant, microseconds, word

_TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_INTERACTIONS = "http://hl7.org/fhir/restful-interaction"
_PURPOSES = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_PROVENANCE_ACT = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_PROVENANCE_AGENT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
ACTS = "https://benchside.org/fhir/CodeSystem/act"
"""The acts' names, as codes."""
_ACTIONS: Final[dict[str, Literal["C", "U", "D"]]] = {
    "POST": "C",
    "PUT": "U",
    "DELETE": "D",
}
_OPERATIONS = {"POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}
PATIENT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What to look for; None does not narrow. `agent`, `entity` and `target` are "Type/id", `patient` a bare id."""

    since: datetime | None = None
    until: datetime | None = None
    agent: str | None = None
    patient: str | None = None
    entity: str | None = None
    action: str | None = None
    """C, R, U, D or E (AuditEvent.action)."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One commit with what it wrote."""

    number: int
    recorded: int
    author: str
    device: str
    on_behalf_of: str
    act: str
    reason: str
    writes: tuple[tuple[str, str, int, str], ...]
    """type, id, version, method"""
    patients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Events newest first, how many there are in all, and where the next page begins."""

    events: list[r4.AuditEvent]
    total: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ProvenancePage:
    """Provenances newest first, how many there are in all, and where the next page begins."""

    provenances: list[r4.Provenance]
    total: int
    next_cursor: str | None = None


def read_audit_event(engine: Engine, id_: str) -> r4.AuditEvent:
    """One event by id. Raises NotFound."""
    kind, _, text = id_.partition("-")
    number = int(text) if text.isdecimal() and len(text) < 19 else 0
    if kind == "commit" and (entries := _entries(engine, [number])):
        return _event_of_commit(entries[0])
    if kind == "read":
        found, _, _ = access_log.search(engine, AccessQuery(number=number), count=1)
        if found:
            return _event_of_access(found[0])
    raise NotFound("AuditEvent", id_)


def read_provenance(engine: Engine, id_: str) -> r4.Provenance:
    """One provenance by id. Raises NotFound."""
    text = id_.removeprefix("commit-")
    number = int(text) if text.isdecimal() and len(text) < 19 else 0
    entries = _entries(engine, [number])
    if not entries:
        raise NotFound("Provenance", id_)
    return _provenance(entries[0])


def search_audit_events(engine: Engine, query: AuditQuery, *, count: int, cursor: str | None = None) -> AuditPage:
    """Commits and reads that fit, in one list by time. The caller takes the spool over first (AccessLog.take_over)."""
    after_commit, after_read = _places(cursor)
    commits, commit_total = ([], 0) if query.action == "R" else _commits(engine, query, count + 1, after_commit)
    reads: list[Access] = []
    read_total = 0
    if query.action in (None, "R"):
        narrowed = AccessQuery(query.agent, query.patient, query.entity, None, query.since, query.until)
        reads, read_total, _ = access_log.search(engine, narrowed, count=count + 1, before=after_read)
    both: Iterable[_Entry | Access] = merge(commits, reads, key=_when, reverse=True)
    page = list(both)
    shown = page[:count]
    events = [_event_of_commit(e) if isinstance(e, _Entry) else _event_of_access(e) for e in shown]
    for entry in shown:
        if isinstance(entry, _Entry):
            after_commit = entry.number
        else:
            after_read = entry.number
    more = f"{after_commit}.{after_read}" if len(page) > count else None
    return AuditPage(events, commit_total + read_total, more)


def search_provenances(engine: Engine, query: AuditQuery, *, count: int, cursor: str | None = None) -> ProvenancePage:
    """Commits that fit (`entity` is Provenance.target), newest first."""
    entries, total = _commits(engine, query, count + 1, _places(cursor)[0])
    more = f"{entries[count - 1].number}.{2**62}" if len(entries) > count else None
    return ProvenancePage([_provenance(entry) for entry in entries[:count]], total, more)


def _when(entry: _Entry | Access) -> int:
    return entry.recorded if isinstance(entry, _Entry) else entry.at_us


def _places(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return 2**62, 2**62
    commit, _, read = cursor.partition(".")
    if not (commit.isdecimal() and read.isdecimal() and len(cursor) < 40):
        message = "The page address is not one this server gave. Begin again at the first page."
        raise RecordRefusal(message)
    return int(commit), int(read)


_WRITES = """
SELECT v.number, r.type, r.id, v.version, v.method, p.id FROM record_version v
JOIN record_resource r ON r.key = v.resource LEFT JOIN record_resource p ON p.key = r.patient
WHERE v.number IN ({marks}) ORDER BY v.key"""
_WRITES_MAX = 10_000


def _entries(engine: Engine, numbers: Sequence[int]) -> list[_Entry]:
    if not numbers:
        return []
    marks = ",".join("?" * len(numbers))
    writes: dict[int, list[tuple[str, str, int, str]]] = {}
    patients: dict[int, set[str]] = {}
    for row in engine.rows(_WRITES.format(marks=marks) + f" LIMIT {_WRITES_MAX}", numbers):
        writes.setdefault(row[0], []).append((row[1], row[2], row[3], row[4]))
        if row[5] is not None:
            patients.setdefault(row[0], set()).add(row[5])
    rows = engine.rows(
        "SELECT number, recorded, author, device, on_behalf_of, act, reason FROM record_commit "
        f"WHERE number IN ({marks}) ORDER BY number DESC",
        numbers,
    )
    return [
        _Entry(
            row[0], row[1], row[2], row[3], row[4], row[5], row[6], tuple(writes.get(row[0], ())), tuple(sorted(patients.get(row[0], ())))
        )
        for row in rows
    ]


def _commits(engine: Engine, query: AuditQuery, count: int, before: int) -> tuple[list[_Entry], int]:
    conditions, values = ["1 = 1"], list[int | str]()
    if query.since is not None:
        conditions.append("c.recorded >= ?")
        values.append(microseconds(query.since))
    if query.until is not None:
        conditions.append("c.recorded <= ?")
        values.append(microseconds(query.until))
    if query.agent is not None:
        conditions.append("(c.author = ? OR c.device = ? OR c.on_behalf_of = ?)")
        values.extend((query.agent, query.agent, query.agent))
    wrote = "EXISTS (SELECT 1 FROM record_version v JOIN record_resource r ON r.key = v.resource WHERE v.number = c.number"
    if query.entity is not None:
        conditions.append(
            "c.number IN (SELECT v.number FROM record_resource r JOIN record_version v ON v.resource = r.key WHERE r.self = ?)"
        )
        values.append(word(query.entity))
    if query.patient is not None:
        conditions.append(
            "c.number IN (SELECT v.number FROM record_resource p JOIN record_resource r ON r.patient = p.key "
            "JOIN record_version v ON v.resource = r.key WHERE p.self = ?)"
        )
        values.append(word(f"Patient/{query.patient}"))
    if query.action is not None:
        methods = [method for method, action in _ACTIONS.items() if action == query.action]
        conditions.append(f"{wrote} AND v.method = ?)")
        values.append(methods[0] if methods else "")
    where = " AND ".join(conditions)
    total = int(engine.rows(f"SELECT count(*) FROM record_commit c WHERE {where}", values)[0][0])
    rows = engine.rows(
        f"SELECT c.number FROM record_commit c WHERE {where} AND c.number < ? ORDER BY c.number DESC LIMIT {count}",
        (*values, before),
    )
    return _entries(engine, [row[0] for row in rows]), total


def _reference(target: str) -> r4.Reference:
    """A reference to a person, a device or a resource; a name that is no reference becomes its display."""
    return r4.Reference(reference=target) if "/" in target else r4.Reference(display=target)


def _event_of_commit(entry: _Entry) -> r4.AuditEvent:
    methods = {method for *_, method in entry.writes}
    agents = [r4.AuditEventAgent(who=_reference(entry.author), requestor=True)]
    if entry.device:
        agents.append(r4.AuditEventAgent(who=_reference(entry.device), requestor=False))
    if entry.on_behalf_of:
        agents.append(r4.AuditEventAgent(who=_reference(entry.on_behalf_of), requestor=False))
    entities = [r4.AuditEventEntity(what=r4.Reference(reference=f"{t}/{i}/_history/{v}")) for t, i, v, _ in entry.writes]
    return r4.AuditEvent(
        id=f"commit-{entry.number}",
        meta=r4.Meta(versionId="1", lastUpdated=instant(entry.recorded)),
        type=r4.Coding(system=_TYPES, code="rest", display="RESTful Operation"),
        subtype=[r4.Coding(system=ACTS, code=entry.act)],
        action=_ACTIONS[methods.pop()] if len(methods) == 1 else "E",
        recorded=instant(entry.recorded),
        outcome="0",
        purposeOfEvent=[r4.CodeableConcept(text=entry.reason)] if entry.reason else None,
        agent=agents,
        source=r4.AuditEventSource(observer=r4.Reference(display="Benchside")),
        entity=(entities + [_patient_entity(patient) for patient in entry.patients]) or None,
    )


def _patient_entity(patient: str) -> r4.AuditEventEntity:
    return r4.AuditEventEntity(
        what=r4.Reference(reference=f"Patient/{patient}"),
        role=r4.Coding(system=PATIENT_ROLE, code="1", display="Patient"),
    )


def _event_of_access(access: Access) -> r4.AuditEvent:
    entities = [_patient_entity(patient) for patient in access.patients]
    if "/" in access.target:
        entities.insert(0, r4.AuditEventEntity(what=r4.Reference(reference=access.target)))
    elif access.target or access.query:
        query = f"{access.target}?{access.query}".encode()
        entities.insert(0, r4.AuditEventEntity(query=b64encode(query).decode()))  # sev-1: no name beside a query
    return r4.AuditEvent(
        id=f"read-{access.number}",
        meta=r4.Meta(versionId="1", lastUpdated=instant(access.at_us)),
        type=r4.Coding(system=_TYPES, code="rest", display="RESTful Operation"),
        subtype=[r4.Coding(system=_INTERACTIONS, code=access.interaction)],
        action="R",
        recorded=instant(access.at_us),
        outcome="0",
        purposeOfEvent=([r4.CodeableConcept(coding=[r4.Coding(system=_PURPOSES, code=access.purpose)])] if access.purpose else None),
        agent=[
            r4.AuditEventAgent(
                who=_reference(access.person),
                requestor=True,
                network=r4.AuditEventAgentNetwork(address=access.origin, type="2") if access.origin else None,
            )
        ],
        source=r4.AuditEventSource(observer=r4.Reference(display="Benchside")),
        entity=entities or None,
    )


def _provenance(entry: _Entry) -> r4.Provenance:
    methods = {method for *_, method in entry.writes}
    operation = _OPERATIONS[methods.pop()] if len(methods) == 1 else "EXECUTE"
    agent = r4.ProvenanceAgent(
        type=r4.CodeableConcept(coding=[r4.Coding(system=_PROVENANCE_AGENT, code="author")]),
        who=_reference(entry.author),
        onBehalfOf=_reference(entry.on_behalf_of) if entry.on_behalf_of else None,
    )
    agents = [agent]
    if entry.device:
        performer = r4.CodeableConcept(coding=[r4.Coding(system=_PROVENANCE_AGENT, code="performer")])
        agents.append(r4.ProvenanceAgent(type=performer, who=_reference(entry.device)))
    codings = [
        r4.Coding(system=ACTS, code=entry.act),
        r4.Coding(system=_PROVENANCE_ACT, code=operation),
    ]
    return r4.Provenance(
        id=f"commit-{entry.number}",
        meta=r4.Meta(versionId="1", lastUpdated=instant(entry.recorded)),
        target=[r4.Reference(reference=f"{t}/{i}/_history/{v}") for t, i, v, _ in entry.writes],
        recorded=instant(entry.recorded),
        activity=r4.CodeableConcept(coding=codings),
        reason=[r4.CodeableConcept(text=entry.reason)] if entry.reason else None,
        agent=agents,
    )
