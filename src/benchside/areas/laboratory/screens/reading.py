"""Who looked at which report: kept, so that everybody who knew a value is told when it changes."""

from collections.abc import Iterable

from benchside.record.access_log import Access
from benchside.record.keys import microseconds
from benchside.record.site import site_access_log
from benchside.workplace import Desk

REPORTS_MAX = 100


def note_reports_read(desk: Desk, orders: Iterable[str]) -> None:
    """Keep that this person saw the reports of these orders. Raises OSError: then nothing must be shown."""
    wanted = list(dict.fromkeys(order for order in orders if order))[:REPORTS_MAX]
    if not wanted:
        return
    marks = ",".join("?" * len(wanted))
    log, at = site_access_log(), microseconds(desk.now)
    for own, patient in desk.record.engine.rows(
        f"SELECT id, patient FROM report_row WHERE order_id IN ({marks}) LIMIT {REPORTS_MAX}", wanted
    ):
        log.append(Access(at, desk.principal.author, "read", f"DiagnosticReport/{own}", "", "TREAT", f"page:{desk.place}", (patient,)))


def note_report_read(desk: Desk, report_id: str, patient_id: str) -> None:
    """Keep that this person saw a report. Raises OSError: then nothing must be shown."""
    target = f"DiagnosticReport/{report_id}"
    site_access_log().append(
        Access(microseconds(desk.now), desk.principal.author, "read", target, "", "TREAT", f"page:{desk.place}", (patient_id,))
    )
