"""Codes and short builders that the demo clinic is written with.

LOINC codes as in docs and tests of the catalogue; units are UCUM; conditions ICD-10-CM; the rest HL7's own code systems.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final

from benchside.fhir import r4

LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
ICD10CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OBSERVATION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
ROLE_LEVEL: Final = "https://benchside.example/demo/role"
MRN: Final = "https://benchside.example/demo/mrn"
STAFF_NUMBER: Final = "https://benchside.example/demo/staff-number"
ACCESSION: Final = "https://benchside.example/demo/accession"
ORDER_NUMBER: Final = "https://benchside.example/demo/order"


def instant(moment: datetime) -> str:
    """Write an aware time as FHIR does, to the second."""
    return moment.isoformat(timespec="seconds")


def concept(system: str, code: str, display: str) -> r4.CodeableConcept:
    """Return a concept of one coding, its display as text too."""
    return r4.CodeableConcept(coding=[r4.Coding(system=system, code=code, display=display)], text=display)


def loinc(code: str, display: str) -> r4.CodeableConcept:
    """Return a LOINC concept."""
    return concept(LOINC, code, display)


def category(code: str, display: str) -> list[r4.CodeableConcept]:
    """Return an Observation.category."""
    return [concept(OBSERVATION_CATEGORY, code, display)]


def quantity(value: Decimal, unit: str) -> r4.Quantity:
    """Return a quantity in UCUM unit `unit`."""
    return r4.Quantity(value=value, unit=unit, system=UCUM, code=unit)


def to(resource_type: str, id_: str, display: str | None = None) -> r4.Reference:
    """Return a reference inside the record."""
    return r4.Reference(reference=f"{resource_type}/{id_}", display=display)
