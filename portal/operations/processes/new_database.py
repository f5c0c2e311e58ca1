"""A new SQLite database, made at once as the migrations leave it: running them from nothing takes ten times as long, nearly
all of it spent on what the models looked like at each step. A test holds the two against each other.
"""

from __future__ import annotations

from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portal.operations.processes import known_migrations


def is_new(connection) -> bool:
    return connection.vendor == "sqlite" and not connection.introspection.table_names()


def make(connection) -> None:
    """Whole or not at all: a start that is killed meanwhile leaves a database that is still new."""
    loader = MigrationLoader(connection)
    apps = loader.project_state().apps
    about = {"verbosity": 0, "interactive": False, "db": connection.alias, "apps": apps, "plan": []}
    emit_pre_migrate_signal(**about)
    with connection.constraint_checks_disabled(), transaction.atomic(using=connection.alias):
        with connection.schema_editor() as editor:
            for model in apps.get_models(include_swapped=True):
                if model._meta.can_migrate(connection):
                    editor.create_model(model)
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        for app, name in known_migrations.known(loader):
            recorder.record_applied(app, name)
    emit_post_migrate_signal(**about)
