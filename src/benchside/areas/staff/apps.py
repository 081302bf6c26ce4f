"""The staff area as a Django application, so that its templates and catalogues are found."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """Templates in `jinja2/staff`, words in `locale`, screens in `screens`."""

    name = "benchside.areas.staff"
    label = "staff"
