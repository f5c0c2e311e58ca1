from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.ledger.actors import Actor, Target
from tenants.models.owned import TenantOwned, TenantQuerySet
from tenants.roles import ADMINS, AUDITORS, EDITORS, PRIVILEGED, Role


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
    role_changed_at = models.DateTimeField(null=True, blank=True)
    privileged_until = models.DateTimeField(null=True, blank=True)  # when the last privileged role was taken away
    title = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    ROLE_FIELDS = ("role", "role_changed_at", "privileged_until")

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

    def was_privileged_since(self, moment: datetime) -> bool:
        """Whether this member holds a privileged role, or held one at any time after `moment`."""
        return self.role in PRIVILEGED or (self.privileged_until is not None and self.privileged_until >= moment)

    def set_role(self, role: str, *, at: datetime) -> None:
        """Changes the role of this object. The caller saves `ROLE_FIELDS`."""
        if self.role in PRIVILEGED and self.is_active:
            self.privileged_until = at
        self.role, self.role_changed_at = Role(role), at

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
