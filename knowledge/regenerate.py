"""When the installation's embedding model or chunking changed: every document is read again into a new index."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from knowledge import documents, tasks
from knowledge.models import Generation, Job, Passage, Version
from knowledge.models.version import SEARCHABLE
from knowledge.stores.base import Namespace, VectorStore
from tenants.models import Tenant
from tenants.scope import each_tenant, in_tenant
from tenants.teams import touch_corpus


def follow_settings() -> int:
    """Queues what was indexed otherwise, tenant by tenant. How many documents. Run before anything is served."""
    queued = 0
    for tenant in each_tenant():
        with transaction.atomic():
            active = Generation.objects.for_tenant(tenant).filter(is_active=True).first()
            if active is None or active.name == settings.GENERATION:
                continue
            Generation.objects.for_tenant(tenant).update(is_active=False)
            Generation.objects.for_tenant(tenant).update_or_create(
                name=settings.GENERATION,
                defaults={"is_active": True},
                create_defaults={"tenant": tenant, "is_active": True},
            )
            for version in Version.objects.for_tenant(tenant).filter(status__in=SEARCHABLE):
                documents.queue(version)
                queued += 1
            Job.objects.for_tenant(tenant).filter(state=Job.State.WAITING).update(priority=Job.Priority.BULK)
            touch_corpus(tenant)
    if queued:
        tasks.ring_now(tasks.BULK)
    return queued


def drop_former(tenant: Tenant, store: VectorStore) -> None:
    """Indexes that nobody answers from. Called where the store is at hand."""
    with in_tenant(tenant):
        former = list(Generation.objects.for_tenant(tenant).filter(is_active=False))
    for generation in former:
        store.destroy(Namespace(tenant.pk, generation.name))
        with in_tenant(tenant), transaction.atomic():
            Passage.objects.for_tenant(tenant).filter(generation=generation.name).delete()
            Generation.objects.for_tenant(tenant).filter(pk=generation.pk).delete()
