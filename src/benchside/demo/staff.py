"""The people of the demo clinic: their roles, their licences, and what each of the technicians is signed off for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from benchside.accounts.principal import Principal
from benchside.demo.words import STAFF_NUMBER, to
from benchside.fhir import r4
from benchside.fhir.r4.codes import AdministrativeGenderCode
from benchside.readiness.gathering.kept import COMPETENCE, CREDENTIAL, ROLE, concept
from benchside.readiness.requirements import package_requirements

ORGANIZATION: Final = "demo-clinic"
SITE_NAME: Final = "Cedar Hollow Clinic (demo)"

BASIC: Final = ("vital_signs", "room_preparation")
FLOOR: Final = (*BASIC, "venipuncture", "capillary_puncture", "non_blood_collection", "point_of_care_testing", "ekg_acquisition")
BENCH: Final = ("specimen_processing", "bench_testing", "result_verification", "quality_control")
EVERYTHING: Final = tuple(package_requirements().competences)


@dataclass(frozen=True, slots=True)
class Worker:
    """One invented member of staff. `role` opens doors (accounts), `clinical_role` is what the readiness gate asks about."""

    username: str
    given: str
    family: str
    role: str
    clinical_role: str
    title: str
    gender: AdministrativeGenderCode
    begins: str = "2020-01-06"
    competences: tuple[str, ...] = ()
    lapsed: tuple[str, ...] = ()
    licensed: bool = False

    @property
    def name(self) -> str:
        """The name as colleagues see it."""
        return f"{self.given} {self.family}"

    @property
    def practitioner(self) -> str:
        """The id of their Practitioner."""
        return f"demo-{self.username}"

    @property
    def principal(self) -> Principal:
        """The person as acts know who does something."""
        return Principal("person", 0, self.name, f"Practitioner/{self.practitioner}", (self.role,), frozenset())


STAFF: Final = (
    Worker("clara", "Clara", "Whitfield", "clinician", "physician", "Physician", "female", "2014-08-18", licensed=True),
    Worker("daniel", "Daniel", "Achebe", "clinician", "physician", "Physician", "male", "2018-05-02", licensed=True),
    Worker("omar", "Omar", "Haddad", "clinician", "nurse", "Registered nurse", "male", "2019-01-14", ("venipuncture", "point_of_care_testing", "vital_signs"), licensed=True),
    Worker("maya", "Maya", "Lindgren", "clinician", "nurse", "Registered nurse", "female", "2021-10-04", ("venipuncture", "point_of_care_testing", "vital_signs"), licensed=True),
    Worker("june", "June", "Park", "technician.junior", "junior_technician", "Junior technician", "female", "2025-09-01", (*BASIC, "capillary_puncture", "non_blood_collection", "specimen_processing")),
    Worker("pavel", "Pavel", "Novotny", "technician.junior", "junior_technician", "Junior technician", "male", "2026-01-12", BASIC),
    Worker("tomas", "Tomás", "Rivera", "technician", "technician", "Technician", "male", "2023-03-13", (*FLOOR, "specimen_processing")),
    Worker("aisha", "Aisha", "Rahman", "technician", "technician", "Technician", "female", "2022-11-07", (*FLOOR, "blood_culture"), lapsed=("venipuncture",)),
    Worker("hugo", "Hugo", "Meyer", "technician", "technician", "Technician", "male", "2022-02-21", BENCH),
    Worker("keiko", "Keiko", "Sato", "technician", "technician", "Technician", "female", "2021-06-14", (*FLOOR, *BENCH)),
    Worker("sena", "Sena", "Okafor", "technician.senior", "senior_technician", "Senior technician", "female", "2020-06-01", EVERYTHING),
    Worker("victor", "Victor", "Costa", "technician.senior", "senior_technician", "Senior technician", "male", "2019-09-16", (*FLOOR, *BENCH, "arterial_puncture", "device_calibration")),
    Worker("lena", "Lena", "Brandt", "technician.lead", "lead_technician", "Lead technician", "female", "2016-02-01", EVERYTHING),
    Worker("frank", "Frank", "Delgado", "front-desk", "front_desk", "Front desk", "male", "2021-04-12"),
    Worker("bea", "Bea", "Lindqvist", "biller", "biller", "Biller", "female", "2017-07-03"),
    Worker("eng", "Ivo", "Marchetti", "biomedical-engineer", "biomedical_engineer", "Biomedical engineer", "male", "2018-10-22"),
    Worker("admin", "Ada", "Novak", "administrator", "administrator", "Administrator", "female", "2015-03-30"),
)  # fmt: skip
BY_NAME: Final = {worker.username: worker for worker in STAFF}


def people(today: date) -> Iterator[r4.AnyResource]:
    """Every worker with role and sign-offs as they stand on `today`: current ones for months, lapsed ones three weeks over."""
    for number, worker in enumerate(STAFF, start=1):
        yield _practitioner(worker, number, today)
        yield _held(worker, ROLE, worker.clinical_role, worker.begins, None)
        for place, name in enumerate(worker.competences):
            ended = name in worker.lapsed
            since = max(date.fromisoformat(worker.begins), today - timedelta(days=(386 if ended else 150) + 7 * place))
            yield _held(worker, COMPETENCE, name, str(since), str(today - timedelta(days=21) if ended else since + timedelta(days=365)))


def _practitioner(worker: Worker, number: int, today: date) -> r4.Practitioner:
    licence = r4.PractitionerQualification(
        code=concept(CREDENTIAL, "licence"), period=r4.Period(start=worker.begins, end=str(today + timedelta(days=400)))
    )
    return r4.Practitioner(
        id=worker.practitioner,
        active=True,
        identifier=[r4.Identifier(system=STAFF_NUMBER, value=f"S{number:04d}")],
        name=[r4.HumanName(use="official", family=worker.family, given=[worker.given])],
        gender=worker.gender,
        qualification=[licence] if worker.licensed else None,
    )


def _held(worker: Worker, system: str, code: str, start: str, end: str | None) -> r4.PractitionerRole:
    return r4.PractitionerRole(
        id=f"{worker.practitioner}-{code.replace('_', '-')}",
        active=True,
        period=r4.Period(start=start, end=end),
        practitioner=to("Practitioner", worker.practitioner, worker.name),
        organization=to("Organization", ORGANIZATION, SITE_NAME),
        code=[concept(system, code)],
        location=[to("Location", "demo-lab", "Laboratory")] if worker.clinical_role.endswith("technician") else None,
    )
