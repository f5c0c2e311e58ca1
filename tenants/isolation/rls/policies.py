"""Row-level security, made from the list of tables after every migration. PostgreSQL only.

FORCE, so that it holds for the tables' owner as well. The setting is read in a scalar subselect: once per query. An unset
or emptied setting shows nothing.

A wall, and no way in: inside `coalesce` the comparison is none that an index serves or the planner counts with. It knows
how many rows a tenant has on average, not how many this one has, and where one large company is among many small ones it
walked through all that the large one owns to find eleven rows by their keys (260 ms among 1,000 companies). Which index
serves is for the query itself to say, and each narrows itself to its tenant (tenants/models/owned.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from tenants.isolation.rls import functions, tables

_TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::uuid)"
_PERSON = "(SELECT nullif(current_setting('app.person', true), '')::uuid)"


@dataclass(frozen=True, slots=True)
class Policy:
    table: str
    name: str
    command: str
    rows: str

    @property
    def mark(self) -> str:
        """Kept as the policy's comment, so that one that was changed, here or there, is made again."""
        return hashlib.sha256(f"{self.command} {self.rows}".encode()).hexdigest()[:16]

    def sql(self) -> str:
        clauses = {"SELECT": f"USING ({self.rows})"}.get(self.command, f"USING ({self.rows}) WITH CHECK ({self.rows})")
        return f'CREATE POLICY "{self.name}" ON "{self.table}" FOR {self.command} {clauses}'


def expected(table: str) -> Iterator[Policy]:
    rows = f"coalesce({tables.READ_BY_ALL.get(table, 'tenant_id')} = {_TENANT}, false)"
    if table in tables.ALSO_OF_THE_INSTALLATION:
        rows = f"{rows} OR (tenant_id IS NULL AND {_TENANT} IS NULL)"
    yield Policy(table, "portal_tenant", "ALL", rows)
    if table in tables.READ_BY_ALL:
        yield Policy(table, "portal_everybody_select", "SELECT", "true")
    column, commands = tables.ALSO_OF_THE_PERSON.get(table, ("", ()))
    for command in commands:
        yield Policy(table, f"portal_person_{command.lower()}", command, f"{column} = {_PERSON}")


def remake(connection) -> None:
    """Makes what is missing and remakes what differs; touches no table that is as it should be."""
    have = _existing_policies(connection)
    protected = _tables_with_rls(connection)
    for table in sorted(tables.TABLES_WITH_POLICIES & protected.keys()):
        policies = {policy.name: policy for policy in expected(table)}
        stray = [
            name for name, mark in have.get(table, {}).items() if name not in policies or policies[name].mark != mark
        ]
        missing = [policy for name, policy in policies.items() if name not in have.get(table, {}) or name in stray]
        if not (stray or missing) and protected[table]:
            continue
        # In one transaction, so that the table is never without its wall.
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            if table in tables.OWNED_BY_DEFAULT:
                _add_column(cursor, table)
            for name in stray:
                cursor.execute(f'DROP POLICY "{name}" ON "{table}"')
            for policy in missing:
                cursor.execute(policy.sql())
                cursor.execute(f'COMMENT ON POLICY "{policy.name}" ON "{table}" IS \'{policy.mark}\'')
            cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')


def problems(connection) -> list[str]:
    """What stands open, in words. Tables that are not there yet are not open."""
    have, protected, found = _existing_policies(connection), _tables_with_rls(connection), []
    for table in sorted(tables.TABLES_WITH_POLICIES & protected.keys()):
        if not protected[table]:
            found.append(f"{table} is not under forced row-level security")
        if have.get(table, {}) != {policy.name: policy.mark for policy in expected(table)}:
            found.append(f"the policies of {table} are not the ones of this version")
    return found


def _add_column(cursor, table: str) -> None:
    cursor.execute(f'ALTER TABLE "{table}" ADD COLUMN IF NOT EXISTS tenant_id uuid')
    cursor.execute(
        f'ALTER TABLE "{table}" ALTER COLUMN tenant_id '
        "SET DEFAULT nullif(current_setting('app.tenant', true), '')::uuid"
    )
    cursor.execute(f'CREATE INDEX IF NOT EXISTS "{table}_tenant" ON "{table}" (tenant_id)')


def _existing_policies(connection) -> dict[str, dict[str, str]]:
    """{table: {policy: mark}}"""
    policies: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p.polname, coalesce(obj_description(p.oid, 'pg_policy'), '') "
            "FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid "
            "WHERE c.relnamespace = current_schema()::regnamespace"
        )
        for table, name, mark in cursor.fetchall():
            if not (name == functions.POLICY and table in functions.OWNER_READS):
                policies.setdefault(table, {})[name] = mark
    return policies


def _tables_with_rls(connection) -> dict[str, bool]:
    """Every table, and whether row-level security is enabled and forced."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
            "WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace"
        )
        return dict(cursor.fetchall())
