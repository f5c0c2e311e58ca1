"""What is done behind people's backs, in the process that writes the store: following moves, erasing, compacting."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from knowledge.jobs import queue_stats
from knowledge.library import chunked_uploads, stored_files
from knowledge.models import Blob, Document, Generation, Trashing
from knowledge.stores.base import StoreError
from tenants.isolation.scope import in_tenant
from tenants.members.teams import touch_corpus
from tenants.models import Tenant

log = logging.getLogger("knowledge.maintenance")

COMPACT = "knowledge:compact"


def store_work_waits() -> bool:
    return cache.get(COMPACT) is not None or any(
        _has_store_work(tenant) for tenant in queue_stats.tenants_with_maintenance_due()
    )


def do_store_work() -> None:
    from knowledge.erasure import deletion
    from knowledge.indexes.erase import erase_leaving

    try:
        for tenant in queue_stats.tenants_with_maintenance_due():
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
    from knowledge.indexes import index_writer

    with in_tenant(tenant):
        moved = Document.objects.for_tenant(tenant).filter(indexed_under__isnull=False)
        moves = list(moved.values_list("pk", "collection_id"))
    for pk, collection_id in moves:
        index_writer.move(tenant.pk, pk, collection_id)
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
    from knowledge.indexes import index_writer

    for tenant_id in Tenant.objects.filter(is_active=True).values_list("pk", flat=True):
        if index_writer.writes(tenant_id):
            index_writer.erase(tenant_id)
            index_writer.tidy(tenant_id, after=1)


def ask_for_compaction() -> None:
    """Where something was written since. The process with the store does it; this one may be without."""
    from knowledge import task_queue
    from knowledge.indexes import index_writer

    tenants = Tenant.objects.filter(is_active=True).values_list("pk", flat=True)
    if not any(index_writer.writes(tenant_id) for tenant_id in tenants):
        return
    cache.set(COMPACT, 1, timeout=None)
    task_queue.notify_now()


def remove_orphans() -> int:
    """Files that no row knows: of uploads that were cut off between the file and the transaction."""
    gone = 0
    for tenant in Tenant.objects.order_by("pk"):
        with in_tenant(tenant):
            chunked_uploads.forget_overdue(tenant)
        old = [path for path, is_old in stored_files.of_tenant(tenant) if is_old]
        if not old:
            continue
        with in_tenant(tenant):
            known = chunked_uploads.paths(tenant) | set(Blob.objects.for_tenant(tenant).values_list("path", flat=True))
        for path in old:
            if path not in known:
                stored_files.remove(path)
                gone += 1
    return gone
