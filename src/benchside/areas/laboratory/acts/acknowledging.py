"""The clinician's answer to results: one report with its critical values read back, or several normal ones at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchside.areas.laboratory.acts.calling import _close_calls, _line, call_of
from benchside.areas.laboratory.critical import CallEntry, add_entry
from benchside.fhir import r4
from benchside.readiness.gathering.kept import WORK, code_of, id_of, load, reference, target_of
from benchside.readiness.gathering.orders import OPEN_WORK, open_work_on
from benchside.readiness.gathering.tasks import add_note, end
from benchside.readiness.performing import Performance, Performed, act, facts_for, perform, refuse
from benchside.record import Record
from benchside.terms.refusal import Refusal

REPORTS_MAX = 50


@dataclass(frozen=True, slots=True)
class AcknowledgedReports:
    """The tasks that were completed, and the critical calls that the answer closed; ids."""

    work: tuple[str, ...]
    calls: tuple[str, ...]


def open_calls(record: Record, report: r4.DiagnosticReport) -> list[str]:
    """Ids of the open calls of a report's critical values."""
    return [own for result in report.result or () for own in open_work_on(record, target_of(result), "call-critical")]


def is_plain(record: Record, report: r4.DiagnosticReport) -> bool:
    """Whether every result of a report is in its range and nothing was changed after release: what may be answered together."""
    if report.status != "final" or not report.result:
        return False
    ids = [id_of(result, "Observation") for result in report.result]
    marks = ",".join("?" * len(ids))
    rows = record.engine.rows(f"SELECT flag, status FROM result_row WHERE id IN ({marks}) LIMIT 200", ids)
    return bool(rows) and all(flag == "N" and status == "final" for flag, status in rows)


@act("acknowledge_result")
def acknowledge_reports(
    performance: Performance, work_ids: Sequence[str], *, note: str = "", read_backs: Mapping[str, str] | None = None
) -> AcknowledgedReports:
    """Say that one has seen these reports and takes it from here: one commit for all of them.

    Several at once only when every one is plain (`is_plain`). `read_backs` holds, by the id of an open call, the critical value
    as the clinician reads it off the screen: that is heard and read back, so nobody needs to telephone. Raises ActRefused.
    """
    record = performance.record
    refuse(*([] if 0 < len(work_ids) <= REPORTS_MAX else [Refusal("inbox.none-chosen", {"limit": REPORTS_MAX})]))
    tasks = [load(record, r4.Task, own) for own in dict.fromkeys(work_ids)]
    reports = {id_of(task.focus, "DiagnosticReport"): task for task in tasks}
    further = [refusal for task in tasks for refusal in _task_refusals(task)]
    if len(tasks) > 1 and not further:
        further = [
            Refusal("inbox.not-normal", {"report": task.description or own})
            for own, task in reports.items()
            if not is_plain(record, load(record, r4.DiagnosticReport, own))
        ]
    wanted = {own: text for own, text in (read_backs or {}).items() if text.strip()}
    further += _read_back_refusals(performance, wanted)
    only = tasks[0] if len(tasks) == 1 else None
    with perform(
        performance,
        "acknowledge_result",
        facts_for(performance),
        further=further,
        patient=target_of(only.for_) if only is not None else "",
        focus=f"Task/{only.id}" if only is not None else "",
    ) as performed:
        closed: list[str] = []
        for own, task in reports.items():
            mine = set(open_calls(record, load(record, r4.DiagnosticReport, own)))
            closed += [_hear(performed, performance, call, text) for call, text in wanted.items() if call in mine]
            task.owner = reference(performance.author)
            add_note(task, note, performance.author, performance.at)
            end(task, performance.at)
            performed.update(task)
            closed += _close_calls(performed, performance, own)
    return AcknowledgedReports(tuple(task.id or "" for task in tasks), tuple(closed))


def _task_refusals(task: r4.Task) -> list[Refusal]:
    found = [] if task.status in OPEN_WORK else [Refusal("work.not-open", {"status": f"task-status:{task.status}"})]
    return [*found, *([] if code_of(task.code, WORK) == "review-result" else [Refusal("work.not-a-report")])]


def _entries(performance: Performance, read_back: str) -> tuple[CallEntry, CallEntry, CallEntry]:
    me, at = performance.author, performance.at
    return (
        CallEntry("reached", at, me, me, text="read in the inbox"),
        CallEntry("read-back-right", at, me, me, read_back=read_back),
        CallEntry("acknowledged", at, me, me),
    )


def _read_back_refusals(performance: Performance, wanted: Mapping[str, str]) -> list[Refusal]:
    refusals: list[Refusal] = []
    for own, text in wanted.items():
        call = call_of(performance.record, load(performance.record, r4.Task, own))
        for entry in _entries(performance, text)[1 if call.state == "reached" else 0 :]:
            call, faults = add_entry(call, entry)
            refusals += faults
            if faults:
                break
    return refusals


def _hear(performed: Performed, performance: Performance, work_id: str, read_back: str) -> str:
    """Write the lines of a value that was read off the screen, and end its call."""
    task = load(performance.record, r4.Task, work_id)
    reached = call_of(performance.record, task).state == "reached"
    for entry in _entries(performance, read_back)[1 if reached else 0 :]:
        _line(performed, task, entry, [performance.author])
    end(task, performance.at)
    performed.update(task)
    return work_id
