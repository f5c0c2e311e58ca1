"""The trail cannot be altered, by whatever road."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction

from audit.ledger import append_only_triggers
from audit.models import AuditEvent, FieldChange
from tenants.isolation import tenant_constraints as tenant_walls


@pytest.fixture
def event(acme):
    return AuditEvent.objects.filter(tenant_id=acme.pk).latest("id")


@pytest.fixture
def change(acme):
    acme.name = "Acme Holding"
    acme.save()
    return FieldChange.objects.latest("id")


def refuse(sql: str, *values) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize("row", ["event", "change"])
def test_raw_sql_cannot_change_delete_or_replace_a_row(request, row):
    kept = request.getfixturevalue(row)
    table = kept._meta.db_table
    refuse(f"UPDATE {table} SET tenant_id = NULL WHERE id = %s", kept.pk)
    refuse(f"DELETE FROM {table} WHERE id = %s", kept.pk)
    columns = ", ".join(f'"{field.column}"' for field in kept._meta.local_concrete_fields)
    if connection.vendor == "sqlite":
        refuse(f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE id = %s", kept.pk)
        refuse(f"REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE id = %s", kept.pk)
    else:
        refuse(f"TRUNCATE {table}")
    refuse(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE id = %s "
        "ON CONFLICT (id) DO UPDATE SET tenant_id = NULL",
        kept.pk,
    )
    assert type(kept).objects.filter(pk=kept.pk).exists()


def test_the_models_cannot_either(event):
    for act in (lambda: event.save(), lambda: event.delete(), lambda: AuditEvent.objects.all().update(action="x")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            act()


def test_a_table_that_a_migration_remakes_gets_its_walls_back(transactional_db):
    """SQLite drops triggers with the table that Django remakes. The check notices, and migrating mends it."""
    if connection.vendor != "sqlite":
        pytest.skip("other databases change a table without making it anew")
    field = AuditEvent._meta.get_field("action")
    longer = models.CharField(max_length=41)
    longer.set_attributes_from_name("action")
    tenant_walls.drop_triggers()  # as before every migration
    with connection.schema_editor() as editor:
        editor.alter_field(AuditEvent, field, longer)
    try:
        assert not any(
            name.startswith("audit_auditevent") for name in append_only_triggers.existing_triggers(connection)
        )
        assert "audit.E001" in {problem.id for problem in run_checks(databases=["default"])}
        call_command("migrate", verbosity=0)
        assert append_only_triggers.expected(connection.vendor) <= append_only_triggers.existing_triggers(connection)
        assert "audit.E001" not in {problem.id for problem in run_checks(databases=["default"])}
    finally:
        tenant_walls.drop_triggers()
        with connection.schema_editor() as editor:
            editor.alter_field(AuditEvent, longer, field)
        append_only_triggers.remake()
        tenant_walls.remake()


def test_one_missing_wall_is_named_by_the_check(db):
    on_sqlite = connection.vendor == "sqlite"
    wall = "audit_auditevent_no_delete" if on_sqlite else "audit_auditevent_no_change"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {wall}" + ("" if on_sqlite else " ON audit_auditevent"))
    problems = [problem for problem in run_checks(databases=["default"]) if problem.id == "audit.E001"]
    assert wall in problems[0].msg
    append_only_triggers.remake()
    assert wall in append_only_triggers.existing_triggers(connection)
