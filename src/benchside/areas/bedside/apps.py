"""The bedside as a Django application, so that its templates and catalogues are found."""

from django.apps import AppConfig


class BedsideConfig(AppConfig):
    """Templates in `jinja2/bedside`, words in `locale`, screens in `screens`."""

    name = "benchside.areas.bedside"
    label = "bedside"
