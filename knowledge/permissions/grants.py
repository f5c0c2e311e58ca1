"""Giving and taking rights. Only who may manage a thing decides about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Permission
from django.db import transaction
from django.http import Http404

from audit.ledger.actions import Action
from audit.ledger.record import record
from knowledge.models import (
    Collection,
    CollectionTeamGrant,
    CollectionUserGrant,
    Document,
    DocumentTeamGrant,
    DocumentUserGrant,
)
from knowledge.models.grant import GrantFields, Right
from knowledge.permissions.conditions import collection_ids
from tenants.errors import Invalid, NotAllowed
from tenants.members.teams import touch_corpus
from tenants.models import Membership, Team

Target = Collection | Document
Grantee = Membership | Team


@dataclass(frozen=True, slots=True)
class GrantInfo:
    """A grant, as pages and programs show it. `id` says which kind of row it is: `person:12`, `team:3`."""

    id: str
    right: Right
    grantee: Grantee
    given_by: Membership | None
    given_at: datetime


@transaction.atomic
def give(target: Target, right: Right | str, to: Grantee, *, by: Membership) -> GrantInfo:
    """One right on one thing. A former one of the same grantee on it is replaced; the same again changes nothing."""
    require_manage_right(target, by)
    right = _right(right)
    if to.tenant_id != by.tenant_id:
        raise Http404
    if isinstance(to, Membership) and not to.may_work:
        raise Invalid(f"{to} no longer belongs to the company, so nothing was shared.")
    table, holder = _table(target, to)
    rows = table.scoped.for_tenant(by.tenant_id).filter(content_object=target, **holder)
    permission = _permission(target, right)
    same = rows.filter(permission=permission).first()
    others = rows.exclude(permission=permission)
    former = sorted(each.right.value for each in others.select_related("permission"))
    others.delete()
    if same is None:
        same = table.scoped.create(
            tenant=by.tenant, content_object=target, permission=permission, granted_by=by, **holder
        )
    elif not former:
        return _shown(same, to)
    touch_corpus(by.tenant)
    record(Action.GRANT_GIVEN, by, target, subject=_person(to), right=right.value, former=former, **_team(to))
    return _shown(same, to)


@transaction.atomic
def revoke(target: Target, grantee: Grantee, *, by: Membership) -> bool:
    """Everything that this person or team was given on it. False when there was nothing."""
    require_manage_right(target, by)
    table, holder = _table(target, grantee)
    rows = table.scoped.for_tenant(by.tenant_id).filter(content_object=target, **holder)
    rights = sorted(each.right.value for each in rows.select_related("permission"))
    if not rights:
        return False
    rows.delete()
    touch_corpus(by.tenant)
    record(Action.GRANT_REVOKED, by, target, subject=_person(grantee), rights=rights, **_team(grantee))
    return True


def revoke_by_id(target: Target, grant_id: str, *, by: Membership) -> None:
    """Http404 for a grant that is not on this thing."""
    require_manage_right(target, by)
    for given in grants_on(target):
        if given.id == grant_id:
            revoke(target, given.grantee, by=by)
            return
    raise Http404


def grants_on(target: Target) -> list[GrantInfo]:
    """Who was given what, the owner apart. People and teams by name."""
    by_user, by_team = _tables(target)
    people = {
        member.user_id: member
        for member in Membership.objects.for_tenant(target.tenant_id)
        .filter(user__in=by_user.scoped.for_tenant(target.tenant_id).filter(content_object=target).values("user"))
        .select_related("user", "tenant")
    }
    teams = {
        team.group_id: team
        for team in Team.objects.for_tenant(target.tenant_id).filter(
            group__in=by_team.scoped.for_tenant(target.tenant_id).filter(content_object=target).values("group")
        )
    }
    found = []
    for row in _rows(by_user, target):
        if row.user_id in people:
            found.append(_shown(row, people[row.user_id]))
    for row in _rows(by_team, target):
        if row.group_id in teams:
            found.append(_shown(row, teams[row.group_id]))
    return sorted(found, key=lambda given: (isinstance(given.grantee, Membership), str(given.grantee).casefold()))


def require_manage_right(target: Target, by: Membership) -> None:
    if not may_manage(target, by):
        raise NotAllowed(
            "Only people who manage it can change who reads it. Nothing was changed.", hint="Ask its owner to share it."
        )


def may_manage(target: Target, member: Membership) -> bool:
    if target.tenant_id != member.tenant_id:
        raise Http404
    if isinstance(target, Collection):
        return target.pk in collection_ids(member, Right.MANAGE)
    return Document.objects.allowing(member, Right.MANAGE).filter(pk=target.pk).exists()


def _rows(table, target: Target):
    return (
        table.scoped.for_tenant(target.tenant_id)
        .filter(content_object=target)
        .select_related("permission", "granted_by__user")
    )


def _shown(row: GrantFields, grantee: Grantee) -> GrantInfo:
    kind = "person" if isinstance(grantee, Membership) else "team"
    # Not the row's number: it counts the grants of all companies.
    return GrantInfo(f"{kind}:{grantee.pk}", row.right, grantee, row.granted_by, row.granted_at)


def _tables(target: Target):
    if isinstance(target, Collection):
        return CollectionUserGrant, CollectionTeamGrant
    return DocumentUserGrant, DocumentTeamGrant


def _table(target: Target, grantee: Grantee):
    by_user, by_team = _tables(target)
    if isinstance(grantee, Membership):
        return by_user, {"user_id": grantee.user_id}
    return by_team, {"group_id": grantee.group_id}


def _permission(target: Target, right: Right) -> Permission:
    kind = target._meta.model_name
    return Permission.objects.get(content_type__app_label="knowledge", codename=f"{right.value}_{kind}")


def _right(value: Right | str) -> Right:
    try:
        return Right(value)
    except ValueError:
        raise Invalid(f"{str(value)[:40]!r} is not a permission.", hint="Choose read, write or manage.") from None


def _person(grantee: Grantee) -> Membership | None:
    return grantee if isinstance(grantee, Membership) else None


def _team(grantee: Grantee) -> dict[str, str]:
    return {"team": grantee.name, "team_id": str(grantee.pk)} if isinstance(grantee, Team) else {}
