from __future__ import annotations

from django.core.management.commands import flush
from django.core.management.sql import emit_post_migrate_signal
from django.db import connections, transaction

from audit import walls


class Command(flush.Command):
    """Empties every table after a test with `transaction=True`, as Django's does, though the triggers of the audit trail
    refuse it. `post_migrate` then makes again what migrating makes: content types, permissions, triggers."""

    def handle(self, **options) -> None:
        connection = connections[options["database"]]
        if connection.vendor == "postgresql":
            _delete_without_triggers(connection)
            emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
        else:
            _drop_triggers(connection)
            super().handle(**options)


def _delete_without_triggers(connection) -> None:
    """Only where there are rows: truncating writes a new file for every table, which takes twice as long altogether."""
    quote = connection.ops.quote_name
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    has_rows = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {quote(table)})" for table in tables)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor foreign keys are heeded
        cursor.execute(has_rows)
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {quote(table)}")


def _drop_triggers(connection) -> None:
    with connection.cursor() as cursor:
        for trigger in walls.expected(connection.vendor) & walls.standing(connection):
            cursor.execute(f'DROP TRIGGER "{trigger}"')
