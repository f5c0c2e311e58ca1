"""What collection and document grants share: guardian's direct foreign-key permission models, with tenant, giver and day."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from tenants.models.owned import TenantManager


class Right(StrEnum):
    """What may be granted. Each includes the ones before it."""

    READ = "read"
    WRITE = "write"
    MANAGE = "manage"

    @property
    def sufficient(self) -> list[Right]:
        """The rights that include this one."""
        order = list(Right)
        return order[order.index(self) :]


class GrantFields(models.Model):
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+")
    granted_by = models.ForeignKey(
        "tenants.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    granted_at = models.DateTimeField(auto_now_add=True)

    scoped = TenantManager()  # guardian needs its own manager as `objects`

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        # guardian's shortcuts know nothing of tenants; bulk assignment goes through knowledge/permissions/grants.py
        # alone.
        if self.tenant_id is None:
            self.tenant_id = self.content_object.tenant_id
        return super().save(*args, **kwargs)

    @property
    def right(self) -> Right:
        return Right(self.permission.codename.split("_")[0])
