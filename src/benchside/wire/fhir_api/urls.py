"""The addresses of the API: everything below the base goes through one door."""

from django.urls import re_path

from benchside.wire.fhir_api.door import fhir

urlpatterns = [re_path(r"^/?(?P<path>.*)$", fhir, name="fhir")]
