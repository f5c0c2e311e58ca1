"""Which tenants are at work, so that the store can let the others sleep. Only a hint: one that sleeps wakes when asked."""

from __future__ import annotations

import time
from contextlib import suppress
from uuid import UUID

from django.core.cache import cache

from knowledge import backends
from tenants.models import Tenant

AT_WORK = 2 * 3600  # seconds since it was last searched or written
ACTIVITY_WRITE_INTERVAL_SECONDS = 600  # seconds; no more often in one process

_noted: dict[UUID, float] = {}


def mark_active(tenant_id: UUID) -> None:
    now = time.monotonic()
    if now - _noted.get(tenant_id, -ACTIVITY_WRITE_INTERVAL_SECONDS) >= ACTIVITY_WRITE_INTERVAL_SECONDS:
        _noted[tenant_id] = now
        with suppress(Exception):  # a search does without the cache
            cache.set(_key(tenant_id), 1, timeout=AT_WORK)


def deactivate_idle() -> int:
    """How many went to sleep. Stores in a folder have nothing to deactivate."""
    deactivate = getattr(backends.store(), "deactivate_idle", None)
    if deactivate is None:
        return 0
    keys = {_key(tenant_id): tenant_id for tenant_id in Tenant.objects.values_list("pk", flat=True)}
    return deactivate(in_use=[keys[key] for key in cache.get_many(keys)])


def _key(tenant_id: UUID) -> str:
    return f"knowledge:at-work:{tenant_id}"
