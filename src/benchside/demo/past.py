"""What the gate refused in the demo's last month, and what was done all the same and reviewed: counts and closed reviews."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from benchside.demo.history import RECENT_DAYS
from benchside.demo.staff import BY_NAME
from benchside.demo.words import chance, period
from benchside.fhir import r4
from benchside.readiness.gathering.kept import ROLE, WORK, WORK_FACT, concept, date_time, reference
from benchside.readiness.models import OverriddenAct, RefusedAct
from benchside.readiness.performing import OVERRIDE_REASON

REFUSALS: Final = (
    ("collect_specimen", "competence.lapsed", "aisha", 5),
    ("collect_specimen", "collection.fasting.not-met", "tomas", 6),
    ("collect_specimen", "collection.tube.expired", "keiko", 3),
    ("collect_specimen", "identification.none", "tomas", 2),
    ("receive_specimen", "supervision.none", "june", 5),
    ("verify_result", "second-person.same", "victor", 7),
    ("verify_result", "equipment.qc-due", "hugo", 4),
    ("order", "order.duplicate-open", "daniel", 9),
    ("identify_patient", "identification.mismatch", "sena", 1),
)
"""Act, reason, who met it, and how often in the month."""

OVERRIDES: Final = (
    ("verify_result", "second-person.same", "nobody-else-available", "victor", 4),
    ("verify_result", "equipment.qc-due", "patient-in-danger", "sena", 2),
    ("collect_specimen", "collection.fasting.not-met", "patient-in-danger", "omar", 2),
    ("collect_specimen", "competence.lapsed", "nobody-else-available", "tomas", 1),
)
"""Act, reason set aside, why, who did it, and how often in the month."""


def past_refusals(seed: int, at: datetime) -> list[RefusedAct]:
    """A month of refusals as rows, not saved."""
    random = chance(seed, "refusals")
    found: list[RefusedAct] = []
    for act, code, who, count in REFUSALS:
        for _ in range(count):
            when = at - timedelta(days=random.randint(1, RECENT_DAYS - 1), minutes=random.randint(0, 300))
            attempt = UUID(int=random.getrandbits(128))
            found.append(RefusedAct(attempt=attempt, practitioner=f"Practitioner/{BY_NAME[who].practitioner}", act=act, code=code, at=when))
    return found


def past_overrides(seed: int, at: datetime) -> Iterator[tuple[r4.Task, OverriddenAct]]:
    """A month of overrides, each with its review done: the task, and the row that counts it."""
    random, lead = chance(seed, "overrides"), f"Practitioner/{BY_NAME['lena'].practitioner}"
    for act, code, reason, who, count in OVERRIDES:
        for number in range(count):
            when = (at - timedelta(days=random.randint(1, RECENT_DAYS - 1), minutes=random.randint(0, 300))).replace(microsecond=0)
            reviewed, person = when + timedelta(hours=random.randint(2, 20)), f"Practitioner/{BY_NAME[who].practitioner}"
            task = r4.Task(
                id=f"demo-override-{act.replace('_', '-')}-{reason}-{number}",
                status="completed",
                intent="order",
                priority="urgent",
                code=concept(WORK, "review-override"),
                requester=reference(person),
                owner=reference(lead),
                authoredOn=date_time(when),
                executionPeriod=period(when, reviewed),
                performerType=[concept(ROLE, "lead_technician")],
                reasonCode=concept(OVERRIDE_REASON, reason),
                input=[
                    r4.TaskInput(type=concept(WORK_FACT, "act"), valueCode=act),
                    r4.TaskInput(type=concept(WORK_FACT, "set-aside"), valueCode=code),
                ],
                output=[r4.TaskOutput(type=concept(WORK, "review-override"), valueBoolean=True)],
            )
            row = OverriddenAct(
                practitioner=person, act=act, reason=reason, codes=code, at=when, review_due=when + timedelta(hours=24),
                task=task.id, commit=0, reviewed_at=reviewed, reviewed_by=lead,
            )  # fmt: skip
            yield task, row
