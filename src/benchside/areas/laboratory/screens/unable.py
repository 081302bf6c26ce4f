"""Nothing could be collected: a coded reason, and what happens next."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import record_unable_to_collect
from benchside.areas.laboratory.collection import UNABLE_REASONS
from benchside.areas.laboratory.names import laboratory_names
from benchside.areas.laboratory.screens.task import task_of
from benchside.pages.shapes import Option
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language


def reason_options() -> list[Option]:
    """Every coded reason, with what follows from it."""
    names = laboratory_names(reader_language())
    again, ended = _("The work goes back into the queue."), _("The work ends, and whoever ordered it is told.")
    return [
        Option(value=code, text=names.get(f"unable-reason:{code}", code).capitalize(), hint=again if queued else ended)
        for code, queued in UNABLE_REASONS.items()
    ]


def _first(desk: Desk) -> dict[str, str]:
    """What is chosen already: the page that led here may know the reason."""
    known = desk.request.GET.get("reason", "")
    return {"reason": known, "failed": "2"} if known in UNABLE_REASONS else {"failed": "0"}


@screen("worklist", roles=("technician", "clinician"))
def unable(desk: Desk, task_id: str) -> HttpResponse:
    """Ask why, and record it."""
    work = task_of(desk, task_id)
    patient = desk.patient(work.patient)
    form = desk.form(f"unable:Task/{task_id}", patient=patient.reference, values=_first(desk))
    reasons, status = (), 200
    if desk.request.method == "POST":
        posted = desk.request.POST
        failed = int(posted["failed"]) if posted.get("failed") in ("1", "2") else 0
        outcome = desk.act(
            form,
            lambda performance: record_unable_to_collect(
                performance, task_id, posted.get("reason", ""), posted.get("text", "").strip(), failed_attempts=failed
            ),
            patient=patient.reference,
        )
        if outcome.answer is not None:
            told = _("Queued again for a colleague.") if outcome.answer.queued_again else _("Ended. Whoever ordered it has been told.")
            return desk.done(reverse("worklist"), notice=told)
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    values = {
        "page": desk.page(_("Cannot collect")),
        "patient": patient,
        "form": form,
        "reasons": reasons,
        "options": reason_options(),
        "attempt_options": [Option(value=str(count), text=str(count)) for count in range(3)],
        "back_url": reverse("work", args=[task_id]),
    }
    return render(desk.request, "laboratory/unable.html", values, status=status)
