"""Who works here and what they may do: the staff view, and the performer the gate asks about.

Source of the shape: PractitionerRole for roles and competence sign-offs, Practitioner.qualification for licences. A role's
own period is the authorisation to work here; an inactive PractitionerRole is a withdrawn one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from benchside.accounts.principal import Principal
from benchside.fhir import r4
from benchside.readiness.facts import Competence, Credential, Performer, Period
from benchside.readiness.gathering.kept import (
    COMPETENCE,
    CREDENTIAL,
    ROLE,
    codes_of,
    end_us,
    ends,
    id_of,
    start_us,
)
from benchside.readiness.gathering.view_rows import zoned_view
from benchside.readiness.requirements import Requirements, package_requirements
from benchside.record import NotFound, Record
from benchside.record.keys import microseconds
from benchside.record.views import View, ViewRow
from benchside.terms.instant import moment_of

STAFF_MAX = 2000
MIGRATION_ROLE = "system.migration"
"""The account role of who brings another system's past in; see accounts/roles.yaml."""

_COLUMNS = {
    "practitioner": "TEXT NOT NULL",
    "kind": "TEXT NOT NULL",
    "code": "TEXT NOT NULL",
    "active": "INTEGER NOT NULL",
    "start_us": "INTEGER",
    "stop_us": "INTEGER",
    "location": "TEXT NOT NULL",
    "name": "TEXT NOT NULL",
}


def display_name(names: Sequence[r4.HumanName] | None) -> str:
    """The name in use as people say it: `text`, or given and family; "" when there is none."""
    usable = [name for name in names or () if name.use not in ("old", "maiden", "nickname", "anonymous")] or list(names or ())
    if not usable:
        return ""
    name = next((one for one in usable if one.use in ("usual", "official")), usable[0])
    return name.text or " ".join(filter(None, [*(name.given or ()), name.family]))


def _rows(resource: r4.Practitioner | r4.PractitionerRole, zone: tzinfo) -> Iterator[ViewRow]:
    if isinstance(resource, r4.Practitioner):
        own = resource.id or ""
        yield own, "person", "", int(resource.active is not False), None, None, "", display_name(resource.name)
        for held in resource.qualification or ():
            first, last = ends(held.period)
            for code in codes_of(held.code, CREDENTIAL):
                yield own, "credential", code, 1, start_us(first, zone), end_us(last, zone), "", ""
        return
    own, (first, last) = id_of(resource.practitioner, "Practitioner"), ends(resource.period)
    place = id_of(resource.location[0], "Location") if resource.location else ""
    for kind, system in (("role", ROLE), ("competence", COMPETENCE)):
        for code in codes_of(resource.code, system):
            yield own, kind, code, int(resource.active is not False), start_us(first, zone), end_us(last, zone), place, ""


def staff_views(zone: tzinfo) -> list[View]:
    """`staff_role`: one row a person, role, competence and credential, with its period (`stop_us` is the first moment after)."""
    return [
        zoned_view(
            "staff_role",
            ("Practitioner", "PractitionerRole"),
            _COLUMNS,
            _rows,
            [["practitioner", "kind"], ["kind", "code", "practitioner"]],
            zone,
        )
    ]


_Row = tuple[str, str, int, int | None, int | None, str]


def _period(row: _Row) -> Period:
    return Period(None if row[3] is None else moment_of(row[3]), None if row[4] is None else moment_of(row[4]))


def performer_of(record: Record, practitioner_id: str, at: datetime, requirements: Requirements | None = None) -> Performer:
    """The person as the gate sees them at `at`. Of several roles the current one that began last counts, else the last one held.

    Raises NotFound when there is no such practitioner.
    """
    rows: list[_Row] = [
        (r[0], r[1], r[2], r[3], r[4], r[5])
        for r in record.engine.rows(
            "SELECT kind, code, active, start_us, stop_us, name FROM staff_role WHERE practitioner = ? ORDER BY kind, code LIMIT 500",
            (practitioner_id,),
        )
    ]
    person = [row for row in rows if row[0] == "person"]
    if not person:
        raise NotFound("Practitioner", practitioner_id)
    known = (requirements or package_requirements()).roles
    now, never = microseconds(at), 2**62

    def rank(row: _Row) -> tuple[bool, int, int]:
        start, stop = -never if row[3] is None else row[3], never if row[4] is None else row[4]
        current = bool(row[2]) and start <= now < stop
        return current, start if current else stop, list(known).index(row[1])

    roles = sorted((row for row in rows if row[0] == "role" and row[1] in known), key=rank)
    role = known[roles[-1][1]] if roles else None
    credentials = [Credential("authorisation", _period(row), withdrawn=not row[2]) for row in roles if row[1] == roles[-1][1]]
    credentials += [Credential(row[1], _period(row), withdrawn=not row[2]) for row in rows if row[0] == "credential"]
    return Performer(
        f"Practitioner/{practitioner_id}",
        role.profession if role else "unknown",
        role.level if role else None,
        bool(person[0][2]),
        tuple(credentials),
        tuple(Competence(row[1], _period(row), withdrawn=not row[2]) for row in rows if row[0] == "competence"),
    )


def performer_of_principal(record: Record, principal: Principal, at: datetime, requirements: Requirements | None = None) -> Performer:
    """The signed-in person as the gate sees them; a connected system is authorised by its account being open.

    A system with the account role MIGRATION_ROLE is of a kind of its own: it imports, and does nothing else.
    """
    if principal.kind == "system":
        profession = "migration" if MIGRATION_ROLE in principal.roles else "system"
        return Performer(principal.author, profession, None, active=True, credentials=(Credential("authorisation", Period()),))
    kind, _, own = principal.reference.partition("/")
    if kind != "Practitioner":
        return Performer(principal.author, "unknown", active=False)
    return performer_of(record, own, at, requirements)


def staff_name(record: Record, who: str) -> str:
    """What to call `Practitioner/id`; the reference itself when nobody of that id is known."""
    kind, _, own = who.partition("/")
    rows = (
        record.engine.rows("SELECT name FROM staff_role WHERE practitioner = ? AND kind = 'person'", (own,))
        if kind == "Practitioner"
        else []
    )
    return rows[0][0] if rows and rows[0][0] else who


def staff_with_role(record: Record, role: str, at: datetime) -> list[str]:
    """References of the active people who hold `role` at `at`, in order of their ids; at most STAFF_MAX."""
    now = microseconds(at)
    rows = record.engine.rows(
        "SELECT DISTINCT r.practitioner FROM staff_role r JOIN staff_role p ON p.practitioner = r.practitioner AND p.kind = 'person' AND p.active = 1 "  # noqa: S608 - marks, limits and names of our own views; every value is bound
        "WHERE r.kind = 'role' AND r.code = ? AND r.active = 1 AND (r.start_us IS NULL OR r.start_us <= ?) AND (r.stop_us IS NULL OR r.stop_us > ?) "
        f"ORDER BY r.practitioner LIMIT {STAFF_MAX}",
        (role, now, now),
    )
    return [f"Practitioner/{row[0]}" for row in rows]


def role_code(performer: Performer, requirements: Requirements) -> str:
    """The name of the performer's role, or their profession when it is none of ours."""
    return requirements.role_of(performer.profession, performer.level) or performer.profession
