"""The second wall: which tenant the database may show in this transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

_current: ContextVar[UUID | None] = ContextVar("tenant", default=None)


class NestedTenant(RuntimeError):
    """Work for one tenant tried to begin inside work for another."""


@contextmanager
def in_tenant(tenant) -> Iterator[None]:
    """Everything inside sees this tenant alone, where the database enforces it (PostgreSQL row-level security).

    On PostgreSQL it opens the transaction and sets `app.tenant`, putting the former value back on leaving, because a
    setting made in a savepoint outlives it. On SQLite it does neither: with IMMEDIATE transactions every reader would
    queue for the write lock. Nothing lazy may leave the block.
    """
    former = _current.get()
    if former is not None and former != tenant.pk:
        raise NestedTenant("This is already working for another tenant.")
    token = _current.set(tenant.pk)
    try:
        if connection.vendor != "postgresql":
            yield
            return
        with transaction.atomic():
            _set(str(tenant.pk))
            try:
                yield
            finally:
                if former is None and not connection.needs_rollback:
                    _set("")
    finally:
        _current.reset(token)


def _set(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', %s, true)", [value])
