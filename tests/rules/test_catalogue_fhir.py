"""The catalogue as FHIR R4: every resource is valid, says what the catalogue says, and points at what exists."""

from decimal import Decimal

import pytest

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.catalogue_fhir import LOINC_NOTICE, catalogue_resources, fhir_id
from benchside.areas.laboratory.critical import package_critical
from benchside.areas.laboratory.reception import package_reception
from benchside.areas.laboratory.tubes import package_tubes
from benchside.fhir import r4, read, write

CATALOGUE = package_catalogue()
RESOURCES = catalogue_resources(CATALOGUE, package_tubes(), package_reception(), package_critical())
BY_KEY = {(type(resource).resourceType, resource.id): resource for resource in RESOURCES}


def test_there_is_one_of_everything() -> None:
    assert len(BY_KEY) == len(RESOURCES)
    kinds = [type(resource).resourceType for resource in RESOURCES]
    assert kinds.count("SpecimenDefinition") == 60
    assert kinds.count("ObservationDefinition") == len(CATALOGUE.analytes)
    assert kinds.count("ActivityDefinition") == len({*CATALOGUE.tests, *CATALOGUE.panels})


@pytest.mark.parametrize("resource", RESOURCES, ids=[f"{type(resource).resourceType}-{resource.id}" for resource in RESOURCES])
def test_every_resource_is_valid_r4_and_comes_back_the_same(resource: r4.AnyResource) -> None:
    raw = write(resource)
    assert write(read(raw)) == raw


def test_every_reference_finds_its_target() -> None:
    for resource in RESOURCES:
        if isinstance(resource, r4.ActivityDefinition):
            for reference in [*(resource.specimenRequirement or []), *(resource.observationResultRequirement or [])]:
                kind, _, identifier = str(reference.reference).partition("/")
                assert (kind, identifier) in BY_KEY, reference.reference


def test_potassium_says_what_the_catalogue_says() -> None:
    result = BY_KEY["ObservationDefinition", fhir_id("POTASSIUM")]
    assert isinstance(result, r4.ObservationDefinition)
    assert result.quantitativeDetails is not None
    assert result.quantitativeDetails.decimalPrecision == 1
    intervals = {str(entry.category): entry.range for entry in result.qualifiedInterval or []}
    assert {category: (span.low.value, span.high.value) for category, span in intervals.items() if span and span.low and span.high} == {
        "reference": (Decimal("3.5"), Decimal("5.1")),
        "critical": (Decimal("2.8"), Decimal("6.2")),
        "absolute": (Decimal("0.8"), Decimal(15)),
    }


def test_loinc_is_used_with_its_notice() -> None:
    for resource in RESOURCES:
        if isinstance(resource, r4.ActivityDefinition) and resource.code is not None:
            has_loinc = any(coding.system == "http://loinc.org" for coding in resource.code.coding or [])
            assert (resource.copyright == LOINC_NOTICE) == has_loinc


def test_what_has_no_range_gets_none() -> None:
    result = BY_KEY["ObservationDefinition", fhir_id("TSH")]
    assert isinstance(result, r4.ObservationDefinition)
    assert [str(entry.category) for entry in result.qualifiedInterval or []] == ["absolute"]
