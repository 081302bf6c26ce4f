"""Words, compartments, includes, scopes, sorting by codes, cursors: what the random searches do not ask."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest

from benchside.fhir import r4
from benchside.fhir.search.query import InvalidSearch, SearchLimits, parse_search
from benchside.record import Record, SearchScope, in_memory
from benchside.record.sorting import BadCursor
from benchside.record.upkeep import bring_up_to_date
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


@pytest.fixture
def places(record: Record) -> Record:
    """R4's own examples of hierarchies: location 42 and its parts, encounter 21 within another; and units."""
    visit = r4.Coding(system="http://terminology.hl7.org/CodeSystem/v3-ActCode", code="AMB")
    with record.commit(WHO, at=MORNING) as commit:
        commit.update(patient("ana"))
        for id_, above in (("42", None), ("43", "42"), ("44", "43"), ("9", None)):
            commit.update(r4.Location(id=id_, partOf=r4.Reference(reference=f"Location/{above}") if above else None))
            procedure = r4.Procedure(id=f"at-{id_}", status="completed", subject=r4.Reference(reference="Patient/ana"))
            procedure.location = r4.Reference(reference=f"Location/{id_}")
            commit.update(procedure)
        for id_, above in (("20", None), ("21", "20")):
            part = r4.Reference(reference=f"Encounter/{above}") if above else None
            commit.update(r4.Encounter(id=id_, status="finished", class_=visit, partOf=part))
            commit.update(heart_rate(f"in-{id_}", "ana", "2026-03-02", encounter=r4.Reference(reference=f"Encounter/{id_}")))
    return record


def test_references_above_and_below(places: Record) -> None:
    """https://hl7.org/fhir/R4/search.html#recursive."""
    assert set(ids(find(places, "Procedure", "location:below=42"))) == {"at-42", "at-43", "at-44"}
    assert set(ids(find(places, "Procedure", "location:below=Location/43,9"))) == {"at-43", "at-44", "at-9"}
    assert set(ids(find(places, "Procedure", "location:above=43"))) == {"at-42", "at-43"}
    assert set(ids(find(places, "Observation", "encounter:above=21&patient=ana"))) == {"in-20", "in-21"}
    assert ids(find(places, "Observation", "encounter:below=21")) == ["in-21"]
    assert set(ids(find(places, "Location", "partof:below=42"))) == {"43", "44"}
    for refused in ("subject:below=Patient/ana", "part-of:above=1"):
        with pytest.raises(InvalidSearch, match=r"hierarchy|applies to"):
            find(places, "Procedure", refused)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("5.4|http://unitsofmeasure.org|mg", ["mg", "g", "rare"]),
        ("5.40e-3|http://unitsofmeasure.org|g", ["mg", "g", "rare"]),
        ("5.4||mg", ["mg"]),
        ("5.4", ["mg", "other"]),
        ("le5.4|http://unitsofmeasure.org|mg", ["mg", "g", "rare"]),
        ("gt5.4|http://unitsofmeasure.org|mg", []),
        ("ap5|http://unitsofmeasure.org|mg", ["mg", "g", "rare"]),
        ("5.4|http://unitsofmeasure.org|mL", ["other"]),
        ("5.4|http://unitsofmeasure.org|[nonsense]", []),
    ],
)
def test_quantities_in_other_units(record: Record, asked: str, found: list[str]) -> None:
    """Searches of https://hl7.org/fhir/R4/search.html#quantity."""
    with record.commit(WHO, at=MORNING) as commit:
        commit.update(patient("ana"))
        for id_, value, unit in (("mg", "5.4", "mg"), ("g", "0.0054", "g"), ("rare", "0.00000540", "kg"), ("other", "5.4", "mL")):
            one = heart_rate(id_, "ana", "2026-03-02")
            one.valueQuantity = r4.Quantity(value=Decimal(value), system="http://unitsofmeasure.org", code=unit)
            commit.update(one)
    assert sorted(ids(find(record, "Observation", f"value-quantity={asked}"))) == sorted(found)
    assert sorted(ids(find(record, "Observation", f"code-value-quantity=8867-4${asked}"))) == sorted(found)


@pytest.fixture
def questions(record: Record) -> Record:
    """A questionnaire in two versions, and answers to each and to either."""
    url = "http://example.org/fhir/Questionnaire/q"
    with record.commit(WHO, at=MORNING) as commit:
        for version, title in (("1.0", "Old"), ("2.0", "New")):
            commit.update(r4.Questionnaire(id=title.lower(), url=url, version=version, title=title, status="active"))
        for id_, canonical in (("one", f"{url}|1.0"), ("two", f"{url}|2.0"), ("any", url)):
            commit.update(r4.QuestionnaireResponse(id=id_, status="completed", questionnaire=canonical))
    return record


def test_canonicals_are_followed_to_their_version(questions: Record) -> None:
    url = "http://example.org/fhir/Questionnaire/q"
    assert set(ids(find(questions, "QuestionnaireResponse", "questionnaire.title=Old"))) == {"one", "any"}
    assert set(ids(find(questions, "QuestionnaireResponse", "questionnaire.title=New&status=completed"))) == {"two", "any"}
    assert ids(find(questions, "Questionnaire", "_has:QuestionnaireResponse:questionnaire:_id=one")) == ["old"]
    assert set(ids(find(questions, "QuestionnaireResponse", f"questionnaire:below={url}"))) == {"one", "two", "any"}
    assert ids(find(questions, "QuestionnaireResponse", f"questionnaire:below={url}|1")) == ["one"]
    assert ids(find(questions, "QuestionnaireResponse", f"questionnaire={url}|2.0")) == ["two"]
    page = find(questions, "QuestionnaireResponse", "_id=one&_include=QuestionnaireResponse:questionnaire")
    assert [found.id for found in page.included] == ["old"]
    page = find(questions, "Questionnaire", "_id=old&_revinclude=QuestionnaireResponse:questionnaire")
    assert {found.id for found in page.included} == {"one", "any"}


def test_an_index_of_an_older_shape_is_made_anew(questions: Record) -> None:
    bring_up_to_date(questions)
    questions.engine.run("DELETE FROM record_token")
    questions.engine.run("UPDATE record_fingerprint SET fingerprint = 'of an earlier release' WHERE name = 'index'")
    assert bring_up_to_date(questions) == ["search index"]
    assert set(ids(find(questions, "QuestionnaireResponse", "questionnaire.title=Old"))) == {"one", "any"}
    assert bring_up_to_date(questions) == []


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
