"""The reception as a Django application, so that its templates and catalogues are found."""

from django.apps import AppConfig


class ReceptionConfig(AppConfig):
    """Templates in `jinja2/reception`, words in `locale`, screens in `screens`."""

    name = "benchside.areas.reception"
    label = "reception"
