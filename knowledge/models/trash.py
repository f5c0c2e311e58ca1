from __future__ import annotations

from django.db import models

from knowledge.models.document import Document
from tenants.models import Membership, TenantOwned


class Trashing(TenantOwned):
    """A document in the trash: hidden everywhere at once, erased after the grace period. Deleting the row restores it."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="trashing")
    by = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    erase_after = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        pass
