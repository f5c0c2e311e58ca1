"""Composite foreign keys (tenant_id, x_id) -> (tenant_id, id) on PostgreSQL: row-level security does not look at what a
foreign key points to. Beside Django's own keys, and like them checked when the transaction ends."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction


def remake(connection, crossings: Iterable[tuple[str, str, str, str]]) -> None:
    """Makes those that are missing. `crossings` as in tenants/isolation/tenant_constraints.py."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        cursor.execute(
            "SELECT conname, contype FROM pg_constraint WHERE connamespace = current_schema()::regnamespace "
            "AND contype IN ('f', 'u')"
        )
        have = {name for name, _ in cursor.fetchall()}
    for name, table, column, parent in crossings:
        if table not in there or parent not in there:
            continue
        key, unique = shortened(name), f"{parent}_in_tenant"
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            if unique not in have:
                cursor.execute(f'ALTER TABLE "{parent}" ADD CONSTRAINT "{unique}" UNIQUE (tenant_id, id)')
                have.add(unique)
            if key not in have:
                _without_force(cursor, table, parent, key, column)
                have.add(key)


def shortened(name: str) -> str:
    """PostgreSQL cuts names at 63 bytes."""
    return name if len(name) <= 63 else f"{name[:-12][:50]}_same_tenant"


def _without_force(cursor, table: str, parent: str, key: str, column: str) -> None:
    """Rows that are there already are checked as the owner, who must see them for that."""
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relname IN (%s, %s) AND relforcerowsecurity "
        "AND relnamespace = current_schema()::regnamespace",
        [table, parent],
    )
    forced = [name for (name,) in cursor.fetchall()]
    for name in forced:
        cursor.execute(f'ALTER TABLE "{name}" NO FORCE ROW LEVEL SECURITY')
    cursor.execute(
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{key}" FOREIGN KEY (tenant_id, "{column}") '
        f'REFERENCES "{parent}" (tenant_id, id) DEFERRABLE INITIALLY DEFERRED'
    )
    for name in forced:
        cursor.execute(f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY')
