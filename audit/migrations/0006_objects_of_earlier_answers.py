"""Answers that are on the trail already name the documents that they quoted in their data: these become rows.

Tenant by tenant, each in a transaction of its own, and repeatable. Of a company that was removed the trail stays as it is.
"""

from django.db import migrations, transaction

_COLUMNS = "INSERT INTO audit_eventobject (tenant_id, event_id, relation, object_type, object_id) "
_POSTGRES = (
    _COLUMNS + "SELECT e.tenant_id, e.id, 'quoted', 'document', d.id::uuid FROM audit_auditevent e "
    "CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(e.data -> 'documents') "
    "WHEN 'array' THEN e.data -> 'documents' ELSE '[]' END) AS d (id) "
    "WHERE e.tenant_id = %s AND e.action = 'question:answered' ON CONFLICT DO NOTHING"
)
_SQLITE = (
    "INSERT OR IGNORE" + _COLUMNS.removeprefix("INSERT")
    + "SELECT e.tenant_id, e.id, 'quoted', 'document', replace(d.value, '-', '') FROM audit_auditevent e, "
    "json_each(e.data, '$.documents') d "
    "WHERE e.tenant_id = %s AND e.action = 'question:answered' AND json_type(e.data, '$.documents') = 'array'"
)  # fmt: skip


def derive(apps, schema_editor):
    connection = schema_editor.connection
    on_postgres = connection.vendor == "postgresql"
    for tenant_id in list(apps.get_model("tenants", "Tenant").objects.values_list("pk", flat=True)):
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            if on_postgres:
                cursor.execute("SELECT set_config('app.tenant', %s, true)", [str(tenant_id)])
            cursor.execute(_POSTGRES if on_postgres else _SQLITE, [tenant_id if on_postgres else tenant_id.hex])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0005_event_objects"), ("tenants", "0001_squashed_0002_outbox_links")]
    operations = [
        # in use: adds rows to a table that the version that still runs does not know, tenant by tenant
        migrations.RunPython(derive, migrations.RunPython.noop),
    ]
