"""Teams: who is given rights together. The auth.Group behind a team follows it in the same transaction."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F

from audit.ledger.actions import Action
from audit.ledger.record import record
from tenants.errors import Conflicting, Invalid
from tenants.isolation.scope import in_tenant
from tenants.members.rank import require_admin, require_same_tenant
from tenants.models import Membership, Team, TeamMember, Tenant

EVERYONE = "Everyone"


def touch_corpus(tenant: Tenant, **besides) -> None:
    """Visibility or content changed: nothing cached for the version before may be served again. `besides` are other
    changes of the same row."""
    with in_tenant(tenant):  # the database changes no other company's row
        Tenant.objects.filter(pk=tenant.pk).update(corpus_version=F("corpus_version") + 1, **besides)


def _make(tenant: Tenant, name: str, description: str = "", *, everyone: bool = False) -> Team:
    key = uuid.uuid4()
    with in_tenant(tenant):  # whose the group is, the database takes from the tenant at work
        group = Group.objects.create(name=f"{tenant.pk}:{key}")
        return Team.objects.create(
            pk=key, tenant=tenant, name=name, description=description, everyone=everyone, group=group
        )


def make_team_of_everyone(tenant: Tenant) -> Team:
    return _make(tenant, EVERYONE, "All active members", everyone=True)


@transaction.atomic
def create_team(name: str, *, by: Membership, description: str = "") -> Team:
    require_admin(by)
    team = _make(by.tenant, _free_name(name, by.tenant), description.strip()[:200])
    record(Action.TEAM_CREATED, by, team)
    return team


@transaction.atomic
def change_team(team: Team, *, name: str, description: str, by: Membership) -> None:
    """Rights were given to the team, not to its name: they stay."""
    require_admin(by)
    require_same_tenant(by, team)
    if team.everyone:
        raise Conflicting("This team contains everyone and cannot be renamed.")
    team.name, team.description = _free_name(name, by.tenant, unless=team), description.strip()[:200]
    team.save(update_fields=["name", "description"])
    record(Action.TEAM_CHANGED, by, team)


def _free_name(name: str, tenant: Tenant, *, unless: Team | None = None) -> str:
    name = name.strip()
    if not name or len(name) > 80:
        raise Invalid("Enter a team name of up to 80 characters.")
    same = Team.objects.for_tenant(tenant).filter(name__iexact=name)
    if same.exclude(pk=unless.pk if unless else None).exists():
        raise Conflicting(f"A team named {name} already exists.", hint="Choose another name.")
    return name


def _join(team: Team, member: Membership) -> bool:
    _, fresh = TeamMember.objects.for_tenant(team.tenant_id).get_or_create(
        team=team, member=member, defaults={"tenant_id": team.tenant_id}
    )
    with in_tenant(member.tenant):
        member.user.groups.add(team.group_id)
    return fresh


def join_everyone(member: Membership) -> None:
    _join(Team.objects.for_tenant(member.tenant).get(everyone=True), member)
    touch_corpus(member.tenant)


@transaction.atomic
def add_to_team(team: Team, member: Membership, *, by: Membership) -> None:
    require_admin(by)
    require_same_tenant(by, team)
    require_same_tenant(by, member)
    if not member.is_active:
        raise Conflicting("This person no longer belongs to the company.")
    if _join(team, member):
        touch_corpus(by.tenant)
        record(Action.TEAM_MEMBER_ADDED, by, team, subject=member)


@transaction.atomic
def remove_from_team(team: Team, member: Membership, *, by: Membership) -> None:
    require_admin(by)
    require_same_tenant(by, team)
    if team.everyone:
        raise Conflicting("Everyone in the company is always in this team.")
    gone, _ = TeamMember.objects.for_tenant(by.tenant).filter(team=team, member=member).delete()
    if gone:
        member.user.groups.remove(team.group_id)
        touch_corpus(by.tenant)
        record(Action.TEAM_MEMBER_REMOVED, by, team, subject=member)


@transaction.atomic
def remove_team(team: Team, *, by: Membership) -> None:
    """The team, and every right that was given to it."""
    require_admin(by)
    require_same_tenant(by, team)
    if team.everyone:
        raise Conflicting("This team contains everyone and cannot be removed.")
    group = team.group
    record(Action.TEAM_REMOVED, by, team)
    team.delete()
    group.delete()  # guardian's permission rows go with it
    touch_corpus(by.tenant)


def leave_all_teams(member: Membership) -> None:
    teams = list(
        Team.objects.for_tenant(member.tenant).filter(members__member=member).values_list("group_id", flat=True)
    )
    member.user.groups.remove(*teams)
    TeamMember.objects.for_tenant(member.tenant).filter(member=member).delete()
    touch_corpus(member.tenant)
