"""The inbox: what nobody has acknowledged yet, critical first; several plain reports answered at once."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benchside.areas.laboratory.acts import acknowledge_reports
from benchside.areas.laboratory.screens.inbox_rows import filter_of, tabs, waiting
from benchside.areas.laboratory.screens.reading import note_reports_read
from benchside.workplace import Desk, screen


@screen("inbox", methods=("GET",), roles=("clinician",))
def inbox(desk: Desk) -> HttpResponse:
    """Show what waits: `?show=` mine, place or all; `?tick=plain` ticks what may be answered together. A part is answered with the rows."""
    return _drawn(desk)


def _drawn(desk: Desk, *, reasons: tuple[object, ...] = (), status: int = 200) -> HttpResponse:
    chosen = filter_of(desk)
    rows = waiting(desk, chosen)
    ticked = set(desk.request.GET.getlist("task") or desk.request.POST.getlist("task"))
    if desk.request.GET.get("tick") == "plain":
        ticked |= {row.task for row in rows if row.plain}
    values = {"rows": rows, "now": desk.now, "ticked": ticked, "chosen": chosen}
    if desk.is_fragment and not reasons:
        return render(desk.request, "laboratory/inbox_rows.html", values)
    note_reports_read(desk, [one.order for row in rows for one in row.values[:1]])
    values |= {
        "page": desk.page(_("Inbox")),
        "tabs": tabs(desk, chosen, reverse("inbox")),
        "form": desk.form("acknowledge-several", action=f"{reverse('acknowledge-several')}?show={chosen}"),
        "plain": sum(row.plain for row in rows),
        "reasons": reasons,
    }
    return render(desk.request, "laboratory/inbox.html", values, status=status)


@screen("inbox", methods=("POST",), roles=("clinician",))
def acknowledge_several(desk: Desk) -> HttpResponse:
    """Acknowledge the ticked reports, all or none."""
    chosen = filter_of(desk)
    tasks = list(dict.fromkeys(desk.request.POST.getlist("task")))
    form = desk.form("acknowledge-several", action=desk.request.get_full_path())
    outcome = desk.act(form, lambda performance: acknowledge_reports(performance, tasks))
    if outcome.refused:
        return _drawn(desk, reasons=outcome.reasons, status=outcome.status)
    notice = ngettext("%(num)s report acknowledged.", "%(num)s reports acknowledged.", len(tasks)) % {"num": len(tasks)}
    return desk.done(f"{reverse('inbox')}?show={chosen}", notice=notice)
