"""One client for each process, opened by its first call; and every trouble with it as an error of the store."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from knowledge.stores.base import StoreError, StoreUnavailable
from knowledge.stores.weaviate import tls

if TYPE_CHECKING:
    import weaviate

T = TypeVar("T")

QUERY_SECONDS = 5
INSERT_SECONDS = 30
INIT_SECONDS = 3
KNOCK_SECONDS = 0.5
MAKING_SECONDS = 2
# The client meets an unreachable server with pauses of 1, 2, 4, 8 and 16 seconds. So a call waits for the connection
# itself, no longer than it may take anyway: a server that restarts is waited for, one that is dead is an error in time.
WAIT_FOR_CONNECTION = json.dumps({"methodConfig": [{"name": [{}], "waitForReady": True}]})
CHANNEL = [
    ("grpc.service_config", WAIT_FOR_CONNECTION),
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
]

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "1")  # read at import: else a forked child of a user has no gRPC
_left_to_parents: list[Any] = []  # a forked child does not so much as close what it inherited
_PREFACE = " failed with message "


class CollectionMissing(Exception):
    """There is no such collection, or no such tenant in it: nothing was written yet, or everything was wiped."""


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    grpc_port: int = 50051
    grpc_host: str = ""
    api_key: str = ""
    ca: str = ""  # PEM: who signs its certificate, where that is an authority of one's own

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "localhost"

    @property
    def secure(self) -> bool:
        return urlsplit(self.url).scheme == "https"

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (443 if self.secure else 80)


class WeaviateConnection:
    """Safe to call from several threads, and after a fork."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._opening = threading.Lock()
        self._client: weaviate.WeaviateClient | None = None
        self._process = 0
        self._doubtful = False

    def call(self, work: Callable[[weaviate.WeaviateClient], T]) -> T:
        try:
            if self._doubtful:
                self._knock()
            return self._sure(work)
        except StoreError:
            raise
        except Exception as error:
            raise self._typed(error) from error

    def _sure(self, work: Callable[[weaviate.WeaviateClient], T]) -> T:
        """One that is starting answers already, and knows no collection yet: what it misses then is not missing. And
        a collection that is just being made is known a moment before it can be asked."""
        client, until = self._open(), time.monotonic() + MAKING_SECONDS
        try:
            result = work(client)
        except Exception as error:
            if not (_is_missing(error) or _is_being_made(error)):
                raise
            if not client.is_ready():
                raise _unreachable() from error
            result = _when_made(lambda: work(client), until)
        self._doubtful = False
        return result

    def is_ready(self) -> bool:
        try:
            return self.call(lambda client: client.is_ready())
        except StoreError:
            return False

    def close(self) -> None:
        with self._opening:
            if self._client is not None and self._process == os.getpid():
                self._client.close()
            self._client = None

    def _open(self) -> weaviate.WeaviateClient:
        if self._client is not None and self._process == os.getpid():
            return self._client
        with self._opening:
            if self._client is not None and self._process != os.getpid():
                _left_to_parents.append(self._client)
                self._client = None
            if self._client is None:
                if self._address.secure:
                    self._knock()
                client = _new_client(self._address)
                try:
                    client.connect()
                except BaseException:
                    client.close()
                    raise
                self._client, self._process = client, os.getpid()
            return self._client

    def _knock(self) -> None:
        """After a failure, and before the first call where it is encrypted: whether somebody is there at all, and is
        who it should be, before a call waits its full time for that."""
        at = self._address
        for host, port, speaks in (
            (at.host, at.port, tls.REST),
            (at.grpc_host or at.host, at.grpc_port, tls.GRPC),
        ):
            try:
                with socket.create_connection((host, port), timeout=KNOCK_SECONDS) as connected:
                    if at.secure:
                        tls.check_certificate(connected, host, at.ca, speaks)
            except OSError as error:
                raise _unreachable() from error

    def _typed(self, error: Exception) -> Exception:
        if isinstance(error, CollectionMissing):
            return error
        from grpc import RpcError
        from httpx import HTTPError
        from weaviate.exceptions import WeaviateBaseError

        if not isinstance(error, WeaviateBaseError | HTTPError | RpcError | OSError):
            return error
        words = str(error)
        low = words.lower()
        if _is_missing(error):
            return CollectionMissing(words[:300])
        if _is_refused(error, low):
            return StoreUnavailable(
                "The search index refused the portal's key.",
                hint="Set WEAVIATE_API_KEY to a key that Weaviate knows.",
                permanent=True,
            )
        self._doubtful = True
        if "no space left" in low or "read-only" in low or "disk usage" in low:
            return StoreUnavailable(
                "The search index cannot be written: its disk is full.",
                hint="Free some space there and start Weaviate again, which stays read-only until then. "
                "Nothing that was saved is lost.",
            )
        if _is_connection(error, low):
            return _unreachable()
        return StoreUnavailable(f"The search index could not be read or written: {words.split(_PREFACE)[-1][:300]}")


