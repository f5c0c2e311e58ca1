"""Teams: who is given rights together. The auth.Group behind a team follows it in the same transaction."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F

from audit.actions import Action
from audit.record import record
from tenants.errors import Conflicting, Invalid
from tenants.models import Membership, Team, TeamMember, Tenant

EVERYONE = "Everyone"


def touch_corpus(tenant: Tenant) -> None:
    """Visibility or content changed: nothing cached for the version before may be served again."""
    Tenant.objects.filter(pk=tenant.pk).update(corpus_version=F("corpus_version") + 1)


def _make(tenant: Tenant, name: str, description: str = "", *, everyone: bool = False) -> Team:
    key = uuid.uuid4()
    group = Group.objects.create(name=f"{tenant.pk}:{key}")
    return Team.objects.create(
        pk=key, tenant=tenant, name=name, description=description, everyone=everyone, group=group
    )


def make_team_of_everyone(tenant: Tenant) -> Team:
    return _make(tenant, EVERYONE, "All active members", everyone=True)


@transaction.atomic
def create_team(name: str, *, by: Membership, description: str = "") -> Team:
    name = name.strip()
    if not name:
        raise Invalid("A team needs a name.")
    if Team.objects.for_tenant(by.tenant).filter(name__iexact=name).exists():
        raise Conflicting(f"There is a team named {name} already.", hint="Choose another name.")
    team = _make(by.tenant, name, description)
    record(Action.TEAM_CREATED, by, team)
    return team


def _join(team: Team, member: Membership) -> bool:
    _, fresh = TeamMember.objects.for_tenant(team.tenant_id).get_or_create(
        team=team, member=member, defaults={"tenant_id": team.tenant_id}
    )
    member.user.groups.add(team.group_id)
    return fresh


def join_everyone(member: Membership) -> None:
    _join(Team.objects.for_tenant(member.tenant).get(everyone=True), member)
    touch_corpus(member.tenant)


@transaction.atomic
def add_to_team(team: Team, member: Membership, *, by: Membership) -> None:
    if not member.is_active:
        raise Conflicting("This person no longer belongs to the company.")
    if _join(team, member):
        touch_corpus(by.tenant)
        record(Action.TEAM_MEMBER_ADDED, by, team, subject=member)


@transaction.atomic
def remove_from_team(team: Team, member: Membership, *, by: Membership) -> None:
    if team.everyone:
        raise Conflicting("Everybody belongs to this team as long as they belong to the company.")
    gone, _ = TeamMember.objects.for_tenant(by.tenant).filter(team=team, member=member).delete()
    if gone:
        member.user.groups.remove(team.group_id)
        touch_corpus(by.tenant)
        record(Action.TEAM_MEMBER_REMOVED, by, team, subject=member)


@transaction.atomic
def remove_team(team: Team, *, by: Membership) -> None:
    """The team, and every right that was given to it."""
    if team.everyone:
        raise Conflicting("This team stands for everybody and cannot be removed.")
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
