"""Which migrations this version knows: those it has a file for, and those that one of its files replaces."""

from __future__ import annotations

from django.db.migrations.loader import MigrationLoader

Key = tuple[str, str]  # app label, name


def known(loader: MigrationLoader) -> set[Key]:
    """What a database may have had applied without being newer. `migrate` records both kinds."""
    replaced = (key for migration in loader.disk_migrations.values() for key in migration.replaces)
    return {*loader.disk_migrations, *replaced}
