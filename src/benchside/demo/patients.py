"""Invented patients, each with a little history: conditions, allergies, a visit, vital signs, orders and results."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final, Literal

from benchside.demo import orders
from benchside.demo.staff import ORGANIZATION, SITE_NAME
from benchside.demo.words import ACT_CODE, ICD10CM, MRN, category, concept, instant, loinc, quantity, to
from benchside.fhir import r4
from benchside.fhir.r4.codes import AllergyIntoleranceCriticalityCode

Gender = Literal["female", "male"]
PATIENTS: Final = 50
GIVEN: Final[dict[Gender, tuple[str, ...]]] = {
    "female": ("Ana", "Beatriz", "Chloe", "Dalia", "Edith", "Farida", "Grace", "Hannah", "Ines", "Joy", "Keiko", "Lucía", "Mei", "Noor"),
    "male": ("Aaron", "Boris", "Carlos", "Dmitri", "Elias", "Felix", "George", "Hassan", "Ivan", "Jamal", "Kenji", "Luis", "Minh", "Nils"),
}
FAMILY: Final = (
    "Abbott", "Baptiste", "Castillo", "Dvorak", "Eriksen", "Fontaine", "Gutierrez", "Hoang", "Ibrahim", "Jansen", "Kowalski",
    "Lemaire", "Moreau", "Nakamura", "O'Neill", "Petrov", "Quist", "Rossi", "Sørensen", "Tanaka", "Underhill", "Vasquez",
    "Wójcik", "Xu", "Yilmaz", "Zamora",
)  # fmt: skip
STREETS: Final = ("Alder", "Birch", "Chestnut", "Elm", "Juniper", "Maple", "Oak", "Sycamore")
CONDITIONS: Final = (
    ("I10", "Essential (primary) hypertension"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("E78.5", "Hyperlipidemia, unspecified"),
    ("J45.909", "Unspecified asthma, uncomplicated"),
    ("E03.9", "Hypothyroidism, unspecified"),
)
ALLERGIES: Final[tuple[tuple[str, AllergyIntoleranceCriticalityCode], ...]] = (
    ("Latex", "high"),
    ("Adhesive tape", "low"),
    ("Penicillin", "high"),
    ("Chlorhexidine", "low"),
)
CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ALLERGY_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ALLERGY_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


@dataclass(frozen=True, slots=True)
class Story:
    """What belongs to one patient, in an order in which every reference points backwards or inside."""

    patient: r4.Patient
    resources: tuple[r4.AnyResource, ...]


def stories(seed: int, at: datetime) -> Iterator[Story]:
    """Give every patient's story; the same `seed` and the same day of `at` give the same stories."""
    day = at.replace(hour=7, minute=30, second=0, microsecond=0)
    for number in range(1, PATIENTS + 1):
        yield _story(number, Random(f"{seed}:{number}"), day)  # noqa: S311  # repeatable on purpose


def _story(number: int, random: Random, day: datetime) -> Story:
    patient = _patient(number, random, day)
    began = day + timedelta(minutes=8 * number)
    encounter = _encounter(number, began, finished=number <= 30)
    resources: list[r4.AnyResource] = [patient, encounter, *_history(number, random, day)]
    resources += _vital_signs(number, random, began + timedelta(minutes=6))
    resources += orders.orders_of(number, random, began + timedelta(minutes=15))
    return Story(patient, tuple(resources))


def _patient(number: int, random: Random, day: datetime) -> r4.Patient:
    gender = random.choice(tuple(GIVEN))
    born = day.date() - timedelta(days=random.randint(2 * 365, 90 * 365))
    return r4.Patient(
        id=f"demo-p{number:03d}",
        active=True,
        identifier=[r4.Identifier(use="usual", type=concept("http://terminology.hl7.org/CodeSystem/v2-0203", "MR", "Medical record number"), system=MRN, value=f"D{100_000 + number * 37}")],
        name=[r4.HumanName(use="official", family=random.choice(FAMILY), given=[random.choice(GIVEN[gender])])],
        telecom=[r4.ContactPoint(system="phone", value=f"555-01{number:02d}", use="mobile")],
        gender=gender,
        birthDate=born.isoformat(),
        address=[r4.Address(line=[f"{random.randint(1, 400)} {random.choice(STREETS)} Street"], city="Springfield", state="IL", postalCode="62701", country="US")],
        managingOrganization=to("Organization", ORGANIZATION, SITE_NAME),
    )  # fmt: skip


