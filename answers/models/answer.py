from __future__ import annotations

from typing import Self

from django.db import models
from django.utils import timezone

from answers.models.conversation import Conversation
from audit.ledger.actors import Target
from tenants.models import Membership, TenantOwned, TenantQuerySet


class State(models.TextChoices):
    RUNNING = "running", "Running"
    ANSWERED = "answered", "Answered"
    PARTIAL = "partial", "Part of the answer"
    CONFLICT = "conflict", "Two sources disagree"
    NOT_FOUND = "not_found", "Not in the documents you can read"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"
    INTERRUPTED = "interrupted", "Interrupted"


class AnswerQuerySet(TenantQuerySet):
    def visible_to(self, member: Membership) -> Self:
        return self.for_tenant(member.tenant).filter(conversation__member=member)


class Answer(TenantOwned):
    """A question and what became of it. Written by its runner; followed by everyone else through its events."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="answers")
    question = models.TextField()
    scope = models.JSONField(default=dict)  # {"collections": […]}: what the asker narrowed it to
    state = models.CharField(max_length=12, choices=State.choices, default=State.RUNNING)
    text = models.TextField(blank=True)
    sentences = models.JSONField(default=list)  # [{"text", "citations": [citation ids], "label", "supported"}]
    steps = models.JSONField(default=list)  # [{"key", "text", "detail", "seconds"}]
    model = models.CharField(max_length=120, blank=True)
    mode = models.CharField(max_length=12, blank=True)  # written, quotes
    confidence = models.FloatField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    not_covered = models.JSONField(default=list)
    asked_at = models.DateTimeField(default=timezone.now)
    first_token_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # The runner's side
    owner = models.CharField(max_length=80, blank=True)  # the process that writes it
    heartbeat_at = models.DateTimeField(default=timezone.now)
    deadline = models.DateTimeField()
    stop_requested_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(AnswerQuerySet)()
    plain = models.Manager()

    class Meta(TenantOwned.Meta):
        ordering = ["asked_at"]
        indexes = [models.Index(fields=["tenant", "conversation", "asked_at"], name="answer_order")]

    @property
    def is_running(self) -> bool:
        return self.state == State.RUNNING

    @property
    def refused(self) -> bool:
        return self.state == State.NOT_FOUND

    def audit_target(self) -> Target:
        return Target("answer", str(self.pk))


class AnswerEvent(TenantOwned):
    """One event of an answer's story, numbered from 1, so that a reader can go on after any of them."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="events")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12)  # as answers/events.py has them; "tokens" for words that follow each other
    data = models.JSONField(default=dict)

    class Meta(TenantOwned.Meta):
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["answer", "number"], name="one_event_per_number")]
