from __future__ import annotations

from django.db import models


class AuditEvent(models.Model):
    """Who did what to which object, from where, with what outcome.

    Append-only: triggers refuse every UPDATE and DELETE (audit/ledger/append_only_triggers.py). No foreign keys:
    tenant, actor and object are plain ids with the names they had at the time. What identifies a person stands only in
    the `*_sealed` fields, encrypted under that person's key (audit/ledger/crypto.py), so that erasing a person means
    destroying a key.
    """

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField(null=True)  # null: the installation's own trail
    occurred_at = models.DateTimeField()
    action = models.CharField(
        max_length=40
    )  # audit.ledger.actions.Action; without choices, so that a new one is no migration
    outcome = models.CharField(max_length=10)  # audit.ledger.actions.Outcome
    actor_kind = models.CharField(max_length=10)  # person, key, system, nobody
    actor_id = models.UUIDField(null=True)
    actor_sealed = models.TextField(blank=True)  # {"name", "email"} under the actor's key
    subject_id = models.UUIDField(null=True)  # the person it was done to, where there is one
    subject_sealed = models.TextField(blank=True)
    target_type = models.CharField(max_length=32, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_name = models.CharField(max_length=300, blank=True)
    origin_sealed = models.TextField(blank=True)  # {"address", "agent"} under the actor's key
    request_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)  # nothing that identifies a person
    data_sealed = models.TextField(blank=True)  # personal details, such as the words of a question

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant_id", "-id"], name="event_tenant"),
            models.Index(fields=["tenant_id", "action", "-id"], name="event_action"),
            models.Index(fields=["tenant_id", "actor_id", "-id"], name="event_actor"),
            models.Index(fields=["tenant_id", "subject_id", "-id"], name="event_subject"),
            models.Index(fields=["tenant_id", "target_id", "-id"], name="event_target"),
            models.Index(fields=["tenant_id", "outcome", "-id"], name="event_outcome"),
            models.Index(fields=["tenant_id", "request_id"], name="event_request"),
            models.Index(fields=["tenant_id", "occurred_at"], name="event_time"),
        ]
