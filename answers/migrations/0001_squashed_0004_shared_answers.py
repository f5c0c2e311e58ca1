"""The tables of this app in the first release. Every later change is a migration of its own."""

import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('answers', '0001_first_release'),
        ('answers', '0001_initial'),
        ('answers', '0002_initial'),
        ('answers', '0003_starter'),
        ('answers', '0004_shared_answers'),
    ]

    dependencies = [
        ('tenants', '0001_squashed_0002_outbox_links'),
    ]

    operations = [
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.membership')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
                'indexes': [models.Index(fields=['tenant', 'member', '-changed_at'], name='conversation_recent')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('question', models.TextField()),
                ('scope', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('running', 'Running'), ('answered', 'Answered'), ('partial', 'Part of the answer'), ('conflict', 'Two sources disagree'), ('not_found', 'Not in the documents you can read'), ('stopped', 'Stopped'), ('failed', 'Failed'), ('interrupted', 'Interrupted')], default='running', max_length=12)),
                ('text', models.TextField(blank=True)),
                ('sentences', models.JSONField(default=list)),
                ('steps', models.JSONField(default=list)),
                ('model', models.CharField(blank=True, max_length=120)),
                ('mode', models.CharField(blank=True, max_length=12)),
                ('confidence', models.FloatField(default=0)),
                ('error_code', models.CharField(blank=True, max_length=40)),
                ('error_message', models.CharField(blank=True, max_length=300)),
                ('not_covered', models.JSONField(default=list)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('first_token_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('owner', models.CharField(blank=True, max_length=80)),
                ('heartbeat_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('deadline', models.DateTimeField()),
                ('stop_requested_at', models.DateTimeField(blank=True, null=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='answers.conversation')),
            ],
            options={
                'ordering': ['asked_at'],
                'abstract': False,
                'base_manager_name': 'plain',
                'indexes': [models.Index(fields=['tenant', 'conversation', 'asked_at'], name='answer_order')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(choices=[('helpful', 'Helpful'), ('not_helpful', 'Not helpful')], max_length=12)),
                ('reasons', models.JSONField(default=list)),
                ('comment', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('answer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='feedback', to='answers.answer')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.membership')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
                'constraints': [models.UniqueConstraint(fields=('answer', 'member'), name='one_verdict_per_person')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('content', models.JSONField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('answer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='receipt', to='answers.answer')),
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
            name='Starter',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('question', models.CharField(max_length=300)),
                ('documents', models.JSONField(default=list)),
                ('position', models.PositiveIntegerField(default=0)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'ordering': ['position'],
                'abstract': False,
                'base_manager_name': 'plain',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='AnswerEvent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('kind', models.CharField(max_length=12)),
                ('data', models.JSONField(default=dict)),
                ('answer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='answers.answer')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'ordering': ['number'],
                'abstract': False,
                'base_manager_name': 'plain',
                'constraints': [models.UniqueConstraint(fields=('answer', 'number'), name='one_event_per_number')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Citation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('document_id', models.UUIDField()),
                ('version_id', models.UUIDField()),
                ('version_number', models.PositiveIntegerField()),
                ('passage_id', models.UUIDField()),
                ('title', models.CharField(max_length=300)),
                ('heading', models.CharField(blank=True, max_length=300)),
                ('page', models.PositiveIntegerField()),
                ('quote', models.TextField()),
                ('start', models.PositiveIntegerField()),
                ('end', models.PositiveIntegerField()),
                ('context', models.TextField()),
                ('context_start', models.PositiveIntegerField()),
                ('answer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='citations', to='answers.answer')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'ordering': ['number'],
                'abstract': False,
                'base_manager_name': 'plain',
                'indexes': [models.Index(fields=['tenant', 'document_id'], name='citation_document')],
                'constraints': [models.UniqueConstraint(fields=('answer', 'number'), name='one_citation_per_number')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='SharedAnswer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('shared_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('answer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shared', to='answers.answer')),
                ('shared_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.membership')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'plain',
                'constraints': [models.UniqueConstraint(fields=('answer',), name='one_link_per_answer')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('plain', django.db.models.manager.Manager()),
            ],
        ),
    ]
