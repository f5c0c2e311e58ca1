"""The tables of this app in the first release. Every later change is a migration of its own."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('audit', '0001_initial'),
        ('audit', '0002_initial'),
        ('audit', '0003_open_vocabulary'),
        ('audit', '0004_outcome_index'),
    ]

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('tenants', '0001_squashed_0002_outbox_links'),
    ]

    operations = [
        migrations.CreateModel(
            name='FieldChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_pk', models.CharField(db_index=True, max_length=255, verbose_name='object pk')),
                ('object_id', models.BigIntegerField(blank=True, db_index=True, null=True, verbose_name='object id')),
                ('object_repr', models.TextField(verbose_name='object representation')),
                ('serialized_data', models.JSONField(null=True)),
                ('action', models.PositiveSmallIntegerField(choices=[(0, 'create'), (1, 'update'), (2, 'delete'), (3, 'access')], db_index=True, verbose_name='action')),
                ('changes_text', models.TextField(blank=True, verbose_name='change message')),
                ('changes', models.JSONField(null=True, verbose_name='change message')),
                ('cid', models.CharField(blank=True, db_index=True, max_length=255, null=True, verbose_name='Correlation ID')),
                ('remote_addr', models.GenericIPAddressField(blank=True, null=True, verbose_name='remote address')),
                ('remote_port', models.PositiveIntegerField(blank=True, null=True, verbose_name='remote port')),
                ('timestamp', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='timestamp')),
                ('additional_data', models.JSONField(blank=True, null=True, verbose_name='additional data')),
                ('actor_email', models.CharField(blank=True, max_length=254, null=True, verbose_name='actor email')),
                ('tenant_id', models.UUIDField(db_index=True, null=True)),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('content_type', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='contenttypes.contenttype')),
            ],
            options={
                'verbose_name': 'log entry',
                'verbose_name_plural': 'log entries',
                'ordering': ['-timestamp'],
                'get_latest_by': 'timestamp',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PersonKey',
            fields=[
                ('person_id', models.UUIDField(primary_key=True, serialize=False)),
                ('wrapped', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(null=True)),
                ('occurred_at', models.DateTimeField()),
                ('action', models.CharField(max_length=40)),
                ('outcome', models.CharField(max_length=10)),
                ('actor_kind', models.CharField(max_length=10)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_sealed', models.TextField(blank=True)),
                ('subject_id', models.UUIDField(null=True)),
                ('subject_sealed', models.TextField(blank=True)),
                ('target_type', models.CharField(blank=True, max_length=32)),
                ('target_id', models.CharField(blank=True, max_length=64)),
                ('target_name', models.CharField(blank=True, max_length=300)),
                ('origin_sealed', models.TextField(blank=True)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('data', models.JSONField(default=dict)),
                ('data_sealed', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['tenant_id', '-id'], name='event_tenant'), models.Index(fields=['tenant_id', 'action', '-id'], name='event_action'), models.Index(fields=['tenant_id', 'actor_id', '-id'], name='event_actor'), models.Index(fields=['tenant_id', 'target_id', '-id'], name='event_target'), models.Index(fields=['tenant_id', 'occurred_at'], name='event_time'), models.Index(fields=['tenant_id', 'subject_id', '-id'], name='event_subject'), models.Index(fields=['tenant_id', 'request_id'], name='event_request'), models.Index(fields=['tenant_id', 'outcome', '-id'], name='event_outcome')],
            },
        ),
    ]
