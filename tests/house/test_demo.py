"""The demo clinic: invented, valid, the same each time, and never among real people."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import authenticate

from benchside.accounts.models import Person
from benchside.accounts.roles import role_table
from benchside.accounts.tokens import principal_for
from benchside.demo.clinic import SEED, DemoRefused, make_clinic
from benchside.demo.patients import PATIENTS, stories
from benchside.demo.staff import STAFF, clinic
from benchside.fhir import read, write
from benchside.fhir.search.criteria import Search
from benchside.record.site import site_record

AT = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


def everything() -> list[bytes]:
    return [write(resource) for resource in [*clinic(), *(one for story in stories(SEED, AT) for one in story.resources)]]


def test_every_resource_is_valid_r4() -> None:
    for content in everything():
        assert write(read(content)) == content


def test_the_same_seed_and_day_give_the_same_clinic() -> None:
    assert everything() == everything()


def test_another_seed_gives_other_people() -> None:
    names = [{write(story.patient) for story in stories(seed, AT)} for seed in (SEED, SEED + 1)]
    assert names[0] != names[1]


def test_orders_are_in_every_state_and_some_results_are_out_of_range() -> None:
    resources = [one for story in stories(SEED, AT) for one in story.resources]
    states = {one.status for one in resources if type(one).resourceType == "Task"}
    flags = {one.interpretation[0].coding[0].code for one in resources if type(one).resourceType == "Observation" and one.interpretation}
    assert states == {"requested", "in-progress", "completed"}
    assert flags == {"L", "N", "H"}


def test_the_four_levels_and_every_person_s_role_are_there() -> None:
    roles = {worker.role for worker in STAFF}
    assert {"technician.junior", "technician", "technician.senior", "technician.lead"} <= roles
    assert roles == {role for role, described in role_table().roles.items() if described.context == "user"}


@pytest.mark.usefixtures("database")
def test_it_is_made_once_with_sign_ins_that_work(tmp_path: Path) -> None:
    made = make_clinic(tmp_path, AT)
    assert made.now
    assert made.sign_ins.stat().st_mode & 0o077 == 0
    text = made.sign_ins.read_text()
    passwords = {line.split()[0]: line.split()[1] for line in text.splitlines()[1 : len(STAFF) + 1]}
    assert authenticate(username="tomas", password=passwords["tomas"]) is not None
    token = next(line for line in text.splitlines() if line.startswith("bst_"))
    assert principal_for(token) is not None
    assert site_record().count(Search(types=("Patient",))) == PATIENTS
    again = make_clinic(tmp_path, AT)
    assert not again.now
    assert again.sign_ins.read_text() == text


@pytest.mark.usefixtures("sqlite_database")
def test_an_interrupted_making_is_taken_up(tmp_path: Path) -> None:
    class PulledOut(Exception):
        pass

    def pull(done: int, total: int) -> None:
        del total
        if done == 3:
            raise PulledOut

    with pytest.raises(PulledOut):
        make_clinic(tmp_path, AT, pull)
    make_clinic(tmp_path, AT)
    assert site_record().count(Search(types=("Patient",))) == PATIENTS


@pytest.mark.usefixtures("sqlite_database")
def test_two_homes_get_different_passwords(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    first = make_clinic(tmp_path / "a", AT).sign_ins.read_text()
    (tmp_path / "b").mkdir()
    second = make_clinic(tmp_path / "b", AT).sign_ins.read_text()
    assert not set(first.split()) & {word for word in second.split() if word.count("-") == 3 or word.startswith("bst_")}


@pytest.mark.usefixtures("sqlite_database")
def test_it_is_never_made_among_real_people(tmp_path: Path) -> None:
    Person.objects.add("maria", "Maria", roles=["technician"], password=None)
    with pytest.raises(DemoRefused):
        make_clinic(tmp_path, AT)
    assert site_record().count(Search(types=("Patient",))) == 0
