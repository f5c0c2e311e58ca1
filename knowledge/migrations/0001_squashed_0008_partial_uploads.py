"""The tables of this app in the first release. Every later change is a migration of its own."""

import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('knowledge', '0001_first_release'),
        ('knowledge', '0001_initial'),
        ('knowledge', '0002_initial'),
        ('knowledge', '0003_upload_keys_and_moves'),
        ('knowledge', '0004_document_indexes'),
        ('knowledge', '0005_collection_names_may_repeat'),
        ('knowledge', '0006_the_line_and_whose_turn_it_is'),
        ('knowledge', '0007_index_generations_side_by_side'),
        ('knowledge', '0008_partial_uploads'),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('tenants', '0001_squashed_0002_outbox_links'),
    ]

    operations = [
        migrations.CreateModel(
            name='Turn',
            fields=[
                ('tenant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='tenants.tenant')),
                ('served', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Blob',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('path', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'sha256'), name='one_blob_per_digest')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Collection',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('description', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'permissions': [('read_collection', 'Read'), ('write_collection', 'Add and change documents'), ('manage_collection', 'Decide who reads and writes')],
                'abstract': False,
                'default_permissions': (),
                'base_manager_name': 'plain',
                'indexes': [models.Index(fields=['tenant', 'name'], name='collection_name')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='CollectionTeamGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('granted_at', models.DateTimeField(auto_now_add=True)),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='team_grants', to='knowledge.collection')),
                ('granted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tenants.membership')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'unique_together': {('group', 'permission', 'content_object')},
            },
            managers=[
                ('scoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='CollectionUserGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('granted_at', models.DateTimeField(auto_now_add=True)),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='user_grants', to='knowledge.collection')),
                ('granted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tenants.membership')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'unique_together': {('user', 'permission', 'content_object')},
            },
            managers=[
                ('scoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField()),
                ('title', models.CharField(max_length=300)),
                ('filename', models.CharField(max_length=255)),
                ('author', models.CharField(blank=True, max_length=200)),
                ('dated', models.DateField(blank=True, null=True)),
                ('reviewed_on', models.DateField(blank=True, null=True)),
                ('review_due', models.DateField(blank=True, null=True)),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('restricted', models.BooleanField(default=False)),
                ('indexed_under', models.UUIDField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='knowledge.collection')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('superseded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='supersedes', to='knowledge.document')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'permissions': [('read_document', 'Read'), ('write_document', 'Change'), ('manage_document', 'Decide who reads and writes')],
                'abstract': False,
                'default_permissions': (),
                'base_manager_name': 'plain',
                'indexes': [models.Index(fields=['tenant', 'collection', '-changed_at'], name='document_shelf'), models.Index(fields=['tenant', '-changed_at'], name='document_recent'), models.Index(fields=['owner', 'collection'], name='document_owned'), models.Index(condition=models.Q(('restricted', True), ('expires_on__isnull', False), ('superseded_by__isnull', False), ('indexed_under__isnull', False), _connector='OR'), fields=['tenant'], name='document_peculiar')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'number'), name='one_document_per_number')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='DocumentTeamGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('granted_at', models.DateTimeField(auto_now_add=True)),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='team_grants', to='knowledge.document')),
                ('granted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tenants.membership')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'unique_together': {('group', 'permission', 'content_object')},
            },
            managers=[
                ('scoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='DocumentUserGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('granted_at', models.DateTimeField(auto_now_add=True)),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='user_grants', to='knowledge.document')),
                ('granted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tenants.membership')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'unique_together': {('user', 'permission', 'content_object')},
            },
            managers=[
                ('scoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Generation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('is_active', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('embedder', models.CharField(db_default='', default='', max_length=20)),
                ('model', models.CharField(db_default='', default='', max_length=200)),
                ('base_url', models.CharField(db_default='', default='', max_length=300)),
                ('words', models.PositiveIntegerField(db_default=180, default=180)),
                ('overlap', models.PositiveIntegerField(db_default=40, default=40)),
                ('analysis', models.CharField(db_default='words1', default='words1', max_length=20)),
                ('documents_done', models.PositiveIntegerField(db_default=0, default=0)),
                ('documents_all', models.PositiveIntegerField(db_default=0, default=0)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('error', models.CharField(db_default='', default='', max_length=300)),
                ('switches', models.BooleanField(db_default=False, default=False)),
                ('switched_at', models.DateTimeField(blank=True, null=True)),
                ('held_against', models.CharField(db_default='', default='', max_length=60)),
                ('leaving', models.BooleanField(db_default=False, default=False)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'name'), name='one_generation_per_name'), models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('tenant',), name='one_active_generation')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Trashing',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('erase_after', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tenants.membership')),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='trashing', to='knowledge.document')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='UploadKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.document')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.membership')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
                'constraints': [models.UniqueConstraint(fields=('member', 'key'), name='one_upload_per_key')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Version',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('filename', models.CharField(max_length=255)),
                ('media_type', models.CharField(blank=True, max_length=120)),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('parsing', 'Parsing'), ('embedding', 'Embedding'), ('indexing', 'Indexing'), ('ready', 'Ready'), ('ready_with_warnings', 'Ready with warnings'), ('failed', 'Failed'), ('quarantined', 'Quarantined'), ('expired', 'Expired')], default='queued', max_length=20)),
                ('progress_done', models.PositiveIntegerField(default=0)),
                ('progress_total', models.PositiveIntegerField(default=0)),
                ('error_code', models.CharField(blank=True, max_length=40)),
                ('error_message', models.CharField(blank=True, max_length=300)),
                ('error_hint', models.CharField(blank=True, max_length=300)),
                ('warnings', models.JSONField(default=list)),
                ('page_count', models.PositiveIntegerField(default=0)),
                ('passage_count', models.PositiveIntegerField(default=0)),
                ('language', models.CharField(blank=True, max_length=8)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('ready_at', models.DateTimeField(blank=True, null=True)),
                ('blob', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='knowledge.blob')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.membership')),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='knowledge.document')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
                'indexes': [models.Index(fields=['tenant', 'status'], name='version_status')],
                'constraints': [models.UniqueConstraint(fields=('document', 'number'), name='one_version_per_number')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Passage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('generation', models.CharField(max_length=60)),
                ('ordinal', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('start', models.PositiveIntegerField()),
                ('end', models.PositiveIntegerField()),
                ('page', models.PositiveIntegerField()),
                ('heading_path', models.JSONField(default=list)),
                ('digest', models.CharField(max_length=64)),
                ('vector', models.BinaryField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passages', to='knowledge.version')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
                'indexes': [models.Index(fields=['tenant', 'generation', 'digest'], name='passage_digest')],
                'constraints': [models.UniqueConstraint(fields=('version', 'generation', 'ordinal'), name='one_passage_per_ordinal')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='waiting', max_length=10)),
                ('priority', models.SmallIntegerField(choices=[(0, 'A person waits for it'), (5, 'Import')], default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lost', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('held_up', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('run_after', models.DateTimeField(default=django.utils.timezone.now)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('claimed_by', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('version', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='job', to='knowledge.version')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
                'indexes': [models.Index(fields=['state', 'tenant', 'priority', 'run_after'], name='job_in_line')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Content',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField()),
                ('pages', models.JSONField(default=list)),
                ('blocks', models.JSONField(default=list)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('version', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='content', to='knowledge.version')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='PartialUpload',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('filename', models.CharField(max_length=255)),
                ('size', models.BigIntegerField()),
                ('stamp', models.CharField(blank=True, max_length=40)),
                ('received', models.BigIntegerField(default=0)),
                ('pieces', models.JSONField(default=list)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.collection')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.membership')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
                'indexes': [models.Index(fields=['tenant', 'member'], name='partial_upload_of')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name='document',
            name='current_version',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='knowledge.version'),
        ),
        migrations.AddField(
            model_name='document',
            name='latest_version',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='knowledge.version'),
        ),
    ]
