"""Short builders and code systems that the demo clinic is written with, beside those of the product itself.

Conditions are ICD-10-CM, units UCUM, languages BCP 47; the rest HL7's own code systems.
"""

from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Final

from benchside.fhir import r4
from benchside.readiness.gathering.kept import UCUM, date_time, reference

ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
LANGUAGE: Final = "urn:ietf:bcp:47"
STAFF_NUMBER: Final = "https://benchside.example/demo/staff-number"


def coded(system: str, code: str, display: str) -> r4.CodeableConcept:
    """A concept of one coding, its display as text too."""
    return r4.CodeableConcept(coding=[r4.Coding(system=system, code=code, display=display)], text=display)


def quantity(value: Decimal, unit: str) -> r4.Quantity:
    """A quantity in UCUM unit `unit`."""
    return r4.Quantity(value=value, unit=unit, system=UCUM, code=unit)


def period(start: datetime, end: datetime | None = None) -> r4.Period:
    """A period in UTC; without an end it is open."""
    return r4.Period(start=date_time(start), end=date_time(end) if end is not None else None)


def to(resource_type: str, id_: str, display: str | None = None) -> r4.Reference:
    """A reference inside the record."""
    return reference(f"{resource_type}/{id_}", display)


def chance(seed: int, *about: object) -> Random:
    """A source of chance of its own for one thing, so that what happens to one patient does not change another's."""
    return Random(":".join(str(part) for part in (seed, *about)))  # noqa: S311  # repeatable on purpose
