"""Field-level changes: django-auditlog writes its rows, and each is copied into the chained trail.

Its own rows are not sealed; the events are. The creation of a row is told by the verb's own event.
"""

from __future__ import annotations

from typing import Any

from audit.ledger.actions import Action
from audit.ledger.current_actor import current_actor
from audit.ledger.record import record


def watch(model: type, *fields: str) -> None:
    """From now on, changes of these fields are on the trail. Name no field that identifies a person.

    Called by each app for its own models, in its apps.py.
    """
    from auditlog.registry import auditlog

    auditlog.register(model, include_fields=list(fields))


def connect() -> None:
    from auditlog.signals import post_log, pre_log

    pre_log.connect(_not_for_creation, dispatch_uid="audit.not_for_creation")
    post_log.connect(_copy_into_the_trail, dispatch_uid="audit.copy_into_the_trail")


def _not_for_creation(sender: type, action: int, **_: Any) -> bool:
    from audit.models import FieldChange

    return action != FieldChange.Action.CREATE  # auditlog writes nothing where a receiver says False


def _copy_into_the_trail(sender: type, instance: Any, action: int, log_entry: Any, **_: Any) -> None:
    if log_entry is None:
        return
    record(
        Action.RECORD_CHANGED,
        current_actor(log_entry.tenant_id),
        instance.audit_target(),
        subject=instance if hasattr(instance, "audit_actor") else None,
        change="removed" if action == log_entry.Action.DELETE else "changed",
        fields=log_entry.changes,
    )
