"""Exports may ask for some resources of a type only (`_typeFilter`)."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("fhir_api", "0001_initial")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField(model_name="exportjob", name="filters", field=models.JSONField(default=dict)),
    ]
