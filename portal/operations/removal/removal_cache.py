"""What the cache holds of one tenant. Its keys carry the tenant's id; a cache cannot be asked for them through Django."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache


def keys_of(tenant_id: UUID) -> Iterator[str]:
    """As the cache itself writes them. A Redis that is away holds nothing that would not end by itself."""
    entries = caches["default"]._cache
    names = (str(tenant_id), tenant_id.hex)
    if not _is_redis():
        yield from [key for key in entries if isinstance(key, str) and any(name in key for name in names)]
        return
    from redis.exceptions import RedisError

    for name in names:
        try:
            for key in entries.get_client(None, write=True).scan_iter(match=f"*{name}*", count=1000):
                yield key.decode()
        except RedisError:
            return


def forget(tenant_id: UUID) -> None:
    entries = caches["default"]._cache
    for key in list(keys_of(tenant_id)):
        if _is_redis():
            entries.get_client(None, write=True).unlink(key)
        else:
            entries.pop(key, None)


def _is_redis() -> bool:
    return isinstance(caches["default"], RedisCache)
