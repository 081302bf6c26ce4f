"""What the bedside's acts share: whose task it is, an observation as it is kept, and the call of a critical one."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from benchside.fhir import r4
from benchside.readiness.gathering.critical_calls import critical_call
from benchside.readiness.gathering.kept import BASE, INTERPRETATION, concept, id_of, load, target_of
from benchside.readiness.gathering.orders import OPEN_WORK
from benchside.readiness.performing import Performance, Performed
from benchside.readiness.staff import staff_name
from benchside.record import Record
from benchside.terms.refusal import Refusal

MEASURING = f"{BASE}/CodeSystem/measuring"
"""How something was measured: position, site, cuff, route, breathing."""
ALARMS = {"LL": "Critical low", "HH": "Critical high"}


def task_refusals(record: Record, task: r4.Task | None, patient_id: str, person: str) -> list[Refusal]:
    """What stands against doing this task: it is another patient's, not open, or somebody else has it."""
    if task is None:
        return []
    refusals: list[Refusal] = []
    if id_of(task.for_, "Patient") != patient_id:
        refusals.append(Refusal("identification.other-patient"))
    owner = target_of(task.owner)
    if task.status not in OPEN_WORK:
        refusals.append(Refusal("work.not-open", {"status": f"task-status:{task.status}"}))
    elif owner and owner != person:
        refusals.append(Refusal("work.claimed", {"owner": staff_name(record, owner)}))
    return refusals


def mark_critical(observation: r4.Observation, alarm: str | None) -> None:
    """Flag an observation LL or HH; nothing is written of one that is not critical."""
    if alarm is not None:
        observation.interpretation = [concept(INTERPRETATION, alarm, ALARMS[alarm])]


def call_for(
    performed: Performed,
    performance: Performance,
    made: str,
    *,
    patient: str,
    name: str,
    value: Decimal,
    unit: str,
    comparator: str = "",
    orders: Sequence[str] = (),
    at: datetime | None = None,
) -> str:
    """Begin the call of a critical observation (`Observation/id`): to who ordered it, else to the covering clinician."""
    location = ""
    if orders:
        asked = load(performance.record, r4.ServiceRequest, orders[0])
        location = id_of(asked.locationReference[0], "Location") if asked.locationReference else ""
    task = critical_call(
        at or performance.at,
        requester=performance.author,
        patient=patient,
        observation=made.partition("/")[2],
        name=name,
        value=f"{comparator}{value:f} {unit}".strip(),
        orders=orders,
        location=location,
    )
    return performed.create(task).partition("/")[2]
