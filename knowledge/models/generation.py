from __future__ import annotations

from django.db import models

from tenants.models import TenantOwned


class Generation(TenantOwned):
    """An index: embedding model, chunking rules and word analysis. A tenant answers from its active one."""

    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_generation_per_name"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_active=True), name="one_active_generation"
            ),
        ]
