"""Who acts now, for what no verb records by itself: django-auditlog's field changes. Nothing decides anything by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from audit.ledger.actors import Actor, HasActor, system

_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


@contextmanager
def acting(by: HasActor | Actor) -> Iterator[None]:
    """Field changes inside the block are this person's."""
    token = _acting.set(by if isinstance(by, Actor) else by.audit_actor())
    try:
        yield
    finally:
        _acting.reset(token)


def current_actor(tenant_id: UUID | None) -> Actor:
    """The person at work in that tenant, or the portal itself."""
    actor = _acting.get()
    return actor if actor is not None and actor.tenant_id == tenant_id else system(tenant_id)
