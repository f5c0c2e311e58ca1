"""What is done behind people's backs, in the process that writes the store: following moves, erasing, compacting."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from knowledge import files, partial_uploads, waiting
from knowledge.models import Blob, Document, Generation, Trashing
from knowledge.stores.base import StoreError
from tenants.models import Tenant
from tenants.scope import in_tenant
from tenants.teams import touch_corpus

log = logging.getLogger("knowledge.upkeep")

COMPACT = "knowledge:compact"


def store_work_waits() -> bool:
    return cache.get(COMPACT) is not None or any(_has_store_work(tenant) for tenant in waiting.tenants_with_chores())


def do_store_work() -> None:
    from knowledge import deletion
    from knowledge.generations.erase import erase_leaving

    try:
        for tenant in waiting.tenants_with_chores():
            follow_moves(tenant)
            deletion.erase_overdue(tenant)
            erase_leaving(tenant)
        if cache.get(COMPACT) is not None:
            cache.delete(COMPACT)
            compact()
    except StoreError:
        log.warning("The search index could not be written. It is tried again in a moment.", exc_info=True)


def follow_moves(tenant: Tenant) -> None:
    """The store's labels catch up. Until then the filter makes an exception for each moved document."""
    from knowledge import indexing

    with in_tenant(tenant):
        moved = Document.objects.for_tenant(tenant).filter(indexed_under__isnull=False)
        moves = list(moved.values_list("pk", "collection_id"))
    for pk, collection_id in moves:
        indexing.move(tenant.pk, pk, collection_id)
        with in_tenant(tenant), transaction.atomic():
            followed = Document.objects.for_tenant(tenant).filter(pk=pk, collection_id=collection_id)
            if followed.update(indexed_under=None):
                touch_corpus(tenant)


def _has_store_work(tenant: Tenant) -> bool:
    with in_tenant(tenant):
        return (
            Document.objects.for_tenant(tenant).filter(indexed_under__isnull=False).exists()
            or Trashing.objects.for_tenant(tenant).filter(erase_after__lte=timezone.now()).exists()
            or Generation.objects.for_tenant(tenant).filter(leaving=True).exists()
        )


def compact() -> None:
    from knowledge import indexing

    for tenant_id in Tenant.objects.filter(is_active=True).values_list("pk", flat=True):
        if indexing.writes(tenant_id):
            indexing.erase(tenant_id)
            indexing.tidy(tenant_id, after=1)


def ask_for_compaction() -> None:
    """Where something was written since. The process with the store does it; this one may be without."""
    from knowledge import indexing, tasks

    tenants = Tenant.objects.filter(is_active=True).values_list("pk", flat=True)
    if not any(indexing.writes(tenant_id) for tenant_id in tenants):
        return
    cache.set(COMPACT, 1, timeout=None)
    tasks.ring_now()


def remove_orphans() -> int:
    """Files that no row knows: of uploads that were cut off between the file and the transaction."""
    gone = 0
    for tenant in Tenant.objects.order_by("pk"):
        with in_tenant(tenant):
            partial_uploads.forget_overdue(tenant)
        old = [path for path, is_old in files.of_tenant(tenant) if is_old]
        if not old:
            continue
        with in_tenant(tenant):
            known = partial_uploads.paths(tenant) | set(Blob.objects.for_tenant(tenant).values_list("path", flat=True))
        for path in old:
            if path not in known:
                files.remove(path)
                gone += 1
    return gone
