"""The only writer of the vector store. What it writes can be rebuilt from the rows."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from uuid import UUID

from django.core.cache import cache
from django.db import connection

from knowledge import backends
from knowledge.indexes import comparison_queue, consistency, tenant_activity, versions
from knowledge.models import Generation
from knowledge.stores.base import IndexedPassage, Namespace
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

STATE_CACHE_SECONDS = 5.0  # seconds between two looks at what an index holds while it is written
TIDY_AFTER = 20  # writes: each leaves a file of its own that every search has to look into

_state_cache: dict[Namespace, float] = {}


def active_generation(tenant_id: UUID) -> str:
    """The index this tenant answers from. One that has none yet begins with the installation's."""
    with in_tenant(Tenant(pk=tenant_id)):
        name = Generation.objects.for_tenant(tenant_id).filter(is_active=True).values_list("name", flat=True).first()
        if name is None:
            made_with = versions.configured()
            row, _ = Generation.objects.for_tenant(tenant_id).get_or_create(
                name=made_with.name,
                defaults={"tenant_id": tenant_id, "is_active": True, **versions.columns(made_with)},
            )
            name = row.name
    return name


def still_active(tenant_id: UUID, name: str) -> bool:
    """And until the caller's transaction ends: switching to another index waits for it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # shared: writers do not wait for each other
            cursor.execute(
                "SELECT 1 FROM knowledge_generation WHERE tenant_id = %s AND name = %s AND is_active FOR SHARE",
                [tenant_id, name],
            )
            return cursor.fetchone() is not None
    return Generation.objects.for_tenant(tenant_id).filter(name=name, is_active=True).exists()


def generations(tenant_id: UUID) -> list[str]:
    with in_tenant(Tenant(pk=tenant_id)):
        return list(Generation.objects.for_tenant(tenant_id).values_list("name", flat=True))


def complete_generations(tenant_id: UUID) -> list[str]:
    """Without those that are being made: their passages are in the store before they are in the rows."""
    with in_tenant(Tenant(pk=tenant_id)):
        rows = Generation.objects.for_tenant(tenant_id).exclude(leaving=True)
        return [row.name for row in rows if row.state != Generation.State.BUILDING]


def namespace_of(tenant_id: UUID, generation: str = "") -> Namespace:
    tenant_activity.mark_active(tenant_id)
    return Namespace(tenant_id, generation or active_generation(tenant_id))


def put(tenant_id: UUID, generation: str, passages: Iterable[IndexedPassage]) -> None:
    if _has_lost(there := namespace_of(tenant_id, generation)):  # from now on it would look as if it were only small
        comparison_queue.request(tenant_id)
    backends.store().put(there, passages)
    _count_write(tenant_id)


def _has_lost(there: Namespace) -> bool:
    """The store lacks passages of an index that answers: it was wiped, or another one took its place. One that has
    nothing is found out at once, others within LOOKED_EVERY seconds."""
    due = time.monotonic() - _state_cache.get(there, float("-inf")) > STATE_CACHE_SECONDS
    if not due and backends.store().count(there):
        return False
    _state_cache[there] = time.monotonic()
    return there.generation in complete_generations(there.tenant_id) and not consistency.check(there).is_whole


def drop(tenant_id: UUID, version_ids: Iterable[UUID], *, generation: str = "") -> None:
    """From every generation the tenant has, unless one is named: a deleted document is nowhere."""
    ids = list(version_ids)
    if not ids:
        return
    for name in [generation] if generation else generations(tenant_id):
        backends.store().drop(Namespace(tenant_id, name), ids)
    _count_write(tenant_id)


def move(tenant_id: UUID, document_id: UUID, collection_id: UUID) -> None:
    for name in generations(tenant_id):
        backends.store().move(Namespace(tenant_id, name), document_id, collection_id)
    _count_write(tenant_id)


def erase(tenant_id: UUID) -> None:
    """What was dropped leaves the files."""
    for name in generations(tenant_id):
        backends.store().erase(Namespace(tenant_id, name))


def writes(tenant_id: UUID) -> int:
    """Since the store was tidied; about, since a cache may forget."""
    return cache.get(_key(tenant_id)) or 0


def tidy(tenant_id: UUID, *, after: int = TIDY_AFTER) -> None:
    """One file instead of many. Readers are not disturbed."""
    if writes(tenant_id) >= after:
        backends.store().optimise(namespace_of(tenant_id))
        cache.delete(_key(tenant_id))


def _count_write(tenant_id: UUID) -> None:
    if not cache.add(_key(tenant_id), 1, timeout=None):
        with contextlib.suppress(ValueError):
            cache.incr(_key(tenant_id))


def _key(tenant_id: UUID) -> str:
    return f"knowledge:writes:{tenant_id}"
