"""Colleagues: who works here now, in few reads, to choose from and to ask about."""

from typing import Final

from benchside.pages.shapes import Option
from benchside.readiness.facts import Performer
from benchside.readiness.staff import performer_of, role_code
from benchside.record import NotFound
from benchside.record.keys import microseconds
from benchside.workplace import Desk
from benchside.workplace.outcomes import reader_language

COLLEAGUES_MAX: Final = 500
PERMITTED_ASKED_MAX: Final = 40
"""Of so many colleagues is asked whether they could do an act; each costs one indexed read."""


def colleague_options(desk: Desk) -> tuple[Option, ...]:
    """List everybody who works here now, by name, with their role as the hint."""
    now = microseconds(desk.now)
    known = desk.requirements.names(reader_language())
    rows = desk.record.engine.rows(
        "SELECT p.practitioner, p.name, r.code FROM staff_role p JOIN staff_role r ON r.practitioner = p.practitioner AND r.kind = 'role' "
        "WHERE p.kind = 'person' AND p.active = 1 AND r.active = 1 AND (r.start_us IS NULL OR r.start_us <= ?) "
        f"AND (r.stop_us IS NULL OR r.stop_us > ?) ORDER BY p.name, p.practitioner LIMIT {COLLEAGUES_MAX}",
        (now, now),
    )
    found: dict[str, Option] = {}
    for own, name, code in rows:
        role = known.get(f"role:{code}", code)
        found.setdefault(f"Practitioner/{own}", Option(value=f"Practitioner/{own}", text=f"{name or own} · {role}"))
    return tuple(found.values())


def colleagues_with_roles(desk: Desk, roles: tuple[str, ...]) -> list[tuple[str, Performer, str]]:
    """Return who works here now in one of these roles, at most PERMITTED_ASKED_MAX: name, performer, role in words."""
    now = microseconds(desk.now)
    if not roles:
        return []
    marks = ",".join("?" * len(roles))
    rows = desk.record.engine.rows(
        "SELECT DISTINCT p.practitioner, p.name FROM staff_role r JOIN staff_role p ON p.practitioner = r.practitioner AND p.kind = 'person' "
        f"WHERE r.kind = 'role' AND r.code IN ({marks}) AND r.active = 1 AND p.active = 1 AND (r.start_us IS NULL OR r.start_us <= ?) "
        f"AND (r.stop_us IS NULL OR r.stop_us > ?) ORDER BY p.name, p.practitioner LIMIT {PERMITTED_ASKED_MAX}",
        (*roles, now, now),
    )
    known = desk.requirements.names(reader_language())
    found: list[tuple[str, Performer, str]] = []
    for own, name in rows:
        performer = performer_of(desk.record, own, desk.now, desk.requirements)
        code = role_code(performer, desk.requirements)
        found.append((name or own, performer, known.get(f"role:{code}", code)))
    return found


def performer_named(desk: Desk, reference: str) -> Performer:
    """Return a colleague as the gate sees them; one that is not in the record may do nothing."""
    try:
        return performer_of(desk.record, reference.partition("/")[2], desk.now, desk.requirements)
    except NotFound:
        return Performer(reference, "unknown", active=False)
