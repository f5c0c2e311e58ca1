from __future__ import annotations

from django.db import models
from django.utils import timezone

from audit.ledger.actors import Target
from tenants.models.owned import TenantOwned


class Scope(models.TextChoices):
    READ = "read", "Search and read"
    ASK = "ask", "Ask questions"
    WRITE = "write", "Upload and change documents"
    AUDIT = "audit", "Read the audit trail"


class ApiKey(TenantOwned):
    """A program's way in, acting as one member. Shown once; kept as a digest. Never more than its member may."""

    member = models.ForeignKey("tenants.Membership", on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)  # the beginning, shown so that people can tell keys apart
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of 256 random bits, hex
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    def audit_target(self) -> Target:
        return Target("key", str(self.pk), self.prefix)
