from __future__ import annotations

from django.db import models
from django.utils import timezone

from tenants.models import TenantOwned


class IndexComparison(TenantOwned):
    """A tenant whose rows and index must be compared. Only a finished comparison deletes it.

    A message to a queue may be lost and a cache may forget; this may not, because until then people may be answered
    from a part of their documents.
    """

    requests = models.PositiveIntegerField(default=1)  # one that comes during a comparison calls for another
    in_doubt = models.BooleanField(default=True)  # something is known to be missing; False: a look at its time
    requested_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True, blank=True)  # by the worker that compares, or put off

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant"], name="one_comparison_per_tenant")]
