"""Critical values that nobody has answered: the banner above every page of those they concern."""

from typing import Final

from benchside.accounts.principal import Principal
from benchside.pages.shapes import CriticalValue
from benchside.record import Record
from benchside.record.keys import moment
from benchside.workplace.places import TECHNICIAN, address

SHOWN_MAX: Final = 3


def unanswered(record: Record, principal: Principal) -> tuple[CriticalValue, ...]:
    """Return the most pressing open calls: all of them for technicians, for a clinician those about their own orders."""
    roles = set(principal.roles)
    columns = "w.id, w.words, w.authored_us, p.name"
    if roles & set(TECHNICIAN):
        rows = record.engine.rows(
            f"SELECT {columns} FROM work_row w LEFT JOIN patient_row p ON p.id = w.patient "  # constants; nothing is bound
            f"WHERE w.open = 1 AND w.kind = 'call-critical' ORDER BY w.priority, w.due_us LIMIT {SHOWN_MAX}"
        )
    elif "clinician" in roles:
        rows = record.engine.rows(
            f"SELECT {columns} FROM work_row w LEFT JOIN patient_row p ON p.id = w.patient "  # constants; the person is bound
            "WHERE w.open = 1 AND w.kind = 'call-critical' AND EXISTS (SELECT 1 FROM work_order j JOIN order_row o ON o.id = j.order_id "
            f"WHERE j.work = w.id AND o.requester = ?) ORDER BY w.priority, w.due_us LIMIT {SHOWN_MAX}",
            (principal.author,),
        )
    else:
        return ()
    return tuple(
        CriticalValue(
            text=" · ".join(filter(None, (words, name))), url=address("call", work) or address("calls") or "/", since=moment(authored)
        )
        for work, words, authored, name in rows
        if authored is not None
    )
