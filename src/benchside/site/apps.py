"""The site as a Django application: its templates and static files."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Entrance pages and wiring; no tables of its own."""

    name = "benchside.site"
    label = "benchside_site"
