"""A commit is whole or nothing, versions are kept, conflicts and dangling references are refused with reasons."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from benchside.fhir import r4
from benchside.fhir.search.criteria import Clause, ReferenceValue, Search
from benchside.record import (
    Attribution,
    DanglingReferences,
    Gone,
    NotFound,
    Record,
    Referenced,
    VersionConflict,
)
from benchside.record.policy import Policy
from tests.record.conftest import MORNING, WHO, heart_rate, patient

Clock = Callable[[], datetime]


def test_what_is_written_is_read_back_with_its_version_and_time(record: Record) -> None:
    with record.commit(WHO, at=MORNING) as commit:
        commit.create(patient(), id="ana")
    stored = record.read("Patient", "ana")
    assert (stored.version, stored.recorded) == (1, MORNING)
    assert json.loads(stored.content) == {
        "resourceType": "Patient",
        "id": "ana",
        "meta": {"versionId": "1", "lastUpdated": "2026-03-02T08:00:00.000Z"},
        "name": [{"family": "Silva", "given": ["Ana"]}],
    }


def test_every_version_stays_and_the_past_can_be_asked(record: Record) -> None:
    for hour, family in enumerate(("Silva", "Souza", "Lima")):
        with record.commit(WHO, at=MORNING + timedelta(hours=hour)) as commit:
            commit.update(patient(family=family))
    assert b"Lima" in record.read("Patient", "ana").content
    assert b"Silva" in record.read_version("Patient", "ana", 1).content
    assert b"Souza" in record.read_as_of("Patient", "ana", MORNING + timedelta(minutes=90)).content
    with pytest.raises(NotFound):
        record.read_as_of("Patient", "ana", MORNING - timedelta(seconds=1))
    with pytest.raises(NotFound):
        record.read_version("Patient", "ana", 4)


def test_a_deleted_resource_is_gone_but_its_history_is_not(record: Record, clock: Clock) -> None:
    with record.commit(WHO, at=clock()) as commit:
        commit.create(patient(), id="ana")
    with record.commit(WHO, at=clock()) as commit:
        commit.delete("Patient", "ana")
    with pytest.raises(Gone) as gone:
        record.read("Patient", "ana")
    assert gone.value.version == 2
    assert [(v.version, v.method) for v in record.history("Patient", "ana").versions] == [(2, "DELETE"), (1, "POST")]
    with record.commit(WHO, at=clock()) as commit:
        commit.update(patient(family="Again"))
    assert record.read("Patient", "ana").version == 3


def test_a_change_made_on_an_old_version_is_refused_and_writes_nothing(record: Record, clock: Clock) -> None:
    for family in ("Silva", "Souza"):
        with record.commit(WHO, at=clock()) as commit:
            commit.update(patient(family=family))
    with (
        pytest.raises(VersionConflict) as conflict,
        record.commit(WHO, at=clock()) as commit,
    ):
        commit.create(patient("bea"), id="bea")
        commit.update(patient(family="Lost"), if_match=1)
    assert (conflict.value.expected, conflict.value.found) == (1, 2)
    assert b"Souza" in record.read("Patient", "ana").content
    with pytest.raises(NotFound):
        record.read("Patient", "bea")


def test_an_id_in_use_cannot_be_created_again(record: Record, clock: Clock) -> None:
    with record.commit(WHO, at=clock()) as commit:
        commit.create(patient(), id="ana")
    with pytest.raises(VersionConflict), record.commit(WHO, at=clock()) as commit:
        commit.create(patient(), id="ana")


def test_an_exception_in_the_block_writes_nothing(record: Record) -> None:
    with pytest.raises(RuntimeError), record.commit(WHO, at=MORNING) as commit:
        commit.create(patient(), id="ana")
        raise RuntimeError
    with pytest.raises(NotFound):
        record.read("Patient", "ana")


def test_a_dangling_reference_is_refused_with_its_path(record: Record) -> None:
    lost = heart_rate("hr", "nobody", "2026-03-02")
    lost.performer = [
        r4.Reference(display="unknown"),
        r4.Reference(reference="Practitioner/nobody"),
    ]
    with (
        pytest.raises(DanglingReferences) as dangling,
        record.commit(WHO, at=MORNING) as commit,
    ):
        commit.create(lost)
    assert [(fault.path, fault.code) for fault in dangling.value.faults] == [
        ("Observation.subject", "not-found"),
        ("Observation.performer[1]", "not-found"),
    ]


def test_references_between_resources_of_one_commit_hold(record: Record) -> None:
    with record.commit(WHO, at=MORNING) as commit:
        commit.create(heart_rate("hr", "ana", "2026-03-02"), id="hr")
        commit.create(patient(), id="ana")
    assert record.read("Observation", "hr").version == 1


def test_a_site_may_let_dangling_references_in_and_then_they_are_listed_until_the_target_comes(record: Record, clock: Clock) -> None:
    lenient = Record(policy=Policy(dangling_allowed=True))
    with lenient.commit(WHO, at=clock()) as commit:
        commit.create(heart_rate("hr", "ana", "2026-03-02"), id="hr")
    assert lenient.dangling() == [("Observation/hr", "Observation.subject", "Patient/ana")]
    with lenient.commit(WHO, at=clock()) as commit:
        commit.create(patient(), id="ana")
    assert lenient.dangling() == []
    mine = Clause("Observation", "patient", None, (ReferenceValue("Patient", "ana", None),))
    assert [match.id for match in lenient.search(Search(("Observation",), (mine,))).matches] == ["hr"]


def test_what_others_refer_to_cannot_be_deleted_before_them(record: Record, clock: Clock) -> None:
    with record.commit(WHO, at=clock()) as commit:
        commit.create(patient(), id="ana")
        commit.create(heart_rate("hr", "ana", "2026-03-02"), id="hr")
    with (
        pytest.raises(Referenced) as referenced,
        record.commit(WHO, at=clock()) as commit,
    ):
        commit.delete("Patient", "ana")
    assert referenced.value.by == ("Observation/hr",)
    with record.commit(WHO, at=clock()) as commit:
        commit.delete("Observation", "hr")
        commit.delete("Patient", "ana")
    with pytest.raises(Gone):
        record.read("Patient", "ana")


def test_recorded_time_never_goes_back_even_when_the_clock_does(record: Record) -> None:
    with record.commit(WHO, at=MORNING) as commit:
        commit.create(patient("a"), id="a")
    with record.commit(WHO, at=MORNING - timedelta(hours=1)) as commit:
        commit.create(patient("b"), id="b")
    assert record.read("Patient", "b").recorded == MORNING


def test_history_pages_through_everything_newest_first(record: Record, clock: Clock) -> None:
    for n in range(5):
        with record.commit(WHO, at=clock()) as commit:
            commit.create(patient(f"p{n}"), id=f"p{n}")
            commit.create(heart_rate(f"h{n}", f"p{n}", "2026-03-02"), id=f"h{n}")
    seen: list[str] = []
    cursor = None
    while True:
        page = record.history(count=3, cursor=cursor)
        assert page.total == 10
        seen += [version.reference for version in page.versions]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 10
    assert seen[0] == "Observation/h4"
    assert [v.id for v in record.history("Patient", count=2).versions] == ["p4", "p3"]
    assert record.history(since=MORNING + timedelta(minutes=3)).total == 4
    assert record.history("Patient", at=MORNING + timedelta(minutes=1)).total == 2


def test_the_commit_says_who_when_and_why(record: Record) -> None:
    who = Attribution("Practitioner/7", "record_vitals", "chest pain", "Device/3", "Practitioner/1")
    with record.commit(who, at=MORNING) as commit:
        commit.create(patient(), id="ana")
    row = record.engine.rows("SELECT number, author, device, on_behalf_of, act, reason FROM record_commit")
    assert row == [
        (
            1,
            "Practitioner/7",
            "Device/3",
            "Practitioner/1",
            "record_vitals",
            "chest pain",
        )
    ]
