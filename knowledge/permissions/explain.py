"""Why somebody can read a document, in words: for the evidence panel and the sharing page."""

from __future__ import annotations

from collections.abc import Collection as Many
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from knowledge.models import (
    Collection,
    CollectionTeamGrant,
    CollectionUserGrant,
    Document,
    DocumentTeamGrant,
    DocumentUserGrant,
)
from knowledge.models.grant import Right
from knowledge.permissions.conditions import granted, may_work
from tenants.models import Membership, TeamMember


@dataclass(frozen=True, slots=True)
class AccessStep:
    """One edge of a chain: "Finance team", "since 3 May", and who made it so where that is known."""

    kind: str  # owner, team, grant, collection
    name: str
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessPath:
    """One way by which a right reaches a person, from the person to the document."""

    right: Right
    words: str  # "via Finance team"
    steps: tuple[AccessStep, ...]


def access_reasons(member: Membership, document_ids: Many[UUID]) -> dict[UUID, str]:
    """The plainest reason for each readable one: "you own it", "shared with you by Ines Koller", "via Finance team"."""
    if not document_ids or not may_work(member):
        return {}
    documents = list(
        Document.objects.for_tenant(member.tenant_id)
        .present()
        .filter(pk__in=list(document_ids))
        .values_list("pk", "owner_id", "restricted", "collection_id", "collection__owner_id")
    )
    on_document = _reasons((DocumentUserGrant, DocumentTeamGrant), member, [row[0] for row in documents])
    on_shelf = _reasons((CollectionUserGrant, CollectionTeamGrant), member, list({row[3] for row in documents}))
    found: dict[UUID, str] = {}
    for pk, owner_id, restricted, shelf_id, shelf_owner_id in documents:
        if owner_id == member.pk:
            found[pk] = "you own it"
        elif pk in on_document:
            found[pk] = on_document[pk]
        elif not restricted and shelf_owner_id == member.pk:
            found[pk] = "you own its collection"
        elif not restricted and shelf_id in on_shelf:
            found[pk] = on_shelf[shelf_id]
    return found


def explain(member: Membership, document: Document) -> list[AccessPath]:
    """Every way by which this member may do something with the document. Empty: they may not read it."""
    if not member.may_work:
        return []
    paths = []
    if document.owner_id == member.pk:
        paths.append(AccessPath(Right.MANAGE, "owns it", (AccessStep("owner", str(document), at=document.created_at),)))
    paths += _paths_by_grant(member, document, DocumentUserGrant, DocumentTeamGrant)
    if document.restricted:
        return paths
    shelf = document.collection
    onward = AccessStep("collection", str(shelf))
    if shelf.owner_id == member.pk:
        owning = AccessStep("owner", str(shelf), at=shelf.created_at)
        paths.append(AccessPath(Right.MANAGE, f"owns the collection {shelf}", (owning, onward)))
    return paths + _paths_by_grant(member, shelf, CollectionUserGrant, CollectionTeamGrant, onward)


def _paths_by_grant(
    member: Membership, target: Document | Collection, by_user, by_team, *onward: AccessStep
) -> list[AccessPath]:
    paths = []
    for grant in _with_giver(granted(by_user, member, Right.READ)).filter(content_object=target):
        giver = str(grant.granted_by or "")
        words = f"shared by {giver}" if giver else "shared directly"
        paths.append(
            AccessPath(grant.right, words, (AccessStep("grant", str(target), giver, grant.granted_at), *onward))
        )
    joined = {
        row.team.group_id: row
        for row in TeamMember.objects.for_tenant(member.tenant_id).filter(member=member).select_related("team")
    }
    for grant in _with_giver(granted(by_team, member, Right.READ)).filter(content_object=target):
        row = joined.get(grant.group_id)
        if row is None:
            continue
        steps = (
            AccessStep("team", row.team.name, at=row.added_at),
            AccessStep("grant", str(target), str(grant.granted_by or ""), grant.granted_at),
        )
        paths.append(AccessPath(grant.right, _via(row.team.name, row.team.everyone), (*steps, *onward)))
    return paths


def _reasons(tables, member: Membership, ids: list[UUID]) -> dict[UUID, str]:
    by_user, by_team = tables
    reasons: dict[UUID, str] = {}
    teams = granted(by_team, member, Right.READ).filter(content_object__in=ids)
    for pk, name, everyone in teams.values_list("content_object_id", "group__team__name", "group__team__everyone"):
        reasons[pk] = _via(name, everyone)
    persons = granted(by_user, member, Right.READ).filter(content_object__in=ids)
    columns = ("content_object_id", "granted_by_id", "granted_by__user__name", "granted_by__user__email")
    for pk, giver_id, name, email in persons.values_list(*columns):
        reasons[pk] = "shared with you"
        if giver_id and giver_id != member.pk:
            reasons[pk] += f" by {name or email}"
    return reasons


def _with_giver(grants):
    return grants.select_related("granted_by__user", "permission")


def _via(team: str, everyone: bool) -> str:
    if everyone:
        return "shared with everyone"
    return f"via {team}" if team.casefold().endswith("team") else f"via {team} team"
