"""Telling somebody: a Communication of one kind, in one shape, for every area."""

from collections.abc import Sequence
from datetime import datetime

from benchside.fhir import r4
from benchside.readiness.gathering.kept import MESSAGE, concept, date_time, reference

TEXT_MAX = 4000


def new_message(
    kind: str,
    at: datetime,
    *,
    sender: str,
    recipients: Sequence[str],
    text: str,
    patient: str = "",
    about: Sequence[str] = (),
    work: str = "",
    answers: str = "",
    priority: str = "routine",
    received: datetime | None = None,
    done: bool = True,
    reason: r4.CodeableConcept | None = None,
) -> r4.Communication:
    """A message that was sent (or a call that was made).

    References are `Type/id`, `patient` an id. `kind`: `critical-call`, `rejection`, `amendment`, `escalation`, `unable-to-
    collect` or `message`.
    """
    return r4.Communication(
        status="completed" if done else "not-done",
        category=[concept(MESSAGE, kind)],
        priority=priority,  # type: ignore[arg-type]  # checked by the acts
        subject=reference(f"Patient/{patient}") if patient else None,
        about=[reference(item) for item in about if item] or None,
        partOf=[reference(work)] if work else None,
        inResponseTo=[reference(answers)] if answers else None,
        sent=date_time(at),
        received=date_time(received) if received else None,
        recipient=[reference(who) for who in dict.fromkeys(recipients) if who] or None,
        sender=reference(sender),
        reasonCode=[reason] if reason else None,
        payload=[r4.CommunicationPayload(contentString=text)] if text else None,
    )
