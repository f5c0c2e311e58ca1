"""The turns of those who make indexes: a few seconds at a time, tenant after tenant, one maker for each of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core.cache import cache
from django.db import DatabaseError

from knowledge.embedders.base import EmbedderError
from knowledge.indexes import build, switch
from knowledge.jobs import queue_stats
from knowledge.models import Generation, Job
from knowledge.stores.base import StoreError
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

log = logging.getLogger("knowledge.indexes")

SLICE_SECONDS = 4.0  # seconds: a file that a person uploads waits no longer
SILENT = 60  # seconds after which a maker that says nothing is taken for dead


def run_one_slice() -> bool:
    """One turn for all that is being made. True: there is more, and somebody should go on."""
    more = False
    for tenant in queue_stats.tenants_with_maintenance_due():
        for generation in building(tenant):
            more |= advance(tenant, generation, seconds=SLICE_SECONDS)
            if _a_person_waits():
                return True
    return more


def building(tenant: Tenant) -> list[Generation]:
    with in_tenant(tenant):
        rows = Generation.objects.for_tenant(tenant).filter(
            is_active=False, leaving=False, started_at__isnull=False, finished_at__isnull=True
        )
        return list(rows.order_by("started_at"))


def advance(tenant: Tenant, generation: Generation, *, seconds: float) -> bool:
    """True: there is more, and nothing is in the way. What is in the way stands in the row, and is tried again later."""
    with _only_maker(tenant.pk) as (mine, lives):
        if not mine:
            return False
        try:
            return _advance(tenant, generation, time.monotonic() + seconds, lives)
        except (EmbedderError, StoreError) as error:
            log.warning("%s: the index %s has to wait: %s", tenant.slug, generation.name, error)
            _note(tenant, generation, f"{error} {getattr(error, 'hint', '')}".strip())
        except DatabaseError:
            log.warning("%s: a step of the index %s is tried again.", tenant.slug, generation.name, exc_info=True)
        return False


def _advance(tenant: Tenant, generation: Generation, until: float, lives: Callable[[], None]) -> bool:
    after: UUID | None = None
    while True:
        after = build.step(tenant, generation, after=after, lives=lives)
        if after is None and switch.complete(tenant, generation, lives=lives):
            return False
        if time.monotonic() >= until or _a_person_waits():
            build.count(tenant, generation)
            if generation.error:
                _note(tenant, generation, "")
            return True


def _note(tenant: Tenant, generation: Generation, words: str) -> None:
    with in_tenant(tenant):
        Generation.objects.for_tenant(tenant).filter(pk=generation.pk).update(error=words[:300])
    generation.error = words


def _a_person_waits() -> bool:
    return any(priority == Job.Priority.PERSON for _, priority, _ in queue_stats.tenants_waiting())


@contextmanager
def _only_maker(tenant_id: UUID) -> Iterator[tuple[bool, Callable[[], None]]]:
    """Two would do the same work twice, which harms nothing: so a cache that forgets will do."""
    key = f"knowledge:index-maker:{tenant_id}"
    mine = cache.add(key, 1, timeout=SILENT)
    try:
        yield mine, lambda: cache.set(key, 1, timeout=SILENT)
    finally:
        if mine:
            cache.delete(key)
