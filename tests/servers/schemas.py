"""What a database is made of, to compare two of them. The order of columns does not count: an addition stands at the end."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def ask_sqlite(path: Path, sql: str) -> list[tuple]:
    with sqlite3.connect(path) as database:
        return database.execute(sql).fetchall()


def sqlite_schema(path: Path) -> dict[str, object]:
    """Columns, keys, indexes, checks and triggers of every table."""
    found: dict[str, object] = {}
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in ask_sqlite(path, tables):
        columns = {row[1:] for row in ask_sqlite(path, f"SELECT * FROM pragma_table_xinfo('{table}')")}
        keys = {row[2:] for row in ask_sqlite(path, f"SELECT * FROM pragma_foreign_key_list('{table}')")}
        (made,) = ask_sqlite(path, f"SELECT sql FROM sqlite_master WHERE name = '{table}'")[0]
        found[table] = columns, keys, made.count("CHECK"), made.count("UNIQUE"), "AUTOINCREMENT" in made
    others = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('index', 'trigger', 'view')"
    return found | {"beside": {row for row in ask_sqlite(path, others) if not row[1].startswith("sqlite_")}}


# Kind to a query; rows are compared as text. All of the schema public.
_POSTGRESQL = {
    "columns": "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, "
    "is_identity, identity_generation FROM information_schema.columns WHERE table_schema = 'public'",
    "constraints": "SELECT conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger WHERE NOT tgisinternal",
    "policies": "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies "
    "WHERE schemaname = 'public'",
    "relations": "SELECT relname, relkind::text, relowner::regrole::text, relrowsecurity, relforcerowsecurity "
    "FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    "functions": "SELECT oid::regprocedure::text, proowner::regrole::text, prosecdef, provolatile::text, proconfig::text, "
    "prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "grants on relations": "SELECT relname, (a).grantee, (a).privilege_type, (a).is_grantable FROM (SELECT relname, "
    "aclexplode(relacl) AS a FROM pg_class WHERE relnamespace = 'public'::regnamespace) g",
    "grants on columns": "SELECT attrelid::regclass::text, attname, attacl::text FROM pg_attribute "
    "WHERE attacl IS NOT NULL AND attrelid::regclass::text NOT LIKE 'pg_%'",
    "grants on functions": "SELECT name, (a).grantee, (a).privilege_type FROM (SELECT oid::regprocedure::text AS name, "
    "aclexplode(proacl) AS a FROM pg_proc WHERE pronamespace = 'public'::regnamespace) g",
    "grants on the schema": "SELECT (a).grantee, (a).privilege_type FROM "
    "(SELECT aclexplode(nspacl) AS a FROM pg_namespace WHERE nspname = 'public') g",
    "default grants": "SELECT defaclrole::regrole::text, defaclobjtype::text, defaclacl::text FROM pg_default_acl",
}


def postgresql_schema(url: str) -> dict[str, set[str]]:
    import psycopg

    with psycopg.connect(url) as connection:
        return {kind: {str(row) for row in connection.execute(sql)} for kind, sql in _POSTGRESQL.items()}


def differences(one: dict, other: dict) -> dict:
    """{what: (only in one, only in the other)}; empty where the two are equal."""
    found = {}
    for name in one.keys() | other.keys():
        here, there = one.get(name), other.get(name)
        if here != there:
            both_sets = isinstance(here, set) and isinstance(there, set)
            found[name] = (here - there, there - here) if both_sets else (here, there)
    return found
