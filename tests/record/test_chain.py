"""The chain: whole when untouched; any tampering is named at its first commit."""

import pytest

from benchside.record import Record
from benchside.record.chain import verify
from tests.record.conftest import MORNING, WHO, heart_rate, patient


@pytest.fixture
def five_commits(record: Record) -> Record:
    for n in range(1, 6):
        with record.commit(WHO, at=MORNING) as commit:
            commit.update(patient(family=f"Silva {n}"))
            if n > 1:
                commit.create(heart_rate(f"hr{n}", "ana", "2026-03-02"), id=f"hr{n}")
    return record


def test_an_untouched_chain_is_whole(five_commits: Record) -> None:
    verdict = verify(five_commits.engine)
    assert (verdict.commits, verdict.versions, verdict.broken_at) == (5, 9, None)


TAMPERINGS = {
    "a value in an old version": (
        "UPDATE record_version SET content = ? WHERE version = 2 AND type = 'Patient'",
        [b'{"resourceType":"Patient","id":"ana"}'],
        2,
    ),
    "who did it": (
        "UPDATE record_commit SET author = ? WHERE number = 3",
        ["Practitioner/9"],
        3,
    ),
    "why it was done": (
        "UPDATE record_commit SET reason = ? WHERE number = 4",
        ["no reason"],
        4,
    ),
    "when it was done": (
        "UPDATE record_commit SET recorded = recorded + ? WHERE number = 2",
        [1000],
        2,
    ),
    "a version taken out": (
        "DELETE FROM record_version WHERE type = 'Observation' AND number = ?",
        [4],
        4,
    ),
    "a commit taken out": ("DELETE FROM record_commit WHERE number = ?", [3], 3),
    "the last commit taken out": ("DELETE FROM record_commit WHERE number = ?", [5], 5),
    "a stored hash": (
        "UPDATE record_commit SET hash = ? WHERE number = 1",
        [b"0" * 32],
        1,
    ),
    "a version moved to another commit": (
        "UPDATE record_version SET number = ? WHERE type='Observation' AND number=3",
        [4],
        3,
    ),
    "an id": ("UPDATE record_resource SET id = 'hr9' WHERE id = ?", ["hr3"], 3),
    "a version put in beside the chain": (
        (
            "INSERT INTO record_version (key, resource, version, type, number, recorded, method, content) "
            "VALUES (999, 1, 99, 'Patient', 9, 0, 'PUT', ?)"
        ),
        [b""],
        9,
    ),
    "which version is shown": (
        "UPDATE record_resource SET version = 1, version_key = ? WHERE type = 'Patient'",
        [1],
        5,
    ),
}


@pytest.mark.parametrize(("sql", "values", "broken_at"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_tampering_is_named(five_commits: Record, sql: str, values: list[object], broken_at: int) -> None:
    assert five_commits.engine.run(sql, values) == 1
    verdict = verify(five_commits.engine)
    assert verdict.broken_at == broken_at
    assert verdict.why
