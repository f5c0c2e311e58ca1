from __future__ import annotations

from django.db import models
from django.utils import timezone

from tenants.models import Membership, TenantOwned


class Reading(TenantOwned):
    """A person reads one version of a document: the pages that were sent after its opening
    (knowledge/library/reading_log.py).

    The row lives for 10 minutes and then becomes one event. The document is a plain id, so that erasing it in between
    does not take the reading off the trail.
    """

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    document_id = models.UUIDField()
    version = models.PositiveIntegerField()
    began_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=64, blank=True)  # of the opening
    pages = models.JSONField(default=list)  # [[first, last], …] in order

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["member", "document_id", "version"], name="one_reading_at_a_time")
        ]
        indexes = [models.Index(fields=["tenant", "began_at"], name="reading_began")]
