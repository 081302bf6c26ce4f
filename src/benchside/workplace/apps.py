"""The workplace as a Django application, so that its templates and catalogues are found."""

from django.apps import AppConfig


class WorkplaceConfig(AppConfig):
    """Templates in `jinja2/workplace`, words in `locale`."""

    name = "benchside.workplace"
    label = "workplace"
