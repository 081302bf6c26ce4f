"""The clinic itself: organization, rooms, people who work there and their roles."""

from dataclasses import dataclass
from typing import Final

from benchside.demo.words import ROLE_LEVEL, STAFF_NUMBER, concept, to
from benchside.fhir import r4
from benchside.fhir.r4.codes import AdministrativeGenderCode

ORGANIZATION: Final = "demo-clinic"
SITE_NAME: Final = "Cedar Hollow Clinic (demo)"


@dataclass(frozen=True, slots=True)
class Worker:
    """One invented member of staff. `practitioner` is empty for those who have no part in care."""

    username: str
    given: str
    family: str
    role: str
    title: str
    gender: AdministrativeGenderCode
    practitioner: str
    begins: str = "2020-01-06"
    ends: str | None = None

    @property
    def name(self) -> str:
        """Return the name as colleagues see it."""
        return f"{self.given} {self.family}"


STAFF: Final = (
    Worker("clara", "Clara", "Whitfield", "clinician", "Physician", "female", "demo-clara"),
    Worker("omar", "Omar", "Haddad", "clinician", "Registered nurse", "male", "demo-omar"),
    Worker("june", "June", "Park", "technician.junior", "Junior technician", "female", "demo-june", "2025-09-01"),
    Worker("tomas", "Tomás", "Rivera", "technician", "Technician", "male", "demo-tomas", "2023-03-13"),
    Worker("sena", "Sena", "Okafor", "technician.senior", "Senior technician", "female", "demo-sena", "2020-06-01"),
    Worker("lena", "Lena", "Brandt", "technician.lead", "Lead technician", "female", "demo-lena", "2016-02-01"),
    Worker("frank", "Frank", "Delgado", "front-desk", "Front desk", "male", ""),
    Worker("bea", "Bea", "Lindqvist", "biller", "Biller", "female", ""),
    Worker("eng", "Ivo", "Marchetti", "biomedical-engineer", "Biomedical engineer", "male", ""),
    Worker("admin", "Ada", "Novak", "administrator", "Administrator", "female", ""),
)

ROOMS: Final = (
    ("demo-reception", "Reception", "Waiting area and front desk"),
    ("demo-exam-1", "Examination room 1", "Vital signs and examinations"),
    ("demo-exam-2", "Examination room 2", "Vital signs and examinations"),
    ("demo-draw", "Collection room", "Blood collection, two chairs"),
    ("demo-ekg", "EKG room", "12-lead EKG"),
    ("demo-lab", "Laboratory", "Chemistry, haematology, coagulation, point of care"),
    ("demo-procedure", "Procedure room", "Minor procedures"),
)


def clinic() -> list[r4.AnyResource]:
    """Return the organization, its rooms, its practitioners and their roles."""
    organization = r4.Organization(
        id=ORGANIZATION,
        active=True,
        name=SITE_NAME,
        telecom=[r4.ContactPoint(system="phone", value="555-0100", use="work")],
        address=[r4.Address(line=["100 Cedar Hollow Road"], city="Springfield", state="IL", postalCode="62701", country="US")],
    )
    rooms = [
        r4.Location(
            id=id_, status="active", mode="instance", name=name, description=purpose, managingOrganization=to("Organization", ORGANIZATION)
        )
        for id_, name, purpose in ROOMS
    ]
    people: list[r4.AnyResource] = []
    for number, worker in enumerate((worker for worker in STAFF if worker.practitioner), start=1):
        people.append(_practitioner(worker, number))
        people.append(_role(worker))
    return [organization, *rooms, *people]


def _practitioner(worker: Worker, number: int) -> r4.Practitioner:
    return r4.Practitioner(
        id=worker.practitioner,
        active=True,
        identifier=[r4.Identifier(system=STAFF_NUMBER, value=f"S{number:04d}")],
        name=[r4.HumanName(use="official", family=worker.family, given=[worker.given])],
        gender=worker.gender,
    )


def _role(worker: Worker) -> r4.PractitionerRole:
    return r4.PractitionerRole(
        id=f"{worker.practitioner}-role",
        active=True,
        period=r4.Period(start=worker.begins, end=worker.ends),
        practitioner=to("Practitioner", worker.practitioner, worker.name),
        organization=to("Organization", ORGANIZATION, SITE_NAME),
        code=[concept(ROLE_LEVEL, worker.role, worker.title)],
        location=[to("Location", "demo-lab", "Laboratory")] if worker.role.startswith("technician") else None,
    )
