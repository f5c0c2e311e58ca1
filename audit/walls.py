"""Triggers that keep the trail append-only, declared once and made again after every migration.

SQLite drops a table's triggers when Django remakes the table; hence `post_migrate`, and a check (audit/checks.py).
`INSERT OR REPLACE` passes UPDATE and DELETE triggers by, so an INSERT of an id that exists is refused as well.
"""

from __future__ import annotations

from django.db import connections

TABLES = ("audit_auditevent", "audit_fieldchange")

_SQLITE = {
    "no_update": "BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    "no_delete": "BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    "no_replace": (
        "BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    ),
}
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
_POSTGRES = {
    "no_change": "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "no_truncate": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
}


def expected(vendor: str) -> set[str]:
    kinds = _SQLITE if vendor == "sqlite" else _POSTGRES
    return {f"{table}_{name}" for table in TABLES for name in kinds}


def standing(connection) -> set[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        return {name for (name,) in cursor.fetchall()}


def remake(sender=None, using: str = "default", **_) -> None:
    """Make every trigger that is missing. Quietly does nothing before the tables exist."""
    if sender is not None and sender.name != "audit":
        return
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    kinds = _SQLITE if connection.vendor == "sqlite" else _POSTGRES
    have = standing(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        for table in TABLES:
            for name, body in kinds.items():
                if table in tables and f"{table}_{name}" not in have:
                    cursor.execute(f"CREATE TRIGGER {table}_{name} {body.format(table=table)}")
