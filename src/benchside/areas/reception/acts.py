"""Registering a patient and correcting the registration: names, birth date, a question when somebody like this is here already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from benchside.fhir import r4
from benchside.readiness.gathering.kept import IDENTIFIER_TYPE, RECORD_NUMBER, code_of, concept, load, version_of, whole_date
from benchside.readiness.gathering.numbers import next_number
from benchside.readiness.gathering.patient_search import likely_duplicates
from benchside.readiness.gathering.patients import phone_of, record_number_of
from benchside.readiness.performing import Performance, act, facts_for, perform
from benchside.record import VersionConflict
from benchside.terms.refusal import Refusal

NAME_LENGTH_MAX = 200
AGE_YEARS_MAX = 130
RECORD_NUMBER_DIGITS = 7
PHONE_LENGTH_MAX = 40
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
    if len(new.phone) > PHONE_LENGTH_MAX:
        refusals.append(Refusal("registration.phone-too-long", {"longest": PHONE_LENGTH_MAX}))
    if duplicates and not confirmed:
        refusals.append(Refusal("registration.duplicate", {"patients": "; ".join(duplicates[:5])}))
    return tuple(refusals)


def _name(new: NewPatient) -> r4.HumanName:
    return r4.HumanName(use="official", family=new.family.strip(), given=[part.strip() for part in new.given if part.strip()])


def _telecom(new: NewPatient) -> list[r4.ContactPoint] | None:
    return [r4.ContactPoint(system="phone", value=new.phone.strip())] if new.phone.strip() else None


def _communication(new: NewPatient) -> list[r4.PatientCommunication] | None:
    return [r4.PatientCommunication(language=concept("urn:ietf:bcp:47", new.language), preferred=True)] if new.language else None


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
                name=[_name(new)],
                birthDate=birth or None,
                gender=new.gender,  # type: ignore[arg-type]  # one of GENDERS, or it was refused
                telecom=_telecom(new),
                communication=_communication(new),
            )
        )
    return RegisteredPatient(made.partition("/")[2], number)


def as_registered(patient: r4.Patient) -> NewPatient:
    """What a registration holds now, as it would be entered."""
    name = _current_name(patient)
    return NewPatient(
        (name.family or "") if name is not None else "",
        tuple(part for part in (name.given or () if name is not None else ()) if part),
        whole_date(patient.birthDate),
        patient.gender or "unknown",
        phone_of(patient),
        next((code_of(one.language, "urn:ietf:bcp:47") for one in patient.communication or () if one.preferred), ""),
    )


def _current_name(patient: r4.Patient) -> r4.HumanName | None:
    names = [name for name in patient.name or () if name.use not in ("old", "maiden", "nickname", "anonymous")]
    return next((one for one in names if one.use in ("usual", "official")), names[0] if names else None)


@act("correct_patient")
def correct_patient(
    performance: Performance, patient_id: str, corrected: NewPatient, reason: str, *, seen_version: int | None = None
) -> RegisteredPatient:
    """Correct who a patient is. A name that was different stays beside the new one as an old name, and still finds them.

    The record number never changes. `reason` is kept with the commit. Raises ActRefused, VersionConflict, NotFound.
    """
    record, at = performance.record, performance.at
    patient = load(record, r4.Patient, patient_id)
    if seen_version is not None and seen_version != version_of(patient):
        raise VersionConflict("Patient", patient_id, seen_version, version_of(patient))
    before, name = as_registered(patient), _current_name(patient)
    further = registration_refusals(corrected, (), today=at.astimezone(record.policy.zone).date(), confirmed=True)
    if corrected == before:
        further = (*further, Refusal("registration.nothing-changed"))
    with perform(
        performance, "correct_patient", facts_for(performance), further=further, reason=reason, patient=f"Patient/{patient_id}"
    ) as performed:
        if (corrected.family, corrected.given) != (before.family, before.given):
            others = [one for one in patient.name or () if one is not name]
            if name is not None:
                name.use = "old"
            patient.name = [_name(corrected), *([name] if name is not None else []), *others]
        patient.birthDate = corrected.birth_date.isoformat() if corrected.birth_date is not None else None
        patient.gender = corrected.gender  # type: ignore[assignment]  # one of GENDERS, or it was refused
        if corrected.phone != before.phone:
            kept = [point for point in patient.telecom or () if point.value != before.phone]
            patient.telecom = [*(_telecom(corrected) or ()), *kept] or None
        if corrected.language != before.language:
            patient.communication = _communication(corrected)
        performed.update(patient)
    return RegisteredPatient(patient_id, record_number_of(patient))
