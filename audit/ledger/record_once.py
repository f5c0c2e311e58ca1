"""Events that would make the trail unreadable if each were recorded: once per person, thing and 10 minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction

from audit.ledger.actions import Action
from audit.ledger.actors import HasActor, HasTarget, Target
from audit.ledger.event_objects import ObjectRef
from audit.ledger.record import record

WINDOW = timedelta(minutes=10)


def record_once(
    action: Action,
    by: HasActor,
    target: HasTarget | Target | None = None,
    *,
    about: str,
    objects: Callable[[], Iterable[ObjectRef]] = tuple,
    **data: Any,
) -> bool:
    """Records the event unless this person, with the same key, caused the same one in the last 10 minutes.

    `about` says which list or thing it is. Returns whether an event was recorded. That it was is remembered in the cache
    after the commit: where the cache lost it, or two requests come at once, there are two events and never none.
    """
    actor = by.audit_actor()
    cache_key = f"recorded:{action}:{actor.tenant_id}:{actor.person_id}:{actor.key}:{about}"
    if cache.get(cache_key) is not None:
        return False
    with transaction.atomic():
        record(action, actor, target, objects=objects(), **data)
        transaction.on_commit(lambda: cache.set(cache_key, 1, WINDOW.total_seconds()))
    return True
