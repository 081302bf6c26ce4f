"""A record on each engine, and a clock that is told what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from benchside.fhir import r4
from benchside.record import Attribution, Record

WHO = Attribution(author="Practitioner/1", act="test.write")
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def record(database: str) -> Record:
    """An empty record."""
    del database
    return Record()


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """Each call is a minute later."""
    minutes = iter(range(1_000_000))
    return lambda: MORNING + timedelta(minutes=next(minutes))


def patient(id_: str = "ana", family: str = "Silva", **more: object) -> r4.Patient:
    """A patient with a name."""
    return r4.Patient(id=id_, name=[r4.HumanName(family=family, given=["Ana"])], **more)  # type: ignore[arg-type] # test shorthand


def heart_rate(id_: str, patient_id: str, at: str, beats: int = 70, **more: object) -> r4.Observation:
    """A final heart rate of a patient."""
    from decimal import Decimal

    return r4.Observation(
        id=id_,
        status="final",
        code=r4.CodeableConcept(coding=[r4.Coding(system="http://loinc.org", code="8867-4")]),
        subject=r4.Reference(reference=f"Patient/{patient_id}"),
        effectiveDateTime=at,
        valueQuantity=r4.Quantity(
            value=Decimal(beats),
            unit="/min",
            system="http://unitsofmeasure.org",
            code="/min",
        ),
        **more,  # type: ignore[arg-type] # test shorthand
    )
