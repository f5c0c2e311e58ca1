"""Typed settings from the environment. A wrong value stops the start with a sentence that says which and why.

Secrets may also come from a file: `OPENAI_API_KEY_FILE=/run/secrets/key` is read when `OPENAI_API_KEY` is not set.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    value = os.environ.get(name)
    if value is not None:
        return value.strip()
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return default
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {file}, which cannot be read: {error.strerror}.") from error


def flag(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}. Write 1 or 0.")


def number(name: str, default: int, *, at_least: int = 0) -> int:
    value = text(name)
    if not value:
        return default
    try:
        parsed = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}. Write a whole number.") from None
    if parsed < at_least:
        raise ImproperlyConfigured(f"{name} is {parsed}. It must be at least {at_least}.")
    return parsed


def words(name: str, default: list[str] | None = None) -> list[str]:
    """A list, written with commas."""
    value = text(name)
    if not value:
        return list(default or [])
    return [word.strip() for word in value.split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    return Path(text(name) or default).expanduser().resolve()


def database(name: str) -> dict | None:
    """`postgresql://user:password@host:port/name?sslmode=require` as Django's settings; None where it is not set."""
    url = text(name)
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} cannot be read: {error}.") from None
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgresql://user:password@host:5432/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def pooled(name: str) -> dict | None:
    """The same for processes that serve: they share connections among their threads."""
    found = database(name)
    if found is None:
        return None
    from portal.infrastructure import database_timeouts  # psycopg, which an installation on SQLite does without

    found["CONN_MAX_AGE"] = 0  # back into the pool after each request and task
    found["CONN_HEALTH_CHECKS"] = True  # one that died in the pool is replaced, not handed out
    found["OPTIONS"] = {
        "pool": {
            "min_size": number("DATABASE_POOL_MIN", 1),
            "max_size": number("DATABASE_POOL_SIZE", 16, at_least=1),
            "timeout": number(
                "DATABASE_POOL_TIMEOUT", 5, at_least=1
            ),  # seconds to wait for a free one, then a clear 503
            "connection_class": database_timeouts.TimeoutConnection,
            # By default a pool tries for 5 minutes, with pauses of up to 64 s, and people wait for the pause to end.
            "reconnect_timeout": database_timeouts.RECONNECT_SECONDS,
            "reconnect_failed": database_timeouts.reconnect_failed,
        },
        "connect_timeout": 5,
        **database_timeouts.NETWORK_TIMEOUTS,
        **found["OPTIONS"],
    }
    if flag("DATABASE_TRANSACTION_POOLING"):  # behind pgbouncer and the like, whose connections change hands
        found["DISABLE_SERVER_SIDE_CURSORS"] = True
        found["OPTIONS"]["prepare_threshold"] = None
    return found
