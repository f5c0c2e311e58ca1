"""Triggers that keep the trail append-only, declared once and made again after every migration.

SQLite drops a table's triggers when Django remakes the table; hence `post_migrate`, and a check
(audit/ledger/checks.py). `INSERT OR REPLACE` passes UPDATE and DELETE triggers by, so an INSERT of an id that exists is
refused as well.
"""

from __future__ import annotations

from django.db import connections

TABLES = ("audit_auditevent", "audit_eventobject", "audit_fieldchange")

_SQLITE = {
    "no_update": "BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    "no_delete": "BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    "no_replace": (
        "BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    ),
}
# The objects of an event belong to it and to its tenant. On SQLite its name lets
# `tenants.isolation.tenant_constraints.drop_triggers` drop it while the table of events is remade.
_OBJECTS = "audit_eventobject"
_SQLITE_OF_EVENT = {
    "same_tenant_as_event": (
        "BEFORE INSERT ON {table} WHEN NOT EXISTS "
        "(SELECT 1 FROM audit_auditevent WHERE id = NEW.event_id AND tenant_id IS NEW.tenant_id) "
        "BEGIN SELECT RAISE(ABORT, 'an object must belong to the tenant of its event'); END"
    )
}
_POSTGRES_OF_EVENT = {
    "same_tenant_as_event": (
        "AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_object_of_event()"
    )
}
_POSTGRES_FUNCTIONS = """
CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE OR REPLACE FUNCTION audit_object_of_event() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF EXISTS (SELECT 1 FROM added a LEFT JOIN audit_auditevent e
              ON e.id = a.event_id AND e.tenant_id IS NOT DISTINCT FROM a.tenant_id WHERE e.id IS NULL) THEN
    RAISE EXCEPTION 'an object must belong to the tenant of its event' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""
_POSTGRES = {
    "no_change": "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "no_truncate": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
}


def _triggers(vendor: str) -> dict[tuple[str, str], str]:
    """{(table, trigger): body}"""
    kinds, of_event = (_SQLITE, _SQLITE_OF_EVENT) if vendor == "sqlite" else (_POSTGRES, _POSTGRES_OF_EVENT)
    triggers = {(table, f"{table}_{name}"): body for table in TABLES for name, body in kinds.items()}
    return triggers | {(_OBJECTS, f"{_OBJECTS}_{name}"): body for name, body in of_event.items()}


def expected(vendor: str) -> set[str]:
    return {name for _, name in _triggers(vendor)}


def existing_triggers(connection) -> set[str]:
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
    have = existing_triggers(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTIONS)
        for (table, name), body in _triggers(connection.vendor).items():
            if table in tables and name not in have:
                cursor.execute(f"CREATE TRIGGER {name} {body.format(table=table)}")
