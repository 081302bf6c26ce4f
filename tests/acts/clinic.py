"""An invented clinic for tests: staff of all levels with their sign-offs, patients, devices; and who does what when."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchside.accounts.principal import Principal
from benchside.fhir import r4
from benchside.readiness.facts import Lot
from benchside.readiness.gathering.kept import (
    ARM,
    COMPETENCE,
    CREDENTIAL,
    EQUIPMENT,
    PRECAUTION,
    RECORD_NUMBER,
    ROLE,
    concept,
    date_time,
    extension_url,
    reference,
)
from benchside.readiness.performing import NamedSupervisor, Performance
from benchside.readiness.requirements import package_requirements
from benchside.record import Attribution, Record
from benchside.record.site import site_record

MORNING = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETUP = Attribution(author="Device/setup", act="test.setup")

# id, role, family name
STAFF = (
    ("juno", "junior_technician", "Junior"),
    ("tara", "technician", "Tech"),
    ("theo", "technician", "Second"),
    ("sena", "senior_technician", "Senior"),
    ("lena", "lead_technician", "Lead"),
    ("nora", "nurse", "Nurse"),
    ("dana", "physician", "Doctor"),
    ("omar", "physician", "Other"),
    ("fred", "front_desk", "Front"),
)


def practitioner(own: str, family: str) -> r4.Practitioner:
    return r4.Practitioner(
        id=own,
        active=True,
        name=[r4.HumanName(family=family, given=[own.title()])],
        qualification=[
            r4.PractitionerQualification(code=concept(CREDENTIAL, "licence"), period=r4.Period(start="2020-01-01", end="2030-12-31"))
        ],
    )


def held(
    own: str, system: str, code: str, *, start: str = "2025-01-01", end: str = "2027-12-31", active: bool = True, id_: str = ""
) -> r4.PractitionerRole:
    return r4.PractitionerRole(
        id=id_ or f"{own}-{code.replace('_', '-')}",
        active=active,
        practitioner=reference(f"Practitioner/{own}"),
        code=[concept(system, code)],
        period=r4.Period(start=start, end=end),
    )


def patient(own: str, family: str, given: str, birth: str, gender: str = "female", phone: str = "", number: str = "") -> r4.Patient:
    return r4.Patient(
        id=own,
        active=True,
        name=[r4.HumanName(use="official", family=family, given=given.split())],
        birthDate=birth,
        gender=gender,
        identifier=[r4.Identifier(system=RECORD_NUMBER, value=number or f"MRN{own}")],
        telecom=[r4.ContactPoint(system="phone", value=phone)] if phone else None,
    )


def device(own: str, kind: str) -> r4.Device:
    return r4.Device(
        id=own,
        status="active",
        type=concept(EQUIPMENT, kind),
        extension=[
            r4.Extension(url=extension_url("calibration-due"), valueDateTime="2027-01-01T00:00:00Z"),
            r4.Extension(url=extension_url("control-state"), valueCode="passed"),
            r4.Extension(url=extension_url("control-valid-until"), valueDateTime="2027-01-01T00:00:00Z"),
        ],
    )


@dataclass
class Clinic:
    """A record with people in it, and a clock that is told."""

    record: Record
    now: datetime = MORNING
    keys: int = field(default=0)

    def tell(self, *, minutes: float = 0, at: datetime | None = None) -> datetime:
        """Let time pass."""
        self.now = at if at is not None else self.now + timedelta(minutes=minutes)
        return self.now

    def by(self, own: str, **more: Any) -> Performance:
        """A performance of this person now."""
        role = next((role for known, role, _ in STAFF if known == own), "technician")
        principal = Principal("person", 1, own, f"Practitioner/{own}", (role,), frozenset())
        if more.pop("signed", False):
            more["signed_at"] = self.now
        if isinstance(more.get("supervisor"), str):
            more["supervisor"] = NamedSupervisor(f"Practitioner/{more['supervisor']}")
        return Performance(self.record, principal, self.now, **more)

    def write(self, *resources: r4.AnyResource) -> None:
        """Put resources in as they are, outside of any act."""
        with self.record.commit(SETUP, at=self.now) as commit:
            for resource in resources:
                commit.update(resource)

    def versions(self, type_: str, own: str) -> int:
        """How many versions a resource has."""
        return self.record.read(type_, own).version

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look into a view."""
        return self.record.engine.rows(sql, values)


TUBE_LOT = Lot("tube", "T-2026-01", date(2027, 1, 31))


def open_clinic() -> Clinic:
    """A clinic at eight in the morning."""
    clinic = Clinic(site_record())
    resources: list[r4.AnyResource] = [r4.Device(id="setup", status="active")]
    for own, role, family in STAFF:
        resources += [practitioner(own, family), held(own, ROLE, role)]
        if role.endswith("technician") or role == "nurse":
            resources += [held(own, COMPETENCE, name) for name in package_requirements().competences]
    resources += [
        device("printer", "label_printer"),
        device("analyzer", "analyzer"),
        device("spinner", "centrifuge"),
        device("meter", "point_of_care_meter"),
    ]
    resources += [
        patient("ana", "Silva", "Ana Maria", "1980-02-03", phone="+1 555 010 1234"),
        patient("bea", "García", "Beatriz", "1975-11-30"),
        patient("joe", "Smith", "Joseph", "1962-07-04", "male"),
        patient("kid", "Smith", "Kim", "2021-04-01", "male"),
    ]
    clinic.now = MORNING - DAY
    clinic.write(*resources)
    clinic.now = MORNING
    return clinic


def precaution(own: str, patient_id: str, code: str) -> r4.Flag:
    return r4.Flag(
        id=own,
        status="active",
        code=concept(PRECAUTION, code),
        subject=reference(f"Patient/{patient_id}"),
        period=r4.Period(start="2026-01-01"),
    )


def arm(own: str, patient_id: str, code: str) -> r4.Flag:
    return r4.Flag(
        id=own, status="active", code=concept(ARM, code), subject=reference(f"Patient/{patient_id}"), period=r4.Period(start="2026-01-01")
    )


__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "MORNING",
    "TUBE_LOT",
    "Clinic",
    "arm",
    "date_time",
    "device",
    "held",
    "open_clinic",
    "patient",
    "practitioner",
    "precaution",
]
