"""Addresses of the bedside's screens, at the root of the site. The name of an address is the name of its place."""

from django.urls import URLPattern, path

from benchside.areas.bedside.screens import point_of_care, vitals

urlpatterns: list[URLPattern] = [
    path("patients/<str:patient_id>/vitals", vitals.record, name="vitals"),
    path("patients/<str:patient_id>/vitals/check", vitals.check, name="vitals-check"),
    path("work/<str:task_id>/point-of-care", point_of_care.perform, name="point-of-care"),
]
