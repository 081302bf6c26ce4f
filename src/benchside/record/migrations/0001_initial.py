"""Make the record's tables from sql/schema.sql."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from benchside.record.engine import schema_statements


def make_tables(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run every statement of the schema in the dialect of the connected engine."""
    del apps
    for statement in schema_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    """The first schema. It is not reversible: a clinical record is never dropped by a command."""

    initial = True
    dependencies: list[tuple[str, str]] = []  # noqa: RUF012 - Django reads it so
    operations = [migrations.RunPython(make_tables)]  # noqa: RUF012 - Django reads it so
