"""After any acts whatever, the views followed commit by commit hold the rows that rebuilding them from the record gives."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchside.areas.laboratory.acts import (
    acknowledge_report,
    cancel_order,
    claim_work,
    record_unable_to_collect,
    reject_specimen,
    release_work,
    send_message,
    verify_result,
)
from benchside.record import Record, RecordRefusal
from benchside.record.upkeep import rebuild_views
from benchside.terms.refusal import ActRefused
from tests.acts.clinic import Clinic, open_clinic
from tests.stories.steps import ANA, collect, order, receive, result

STEPS = ("order", "cancel", "claim", "release", "collect", "unable", "receive", "reject", "result", "verify", "acknowledge", "message")


def view_rows(record: Record) -> dict[str, list[tuple[Any, ...]]]:
    return {view.table: sorted(record.engine.rows(f"SELECT * FROM {view.table}"), key=repr) for view in record.policy.views.views}


def first(clinic: Clinic, sql: str) -> str:
    rows = clinic.rows(sql)
    return rows[0][0] if rows else "none"


def do(clinic: Clinic, step: str, person: str) -> None:
    """One act on whatever is there; most are refused, as on a bad day."""
    work = first(clinic, "SELECT id FROM work_row WHERE kind = 'collect' AND open = 1 ORDER BY authored_us, id")
    specimen = first(clinic, "SELECT id FROM specimen_row WHERE state = 'received' ORDER BY accession")
    match step:
        case "order":
            order(clinic, "POTASSIUM", confirmed=["POTASSIUM"])
        case "cancel":
            cancel_order(
                clinic.by("dana"), first(clinic, "SELECT id FROM order_row WHERE status = 'active' ORDER BY requisition"), "not needed"
            )
        case "claim":
            claim_work(clinic.by(person), work)
        case "release":
            release_work(clinic.by(person), work, "called away")
        case "collect":
            collect(clinic, work, by=person, who=ANA)
        case "unable":
            record_unable_to_collect(clinic.by(person), work, "patient-absent", "not in the room")
        case "receive":
            receive(clinic, _Standing(tuple(row[0] for row in clinic.rows("SELECT id FROM specimen_row WHERE state = 'collected'"))))  # type: ignore[arg-type]  # only its ids are asked
        case "reject":
            reject_specimen(clinic.by(person), specimen, "CLOTTED", "clot seen")
        case "result":
            result(
                clinic,
                first(clinic, f"SELECT order_id FROM specimen_order WHERE specimen = '{specimen}'"),
                specimen,
                [("POTASSIUM", "7.2")],
                by=person,
            )
        case "verify":
            verify_result(clinic.by(person), first(clinic, "SELECT id FROM report_row WHERE status = 'preliminary' ORDER BY id"))
        case "acknowledge":
            acknowledge_report(
                clinic.by("dana"), first(clinic, "SELECT id FROM work_row WHERE kind = 'review-result' AND open = 1 ORDER BY id")
            )
        case _:
            send_message(clinic.by(person), ["Practitioner/dana"], "please look at this", ask=True)


class _Standing:
    """Tubes on their way, as `receive` takes them."""

    def __init__(self, specimens: tuple[str, ...]) -> None:
        self.specimens = specimens


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(["tara", "theo"])), min_size=3, max_size=14))
def test_rebuilding_gives_the_same_rows_after_any_acts(database: str, steps: list[tuple[str, str]]) -> None:
    del database
    clinic = _the_clinic()
    path = [("order", "tara"), ("collect", "tara"), ("receive", "theo"), ("result", "tara")]
    for step, person in [*path, *steps]:
        clinic.tell(minutes=1)
        try:
            do(clinic, step, person)
        except (ActRefused, RecordRefusal):
            continue
    followed = view_rows(clinic.record)
    rebuild_views(clinic.record, clinic.record.policy.views.views)
    assert view_rows(clinic.record) == followed
    assert followed["work_row"], "something was done"
    assert followed["result_row"]


def _the_clinic() -> Clinic:
    """The clinic of this database, opened by the first example and used on by the others."""
    from benchside.record.site import site_record
    from tests.acts.clinic import MORNING

    record = site_record()
    last = record.engine.rows("SELECT recorded FROM record_head")[0][0]
    if not last:
        return open_clinic()
    from benchside.record.keys import moment

    return Clinic(record, max(MORNING, moment(last)))
