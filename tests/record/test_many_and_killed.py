"""Many processes at once lose and double nothing; a killed process leaves whole commits and an intact chain."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from django.db import connections

from benchside.fhir import r4
from benchside.fhir.search.criteria import Clause, Search, TokenValue
from benchside.record import Record
from benchside.record.chain import verify
from tests.record.conftest import MORNING, WHO
from tests.record.writer_process import BUNDLE

WRITERS = 4
ROUNDS = 25
KILLS = 50


def start(database: str, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "BENCHSIDE_DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "benchside.site.settings"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.record.writer_process", *words],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_many_writers_of_one_resource_lose_no_update(record: Record, database: str) -> None:
    with record.commit(WHO, at=MORNING) as commit:
        commit.create(r4.Patient(multipleBirthInteger=0), id="counter")
    writers = [start(database, "increment", str(ROUNDS)) for _ in range(WRITERS)]
    assert [writer.wait(120) for writer in writers] == [0] * WRITERS
    stored = record.read("Patient", "counter")
    assert stored.version == WRITERS * ROUNDS + 1
    assert f'"multipleBirthInteger":{WRITERS * ROUNDS}'.encode() in stored.content
    assert verify(record.engine).broken_at is None


def test_create_unless_there_is_one_makes_one(record: Record, database: str) -> None:
    writers = [start(database, "create-once") for _ in range(8)]
    assert [writer.wait(120) for writer in writers] == [0] * 8
    same = Clause("Patient", "identifier", None, (TokenValue("urn:mrn", "77"),))
    assert record.count(Search(("Patient",), (same,))) == 1


@pytest.mark.slow
def test_a_process_killed_fifty_times_leaves_whole_commits(record: Record, database: str) -> None:
    moment = random.Random(7)
    for _ in range(KILLS):
        writer = start(database, "bundles")
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        time.sleep(moment.uniform(0.0, 0.15))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    connections["default"].close()
    verdict = verify(record.engine)
    assert verdict.broken_at is None, verdict.why
    assert verdict.commits > KILLS
    sizes = record.engine.rows("SELECT DISTINCT n FROM (SELECT count(*) AS n FROM record_version GROUP BY number) s")
    assert sizes == [(BUNDLE,)]
    assert record.engine.rows("SELECT count(*) FROM record_resource")[0][0] == verdict.commits * BUNDLE
    names = record.engine.rows(
        "SELECT count(*) FROM record_token t JOIN record_text w ON w.value = t.value AND w.parameter = t.parameter WHERE w.folded LIKE 'number %' AND w.parameter = (SELECT min(parameter) FROM record_text)"
    )
    assert names[0][0] == verdict.commits * BUNDLE
