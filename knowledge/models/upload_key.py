from __future__ import annotations

from django.db import models

from knowledge.models.document import Document
from tenants.models import Membership, TenantOwned


class UploadKey(TenantOwned):
    """An `Idempotency-Key` that a member sent with an upload. Sent again, it gives the first result and does nothing."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64)  # of what came with it: a key is not for two files
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="one_upload_per_key")]
