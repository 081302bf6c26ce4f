"""A ready situation for each test to spoil in one place."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from benchside.readiness.facts import (
    Competence,
    Consent,
    Credential,
    Equipment,
    Facts,
    Lot,
    Order,
    PatientIdentification,
    Performer,
    Period,
    Supervisor,
)
from benchside.readiness.requirements import package_requirements

AT = datetime(2026, 5, 10, 9, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
REQUIREMENTS = package_requirements()
EVERY_COMPETENCE = tuple(Competence(name, Period(AT - 300 * DAY, AT + 65 * DAY)) for name in REQUIREMENTS.competences)


def person(role: str, reference: str = "", *, competences: tuple[Competence, ...] = EVERY_COMPETENCE) -> Performer:
    """Return an active person of `role` with all credentials and competences current."""
    term = REQUIREMENTS.roles[role]
    credentials = tuple(Credential(kind, Period(AT - 400 * DAY, AT + 400 * DAY)) for kind in term.credentials)
    return Performer(reference or f"Practitioner/{role}", term.profession, term.level, True, credentials, competences)


def ready(role: str = "technician", **changes: object) -> Facts:
    """Return facts with which a person of `role` may do any act their role allows."""
    facts = Facts(
        performer=person(role),
        today=AT.date(),
        variant="venipuncture",
        supervisor=Supervisor(person("senior_technician", "Practitioner/supervisor"), present=True),
        identification=PatientIdentification(AT - 2 * MINUTE, "Patient/1", frozenset({"name", "birth-date"}), (), "Patient/1"),
        order=Order("ServiceRequest/1", "active"),
        consent=Consent("written"),
        equipment=tuple(Equipment(f"Device/{kind}", kind) for kind in REQUIREMENTS.equipment),
        lots=tuple(Lot(kind, "L1", date(2026, 12, 31)) for kind in REQUIREMENTS.lots),
        subject="Practitioner/somebody-else",
        competence_in_question="venipuncture",
        signed_at=AT,
        reason="asked by the ward",
    )
    return replace(facts, **changes)  # type: ignore[arg-type]  # the tests name real fields
