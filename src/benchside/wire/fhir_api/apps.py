"""Django's handle on the API: the rows of its export jobs."""

from django.apps import AppConfig


class FhirApiConfig(AppConfig):
    """The FHIR API as an installed app."""

    name = "benchside.wire.fhir_api"
    label = "fhir_api"
    default_auto_field = "django.db.models.BigAutoField"
