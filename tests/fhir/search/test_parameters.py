"""The table of parameters, against HL7's own definitions read another way."""

from __future__ import annotations

from collections import Counter

import pytest

from benchside.fhir.r4.names import RESOURCE_NAMES
from benchside.fhir.search.case import CASE_SENSITIVE, compared
from benchside.fhir.search.parameters import (
    HIERARCHIES,
    PRIMARY_DATE,
    ROW_PARAMETERS,
    Component,
    compartment_parameters,
    index_numbers,
    parameters,
)
from tests.fhir.search.naive import case_sensitive, definitions, strict_hierarchies
from tests.fhir.search.official import documents

ALL = [parameter for type_name in sorted(RESOURCE_NAMES) for parameter in parameters(type_name).values()]


def test_the_hierarchies_are_those_that_the_definitions_mark() -> None:
    marked = {(kind, element) for kind, elements in strict_hierarchies().items() for element in elements}
    known = {(kind, parameters(kind)[code].expression.partition(".")[2]) for kind, codes in HIERARCHIES.items() for code in codes}
    assert known == marked


def test_the_case_of_codes_is_that_of_the_definitions() -> None:
    assert case_sensitive() == CASE_SENSITIVE
    assert compared("http://hl7.org/fhir/administrative-gender", "Male") == "Male"
    assert compared("http://snomed.info/sct", "ABC") == compared("http://loinc.org", "ABC") == "abc"


def test_numbers_are_positive_31_bit_and_never_the_same_for_two_parameters() -> None:
    own = [parameter.number for parameter in ALL if not parameter.alias_of]
    assert len(set(own)) == len(own)
    assert all(0 < number < 2**31 for number in own)


def test_an_alias_has_the_number_of_the_first_parameter_it_stands_for() -> None:
    for parameter in ALL:
        if parameter.alias_of:
            known = parameters(parameter.type)
            assert parameter.number == known[parameter.alias_of[0]].number
            assert all(not known[code].alias_of and known[code].kind == parameter.kind for code in parameter.alias_of)


def test_every_parameter_of_hl7_is_there_with_its_kind() -> None:
    expected = {
        (base, code): definition["type"]
        for (base, code), definition in definitions().items()
        if base in RESOURCE_NAMES
        and "StructureDefinition/" not in definition["expression"]
        and ".extension(" not in definition["expression"]
    }
    found = {(parameter.type, parameter.code): parameter.kind for parameter in ALL}
    assert {key: found.get(key) for key in expected} == expected
    assert len(expected) > 1600


def test_every_type_has_the_parameters_of_resource() -> None:
    for type_name in RESOURCE_NAMES:
        assert {"_id", "_lastUpdated", "_profile", "_security", "_source", "_tag", "_content"} <= parameters(type_name).keys()
    assert "_text" not in parameters("Bundle")  # has no narrative


@pytest.mark.parametrize(
    ("resource_type", "code", "stands_for", "restricted_to"),
    [
        ("Observation", "patient", ("subject",), "Patient"),
        ("Observation", "combo-code", ("code", "component-code"), None),
        ("Observation", "combo-value-quantity", ("component-value-quantity", "value-quantity"), None),
        ("Observation", "combo-code-value-quantity", ("code-value-quantity", "component-code-value-quantity"), None),
        ("Observation", "combo-code-value-concept", ("code-value-concept", "component-code-value-concept"), None),
        ("Observation", "combo-data-absent-reason", ("component-data-absent-reason", "data-absent-reason"), None),
        ("Encounter", "practitioner", ("participant",), "Practitioner"),
        ("Appointment", "patient", ("actor",), "Patient"),
        ("Provenance", "patient", ("target",), "Patient"),
        ("Immunization", "patient", (), None),
        ("Observation", "subject", (), None),
        ("Patient", "phonetic", (), None),
    ],
)
def test_aliases(resource_type: str, code: str, stands_for: tuple[str, ...], restricted_to: str | None) -> None:
    parameter = parameters(resource_type)[code]
    assert (parameter.alias_of, parameter.restricted_to) == (stands_for, restricted_to)
    known = parameters(resource_type)
    assert index_numbers(resource_type, code) == tuple(known[each].number for each in stands_for or (code,))


def test_a_composite_names_its_parts_in_order() -> None:
    assert parameters("Observation")["code-value-quantity"].components == (
        Component("code", "token"),
        Component("value-quantity", "quantity"),
    )
    assert [part.kind for part in parameters("MolecularSequence")["chromosome-variant-coordinate"].components] == [
        "token",
        "number",
        "number",
    ]


def test_relationship_of_documents_has_its_parts_by_what_they_collect() -> None:
    """HL7's definition names `relatesto` where its expression gives the code, and the other way round."""
    assert parameters("DocumentReference")["relationship"].components == (
        Component("relation", "token"),
        Component("relatesto", "reference"),
    )


def test_targets_are_resource_types() -> None:
    for parameter in ALL:
        assert set(parameter.targets) <= RESOURCE_NAMES
        assert not parameter.targets or parameter.kind == "reference", parameter
    assert parameters("Observation")["patient"].targets == ("Patient",)
    assert parameters("Observation")["encounter"].targets == ("Encounter", "EpisodeOfCare")


def test_compartments_are_hl7s() -> None:
    for name, document in documents("CompartmentDefinition-*.json"):
        if name == "CompartmentDefinition-example.json":
            continue
        known = compartment_parameters(document["code"])
        for resource in document["resource"]:
            expected = [code for code in resource.get("param", ()) if code != "{def}"]
            found = [code for code in known.get(resource["code"], ()) if code != "_id"]
            assert found == expected, (name, resource)
            assert set(found) <= parameters(resource["code"]).keys()
        assert known[document["code"]][0] == "_id"
    with pytest.raises(KeyError):
        compartment_parameters("Group")


def test_primary_dates_are_date_parameters() -> None:
    for type_name, code in PRIMARY_DATE.items():
        assert parameters(type_name)[code].kind == "date"
    assert {
        name: PRIMARY_DATE[name] for name in ("Observation", "Encounter", "ServiceRequest", "Task", "Specimen", "MedicationRequest")
    } == {
        "Observation": "date",
        "Encounter": "date",
        "ServiceRequest": "authored",
        "Task": "authored-on",
        "Specimen": "collected",
        "MedicationRequest": "authoredon",
    }


def test_kinds_are_those_of_r4() -> None:
    assert set(Counter(parameter.kind for parameter in ALL)) == {
        "number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special",
    }  # fmt: skip
    assert [f"{parameter.type}.{parameter.code}" for parameter in ALL if parameter.kind == "special"] == ["Location.near"]
    assert {"_id", "_lastUpdated"} == ROW_PARAMETERS


def test_an_unknown_type_is_an_error() -> None:
    with pytest.raises(KeyError):
        parameters("Patiant")
