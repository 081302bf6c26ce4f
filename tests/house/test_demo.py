"""The demo clinic: invented, valid, the same each time, at work when it opens, and never among real people."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import authenticate

from benchside.accounts.badges import person_of_badge
from benchside.accounts.models import Person
from benchside.accounts.pins import pin_fits
from benchside.accounts.roles import role_table
from benchside.accounts.tokens import principal_for
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.demo.clinic import SEED, TODAY, DemoRefused, make_clinic, make_people, past_resources
from benchside.demo.patients import PATIENTS, profiles
from benchside.demo.staff import STAFF
from benchside.fhir import read, write
from benchside.fhir.search.criteria import Search
from benchside.readiness.gathering.kept import COMPETENCE, ROLE, codes_of
from benchside.readiness.requirements import package_requirements
from benchside.readiness.staff import performer_of
from benchside.record.site import site_record
from benchside.record.upkeep import rebuild_views

AT = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


def past(seed: int = SEED) -> list[bytes]:
    begin = AT - TODAY
    return [write(resource) for resource in past_resources(profiles(seed, begin.date()), begin)]


def test_every_resource_is_valid_r4_and_the_same_each_time() -> None:
    made = past()
    for content in made:
        assert write(read(content)) == content
    assert made == past()


def test_another_seed_gives_other_people() -> None:
    one, other = ({(who.family, who.given, who.birth) for who in profiles(seed, AT.date())} for seed in (SEED, SEED + 1))
    assert len(one & other) < 10


def test_the_past_holds_a_catalogue_years_of_results_and_what_to_mind() -> None:
    kinds = Counter(type(read(content)).resourceType for content in past())
    assert kinds["Patient"] == PATIENTS == 300
    assert len(package_catalogue().tests) >= 60
    assert kinds["ActivityDefinition"] >= 60
    assert kinds["Observation"] > 5000
    for wanted in ("Encounter", "Condition", "AllergyIntolerance", "Flag", "Device", "Substance", "Location", "DiagnosticReport"):
        assert kinds[wanted] > 5, wanted


def test_the_four_levels_and_every_person_s_role_are_there() -> None:
    roles = {worker.role for worker in STAFF}
    assert roles == {role for role, described in role_table().roles.items() if described.context == "user"}
    assert {worker.clinical_role for worker in STAFF} <= set(package_requirements().roles)
    assert all(set(worker.competences) <= set(package_requirements().competences) for worker in STAFF)


@pytest.mark.usefixtures("database")
def test_it_is_made_once_with_sign_ins_that_work_and_today_s_work_in_every_state(tmp_path: Path) -> None:
    made = make_clinic(tmp_path, AT)
    assert made.now
    assert made.sign_ins.stat().st_mode & 0o077 == 0
    text = made.sign_ins.read_text()
    passwords = {line.split()[0]: line.split()[1] for line in text.splitlines()[1 : len(STAFF) + 1]}
    assert authenticate(username="tomas", password=passwords["tomas"]) is not None
    pin, badge = next(line.split()[2:4] for line in text.splitlines() if line.startswith("tomas"))
    assert pin_fits(Person.objects.get(username="tomas"), pin)
    assert person_of_badge(badge) == Person.objects.get(username="tomas")
    token = next(line for line in text.splitlines() if line.startswith("bst_"))
    assert principal_for(token) is not None
    record = site_record()
    assert record.count(Search(types=("Patient",))) == PATIENTS
    open_work = Counter(dict(record.engine.rows("SELECT kind, count(*) FROM work_row WHERE open = 1 GROUP BY kind")))
    assert {"collect", "receive", "review-result", "call-critical", "cosign", "review-override", "message", "ekg"} <= set(open_work)
    specimens = Counter(dict(record.engine.rows("SELECT state, count(*) FROM specimen_row GROUP BY state")))
    assert {"labelled", "collected", "received", "rejected"} <= set(specimens)
    reports = Counter(dict(record.engine.rows("SELECT status, count(*) FROM report_row GROUP BY status")))
    assert {"registered", "preliminary", "final", "corrected"} <= set(reports)
    lapsed = {held.name: held.period.state(AT) for held in performer_of(record, "demo-aisha", AT).competences}
    assert lapsed["venipuncture"] == "lapsed"
    assert lapsed["ekg_acquisition"] == "current"
    again = make_clinic(tmp_path, AT)
    assert not again.now
    assert again.sign_ins.read_text() == text


@pytest.mark.usefixtures("sqlite_database")
def test_its_views_are_those_that_rebuilding_gives(tmp_path: Path) -> None:
    make_clinic(tmp_path, AT)
    record = site_record()

    def content() -> dict[str, list[tuple[object, ...]]]:
        return {view.table: sorted(record.engine.rows(f"SELECT * FROM {view.table}"), key=repr) for view in record.policy.views.views}

    followed = content()
    rebuild_views(record, record.policy.views.views)
    assert content() == followed


@pytest.mark.usefixtures("sqlite_database")
def test_an_interrupted_making_is_taken_up(tmp_path: Path) -> None:
    class PulledOut(Exception):
        pass

    def pull(done: int, total: int) -> None:
        if done > total // 2:
            raise PulledOut

    with pytest.raises(PulledOut):
        make_clinic(tmp_path, AT, pull)
    make_clinic(tmp_path, AT)
    assert site_record().count(Search(types=("Patient",))) == PATIENTS


@pytest.mark.usefixtures("sqlite_database")
def test_two_homes_get_different_passwords() -> None:
    first, second = make_people(AT), make_people(AT)
    assert not set(first.split()) & {word for word in second.split() if word.count("-") == 3 or word.startswith("bst_")}


@pytest.mark.usefixtures("sqlite_database")
def test_it_is_never_made_among_real_people(tmp_path: Path) -> None:
    Person.objects.add("maria", "Maria", roles=["technician"], password=None)
    with pytest.raises(DemoRefused):
        make_clinic(tmp_path, AT)
    assert site_record().count(Search(types=("Patient",))) == 0


def test_what_staff_hold_is_in_the_code_systems_that_the_gate_reads() -> None:
    held = [read(content) for content in past() if b'"PractitionerRole"' in content[:60]]
    assert {code for one in held for code in codes_of(one.code, ROLE)} == {worker.clinical_role for worker in STAFF}
    assert {code for one in held for code in codes_of(one.code, COMPETENCE)} == set(package_requirements().competences)
