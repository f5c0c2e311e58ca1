"""Indexes that somebody removed leave store and rows. For the process that writes the store."""

from __future__ import annotations

from django.db import transaction

from knowledge import backends
from knowledge.models import Generation, Passage
from knowledge.stores.base import Namespace
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

PASSAGES_PER_TRANSACTION = 2_000  # passages in one transaction


def erase_leaving(tenant: Tenant) -> None:
    with in_tenant(tenant):
        leaving = list(Generation.objects.for_tenant(tenant).filter(leaving=True, is_active=False))
    for generation in leaving:
        while _delete_batch(tenant, generation):
            pass
        backends.store().destroy(Namespace(tenant.pk, generation.name))
        with in_tenant(tenant), transaction.atomic():
            rows = Generation.objects.for_tenant(tenant).select_for_update()
            rows.filter(pk=generation.pk, leaving=True, is_active=False).delete()  # unless it is wanted again


def _delete_batch(tenant: Tenant, generation: Generation) -> int:
    with in_tenant(tenant), transaction.atomic():
        passages = Passage.objects.for_tenant(tenant)
        some = list(passages.filter(generation=generation.name).values_list("pk", flat=True)[:PASSAGES_PER_TRANSACTION])
        return passages.filter(pk__in=some).delete()[0] if some else 0
