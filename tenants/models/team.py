from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models

from audit.ledger.actors import Target
from tenants.models.owned import TenantOwned


class Team(TenantOwned):
    """People of one tenant who are given rights together.

    Behind it stands one `auth.Group`, for guardian, whose name is `tenant id:team id`: group names are unique in the
    whole installation. Who is in the team is TeamMember; the group's users follow it in the same transaction.
    """

    name = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True)
    everyone = models.BooleanField(default=False)  # the one team that every active member belongs to
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="team")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_team_per_name"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(everyone=True), name="one_team_of_everyone_per_tenant"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def audit_target(self) -> Target:
        return Target("team", str(self.pk), self.name)


class TeamMember(TenantOwned):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    member = models.ForeignKey("tenants.Membership", on_delete=models.CASCADE, related_name="teams")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["team", "member"], name="once_in_a_team")]
