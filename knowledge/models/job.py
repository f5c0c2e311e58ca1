from __future__ import annotations

from django.db import models
from django.utils import timezone

from knowledge.models.version import Version
from tenants.models import Tenant, TenantOwned


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
    lost = models.PositiveSmallIntegerField(default=0, db_default=0)  # attempts that ended with the death of the worker
    held_up = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # attempts that something else than the file stopped
    run_after = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        # In the order in which a worker looks: one seek however many wait.
        indexes = [models.Index(fields=["state", "tenant", "priority", "run_after"], name="job_in_line")]


class Turn(models.Model):
    """When a tenant was last served from the queue, counted in turns and not in hours, which clocks change.

    Global, since turns are between tenants; it says nothing about what waits.
    """

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    served = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.served}"
