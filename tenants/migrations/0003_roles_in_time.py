from datetime import timedelta

from django.db import migrations, models, transaction
from django.db.models import F
from django.utils import timezone

PRIVILEGED = ["admin", "compliance", "owner"]


def read_from_the_trail(apps, schema_editor):
    """Who had a privileged role in the last 30 days, or has left with one."""
    Tenant, Membership = apps.get_model("tenants", "Tenant"), apps.get_model("tenants", "Membership")
    AuditEvent = apps.get_model("audit", "AuditEvent")
    connection = schema_editor.connection
    since = timezone.now() - timedelta(days=30)
    for tenant_id in list(Tenant.objects.values_list("pk", flat=True)):
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            former = _work_for(cursor, str(tenant_id))
            changes = AuditEvent.objects.filter(
                tenant_id=tenant_id, action="member:role-changed", occurred_at__gte=since
            ).order_by("pk")
            for member_id, data, at in changes.values_list("target_id", "data", "occurred_at"):
                if data.get("former") in PRIVILEGED:
                    Membership.objects.filter(tenant_id=tenant_id, pk=member_id).update(privileged_until=at)
            left = Membership.objects.filter(tenant_id=tenant_id, is_active=False, role__in=PRIVILEGED)
            left.update(privileged_until=F("ended_at"))
            _work_for(cursor, former)


def _work_for(cursor, tenant_id):
    """Sets the tenant that row-level security reads and returns the former one. Does nothing on SQLite."""
    if cursor.db.vendor != "postgresql":
        return ""
    cursor.execute("SELECT coalesce(current_setting('app.tenant', true), '')")
    (former,) = cursor.fetchone()
    cursor.execute("SELECT set_config('app.tenant', %s, true)", [tenant_id])
    return former


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_squashed_0002_outbox_links"),
        ("audit", "0001_squashed_0004_outcome_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="role_changed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="privileged_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        # in use: tenant by tenant, a few rows each
        migrations.RunPython(read_from_the_trail, migrations.RunPython.noop),
    ]
