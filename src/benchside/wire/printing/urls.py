"""Where the PDF of a print job is answered."""

from django.urls import path

from benchside.wire.printing import pages

urlpatterns = [path("labels/<int:job_id>.pdf", pages.labels_pdf, name="labels-pdf")]
