from __future__ import annotations

from django.core.management.commands import flush
from django.core.management.sql import emit_post_migrate_signal
from django.db import connections, transaction

from audit.ledger import append_only_triggers

MADE_BY_MIGRATING = ("django_content_type", "auth_permission")
# What stands in the way of a row: whoever changes it makes a new row of PostgreSQL's catalogue, with another xmin.
_WALLS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": " UNION ALL ".join(
        f"SELECT '{catalogue}', count(*), sum({catalogue}.oid::bigint), sum({catalogue}.xmin::text::bigint) "
        f"FROM {catalogue} {narrowed}"
        for catalogue, narrowed in {
            "pg_trigger": "WHERE NOT tgisinternal",
            "pg_policy": "",
            "pg_class": "WHERE relnamespace = 'public'::regnamespace",
            "pg_proc": "WHERE pronamespace = 'public'::regnamespace",
            "pg_constraint": "WHERE connamespace = 'public'::regnamespace",
        }.items()
    ),
}
_as_made: dict[str, list[tuple]] = {}  # the name of a database → what `_look` saw when it was made


class Command(flush.Command):
    """Empties every table after a test with `transaction=True`, as Django's does, though the triggers of the audit trail
    refuse it. What migrating makes, content types, permissions and walls, takes longer to make anew than all the rest. It
    stays, unless the test has changed it: then `post_migrate` makes it again."""

    def handle(self, **options) -> None:
        connection = connections[options["database"]]
        name = str(connection.settings_dict["NAME"])
        whole = _as_made.get(name) == _look(connection)
        if connection.vendor == "sqlite":
            _drop_triggers(connection)
        _delete(connection, kept=MADE_BY_MIGRATING if whole else ())
        if whole:
            if connection.vendor == "sqlite":
                append_only_triggers.remake(using=connection.alias)
            return
        emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
        _as_made[name] = _look(connection)


def _look(connection) -> list[tuple]:
    counts = (f"(SELECT count(*) FROM {connection.ops.quote_name(table)})" for table in MADE_BY_MIGRATING)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}")
        counted = cursor.fetchall()
        cursor.execute(_WALLS[connection.vendor])
        return [*counted, *cursor.fetchall()]


def _delete(connection, *, kept: tuple[str, ...]) -> None:
    """Only where there are rows: truncating writes a new file for every table, which takes twice as long altogether."""
    quote = connection.ops.quote_name
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    has_rows = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})" for table in tables if table not in kept
    )
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SET LOCAL session_replication_role = replica"
            )  # neither triggers nor foreign keys are heeded
        cursor.execute(has_rows)
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {quote(table)}")


def _drop_triggers(connection) -> None:
    with connection.cursor() as cursor:
        for trigger in append_only_triggers.expected(connection.vendor) & append_only_triggers.existing_triggers(
            connection
        ):
            cursor.execute(f'DROP TRIGGER "{trigger}"')
