"""The walls in the database, made again after every migration.

Foreign keys between tenant-owned rows cannot cross tenants: triggers on SQLite, composite keys on PostgreSQL, where
row-level security stands beside them. All are tested by raw SQL.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import connections, models

from tenants.isolation.rls import foreign_keys, functions, policies, privileges

_SAME_TENANT = """
CREATE TRIGGER "{name}" BEFORE {event} ON "{table}"
WHEN NEW."{column}" IS NOT NULL
 AND EXISTS (SELECT 1 FROM "{parent}" WHERE id = NEW."{column}" AND tenant_id <> NEW.tenant_id)
BEGIN SELECT RAISE(ABORT, 'a row may not point into another tenant'); END
"""


def crossings() -> Iterator[tuple[str, str, str, str]]:
    """(name, child table, column, parent table) for each key between two tenant-owned models."""
    from tenants.models.owned import TenantOwned

    for model in apps.get_models(include_auto_created=True):
        fields = {field.name for field in model._meta.local_fields}
        if "tenant" not in fields:
            continue
        for field in model._meta.local_fields:
            parent = field.related_model
            if isinstance(field, models.ForeignKey) and isinstance(parent, type) and issubclass(parent, TenantOwned):
                table, column = model._meta.db_table, field.column
                yield f"{table}_{column}_same_tenant", table, column, parent._meta.db_table


def drop_triggers(sender=None, using: str = "default", **_) -> None:
    """Before migrating: SQLite changes a table by making a new one and renaming it, which fails while a trigger of
    another table names it."""
    connection = connections[using]
    if connection.vendor != "sqlite" or (sender is not None and sender.name != "tenants"):
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            if "_same_tenant_" in name:
                cursor.execute(f'DROP TRIGGER "{name}"')


def remake(sender=None, using: str = "default", **_) -> None:
    connection = connections[using]
    if sender is not None and sender.name != "tenants":
        return
    if connection.vendor == "postgresql":
        foreign_keys.remake(connection, crossings())
        policies.remake(connection)
        functions.remake(connection)
        privileges.narrow(connection)
        return
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, table, column, parent in crossings():
            if table not in tables or parent not in tables:
                continue
            for event, moment in (("INSERT", "insert"), ("UPDATE", "update")):
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}_{moment}"')
                cursor.execute(
                    _SAME_TENANT.format(name=f"{name}_{moment}", event=event, table=table, column=column, parent=parent)
                )
