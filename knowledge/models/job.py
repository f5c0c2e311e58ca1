from __future__ import annotations

from django.db import models
from django.utils import timezone

from knowledge.models.version import Version
from tenants.models import TenantOwned


class Job(TenantOwned):
    """One piece of work on a version. The row is the queue; Celery only rings the bell.

    Claimed by a conditional update, held by a lease that a heartbeat renews. Whoever finds a lease run out may claim again.
    """

    class Priority(models.IntegerChoices):
        PERSON = 0, "A person waits for it"
        BULK = 5, "Import"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    version = models.OneToOneField(Version, on_delete=models.CASCADE, related_name="job")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.PERSON)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["state", "priority", "run_after"], name="job_next")]