def _encounter(number: int, began: datetime, *, finished: bool) -> r4.Encounter:
    ended = instant(began + timedelta(minutes=45)) if finished else None
    return r4.Encounter(
        id=f"demo-p{number:03d}-visit",
        status="finished" if finished else "in-progress",
        class_=r4.Coding(system=ACT_CODE, code="AMB", display="ambulatory"),
        subject=to("Patient", f"demo-p{number:03d}"),
        participant=[r4.EncounterParticipant(individual=to("Practitioner", "demo-clara", "Clara Whitfield"))],
        period=r4.Period(start=instant(began), end=ended),
        location=[r4.EncounterLocation(location=to("Location", f"demo-exam-{1 + number % 2}"))],
        serviceProvider=to("Organization", ORGANIZATION, SITE_NAME),
    )


def _history(number: int, random: Random, day: datetime) -> Iterator[r4.AnyResource]:
    patient = to("Patient", f"demo-p{number:03d}")
    for position, (code, display) in enumerate(random.sample(CONDITIONS, k=random.choice((0, 1, 1, 2)))):
        yield r4.Condition(
            id=f"demo-p{number:03d}-condition{position}",
            clinicalStatus=concept(CLINICAL, "active", "Active"),
            verificationStatus=concept(VERIFICATION, "confirmed", "Confirmed"),
            code=concept(ICD10CM, code, display),
            subject=patient,
            onsetDateTime=str(day.year - random.randint(1, 12)),
        )
    if random.random() < 0.3:
        substance, criticality = random.choice(ALLERGIES)
        yield r4.AllergyIntolerance(
            id=f"demo-p{number:03d}-allergy",
            clinicalStatus=concept(ALLERGY_CLINICAL, "active", "Active"),
            verificationStatus=concept(ALLERGY_VERIFICATION, "confirmed", "Confirmed"),
            criticality=criticality,
            code=r4.CodeableConcept(text=substance),
            patient=patient,
        )


def _vital_signs(number: int, random: Random, taken: datetime) -> Iterator[r4.Observation]:
    """Give pulse, breathing, temperature, oxygen saturation and blood pressure, as the R4 vital signs profile codes them."""
    measured = (
        ("8867-4", "Heart rate", Decimal(random.randint(58, 98)), "/min"),
        ("9279-1", "Respiratory rate", Decimal(random.randint(12, 20)), "/min"),
        ("8310-5", "Body temperature", Decimal(random.randint(362, 376)) / 10, "Cel"),
        ("2708-6", "Oxygen saturation in Arterial blood", Decimal(random.randint(94, 100)), "%"),
    )
    for code, display, value, unit in measured:
        yield _vital_sign(number, taken, code, display, valueQuantity=quantity(value, unit))
    parts = (
        ("8480-6", "Systolic blood pressure", random.randint(104, 152)),
        ("8462-4", "Diastolic blood pressure", random.randint(62, 94)),
    )
    yield _vital_sign(
        number,
        taken,
        "85354-9",
        "Blood pressure panel with all children optional",
        component=[
            r4.ObservationComponent(code=loinc(code, display), valueQuantity=quantity(Decimal(value), "mm[Hg]"))
            for code, display, value in parts
        ],
    )


def _vital_sign(
    number: int,
    taken: datetime,
    code: str,
    display: str,
    *,
    valueQuantity: r4.Quantity | None = None,  # noqa: N803  # FHIR's own name
    component: list[r4.ObservationComponent] | None = None,
) -> r4.Observation:
    return r4.Observation(
        id=f"demo-p{number:03d}-vital-{code}",
        status="final",
        category=category("vital-signs", "Vital Signs"),
        code=loinc(code, display),
        subject=to("Patient", f"demo-p{number:03d}"),
        encounter=to("Encounter", f"demo-p{number:03d}-visit"),
        effectiveDateTime=instant(taken),
        performer=[to("Practitioner", "demo-june", "June Park")],
        valueQuantity=valueQuantity,
        component=component,
    )
