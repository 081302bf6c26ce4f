"""A critical value begins a call: one kind of task for laboratory, vital signs, point-of-care tests and EKG alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from benchside.fhir import r4
from benchside.readiness.gathering.kept import add_fact
from benchside.readiness.gathering.tasks import new_task

GOAL: Final = timedelta(minutes=60)
"""By then somebody must have heard the value (Joint Commission NPSG.02.03.01). A test holds it to the laboratory's ladder."""
FIRST_STEP: Final = "orderer"
"""The rung of the ladder on which a call begins."""


def critical_call(
    at: datetime, *, requester: str, patient: str, observation: str, name: str, value: str, orders: Sequence[str] = (), location: str = ""
) -> r4.Task:
    """The task of calling a critical value that became known at `at`. `observation` is its id, `value` the value in words."""
    task = new_task(
        "call-critical",
        at,
        requester=requester,
        patient=patient,
        orders=orders,
        focus=f"Observation/{observation}",
        priority="stat",
        due=at + GOAL,
        location=location,
        words=f"{name} {value}".strip(),
    )
    add_fact(task, "value", valueString=value)
    add_fact(task, "step", valueCode=FIRST_STEP)
    return task
