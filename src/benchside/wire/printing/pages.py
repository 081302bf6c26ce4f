"""The labels of a print job as a PDF, for an office printer."""

from django.http import Http404, HttpResponse

from benchside.areas.laboratory.models import PrintJob
from benchside.wire.labels import LabelRefused
from benchside.wire.printing import work
from benchside.workplace import Desk, screen


@screen("worklist", methods=("GET",))
def labels_pdf(desk: Desk, job_id: int) -> HttpResponse:
    """Answer the labels as a PDF, one a page. Reading them is reading the patient, and is kept."""
    job = PrintJob.objects.filter(pk=job_id).first()
    if job is None:
        raise Http404("There is no such print job.")
    desk.patient(job.patient)
    try:
        content = work.pdf_of(job)
    except LabelRefused as refused:
        words = "\n".join(f"{reason.words} {reason.remedy}" for reason in desk.reasons(refused.refusals))
        return HttpResponse(words, status=422, content_type="text/plain; charset=utf-8")
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="labels-{job_id}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer
