"""The one way to write the trail. A verb calls `record` inside its own transaction: both happen, or neither."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.ledger import crypto
from audit.ledger.actions import Action, Outcome
from audit.ledger.actors import Actor, HasActor, HasTarget, Target
from audit.ledger.event_objects import ObjectRef, insert_event, rows_for
from audit.ledger.request_id import current_origin
from audit.ledger.rls_context import TENANT, rls_setting
from audit.models import AuditEvent, EventObject


def record(
    action: Action,
    by: HasActor | Actor,
    target: HasTarget | Target | None = None,
    *,
    subject: HasActor | Actor | None = None,
    outcome: Outcome = Outcome.DONE,
    personal: dict[str, Any] | None = None,
    objects: Iterable[ObjectRef] = (),
    **data: Any,
) -> AuditEvent:
    """Append one event.

    `data` must not identify anybody; what does goes into `personal` and is sealed under the actor's key. `objects` are
    the documents that were quoted, shown or changed besides the target.
    Runs in the caller's transaction. A refusal is recorded after the rollback, by portal/errors/handlers.py.
    """
    event = build_event(action, by, target, subject=subject, outcome=outcome, personal=personal, **data)
    refs = list(objects)
    with rls_setting(TENANT, event.tenant_id):
        if refs:
            insert_event(event, refs)
        else:
            event.save(force_insert=True)
    return event


def record_many(
    tenant_id: UUID | None, events: Iterable[AuditEvent], objects: Sequence[Iterable[ObjectRef]] = ()
) -> None:
    """Append many events of one tenant, in this order, each as `build_event` gave it. `objects` are those of each
    event."""
    with rls_setting(TENANT, tenant_id), transaction.atomic():
        stored = AuditEvent.objects.bulk_create(events)
        rows = [row for event, refs in zip(stored, objects, strict=False) for row in rows_for(event, refs)]
        if rows:
            EventObject.objects.bulk_create(rows)


def build_event(
    action: Action,
    by: HasActor | Actor,
    target: HasTarget | Target | None = None,
    *,
    subject: HasActor | Actor | None = None,
    outcome: Outcome = Outcome.DONE,
    personal: dict[str, Any] | None = None,
    **data: Any,
) -> AuditEvent:
    """The event that `record` would append, which nobody has recorded yet."""
    actor = by if isinstance(by, Actor) else by.audit_actor()
    person = subject if subject is None or isinstance(subject, Actor) else subject.audit_actor()
    what = target if target is None or isinstance(target, Target) else target.audit_target()
    origin = current_origin()
    seal = crypto.Sealer(actor.person_id)
    return AuditEvent(
        tenant_id=actor.tenant_id,
        occurred_at=timezone.now(),
        action=action.value,
        outcome=outcome.value,
        actor_kind=actor.kind,
        actor_id=actor.person_id,
        actor_sealed=seal({"name": actor.name, "email": actor.email}) if actor.kind != "system" else "",
        subject_id=person.person_id if person else None,
        subject_sealed=crypto.seal(person.person_id, {"name": person.name, "email": person.email}) if person else "",
        target_type=what.type if what else "",
        target_id=what.id if what else "",
        target_name=what.name[:300] if what else "",
        origin_sealed=seal({"address": origin.address, "agent": origin.agent}),
        request_id=origin.request_id,
        data={"key": actor.key, **data} if actor.key else data,
        data_sealed=seal(personal or {}),
    )
