from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.record import Actor, Target
from tenants.models.owned import TenantOwned, TenantQuerySet
from tenants.roles import ADMINS, AUDITORS, EDITORS, Role


class MembershipQuerySet(TenantQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True, user__is_active=True, tenant__is_active=True)

    def of_user(self, user) -> Self:
        """Every membership of one signed-in person: the one question that is asked before the tenant is known."""
        mine = self.filter(user=user)
        mine._narrowed = True
        return mine


class Membership(TenantOwned):
    """A person in a tenant, with a role. Called `member`, it is the argument every verb takes."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.MEMBER)
    title = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    key_in_use = ""  # the beginning of the API key this request came with; for the trail only

    objects = models.Manager.from_queryset(MembershipQuerySet)()
    plain = models.Manager()

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="one_membership_per_person")]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def may_work(self) -> bool:
        """Active in every respect. Verbs check it, since guardian does not look at `is_active`."""
        return self.is_active and self.user.is_active and self.tenant.is_active

    @property
    def is_editor(self) -> bool:
        return self.role in EDITORS

    @property
    def is_admin(self) -> bool:
        return self.role in ADMINS

    @property
    def is_auditor(self) -> bool:
        return self.role in AUDITORS

    def audit_actor(self) -> Actor:
        return Actor(
            tenant_id=self.tenant_id,
            person_id=self.user_id,
            name=self.user.name,
            email=self.user.email,
            kind="key" if self.key_in_use else "person",
            key=self.key_in_use,
        )

    def audit_target(self) -> Target:
        return Target("member", str(self.pk))
