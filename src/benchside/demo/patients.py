"""Invented patients: who they are, what they live with, what to mind at their side, and what their blood will say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final, Literal

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.results import range_for
from benchside.areas.laboratory.words import Analyte, Patient, ReferenceRange
from benchside.demo.staff import ORGANIZATION, SITE_NAME
from benchside.demo.words import LANGUAGE, chance, coded, to
from benchside.fhir import r4
from benchside.fhir.r4.codes import AllergyIntoleranceCriticalityCode
from benchside.readiness.gathering.kept import ALERT, ARM, ICD10, IDENTIFIER_TYPE, PRECAUTION, RECORD_NUMBER

Gender = Literal["female", "male"]
PATIENTS: Final = 300
GIVEN: Final[dict[Gender, tuple[str, ...]]] = {
    "female": (
        "Ana", "Beatriz", "Chloe", "Dalia", "Edith", "Farida", "Grace", "Hannah", "Ines", "Joy", "Kamila", "Lucía", "Mei", "Noor", "Olivia",
        "Priya", "Rosa", "Salma", "Thandi", "Ursula", "Vera", "Wanda", "Xiomara", "Yara", "Zofia",
    ),
    "male": (
        "Aaron", "Boris", "Carlos", "Dmitri", "Elias", "Felix", "George", "Hassan", "Ivan", "Jamal", "Kenji", "Luis", "Minh", "Nils", "Otto",
        "Pedro", "Quentin", "Rashid", "Samuel", "Tariq", "Umberto", "Vikram", "Walter", "Yusuf", "Zoran",
    ),
}  # fmt: skip
FAMILY: Final = (
    "Abbott", "Baptiste", "Castillo", "Dvorak", "Eriksen", "Fontaine", "Gutierrez", "Hoang", "Ibrahim", "Jansen", "Kowalski",
    "Lemaire", "Moreau", "Nakamura", "O'Neill", "Petrov", "Quist", "Rossi", "Sørensen", "Tanaka", "Underhill", "Vasquez",
    "Wójcik", "Xu", "Yilmaz", "Zamora", "Adeyemi", "Bergström", "Chaudhry", "Delacroix", "Espinoza", "Fitzgerald", "Goldberg",
)  # fmt: skip
STREETS: Final = ("Alder", "Birch", "Chestnut", "Elm", "Juniper", "Maple", "Oak", "Sycamore")
LANGUAGES: Final = (("es", 0.14), ("vi", 0.03), ("ar", 0.03), ("pl", 0.02), ("zh", 0.02), ("fr", 0.02))
Trait = Literal["hypertension", "diabetes", "lipids", "kidney", "thyroid", "anemia", "asthma", "anticoagulated"]
CONDITIONS: Final[Mapping[Trait, tuple[str, str, float]]] = {
    "hypertension": ("I10", "Essential (primary) hypertension", 0.30),
    "diabetes": ("E11.9", "Type 2 diabetes mellitus without complications", 0.18),
    "lipids": ("E78.5", "Hyperlipidemia, unspecified", 0.24),
    "kidney": ("N18.30", "Chronic kidney disease, stage 3 unspecified", 0.07),
    "thyroid": ("E03.9", "Hypothyroidism, unspecified", 0.08),
    "anemia": ("D50.9", "Iron deficiency anemia, unspecified", 0.07),
    "asthma": ("J45.909", "Unspecified asthma, uncomplicated", 0.08),
    "anticoagulated": ("I48.91", "Unspecified atrial fibrillation", 0.06),
}
"""What a patient lives with: ICD-10-CM code, its words, and how many of a hundred adults of the demo have it."""

EFFECTS: Final[Mapping[Trait, Mapping[str, tuple[float, float]]]] = {
    "diabetes": {"GLUCOSE": (188, 132), "HBA1C": (9.1, 7.0)},
    "lipids": {"CHOL": (252, 186), "TRIG": (212, 148), "HDL": (38, 44)},
    "kidney": {"CREATININE": (1.5, 2.4), "BUN": (27, 41), "POTASSIUM": (4.7, 5.3), "HGB": (12.4, 11.2)},
    "thyroid": {"TSH": (9.8, 2.6), "FT4": (0.7, 1.2)},
    "anemia": {"HGB": (9.4, 12.3), "HCT": (29, 37.5), "FERRITIN": (7, 42), "MCV": (73, 84), "IRON": (28, 74)},
    "anticoagulated": {"INR": (2.4, 2.6), "PT": (26, 28)},
}
"""Where a value stood when the history begins and where it stands today: trends that somebody can see."""

USUAL: Final[Mapping[str, tuple[float, float]]] = {
    "TSH": (0.5, 4.2), "FT4": (0.9, 1.7), "VITD": (18, 55), "LIPASE": (15, 60), "LDH": (130, 220), "CK": (40, 180), "PCT": (0.02, 0.1),
    "DDIMER": (120, 480), "HSTNT": (3, 12), "HSTNI": (2, 18), "NTPROBNP": (30, 240), "HCGQ": (0, 3), "MPV": (8, 11.5), "U_SG": (1.006, 1.025),
    "U_PH": (5.0, 7.0), "U_UROBILINOGEN": (0.2, 1.0), "POCGLU": (82, 148),
}  # fmt: skip
"""Where values of the demo lie when the catalogue has no range for the patient."""

ALLERGIES: Final[tuple[tuple[str, str, AllergyIntoleranceCriticalityCode], ...]] = (
    ("Penicillin", "anaphylaxis", "high"),
    ("Latex", "rash", "high"),
    ("Adhesive tape", "rash", "low"),
    ("Chlorhexidine", "itching", "low"),
    ("Sulfonamides", "rash", "high"),
)
CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ALLERGY_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ALLERGY_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
INTERPRETER: Final = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"


@dataclass(frozen=True, slots=True)
class Profile:
    """One invented patient as the demo thinks of them; `seed` gives the same person each time."""

    number: int
    seed: int
    family: str
    given: str
    gender: Gender
    birth: date
    traits: frozenset[Trait]

    @property
    def id(self) -> str:
        """The id of their Patient."""
        return f"demo-p{self.number:03d}"

    def age(self, on: date) -> int:
        """Whole years."""
        return on.year - self.birth.year - ((on.month, on.day) < (self.birth.month, self.birth.day))

    def value(self, analyte: Analyte, on: date, progress: float, draw: str) -> Decimal:
        """What a measurement says at `progress` (0 the beginning of the history, 1 today) in the draw of that name."""
        own, here = chance(self.seed, self.number, analyte.code), chance(self.seed, self.number, analyte.code, draw)
        chosen = range_for(analyte, Patient(self.birth, self.gender), on, conditions=frozenset({"fasting"}))
        low, high = USUAL.get(analyte.code, (1.0, 2.0))
        if isinstance(chosen, ReferenceRange):
            low = float(chosen.low if chosen.low is not None else (chosen.high or 0) / 3)
            high = float(chosen.high if chosen.high is not None else (chosen.low or 0) * 2)
        span = high - low
        centre = low + span * own.uniform(0.25, 0.75)
        for trait in sorted(self.traits):
            if analyte.code in EFFECTS.get(trait, {}):
                begin, end = EFFECTS[trait][analyte.code]
                centre = (begin + (end - begin) * progress) * own.uniform(0.93, 1.07)
                span = abs(centre) * 0.35
        value = Decimal(str(max(centre + span * here.gauss(0, 0.09), 0)))
        if analyte.plausible is not None:
            value = min(max(value, analyte.plausible[0]), analyte.plausible[1])
        return value.quantize(Decimal(1).scaleb(-(analyte.decimals or 0)))

    def signs(self, draw: str) -> dict[str, Decimal]:
        """Vital signs of this person on one occasion, in the units they are charted in."""
        own, here = chance(self.seed, self.number, "signs"), chance(self.seed, self.number, "signs", draw)
        high = 18 if "hypertension" in self.traits else 0
        systolic = own.randint(108, 128) + high + here.randint(-7, 9)
        return {
            "heart_rate": Decimal(own.randint(60, 84) + here.randint(-5, 8)),
            "respiratory_rate": Decimal(here.randint(12, 18)),
            "systolic": Decimal(systolic),
            "diastolic": Decimal(systolic - own.randint(42, 52)),
            "spo2": Decimal(here.randint(95, 99)),
            "temperature": Decimal(here.randint(362, 373)) / 10,
            "weight": Decimal(own.randint(52, 96)) + Decimal(here.randint(-15, 15)) / 10,
        }


def profiles(seed: int, today: date) -> tuple[Profile, ...]:
    """Everybody; the same `seed` gives the same people, born relative to `today`."""
    return tuple(_profile(number, seed, today) for number in range(1, PATIENTS + 1))


def _profile(number: int, seed: int, today: date) -> Profile:
    random = chance(seed, number, "who")
    gender: Gender = random.choice(("female", "male"))
    years = random.choice((*range(18, 90), *range(30, 80), *range(2, 18, 3)))
    born = today - timedelta(days=years * 365 + random.randint(30, 360))
    adult = years >= 20
    traits: frozenset[Trait] = frozenset(
        trait for trait, (_, _, share) in CONDITIONS.items() if adult and random.random() < share * (0.4 if years < 45 else 1.5)
    )
    return Profile(number, seed, random.choice(FAMILY), random.choice(GIVEN[gender]), gender, born, traits)


def patient_resources(profile: Profile, at: datetime) -> Iterator[r4.AnyResource]:
    """The patient with what they live with and what to mind."""
    random = chance(profile.seed, profile.number, "chart")
    yield _patient(profile, random)
    for trait in sorted(profile.traits):
        code, display, _ = CONDITIONS[trait]
        yield r4.Condition(
            id=f"{profile.id}-{trait}",
            clinicalStatus=coded(CLINICAL, "active", "Active"),
            verificationStatus=coded(VERIFICATION, "confirmed", "Confirmed"),
            code=coded(ICD10, code, display),
            subject=to("Patient", profile.id),
            onsetDateTime=str(at.year - random.randint(1, 12)),
        )
    if random.random() < 0.24:
        yield _allergy(profile, *random.choice(ALLERGIES))
    elif random.random() < 0.7:  # of the rest most were asked and have none; of some nobody knows
        yield _no_known_allergy(profile)
    yield from _flags(profile, random, at)


def _patient(profile: Profile, random: Random) -> r4.Patient:
    roll, spoken = random.random(), ""
    for code, share in LANGUAGES:
        roll -= share
        if roll < 0:
            spoken = code
            break
    number = coded(IDENTIFIER_TYPE, "MR", "Medical record number")
    return r4.Patient(
        id=profile.id,
        active=True,
        identifier=[r4.Identifier(use="usual", type=number, system=RECORD_NUMBER, value=f"B{profile.number:07d}")],
        name=[r4.HumanName(use="official", family=profile.family, given=[profile.given])],
        telecom=[r4.ContactPoint(system="phone", value=f"555-01{profile.number % 100:02d}-{profile.number:03d}", use="mobile")],
        gender=profile.gender,
        birthDate=profile.birth.isoformat(),
        address=[
            r4.Address(
                line=[f"{random.randint(1, 400)} {random.choice(STREETS)} Street"],
                city="Springfield",
                state="IL",
                postalCode="62701",
                country="US",
            )
        ],
        communication=[
            r4.PatientCommunication(language=r4.CodeableConcept(coding=[r4.Coding(system=LANGUAGE, code=spoken)]), preferred=True)
        ]
        if spoken
        else None,
        extension=[r4.Extension(url=INTERPRETER, valueBoolean=True)] if spoken and random.random() < 0.6 else None,
        managingOrganization=to("Organization", ORGANIZATION, SITE_NAME),
    )


def _allergy(profile: Profile, substance: str, reaction: str, criticality: AllergyIntoleranceCriticalityCode) -> r4.AllergyIntolerance:
    return r4.AllergyIntolerance(
        id=f"{profile.id}-allergy",
        clinicalStatus=coded(ALLERGY_CLINICAL, "active", "Active"),
        verificationStatus=coded(ALLERGY_VERIFICATION, "confirmed", "Confirmed"),
        criticality=criticality,
        code=r4.CodeableConcept(text=substance),
        reaction=[r4.AllergyIntoleranceReaction(manifestation=[r4.CodeableConcept(text=reaction)])],
        patient=to("Patient", profile.id),
    )


def _no_known_allergy(profile: Profile) -> r4.AllergyIntolerance:
    return r4.AllergyIntolerance(
        id=f"{profile.id}-allergy",
        clinicalStatus=coded(ALLERGY_CLINICAL, "active", "Active"),
        verificationStatus=coded(ALLERGY_VERIFICATION, "confirmed", "Confirmed"),
        code=coded(ALERT, "no-known-allergies", "No known allergies"),
        patient=to("Patient", profile.id),
    )


def _flags(profile: Profile, random: Random, at: datetime) -> Iterator[r4.Flag]:
    found: list[tuple[str, str, str]] = []
    if random.random() < 0.05:
        found.append((PRECAUTION, random.choice(("contact", "droplet")), ""))
    if "anticoagulated" in profile.traits:
        found.append((PRECAUTION, "bleeding", "Bleeding risk"))
    if random.random() < 0.03:
        found.append((PRECAUTION, "fainting", "Fainting risk"))
    if "kidney" in profile.traits and random.random() < 0.4:
        found.append((ARM, random.choice(("left-fistula", "right-fistula")), "Fistula: no draw on this arm"))
    elif profile.gender == "female" and profile.age(at.date()) > 45 and random.random() < 0.06:
        found.append((ARM, random.choice(("left-mastectomy", "right-mastectomy")), "Mastectomy: no draw on this side"))
    if random.random() < 0.07:
        found.append((ALERT, "difficult-draw", "Difficult draw: right hand, winged set"))
    for place, (system, code, words) in enumerate(found):
        yield r4.Flag(
            id=f"{profile.id}-flag{place}",
            status="active",
            code=coded(system, code, words or code),
            subject=to("Patient", profile.id),
            period=r4.Period(start=str(at.date() - timedelta(days=random.randint(40, 900)))),
        )


def measured(profile: Profile, code: str, on: date, progress: float, draw: str) -> str:
    """What is typed for an analyte: a number with its digits, or the commonest answer of a coded one."""
    analyte = package_catalogue().analyte(code)
    if analyte.kind == "numeric":
        return f"{profile.value(analyte, on, progress, draw):f}"
    return analyte.normal[0] if analyte.normal else {"U_COLOR": "yellow", "U_APPEARANCE": "clear", "UCX": "no-growth"}.get(code, "negative")
