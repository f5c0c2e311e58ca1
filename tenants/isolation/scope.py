"""The second wall: which tenant the database may show in this transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connections

from audit.ledger.rls_context import PERSON, TENANT, rls_setting

_current: ContextVar[UUID | None] = ContextVar("tenant", default=None)


class NestedTenant(RuntimeError):
    """Work for one tenant tried to begin inside work for another."""


@contextmanager
def in_tenant(tenant) -> Iterator[None]:
    """Everything inside sees this tenant alone, where the database enforces it (PostgreSQL row-level security).

    On PostgreSQL it opens the transaction and sets `app.tenant`. On SQLite it does neither: with IMMEDIATE transactions
    every reader would queue for the write lock. Nothing lazy may leave the block.
    """
    former = _current.get()
    if former is not None and former != tenant.pk:
        raise NestedTenant("This is already working for another tenant.")
    token = _current.set(tenant.pk)
    try:
        with rls_setting(TENANT, tenant.pk):
            yield
    finally:
        _current.reset(token)


@contextmanager
def as_person(user) -> Iterator[None]:
    """Before the tenant is known: the database also shows this person's own memberships, and nothing else of a tenant.

    A setting and a transaction like `in_tenant`; nothing on SQLite.
    """
    with rls_setting(PERSON, user.pk):
        yield


def each_tenant() -> Iterator:
    """`for tenant in each_tenant():` - the installation's own work, one active tenant after the other, each inside its
    own `in_tenant` block and so, on PostgreSQL, in a transaction of its own.

    What must not hold a transaction (parsing, embedding, the store) is done after the loop, with what it collected.
    """
    from tenants.models import Tenant

    for tenant in list(Tenant.objects.filter(is_active=True).order_by("pk")):
        with in_tenant(tenant):
            yield tenant


def return_connection() -> None:
    """Where connections come from a pool, a thread that is going to wait for something else keeps none."""
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
            connection.close()
