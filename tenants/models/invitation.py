from __future__ import annotations

from django.db import models
from django.utils import timezone

from audit.ledger.actors import Target
from tenants.models.owned import TenantOwned
from tenants.roles import Role


class Invitation(TenantOwned):
    """A link that lets one address join. Only a digest of its token is kept."""

    email = models.EmailField()
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.MEMBER)
    token_digest = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    invited_by = models.ForeignKey("tenants.Membership", on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    @property
    def is_open(self) -> bool:
        return not self.accepted_at and not self.withdrawn_at and self.expires_at > timezone.now()

    def audit_target(self) -> Target:
        return Target("invitation", str(self.pk))
