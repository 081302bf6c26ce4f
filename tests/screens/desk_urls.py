"""A small site for the tests of the desk: two screens and the product's own addresses."""

from django.http import HttpResponse
from django.template import engines
from django.urls import include, path, reverse

from benchside.areas.laboratory.acts import claim_work
from benchside.workplace import Desk, screen

TEMPLATE = """{% extends "pages/base.html" %}
{% import "pages/components/patient.html" as patients %}
{% import "pages/components/forms.html" as forms %}
{% import "pages/components/actions.html" as actions %}
{% import "pages/components/messages.html" as messages %}
{% import "workplace/act.html" as act %}
{% block patient %}{{ patients.patient_header(page, patient) }}{% endblock %}
{% block content %}
{% if reasons %}{{ messages.refusal_panel(reasons) }}{% endif %}
{% call forms.form(page, form) %}
{{ act.supervisor(form, supervisors) }}{{ act.override(form, reasons) }}{{ act.signature(form) }}
{{ actions.button("Claim", kind="primary") }}
{% endcall %}
{% endblock %}"""


@screen("worklist")
def claim(desk: Desk, patient_id: str, task_id: str) -> HttpResponse:
    patient = desk.patient(patient_id)
    form = desk.form(f"claim:{task_id}", patient=patient.reference)
    reasons, status = (), 200
    if desk.request.method == "POST":
        outcome = desk.act(form, lambda performance: claim_work(performance, task_id), patient=patient.reference)
        if not outcome.refused:
            return desk.done(reverse("worklist"), notice="Claimed.")
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    template = engines["jinja2"].from_string(TEMPLATE)
    values = {
        "page": desk.page("Claim"),
        "patient": patient,
        "form": form,
        "reasons": reasons,
        "supervisors": desk.supervisors("collect_specimen"),
    }
    return HttpResponse(template.render(values, desk.request), status=status)


@screen("worklist", methods=("GET",), roles=("technician",))
def worklist(desk: Desk) -> HttpResponse:
    template = engines["jinja2"].from_string('{% extends "pages/base.html" %}{% block content %}<h1>Work</h1>{% endblock %}')
    return HttpResponse(template.render({"page": desk.page("Work")}, desk.request))


urlpatterns = [
    path("worklist", worklist, name="worklist"),
    path("try/<patient_id>/<task_id>", claim, name="try"),
    path("", include("benchside.site.urls")),
]
