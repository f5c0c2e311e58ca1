from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from knowledge.models.collection import Collection
from tenants.models import Membership, TenantOwned

PARTIAL_UPLOAD_LIFETIME = timedelta(hours=24)  # after the last piece


class PartialUpload(TenantOwned):
    """A large file that comes in pieces: what has arrived is kept for a day, so that it can go on where it stopped."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    filename = models.CharField(max_length=255)
    size = models.BigIntegerField()  # bytes, of the whole
    stamp = models.CharField(max_length=40, blank=True)  # when the file was changed last, as its sender's machine says
    received = models.BigIntegerField(default=0)  # bytes, from the beginning without a gap
    pieces = models.JSONField(default=list)  # paths, in order
    changed_at = models.DateTimeField(default=timezone.now)

    @property
    def expires_at(self) -> datetime:
        return self.changed_at + PARTIAL_UPLOAD_LIFETIME

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "member"], name="partial_upload_of")]
