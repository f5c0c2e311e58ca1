from __future__ import annotations

from django.db import models

from tenants.models import TenantOwned


class Blob(TenantOwned):
    """The bytes of an upload. Identical bytes are stored once per tenant."""

    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()  # bytes
    path = models.CharField(max_length=200)  # within the file storage; begins with the tenant's id
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "sha256"], name="one_blob_per_digest")]
