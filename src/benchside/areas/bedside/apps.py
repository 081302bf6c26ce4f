"""The bedside as a Django application, so that its templates and catalogues are found."""

from django.apps import AppConfig


class BedsideConfig(AppConfig):
    """Templates in `jinja2/bedside`, words in `locale`, screens in `screens`."""

    name = "benchside.areas.bedside"
    label = "bedside"

    def ready(self) -> None:
        """Give the bedside's codes their names in every refusal."""
        from benchside.areas.bedside.names import bedside_names
        from benchside.readiness.explanation import add_names

        add_names(bedside_names)
