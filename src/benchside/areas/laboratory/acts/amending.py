"""Changing a result after somebody may have seen it: amended, corrected or marked as an error, and everybody who knew is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from benchside.areas.laboratory.acts.calling import withdraw_call
from benchside.areas.laboratory.acts.resulting import ResultLine, instant, line_of, report_of, start_call, start_review
from benchside.areas.laboratory.acts.results_kept import STATE_OF_STATUS, is_flagged_critical, judge, put_value, value_text
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.results import FHIR_STATUS, Event, Notice, Seen, amendment_notices, next_state, read_value
from benchside.fhir import r4
from benchside.readiness.gathering.kept import TEST, code_of, date_time, id_of, load, moment, reference, target_of, version_of
from benchside.readiness.gathering.messages import new_message
from benchside.readiness.gathering.patients import patient_facts
from benchside.readiness.performing import Performance, Performed, act, facts_for, perform
from benchside.record import Record, VersionConflict
from benchside.record.keys import microseconds

SEEN_MAX = 500


@dataclass(frozen=True, slots=True)
class Amended:
    """The result after the change, its report, who was told by which message, and the orderer's new task."""

    line: ResultLine
    report: str
    told: tuple[str, ...]
    messages: tuple[str, ...]
    review: str


def seen_by(record: Record, observation: r4.Observation, report_id: str) -> list[Seen]:
    """Who knew the value as it stands: viewers of the result or its report in the access log, who acknowledged, who was called.

    Views count once the worker has taken the access log's spool over (seconds).
    """
    version, own = version_of(observation), observation.id
    issued = moment(observation.issued, record.policy.zone)
    since = microseconds(issued) if issued is not None else 0
    found = [
        Seen(row[0], version - 1, "viewed")
        for row in record.engine.rows(
            f"SELECT DISTINCT person FROM record_access WHERE target IN (?, ?) AND at >= ? LIMIT {SEEN_MAX}",
            (f"Observation/{own}", f"DiagnosticReport/{report_id}", since),
        )
    ]
    found += [
        Seen(row[0], version - 1, "acknowledged")
        for row in record.engine.rows(
            "SELECT owner FROM work_row WHERE focus = ? AND kind = 'review-result' AND status = 'completed' LIMIT 50",
            (f"DiagnosticReport/{report_id}",),
        )
    ]
    found += [
        Seen(row[0], version - 1, "called")
        for row in record.engine.rows(
            "SELECT recipient FROM communication_row WHERE about = ? AND kind = 'critical-call' AND received_us IS NOT NULL LIMIT 50",
            (f"Observation/{own}",),
        )
    ]
    return [one for one in found if one.person.startswith(("Practitioner/", "Device/", "Patient/"))]


def notices_of(record: Record, observation: r4.Observation, report: r4.DiagnosticReport, order: r4.ServiceRequest) -> tuple[Notice, ...]:
    """Who must be told that a released result changed. Rule R12."""
    return amendment_notices(
        seen_by(record, observation, report.id or ""), target_of(order.requester), changed_version=version_of(observation)
    )


def _load(
    performance: Performance, observation_id: str, seen_version: int | None
) -> tuple[r4.Observation, r4.ServiceRequest, r4.DiagnosticReport]:
    record = performance.record
    observation = load(record, r4.Observation, observation_id)
    if seen_version is not None and seen_version != version_of(observation):
        raise VersionConflict("Observation", observation_id, seen_version, version_of(observation))
    order = load(record, r4.ServiceRequest, next(own for based in observation.basedOn or () if (own := id_of(based, "ServiceRequest"))))
    report = report_of(record, order.id or "")
    assert report is not None  # our own invariant: a result of an order is in its report
    return observation, order, report


def tell_everybody(
    performed: Performed, performance: Performance, notices: tuple[Notice, ...], observation: r4.Observation, text: str
) -> list[str]:
    """A message to each; their ids."""
    return [
        performed.create(
            new_message(
                "amendment",
                performance.at,
                sender=performance.author,
                recipients=[notice.person],
                text=text,
                patient=id_of(observation.subject, "Patient"),
                about=[f"Observation/{observation.id}"],
                priority="stat" if notice.urgent else "urgent",
            )
        ).partition("/")[2]
        for notice in notices
    ]


