"""Reads are kept and found again, whatever happens to the process; commits and reads are AuditEvents."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from benchside.fhir import read, write
from benchside.record import Attribution, NotFound, Record, access_log, audit
from benchside.record.access_log import Access, AccessLog, AccessQuery
from benchside.record.keys import microseconds
from tests.record.conftest import MORNING, WHO, heart_rate, patient

NOW_S = MORNING.timestamp()


def access(minute: int, person: str = "Practitioner/1", **more: object) -> Access:
    at = microseconds(MORNING + timedelta(minutes=minute))
    return Access(at, person, "read", "Patient/ana", patients=("ana",), **more)  # type: ignore[arg-type] # test shorthand


def test_reads_come_over_once_and_in_order(record: Record, tmp_path: Path) -> None:
    log = AccessLog(tmp_path)
    for minute in range(3):
        log.append(access(minute))
    assert log.take_over(record.engine, NOW_S) == 3
    assert log.take_over(record.engine, NOW_S) == 0
    log.append(access(3, "Practitioner/2", purpose="TREAT"))
    assert AccessLog(tmp_path).take_over(record.engine, NOW_S) == 1
    found, total, more = access_log.search(record.engine, AccessQuery(patient="ana"), count=2)
    assert (total, more is not None) == (4, True)
    assert [entry.at for entry in found] == [MORNING + timedelta(minutes=3), MORNING + timedelta(minutes=2)]
    rest, _, end = access_log.search(record.engine, AccessQuery(patient="ana"), count=2, before=more)
    assert (len(rest), end) == (2, None)
    assert [e.purpose for e in access_log.search(record.engine, AccessQuery(person="Practitioner/2"))[0]] == ["TREAT"]
    assert access_log.search(record.engine, AccessQuery(patient="bea"))[1] == 0


def test_a_line_cut_by_a_crash_waits_and_loses_nothing_else(record: Record, tmp_path: Path) -> None:
    log = AccessLog(tmp_path)
    log.append(access(0))
    file = next(tmp_path.glob("*.jsonl"))
    with file.open("ab") as spool:
        spool.write(b"[17400000000000")
    assert log.take_over(record.engine, NOW_S) == 1
    assert log.take_over(record.engine, NOW_S) == 0


def test_an_emptied_spool_of_a_process_that_ended_is_removed_an_hour_later(record: Record, tmp_path: Path) -> None:
    AccessLog(tmp_path).append(access(0))
    ours = next(tmp_path.glob("*.jsonl"))
    gone = tmp_path / f"999999999-{ours.name.partition('-')[2]}"
    ours.rename(gone)
    os.utime(gone, (NOW_S, NOW_S))
    log = AccessLog(tmp_path)
    assert log.take_over(record.engine, NOW_S + 60) == 1
    assert gone.exists()
    log.take_over(record.engine, NOW_S + 3700)
    assert not gone.exists()
    assert access_log.search(record.engine, AccessQuery())[1] == 1


def test_commits_and_reads_are_audit_events(record: Record, tmp_path: Path) -> None:
    who = Attribution("Practitioner/7", "record_vitals", "chest pain", "Device/3", "Practitioner/1")
    with record.commit(WHO, at=MORNING) as commit:
        commit.update(patient())
    with record.commit(who, at=MORNING + timedelta(minutes=1)) as commit:
        commit.create(heart_rate("hr", "ana", "2026-03-02"), id="hr")
    log = AccessLog(tmp_path)
    log.append(access(2))
    log.append(Access(microseconds(MORNING + timedelta(minutes=3)), "Practitioner/7", "search-type", "Observation", "code=8867-4"))
    log.take_over(record.engine, NOW_S)
    page = audit.search_audit_events(record.engine, audit.AuditQuery(), count=3)
    assert page.total == 4
    assert [event.id for event in page.events] == ["read-2", "read-1", "commit-2"]
    rest = audit.search_audit_events(record.engine, audit.AuditQuery(), count=3, cursor=page.next_cursor)
    assert [event.id for event in rest.events] == ["commit-1"]
    for event in (*page.events, *rest.events):
        assert read(write(event)) == event
    event = audit.read_audit_event(record.engine, "commit-2")
    assert [agent.who.reference for agent in event.agent if agent.who] == ["Practitioner/7", "Device/3", "Practitioner/1"]
    assert event.action == "C"
    assert event.entity is not None
    assert {e.what.reference for e in event.entity if e.what} == {"Observation/hr/_history/1", "Patient/ana"}
    for query, expected in (
        (audit.AuditQuery(agent="Practitioner/7"), {"commit-2", "read-2"}),
        (audit.AuditQuery(patient="ana"), {"commit-1", "commit-2", "read-1"}),
        (audit.AuditQuery(entity="Observation/hr"), {"commit-2"}),
        (audit.AuditQuery(action="R"), {"read-1", "read-2"}),
        (audit.AuditQuery(action="C"), {"commit-2"}),
        (audit.AuditQuery(since=MORNING + timedelta(minutes=2)), {"read-1", "read-2"}),
        (audit.AuditQuery(until=MORNING), {"commit-1"}),
    ):
        found = audit.search_audit_events(record.engine, query, count=10)
        assert ({e.id for e in found.events}, found.total) == (expected, len(expected)), query
    with pytest.raises(NotFound):
        audit.read_audit_event(record.engine, "commit-99")


def test_provenance_names_what_was_written_and_why(record: Record) -> None:
    who = Attribution("Practitioner/7", "record_vitals", "chest pain", "Device/3", "Practitioner/1")
    with record.commit(who, at=MORNING) as commit:
        commit.update(patient())
    provenance = audit.read_provenance(record.engine, "commit-1")
    assert read(write(provenance)) == provenance
    assert [target.reference for target in provenance.target] == ["Patient/ana/_history/1"]
    assert provenance.activity is not None
    assert provenance.activity.coding is not None
    assert provenance.activity.coding[0].code == "record_vitals"
    assert provenance.agent[0].onBehalfOf is not None
    assert provenance.agent[0].onBehalfOf.reference == "Practitioner/1"
    page = audit.search_provenances(record.engine, audit.AuditQuery(entity="Patient/ana"), count=5)
    assert [found.id for found in page.provenances] == ["commit-1"]
