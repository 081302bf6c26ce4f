"""What most commands need before they begin: Django set up, and the database in this release's form."""

from benchside.cli.door import CommandRefused


def set_up() -> None:
    """Set Django up. Raises OptionInvalid or UnknownDatabase when the site's settings cannot be used."""
    import django

    django.setup()


def set_up_with_database() -> None:
    """Set Django up and make sure that the database was migrated; raises CommandRefused otherwise."""
    set_up()
    if waiting_migrations():
        raise CommandRefused("The database does not have this release's form yet. Run: benchside migrate")


def waiting_migrations() -> list[str]:
    """Return the names of migrations that have not run, empty when the database is up to date."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
