"""Django's Redis cache, made for a Redis that may be away, be slow, or be shared with a queue.

What is kept here can always be done without. So a Redis that does not answer is a cache that knows nothing: `get` gives
the default, `add` says False, `incr` says that there is no such key. After a failure nobody asks again for a while, so
that a page waits for a dead Redis once and not once per question.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from django.core.cache.backends.redis import RedisCacheClient
from django.utils.functional import cached_property

log = logging.getLogger("portal.cache")

TIMEOUT_SECONDS = 1.0  # seconds
LEFT_ALONE_FOR = 5.0  # seconds after a failure

# Django asks for the key and counts then; a key that ends in between would begin again without an end.
_INCR = "if redis.call('exists', KEYS[1]) == 1 then return redis.call('incrby', KEYS[1], ARGV[1]) end return false"

T = TypeVar("T")

_clients: dict[tuple[str, ...], Client] = {}  # by address; their pools notice a fork
_clients_lock = threading.Lock()


class Json:
    """Not pickle: whoever can write to Redis must not be able to run code here. Numbers as such, so that they count."""

    def dumps(self, value: Any) -> int | bytes:
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except ValueError:  # not from here
            return None


class Client(RedisCacheClient):
    def incr(self, key: str, delta: int) -> int:
        counted = self.get_client(key, write=True).eval(_INCR, 1, key, delta)
        if counted is None:
            raise ValueError(f"Key '{key}' not found.")
        return counted

    def clear_under(self, prefix: str) -> None:
        client = self.get_client(None, write=True)
        for key in client.scan_iter(match=f"{prefix}*", count=1000):
            client.unlink(key)


class RedisCache(DjangoRedisCache):
    def __init__(self, server: str, params: dict) -> None:
        from redis.backoff import NoBackoff
        from redis.exceptions import ConnectionError
        from redis.retry import Retry

        options = {
            "serializer": Json,
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "health_check_interval": 30,
            # A connection that the server closed meanwhile is no failure; one that says nothing is not asked twice.
            "retry": Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, params | {"OPTIONS": options})
        self._class = Client
        self._away_until = 0.0

    @cached_property
    def _cache(self) -> Client:
        """The process's client. Django makes a cache for each thread, and with its own pool each would keep a connection
        after the thread has ended: a worker that read documents opened one every 16 seconds."""
        with _clients_lock:
            key = tuple(self._servers)
            if key not in _clients:
                _clients[key] = Client(self._servers, **self._options)
            return _clients[key]

    def add(self, *args, **kwargs) -> bool:
        return self._try(super().add, False, args, kwargs)

    def get(self, key, default=None, version=None):
        return self._try(super().get, default, (key, default, version), {})

    def set(self, *args, **kwargs) -> None:
        self._try(super().set, None, args, kwargs)

    def touch(self, *args, **kwargs) -> bool:
        return self._try(super().touch, False, args, kwargs)

    def delete(self, *args, **kwargs) -> bool:
        return self._try(super().delete, False, args, kwargs)

    def get_many(self, *args, **kwargs) -> dict:
        return self._try(super().get_many, {}, args, kwargs)

    def has_key(self, *args, **kwargs) -> bool:
        return self._try(super().has_key, False, args, kwargs)

    def set_many(self, *args, **kwargs) -> list:
        return self._try(super().set_many, [], args, kwargs)

    def delete_many(self, *args, **kwargs) -> None:
        self._try(super().delete_many, None, args, kwargs)

    def incr(self, key, delta=1, version=None) -> int:
        away = object()
        counted = self._try(super().incr, away, (key, delta, version), {})
        if counted is away:
            raise ValueError(f"Key '{key}' cannot be counted: the cache is away.")
        return counted

    def clear(self) -> None:
        """Its own keys. Django would empty the whole database, and with it a queue that lives there."""
        self._try(self._cache.clear_under, None, (self.make_key(""),), {})

    def _try(self, ask: Callable[..., T], otherwise: T, args: tuple, kwargs: dict) -> T:
        from redis.exceptions import RedisError

        if time.monotonic() < self._away_until:
            return otherwise
        try:
            return ask(*args, **kwargs)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + LEFT_ALONE_FOR
            log.warning("Redis does not answer, so the cache is done without for a while: %s", type(error).__name__)
            return otherwise
