from __future__ import annotations

from django.db import models

from audit.ledger.actors import Target
from tenants.models import TenantOwned


class Generation(TenantOwned):
    """An index: embedding model, chunking rules and word analysis. A tenant answers from its active one.

    Another is built beside it while people keep asking. The name is derived from what it is made with
    (knowledge/index_spec.py).
    """

    class State(models.TextChoices):
        ACTIVE = "active", "In use"
        BUILDING = "building", "Building"
        READY = "ready", "Complete"
        RETIRED = "retired", "Retired"
        LEAVING = "leaving", "Being removed"

    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # What it is made with. Empty in rows from before these columns: the name tells.
    embedder = models.CharField(max_length=20, default="", db_default="")
    model = models.CharField(max_length=200, default="", db_default="")
    base_url = models.CharField(max_length=300, default="", db_default="")
    words = models.PositiveIntegerField(default=180, db_default=180)
    overlap = models.PositiveIntegerField(default=40, db_default=40)
    analysis = models.CharField(max_length=20, default="words1", db_default="words1")
    # How far it is. Counts are of documents that can be found, and as old as the last step.
    documents_done = models.PositiveIntegerField(default=0, db_default=0)
    documents_all = models.PositiveIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)  # nothing was missing; emptied while it catches up
    error = models.CharField(max_length=300, default="", db_default="")  # what holds it up at the moment
    switches = models.BooleanField(default=False, db_default=False)  # by itself, when it is complete
    switched_at = models.DateTimeField(null=True, blank=True)  # when it last became the active one
    # Somebody chose it although the settings asked for this other one: a restart does not undo that.
    held_against = models.CharField(max_length=60, default="", db_default="")
    leaving = models.BooleanField(default=False, db_default=False)  # whoever writes the store erases it

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_generation_per_name"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_active=True), name="one_active_generation"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        if self.is_active:
            return self.State.ACTIVE
        if self.leaving:
            return self.State.LEAVING
        if self.started_at and not self.finished_at:
            return self.State.BUILDING
        return self.State.RETIRED if self.switched_at or not self.started_at else self.State.READY

    def audit_target(self) -> Target:
        return Target("index", str(self.pk), self.name)
