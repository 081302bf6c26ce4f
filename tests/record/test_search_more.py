"""Words, compartments, includes, scopes, sorting by codes, cursors: what the random searches do not ask."""

from dataclasses import replace
from datetime import UTC

import pytest

from benchside.fhir import r4
from benchside.fhir.search.query import SearchLimits, parse_search
from benchside.record import Record, SearchScope, in_memory
from benchside.record.sorting import BadCursor
from tests.record.conftest import MORNING, WHO, heart_rate, patient


def find(record: Record, resource_type: str, query: str, *, scope: SearchScope | None = None, read_max: int = 10_000, **more: object):
    pairs = [tuple(part.split("=", 1)) for part in query.split("&") if part]
    search = parse_search([resource_type], pairs, limits=SearchLimits(), strict=True, zone=UTC, **more)  # type: ignore[arg-type] # two words each
    return record.search(replace(search, read_max=read_max), scope)


@pytest.fixture
def ward(record: Record) -> Record:
    """Two patients, an encounter, notes and heart rates."""
    note = r4.Annotation(text="Patient was anxious; repeated after ten minutes.")
    with record.commit(WHO, at=MORNING) as commit:
        commit.update(patient("ana", generalPractitioner=[r4.Reference(reference="Practitioner/doc")]))
        commit.update(patient("bea", "Souza"))
        commit.update(r4.Practitioner(id="doc", name=[r4.HumanName(family="Okafor")]))
        visit = r4.Coding(system="http://terminology.hl7.org/CodeSystem/v3-ActCode", code="AMB")
        commit.update(r4.Encounter(id="visit", status="finished", class_=visit, subject=r4.Reference(reference="Patient/ana")))
        commit.update(heart_rate("h1", "ana", "2026-03-02T08:00:00Z", 71, note=[note]))
        commit.update(heart_rate("h2", "ana", "2026-03-02T09:00:00Z", 92, encounter=r4.Reference(reference="Encounter/visit")))
        commit.update(heart_rate("h3", "bea", "2026-03-02T10:00:00Z", 64))
    return record


def ids(page: object) -> list[str]:
    return [match.id for match in page.matches]  # type: ignore[attr-defined] # SearchPage


def test_words_are_found_wherever_they_stand(ward: Record) -> None:
    assert ids(find(ward, "Observation", "_content=anxious minut")) == ["h1"]
    assert ids(find(ward, "Observation", "_content=anxious&patient=bea")) == []
    assert ids(find(ward, "Observation", "_text=anxious")) == []


@pytest.mark.parametrize("query", ["_content=anxious", "_sort=status", "code-value-quantity=http://loinc.org|$71"])
def test_too_many_candidates_to_read_are_refused_not_cut(ward: Record, query: str) -> None:
    with pytest.raises(in_memory.TooManyToRead, match="search_read_max"):
        find(ward, "Observation", query, read_max=2)
    assert "h1" in ids(find(ward, "Observation", f"{query}&patient=ana", read_max=2))


def test_a_composite_may_begin_with_anything(record: Record) -> None:
    with record.commit(WHO, at=MORNING) as commit:
        for id_, start, end in (("near", 10, 20), ("far", 1000, 2000)):
            variant = r4.MolecularSequenceVariant(start=start, end=end)
            chromosome = r4.CodeableConcept(coding=[r4.Coding(system="http://terminology.hl7.org/CodeSystem/chromosome-human", code="1")])
            reference = r4.MolecularSequenceReferenceSeq(
                chromosome=chromosome, windowStart=0, windowEnd=1, strand="watson", genomeBuild="GRCh 37"
            )
            commit.update(r4.MolecularSequence(id=id_, coordinateSystem=0, variant=[variant], referenceSeq=reference))
    name = "chromosome-variant-coordinate"
    assert ids(find(record, "MolecularSequence", f"{name}=1$10$20")) == ["near"]
    assert ids(find(record, "MolecularSequence", f"{name}=1$gt500$lt3000")) == ["far"]
    assert ids(find(record, "MolecularSequence", f"{name}=1$gt5$lt3000&_sort=_id")) == ["far", "near"]
    assert ids(find(record, "MolecularSequence", f"{name}=http://terminology.hl7.org/CodeSystem/chromosome-human|$lt11$ge20")) == ["near"]
    assert find(record, "MolecularSequence", f"{name}=2$gt5$lt3000").total == 0


def test_two_dates_that_are_not_meant_do_not_find_what_has_no_date(ward: Record) -> None:
    assert ids(find(ward, "Encounter", "date=ne2020-03-15,ne2020-04")) == []
    assert ids(find(ward, "Observation", "date=ne2020-03-15,ne2020-04&patient=bea")) == ["h3"]


def test_a_compartment_holds_what_is_about_its_patient(ward: Record) -> None:
    assert ids(find(ward, "Observation", "_sort=date", compartment=("Patient", "ana"))) == ["h1", "h2"]
    assert ids(find(ward, "Encounter", "", compartment=("Patient", "ana"))) == ["visit"]
    assert ids(find(ward, "Observation", "", compartment=("Patient", "nobody"))) == []


def test_a_scope_hides_everybody_else(ward: Record) -> None:
    own = SearchScope(patient="bea")
    assert ids(find(ward, "Observation", "", scope=own)) == ["h3"]
    assert ids(find(ward, "Patient", "", scope=own)) == ["bea"]
    assert find(ward, "Observation", "code=8867-4", scope=own).total == 1
    assert find(ward, "Observation", "", scope=SearchScope(patient="nobody")).total == 0


def test_includes_follow_references_both_ways_and_on(ward: Record) -> None:
    page = find(ward, "Observation", "_id=h2&_include=Observation:subject&_include=Observation:encounter")
    assert {found.reference for found in page.included} == {"Patient/ana", "Encounter/visit"}
    page = find(ward, "Observation", "_id=h2&_include=Observation:patient&_include:iterate=Patient:general-practitioner")
    assert {found.reference for found in page.included} == {"Patient/ana", "Practitioner/doc"}
    page = find(ward, "Patient", "_id=ana&_revinclude=Observation:subject&_revinclude=Encounter:patient")
    assert {found.reference for found in page.included} == {"Observation/h1", "Observation/h2", "Encounter/visit"}
    own = SearchScope(patient="ana")
    page = find(ward, "Observation", "_id=h2&_include=Observation:*", scope=own)
    assert {found.reference for found in page.included} == {"Patient/ana", "Encounter/visit"}


def test_a_cursor_that_is_not_ours_is_refused(ward: Record) -> None:
    for cursor in ("nonsense", "W10", "bnVsbA", "W1siYSJdXQ"):
        with pytest.raises(BadCursor):
            find(ward, "Observation", f"_sort=date&_cursor={cursor}")


def test_sorting_by_a_code_reads_the_matches(ward: Record) -> None:
    with ward.commit(WHO, at=MORNING) as commit:
        early = heart_rate("h0", "ana", "2026-03-01", 60)
        early.status = "amended"
        commit.update(early)
    assert ids(find(ward, "Observation", "patient=ana&_sort=status,-date")) == ["h0", "h2", "h1"]
