"""Two people at once, a form sent twice, and the power that goes between the scan and the saving."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from benchside.areas.laboratory.acts import Draw, claim_work, collect_specimens, identify_patient, print_labels
from benchside.areas.laboratory.acts.collecting import Collected
from benchside.readiness.models import Evidence
from benchside.record import Record
from benchside.record.chain import verify
from benchside.record.site import site_record
from benchside.terms.refusal import ActRefused
from tests.acts.clinic import Clinic
from tests.stories.steps import ANA, order, scans


def at_once(*acts: Callable[[Record], Any]) -> list[Any]:
    """Do all of these at the same moment, each on its own connection; answers or errors in their order."""
    answers: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int, do: Callable[[Record], Any]) -> None:
        start.wait(30)
        try:
            answers[place] = do(site_record())
        except ActRefused as refused:
            answers[place] = refused
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=run, args=(place, do)) for place, do in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_two_technicians_claim_the_same_work_and_one_is_told_who_has_it(clinic: Clinic) -> None:
    placed = order(clinic, "BMP")
    answers = at_once(
        *(lambda record, own=own: claim_work(replace(clinic.by(own), record=record), placed.work[0]) for own in ("tara", "theo"))
    )
    refused = [answer for answer in answers if isinstance(answer, ActRefused)]
    assert len(refused) == 1
    assert [refusal.code for refusal in refused[0].refusals] == ["work.claimed"]
    owner = clinic.rows("SELECT owner FROM work_row WHERE id = ?", placed.work[0])[0][0]
    assert refused[0].refusals[0].facts["owner"] == {"Practitioner/tara": "Tara Tech", "Practitioner/theo": "Theo Second"}[owner]
    assert clinic.versions("Task", placed.work[0]) == 2


def ready_to_collect(clinic: Clinic) -> tuple[str, list[Any]]:
    placed = order(clinic, "BMP", "CBC")
    claim_work(clinic.by("tara"), placed.work[0])
    identify_patient(clinic.by("tara"), placed.work[0], ANA)
    labels = print_labels(clinic.by("tara"), placed.work[0], "printer")
    clinic.tell(minutes=1)
    return placed.work[0], scans(clinic, labels)


def test_a_collection_sent_twice_is_one_collection(clinic: Clinic) -> None:
    work, tubes = ready_to_collect(clinic)
    performance = clinic.by("tara", request_key="form-1")
    answers = at_once(*([lambda record: collect_specimens(replace(performance, record=record), work, tubes, Draw(side="left"))] * 3))
    assert all(isinstance(answer, Collected) for answer in answers)
    assert len(set(answers)) == 1
    assert Evidence.objects.filter(act="collect_specimen").count() == 1
    assert clinic.rows("SELECT count(*) FROM work_row WHERE kind = 'receive'") == [(1,)]
    # Without the key the second sending finds the tubes collected already.
    with pytest.raises(ActRefused) as refused:
        collect_specimens(clinic.by("tara"), work, tubes, Draw(side="left"))
    assert "collection.label.used" in [refusal.code for refusal in refused.value.refusals]


def test_accession_numbers_are_given_once_and_without_gaps(clinic: Clinic) -> None:
    works = [order(clinic, "BMP", "CBC", patient=patient).work[0] for patient in ("ana", "bea", "joe")]
    for work in works:
        claim_work(clinic.by("tara"), work)
    at_once(*(lambda record, work=work: print_labels(replace(clinic.by("tara"), record=record), work, "printer") for work in works))
    numbers = [row[0] for row in clinic.rows("SELECT accession FROM specimen_row ORDER BY accession")]
    assert numbers == [f"26-{number:07d}" for number in range(1, 7)]


POWER = """
import os, signal, sys
sys.path.insert(0, os.getcwd())
import django
django.setup()
from datetime import datetime
import json
from benchside.accounts.principal import Principal
from benchside.areas.laboratory.acts import Draw, ScannedTube, collect_specimens
from benchside.readiness import performing
from benchside.readiness.performing import Performance
from benchside.record.site import site_record
from datetime import date
given = json.loads(sys.argv[1])
at = datetime.fromisoformat(given["at"])
def cut(*args, **kwargs):
    print("saving", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
if given["cut"]:
    performing.keep_evidence = cut  # the record's rows are written, the transaction is not over
performance = Performance(site_record(), Principal("person", 1, "tara", "Practitioner/tara", (), frozenset()), at, request_key="form-1")
tubes = [ScannedTube(label, tube, at, "T1", date(2027, 1, 31)) for label, tube in given["tubes"]]
print(collect_specimens(performance, given["work"], tubes, Draw(side="left")).done, flush=True)
"""


def test_power_lost_between_scan_and_save_leaves_nothing_half_done(clinic: Clinic, database: str, tmp_path: Path) -> None:
    work, tubes = ready_to_collect(clinic)
    head, versions = clinic.rows("SELECT number FROM record_head"), clinic.rows("SELECT count(*) FROM record_version")

    def send(*, cut: bool) -> subprocess.CompletedProcess[str]:
        given = {"at": clinic.now.isoformat(), "work": work, "tubes": [(tube.label, tube.tube) for tube in tubes], "cut": cut}
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "benchside.site.settings",
            "BENCHSIDE_HOME": str(tmp_path),
            "BENCHSIDE_DATABASE_URL": database,
        }
        return subprocess.run(
            [sys.executable, "-c", POWER, json.dumps(given)], env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    lost = send(cut=True)
    assert lost.returncode == -signal.SIGKILL, lost.stderr
    assert lost.stdout == "saving\n"
    assert clinic.rows("SELECT number FROM record_head") == head
    assert clinic.rows("SELECT count(*) FROM record_version") == versions
    assert clinic.rows("SELECT DISTINCT state FROM specimen_row") == [("labelled",)]
    assert Evidence.objects.filter(act="collect_specimen").count() == 0
    # The tablet kept the form and sends it again: it is done, once.
    assert send(cut=False).stdout == "True\n"
    assert send(cut=False).stdout == "True\n"
    assert clinic.rows("SELECT DISTINCT state FROM specimen_row") == [("collected",)]
    assert Evidence.objects.filter(act="collect_specimen").count() == 1
    assert verify(clinic.record.engine).broken_at is None