@act("amend_result")
def amend_result(
    performance: Performance,
    observation_id: str,
    text: str,
    reason: str,
    *,
    unit: str | None = None,
    event: Literal["amend", "correct"] = "correct",
    seen_version: int | None = None,
) -> Amended:
    """Change a released value.

    `correct` when it was wrong, `amend` when more is known. Everybody who knew it is told, the orderer always; a call for a
    value that is no longer critical is withdrawn, a new critical value is called. Signed, with a reason.
    """
    record, at, catalogue = performance.record, performance.at, package_catalogue()
    observation, order, report = _load(performance, observation_id, seen_version)
    analyte = catalogue.analyte(code_of(observation.code, TEST))
    patient = patient_facts(record, id_of(observation.subject, "Patient"), at)
    state, refusals = next_state(STATE_OF_STATUS[observation.status or "registered"], event)
    value, faults = read_value(text, analyte, unit=unit)
    with perform(
        performance,
        "amend_result",
        facts_for(performance),
        further=(*refusals, *faults),
        reason=reason,
        patient=patient.reference,
        focus=f"Observation/{observation_id}",
    ) as performed:
        assert state is not None  # refused otherwise
        assert value is not None
        notices, before, was_critical = (
            notices_of(record, observation, report, order),
            value_text(observation),
            is_flagged_critical(observation),
        )
        judged = judge(record, value, analyte, patient, _collected(record, observation, at), catalogue, but=observation_id)
        put_value(observation, value, judged)
        observation.status = FHIR_STATUS[state]  # type: ignore[assignment]  # the table holds observation-status codes
        observation.issued = instant(at)
        line = f"Was {before} until {date_time(at)}: {reason.strip()}"
        observation.note = [
            *(observation.note or ()),
            r4.Annotation(text=line, time=date_time(at), authorReference=reference(performance.author)),
        ]
        performed.update(observation)
        report.status, report.issued = ("amended" if event == "amend" else "corrected"), instant(at)
        performed.update(report)
        name = analyte.name.en
        messages = tell_everybody(
            performed, performance, notices, observation, f"{name} changed from {before} to {value_text(observation)}: {reason.strip()}"
        )
        critical = is_flagged_critical(observation)
        if was_critical:
            withdraw_call(performed, performance, observation_id, f"changed to {value_text(observation)}: {reason.strip()}")
        if critical:
            start_call(performed, performance, observation, order)
        review = start_review(performed, record, performance, report, order, [observation])
    return Amended(line_of(observation, judged), report.id or "", tuple(notice.person for notice in notices), tuple(messages), review)


def _collected(record: Record, observation: r4.Observation, at: datetime) -> datetime:
    return moment(observation.effectiveDateTime, record.policy.zone) or at


@act("cancel_result")
def cancel_result(performance: Performance, observation_id: str, reason: str, *, seen_version: int | None = None) -> Amended:
    """Take a result back: cancelled before release, marked as an error after it (its value stays in the history).

    Everybody who knew it is told. The order opens again when nothing else answers it.
    """
    record, at = performance.record, performance.at
    observation, order, report = _load(performance, observation_id, seen_version)
    before = STATE_OF_STATUS[observation.status or "registered"]
    event: Event = "cancel" if before in ("registered", "entered") else "mark-error"
    state, refusals = next_state(before, event)
    with perform(
        performance,
        "cancel_result",
        facts_for(performance),
        further=refusals,
        reason=reason,
        patient=target_of(observation.subject),
        focus=f"Observation/{observation_id}",
    ) as performed:
        assert state is not None  # refused otherwise
        released = event == "mark-error"
        notices = notices_of(record, observation, report, order) if released else ()
        text = f"{observation.code.text if observation.code else ''} {value_text(observation)} is not valid: {reason.strip()}".strip()
        observation.status = FHIR_STATUS[state]  # type: ignore[assignment]  # the table holds observation-status codes
        observation.note = [
            *(observation.note or ()),
            r4.Annotation(text=reason.strip(), time=date_time(at), authorReference=reference(performance.author)),
        ]
        performed.update(observation)
        rest = [one for one in report.result or () if id_of(one, "Observation") != observation_id]
        report.result = [reference(target_of(one)) for one in rest] or None
        report.status = ("corrected" if rest else "entered-in-error") if released else ("partial" if rest else "registered")
        performed.update(report)
        if released and order.status == "completed":
            order.status = "active"
            performed.update(order)
        messages = tell_everybody(performed, performance, notices, observation, text)
        withdraw_call(performed, performance, observation_id, text)
        review = start_review(performed, record, performance, report, order, []) if released else ""
    return Amended(line_of(observation), report.id or "", tuple(notice.person for notice in notices), tuple(messages), review)
