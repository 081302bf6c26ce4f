"""The readiness gate as a Django application."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReadinessConfig(AppConfig):
    """Requests, evidence, refusals, overrides and the site's rules; after every migration the views of the site are made."""

    name = "benchside.readiness"
    label = "readiness"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make or rebuild what is derived from the record whenever the database was migrated."""
        post_migrate.connect(_make_views, sender=self, dispatch_uid="benchside.readiness.views")


def _make_views(using: str, **_signal: Any) -> None:
    from benchside.record.site import (
        site_policy,  # not before Django's applications are loaded
    )
    from benchside.record.store import Record
    from benchside.record.upkeep import bring_up_to_date

    bring_up_to_date(Record(using, site_policy()))