def _is_missing(error: Exception) -> bool:
    low = str(error).lower()
    return any(sign in low for sign in ("could not find class", "tenant not found", "class not found"))


def _is_being_made(error: Exception) -> bool:
    return "non-existing index" in str(error).lower()


def _when_made(work: Callable[[], T], until: float) -> T:
    while True:
        try:
            return work()
        except Exception as error:
            if not _is_being_made(error) or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _unreachable() -> StoreUnavailable:
    return StoreUnavailable(
        "The search index is temporarily unavailable.",
        hint="Try again in a moment. Nothing that was saved is lost.",
    )


def _is_refused(error: Exception, words: str) -> bool:
    status = getattr(error, "status_code", 0)
    return status in (401, 403) or "unauthorized" in words or "unauthenticated" in words or "forbidden" in words


def _is_connection(error: Exception, words: str) -> bool:
    from httpx import HTTPError
    from weaviate.exceptions import (
        WeaviateConnectionError,
        WeaviateGRPCUnavailableError,
        WeaviateRetryError,
        WeaviateStartUpError,
        WeaviateTimeoutError,
    )

    kinds = (
        HTTPError,
        OSError,
        WeaviateConnectionError,
        WeaviateGRPCUnavailableError,
        WeaviateRetryError,
        WeaviateStartUpError,
        WeaviateTimeoutError,
    )
    signs = ("deadline exceeded", "unavailable", "failed to connect", "connection reset", "socket closed", "retried")
    signs += ("non-existing index", "not ready", "no leader", "leader not found", "shutdown")  # starting, or ending
    return isinstance(error, kinds) or any(sign in words for sign in signs)


def _new_client(address: Address) -> weaviate.WeaviateClient:
    """The import takes a second and 70 MiB, which is why it waits until here."""
    with warnings.catch_warnings():  # weaviate sets the whole process to show every warning
        import weaviate
        from weaviate.classes.init import AdditionalConfig, Auth, Timeout
        from weaviate.config import GrpcConfig
        from weaviate.connect import ConnectionParams

    client = weaviate.WeaviateClient(
        connection_params=ConnectionParams.from_params(
            http_host=address.host,
            http_port=address.port,
            http_secure=address.secure,
            grpc_host=address.grpc_host or address.host,
            grpc_port=address.grpc_port,
            grpc_secure=address.secure,
        ),
        auth_client_secret=Auth.api_key(address.api_key) if address.api_key else None,
        additional_config=AdditionalConfig(
            timeout=Timeout(init=INIT_SECONDS, query=QUERY_SECONDS, insert=INSERT_SECONDS),
            grpc_config=GrpcConfig(
                channel_options=CHANNEL,
                credentials=tls.grpc_credentials(address.ca) if address.secure else None,
            ),
        ),
        skip_init_checks=True,  # they ask a package index for the newest client
    )
    if address.secure and address.ca:
        tls.trust_rest_certificate(client, address.ca)
    return client
