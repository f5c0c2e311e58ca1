from __future__ import annotations

from django.db import models


class EventObject(models.Model):
    """One object of an event besides its target: a document that was quoted, shown or changed
    (audit/ledger/event_objects.py).

    Append-only like the event, written in its transaction. Triggers refuse a row whose event is not there or belongs to
    another tenant. Holds ids only: an erased document's title does not stay behind here. The unique constraint makes
    the objects of an event a set with one order (`audit.ledger.event_objects.in_order`), so that the event's hashed
    leaf can commit to it.
    """

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField(null=True)  # that of the event
    event = models.ForeignKey(
        "audit.AuditEvent",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="event_objects",
    )
    relation = models.CharField(max_length=10)  # audit.ledger.event_objects.Relation
    object_type = models.CharField(max_length=32)
    object_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "object_id", "-event"], name="event_object")]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "relation", "object_type", "object_id"], name="event_object_is_listed_once"
            )
        ]
