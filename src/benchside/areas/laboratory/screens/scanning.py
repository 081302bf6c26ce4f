"""Scan to open: a wristband, a tube, an order, a badge, each to the page it is for."""

from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.accounts.badges import person_of_badge
from benchside.record import Record
from benchside.terms.folding import fold
from benchside.workplace import Desk, screen
from benchside.workplace.places import HANDS, address

CODE_MAX = 200


def _address_of_specimen(record: Record, code: str) -> str | None:
    """A labelled tube opens its collection, any other tube itself."""
    rows = record.engine.rows("SELECT id, state FROM specimen_row WHERE accession = ? LIMIT 2", (code,))
    if not rows:
        return None
    own, state = rows[0]
    work = record.engine.rows(
        "SELECT w.work FROM specimen_order o JOIN work_order w ON w.order_id = o.order_id AND w.kind = 'collect' AND w.open = 1 "
        "WHERE o.specimen = ? LIMIT 1",
        (own,),
    )
    if state == "labelled" and work:
        return reverse("collect", args=[work[0][0]])
    return address("specimen", own) or (reverse("work", args=[work[0][0]]) if work else None)


def _address_of_patient(record: Record, code: str, person: str) -> str | None:
    """A wristband opens the patient's one task that the reader may go on with; several, the list of them; none, the chart."""
    rows = record.engine.rows(
        "SELECT id, record_number FROM patient_row WHERE record_number_folded = ? AND active = 1 LIMIT 2", (fold(code),)
    )
    if len(rows) != 1:
        return None
    own, number = rows[0]
    marks = ",".join("?" * len(HANDS))
    due = record.engine.rows(f"SELECT id, owner FROM work_row WHERE patient = ? AND kind IN ({marks}) AND open = 1 LIMIT 5", (own, *HANDS))
    if len(due) == 1 and due[0][1] in ("", person):
        return reverse("work", args=[due[0][0]])
    if due:
        return f"{reverse('worklist')}?{urlencode({'q': number, 'place': ''})}"
    return address("patient", own)


def _address_of_requisition(record: Record, code: str) -> str | None:
    if record.engine.rows("SELECT 1 FROM work_row WHERE requisition = ? LIMIT 1", (code,)):
        return f"{reverse('worklist')}?{urlencode({'q': code, 'place': ''})}"
    orders = record.engine.rows("SELECT id FROM order_row WHERE requisition = ? LIMIT 1", (code,))
    return address("order-detail", orders[0][0]) if orders else None


def opens(desk: Desk, code: str) -> str | None:
    """The address that a scanned code opens, or None when nobody knows it."""
    record = desk.record
    found = _address_of_specimen(record, code) or _address_of_requisition(record, code)
    if found is None:
        found = _address_of_patient(record, code, desk.principal.author)
    if found is None and person_of_badge(code) is not None:
        return address("switch")
    return found


@screen("worklist", methods=("GET",))
def scan(desk: Desk) -> HttpResponse:
    """Go where the code leads; say so when it leads nowhere."""
    code = desk.request.GET.get("code", "").strip()[:CODE_MAX]
    target = opens(desk, code) if code else None
    if target is not None:
        return HttpResponseRedirect(target)
    values = {
        "page": desk.page(_("Scan")),
        "code": code,
        "scan": desk.form("scan", action=reverse("scan"), prefix="scan"),
        "search_url": f"{reverse('worklist')}?{urlencode({'q': code, 'place': ''})}" if code else None,
    }
    return render(desk.request, "laboratory/scan.html", values, status=404 if code else 200)
