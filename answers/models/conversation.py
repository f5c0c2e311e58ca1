from __future__ import annotations

from typing import Self

from django.db import models

from audit.ledger.actors import Target
from tenants.models import Membership, TenantOwned, TenantQuerySet


class ConversationQuerySet(TenantQuerySet):
    def visible_to(self, member: Membership) -> Self:
        """A conversation belongs to the person who began it, and to nobody else."""
        return self.for_tenant(member.tenant).filter(member=member)


class Conversation(TenantOwned):
    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = models.Manager.from_queryset(ConversationQuerySet)()
    plain = models.Manager()

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "member", "-changed_at"], name="conversation_recent")]

    def __str__(self) -> str:
        return self.title

    def audit_target(self) -> Target:
        return Target("conversation", str(self.pk))
