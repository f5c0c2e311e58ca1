"""What this installation stands on, and the shortest question that shows that it is there."""

from __future__ import annotations

import os
import secrets
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connections

from knowledge.parsers import confinement

CHECK_TIMEOUT_SECONDS = 1.5  # seconds
LEAST_FREE = 32 * 1024 * 1024  # bytes; below it uploads fail, and soon everything that writes
MODEL_CHECK_INTERVAL_SECONDS = 30.0  # seconds

Ask = Callable[[], None]


class NotReady(Exception):
    """Its message may be shown to strangers: it names no address and no secret."""


def of_this_installation() -> dict[str, tuple[Ask, bool]]:
    """Name to (question, whether it is needed)."""
    asked: dict[str, tuple[Ask, bool]] = {"database": (database, True)}
    asked["cache"] = (redis_cache if settings.REDIS_URL else disk_cache, True)
    asked["queue"] = (file_queue if settings.CELERY_BROKER_URL.startswith("filesystem") else broker, True)
    asked["search"] = (weaviate if settings.VECTOR_STORE == "weaviate" else lance, True)
    asked["files"] = (files, True)
    if settings.OPENAI_BASE_URL:
        asked["model"] = (model, False)
    if confinement.missing_here():
        asked["confinement"] = (full_confinement, False)
    return asked


def close_connections() -> None:
    """At the end of a thread that asked: its database connection goes back."""
    connections.close_all()


_migrated = False


def database() -> None:
    global _migrated
    connection = connections["default"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _migrated:
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise NotReady("it must be updated: run manage.py migrate")
        _migrated = True


def redis_cache() -> None:
    _ping(settings.REDIS_URL)


def broker() -> None:
    if settings.CELERY_BROKER_URL == settings.REDIS_URL or settings.CELERY_BROKER_URL.startswith("redis"):
        return _ping(settings.CELERY_BROKER_URL)
    from portal.celery import app

    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=0, timeout=CHECK_TIMEOUT_SECONDS)


def disk_cache() -> None:
    from django.core.cache import cache

    written = secrets.token_hex(4)
    cache.set("readyz", written, 5)
    if cache.get("readyz") is None:  # another process may have written meanwhile
        raise NotReady("it loses values that were just written")


def file_queue() -> None:
    _require_writable(settings.QUEUE_DIR / "messages")


def weaviate() -> None:
    if not settings.WEAVIATE_URL:
        raise NotReady("WEAVIATE_URL is not set")
    _get(f"{settings.WEAVIATE_URL.rstrip('/')}/v1/.well-known/ready", ca=settings.WEAVIATE_CA)


def lance() -> None:
    _require_writable(settings.STORE_DIR)


def files() -> None:
    from django.core.files.storage import FileSystemStorage, default_storage

    if not isinstance(default_storage, FileSystemStorage):
        default_storage.exists("readyz")
        return
    _require_writable(Path(default_storage.location))


def full_confinement() -> None:
    """For the operator's eyes: documents are read all the same, with less around the process that reads them."""
    raise NotReady("the process that reads documents is not fully confined: run manage.py doctor")


_model_asked: tuple[float, str] = (float("-inf"), "")


def model() -> None:
    """For the operator's eyes: without it answers are made of quotes."""
    global _model_asked
    at, error_text = _model_asked
    if time.monotonic() - at > MODEL_CHECK_INTERVAL_SECONDS:
        error_text = ""
        try:
            _get(f"{settings.OPENAI_BASE_URL.rstrip('/')}/models", bearer=settings.OPENAI_API_KEY)
        except NotReady as error:
            error_text = str(error)
        _model_asked = (time.monotonic(), error_text)
    if error_text:
        raise NotReady(error_text)


def _ping(url: str) -> None:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    times = {
        "socket_timeout": CHECK_TIMEOUT_SECONDS,
        "socket_connect_timeout": CHECK_TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    try:
        with redis.Redis.from_url(url, **times) as client:
            client.ping()
    except redis.TimeoutError:
        raise NotReady(f"no answer within {CHECK_TIMEOUT_SECONDS} seconds") from None
    except redis.AuthenticationError:
        raise NotReady("it refuses the password") from None
    except redis.ConnectionError:
        raise NotReady("it cannot be reached") from None


def _get(url: str, *, bearer: str = "", ca: str = "") -> None:
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {bearer}"} if bearer else {})  # noqa: S310
    try:
        trusted = ssl.create_default_context(cadata=ca) if ca else None
        with urllib.request.urlopen(asked, timeout=CHECK_TIMEOUT_SECONDS, context=trusted):  # noqa: S310 - an address from the settings
            return
    except urllib.error.HTTPError as error:
        raise NotReady(f"it answers with {error.code}") from None
    except TimeoutError:
        raise NotReady(f"no answer within {CHECK_TIMEOUT_SECONDS} seconds") from None
    except OSError as error:
        if isinstance(getattr(error, "reason", None), ssl.SSLCertVerificationError):
            raise NotReady("its certificate is not trusted") from None
        raise NotReady("it cannot be reached") from None


def _require_writable(folder: Path) -> None:
    if not folder.is_dir():
        raise NotReady("its folder is not there")
    if not os.access(folder, os.W_OK):
        raise NotReady("its folder cannot be written to")
    if shutil.disk_usage(folder).free < LEAST_FREE:
        raise NotReady("its disk is full")
