"""Addresses of the front desk's screens, at the root of the site. The name of an address is the name of its place."""

from django.urls import URLPattern, path

from benchside.areas.reception.screens import finding, registration

urlpatterns: list[URLPattern] = [
    path("patients", finding.find, name="patients"),
    path("patients/new", registration.register, name="register-patient"),
    path("patients/<str:patient_id>/correct", registration.correct, name="correct-patient"),
]
