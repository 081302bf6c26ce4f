"""The laboratory as a Django application, so that its templates and catalogues are found."""

from django.apps import AppConfig


class LaboratoryConfig(AppConfig):
    """Templates in `jinja2/laboratory`, words in `locale`, screens in `screens`."""

    name = "benchside.areas.laboratory"
    label = "laboratory"

    def ready(self) -> None:
        """Give the laboratory's codes their names in every refusal."""
        from benchside.areas.laboratory.names import laboratory_names
        from benchside.readiness.explanation import add_names

        add_names(laboratory_names)
