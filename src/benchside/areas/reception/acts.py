"""Registering a patient: names, birth date, and a question when somebody like this is here already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from benchside.fhir import r4
from benchside.readiness.gathering.kept import IDENTIFIER_TYPE, RECORD_NUMBER, concept
from benchside.readiness.gathering.numbers import next_number
from benchside.readiness.gathering.patient_search import likely_duplicates
from benchside.readiness.performing import Performance, act, facts_for, perform
from benchside.terms.refusal import Refusal

NAME_LENGTH_MAX = 200
AGE_YEARS_MAX = 130
RECORD_NUMBER_DIGITS = 7
GENDERS = ("female", "male", "other", "unknown")


@dataclass(frozen=True, slots=True)
class NewPatient:
    """What the front desk was told. `gender` is FHIR's administrative gender; `language` a BCP 47 code such as `es`."""

    family: str
    given: tuple[str, ...]
    birth_date: date | None
    gender: str = "unknown"
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class RegisteredPatient:
    """The patient's id and the record number given."""

    patient: str
    record_number: str


def registration_refusals(new: NewPatient, duplicates: Sequence[str], *, today: date, confirmed: bool) -> tuple[Refusal, ...]:
    """Q1 both names; Q2 a birth date that can be; Q3 a gender of the list; Q4 nobody like this yet, or confirmed. Pure."""
    refusals: list[Refusal] = []
    given = " ".join(new.given)
    if not new.family.strip() or not given.strip():
        refusals.append(Refusal("registration.name-missing"))
    if len(new.family) + len(given) > NAME_LENGTH_MAX:
        refusals.append(Refusal("registration.name-too-long", {"longest": NAME_LENGTH_MAX}))
    if new.birth_date is None:
        refusals.append(Refusal("registration.birth-date-missing"))
    elif new.birth_date > today or today.year - new.birth_date.year > AGE_YEARS_MAX:
        refusals.append(Refusal("registration.birth-date-impossible", {"date": new.birth_date}))
    if new.gender not in GENDERS:
        refusals.append(Refusal("registration.gender-unknown"))
    if duplicates and not confirmed:
        refusals.append(Refusal("registration.duplicate", {"patients": "; ".join(duplicates[:5])}))
    return tuple(refusals)


@act("register_patient")
def register_patient(performance: Performance, new: NewPatient, *, confirmed: bool = False) -> RegisteredPatient:
    """Register a patient under a new record number. `confirmed`: somebody looked at the likely duplicates and it is none of them."""
    record, at = performance.record, performance.at
    birth = new.birth_date.isoformat() if new.birth_date is not None else ""
    alike = likely_duplicates(record, family=new.family, given=" ".join(new.given), birth_date=birth, phone=new.phone)
    further = registration_refusals(
        new,
        [f"{one.name}, {one.birth_date}, {one.record_number}" for one in alike],
        today=at.astimezone(record.policy.zone).date(),
        confirmed=confirmed,
    )
    with perform(performance, "register_patient", facts_for(performance), further=further) as performed:
        number = f"B{next_number(record, 'patient_row', 'record_number', 'B', RECORD_NUMBER_DIGITS):0{RECORD_NUMBER_DIGITS}d}"
        made = performed.create(
            r4.Patient(
                active=True,
                identifier=[
                    r4.Identifier(
                        use="usual", type=concept(IDENTIFIER_TYPE, "MR", "Medical record number"), system=RECORD_NUMBER, value=number
                    )
                ],
                name=[r4.HumanName(use="official", family=new.family.strip(), given=[part.strip() for part in new.given if part.strip()])],
                birthDate=birth or None,
                gender=new.gender,  # type: ignore[arg-type]  # one of GENDERS, or it was refused
                telecom=[r4.ContactPoint(system="phone", value=new.phone.strip())] if new.phone.strip() else None,
                communication=[r4.PatientCommunication(language=concept("urn:ietf:bcp:47", new.language), preferred=True)]
                if new.language
                else None,
            )
        )
    return RegisteredPatient(made.partition("/")[2], number)
