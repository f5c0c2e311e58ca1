"""Who could read something at an earlier moment, told again from the audit trail.

Every change of a right stands on the trail since the thing was made, so that the tables of today need not remember.
What ends without an event of its own (a leaver's grants, a removed team's) follows from the event that ended it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.ledger.actions import Action
from audit.models import AuditEvent
from audit.trail.event_view import describe
from knowledge.models import Collection, Document
from knowledge.models.grant import Right
from tenants.models import Membership, Team

GIVING = (Action.GRANT_GIVEN, Action.GRANT_REVOKED)


@dataclass(frozen=True, slots=True)
class PastGrant:
    holder: UUID  # a person's or a team's id
    is_team: bool
    name: str
    right: Right
    by: str
    at: datetime
    event: int


@dataclass(frozen=True, slots=True)
class PastTeam:
    id: UUID
    name: str
    everyone: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class PastPlace:
    """Where a document lay, and whether it was there at all."""

    collection_id: UUID
    restricted: bool
    trashed: bool


@dataclass(frozen=True, slots=True)
class PastOwner:
    person_id: UUID
    name: str
    since: datetime


def grants_at(target: Document | Collection, moment: datetime) -> list[PastGrant]:
    """Those that held just before this moment. Teams first, each by name."""
    return _grants_at(target.tenant_id, target.pk, moment)


def collection_grants_at(tenant_id: UUID, collection_id: UUID, moment: datetime) -> list[PastGrant]:
    """The same for a collection that may be gone."""
    return _grants_at(tenant_id, collection_id, moment)


def owner_at(target: Document | Collection, moment: datetime) -> PastOwner | None:
    """None: it was not there yet. What a leaver owned went to the heir, in the transaction that ended the membership."""
    if target.created_at >= moment:
        return None
    if isinstance(target, Collection):
        return collection_owner_at(target.tenant_id, target.pk, moment)
    made = _events(target.tenant_id, moment).filter(target_id=str(target.pk), action=Action.DOCUMENT_UPLOADED)
    owner = _first_owner(made)
    while owner is not None:
        leaving = (
            _events(target.tenant_id, moment)
            .filter(subject_id=owner.person_id, action=Action.MEMBER_REMOVED, occurred_at__gt=owner.since)
            .order_by("id")
            .first()
        )
        handed = leaving and (
            _events(target.tenant_id, moment)
            .filter(action=Action.COLLECTION_HANDED_OVER, target_id="", id__lt=leaving.pk, actor_id=leaving.actor_id)
            .order_by("-id")
            .first()
        )
        if not handed:
            return owner
        owner = PastOwner(handed.subject_id, _subject(handed), handed.occurred_at)
    return None


def collection_owner_at(tenant_id: UUID, collection_id: UUID, moment: datetime) -> PastOwner | None:
    made = _events(tenant_id, moment).filter(target_id=str(collection_id), action=Action.COLLECTION_CREATED)
    handed = (
        _events(tenant_id, moment)
        .filter(target_id=str(collection_id), action=Action.COLLECTION_HANDED_OVER)
        .order_by("-id")
        .first()
    )
    return PastOwner(handed.subject_id, _subject(handed), handed.occurred_at) if handed else _first_owner(made)


def place_at(document: Document, moment: datetime) -> PastPlace:
    """From what it is now, backwards: the first change after the moment says what it was until then."""
    since = AuditEvent.objects.filter(
        tenant_id=document.tenant_id, target_id=str(document.pk), occurred_at__gte=moment
    ).order_by("id")
    moved = since.filter(action=Action.DOCUMENT_MOVED).first()
    restricted = document.restricted
    for event in since.filter(action=Action.RECORD_CHANGED):
        if "restricted" in event.data.get("fields", {}):
            restricted = event.data["fields"]["restricted"][0] == "True"
            break
    last = (
        _events(document.tenant_id, moment)
        .filter(target_id=str(document.pk), action__in=(Action.DOCUMENT_TRASHED, Action.DOCUMENT_RESTORED))
        .order_by("-id")
        .first()
    )
    return PastPlace(
        UUID(moved.data["former"]) if moved else document.collection_id,
        restricted,
        last is not None and last.action == Action.DOCUMENT_TRASHED,
    )


def belonged_at(person: Membership, moment: datetime) -> datetime | None:
    """Since when, if this person belonged to the company then."""
    last = (
        _events(person.tenant_id, moment)
        .filter(subject_id=person.user_id, action__in=(Action.MEMBER_ADDED, Action.MEMBER_REMOVED))
        .order_by("-id")
        .first()
    )
    return last.occurred_at if last is not None and last.action == Action.MEMBER_ADDED else None


def teams_at(person: Membership, moment: datetime) -> list[PastTeam]:
    """Of somebody who belonged to the company then."""
    since = belonged_at(person, moment)
    if since is None:
        return []
    found: dict[UUID, PastTeam] = {}
    everyone = Team.objects.for_tenant(person.tenant_id).filter(everyone=True).first()
    if everyone is not None:  # joined by belonging to the company: no event of its own says so
        found[everyone.pk] = PastTeam(everyone.pk, everyone.name, True, since)
    joining = _events(person.tenant_id, moment).filter(
        subject_id=person.user_id,
        action__in=(Action.TEAM_MEMBER_ADDED, Action.TEAM_MEMBER_REMOVED),
        occurred_at__gte=since,
    )
    for event in joining.order_by("id"):
        team = UUID(event.target_id)
        found.pop(team, None)
        if event.action == Action.TEAM_MEMBER_ADDED:
            found[team] = PastTeam(team, event.target_name, False, event.occurred_at)
    gone = _removed_teams(person.tenant_id, found, moment)
    names = dict(Team.objects.for_tenant(person.tenant_id).filter(pk__in=found).values_list("pk", "name"))
    teams = [
        PastTeam(team.id, names.get(team.id, team.name), team.everyone, team.since)
        for team in found.values()
        if team.id not in gone
    ]
    return sorted(teams, key=lambda team: (team.everyone, team.name.casefold()))


def members_at(team: Team, moment: datetime) -> set[UUID]:
    """The people who were in this team then."""
    leaving = _events(team.tenant_id, moment).filter(action__in=(Action.MEMBER_ADDED, Action.MEMBER_REMOVED))
    joining = _events(team.tenant_id, moment).filter(
        target_id=str(team.pk), action__in=(Action.TEAM_MEMBER_ADDED, Action.TEAM_MEMBER_REMOVED)
    )
    steps = [*leaving.values_list("id", "action", "subject_id"), *joining.values_list("id", "action", "subject_id")]
    found: set[UUID] = set()
    for _, action, person in sorted(steps):
        if action in (Action.MEMBER_REMOVED, Action.TEAM_MEMBER_REMOVED):
            found.discard(person)
        elif action == Action.TEAM_MEMBER_ADDED or team.everyone:
            found.add(person)
    return found


def _grants_at(tenant_id: UUID, target_id: UUID, moment: datetime) -> list[PastGrant]:
    events = list(_events(tenant_id, moment).filter(target_id=str(target_id), action__in=GIVING).order_by("id"))
    held: dict[tuple[bool, UUID], PastGrant] = {}
    for event, view in zip(events, describe(events), strict=True):
        team = event.data.get("team_id")
        holder = UUID(team) if team else event.subject_id
        held.pop((bool(team), holder), None)
        if event.action == Action.GRANT_GIVEN:
            name = event.data.get("team", "") if team else view.whom.name
            held[bool(team), holder] = PastGrant(
                holder, bool(team), name, Right(event.data["right"]), view.who.name, event.occurred_at, event.pk
            )
    left = _ended(tenant_id, held.values(), moment)
    grants = [grant for grant in held.values() if grant.event not in left]
    return sorted(grants, key=lambda grant: (not grant.is_team, grant.name.casefold()))


def _ended(tenant_id: UUID, grants: Iterable[PastGrant], moment: datetime) -> set[int]:
    """Events that gave something which ended with its holder: a leaver's membership, a removed team."""
    grants = list(grants)
    people = [grant.holder for grant in grants if not grant.is_team]
    leaving = _events(tenant_id, moment).filter(action=Action.MEMBER_REMOVED, subject_id__in=people)
    ends = list(leaving.values_list("subject_id", "id")) if people else []
    teams = _removed_teams(tenant_id, [grant.holder for grant in grants if grant.is_team], moment)
    return {
        grant.event
        for grant in grants
        if (grant.is_team and grant.holder in teams)
        or any(person == grant.holder and event > grant.event for person, event in ends if not grant.is_team)
    }


def _removed_teams(tenant_id: UUID, teams: Iterable[UUID], moment: datetime) -> set[UUID]:
    ids = [str(team) for team in teams]
    if not ids:
        return set()
    removed = _events(tenant_id, moment).filter(action=Action.TEAM_REMOVED, target_id__in=ids)
    return {UUID(pk) for pk in removed.values_list("target_id", flat=True)}


def _first_owner(made) -> PastOwner | None:
    event = made.order_by("id").first()
    return PastOwner(event.actor_id, describe([event])[0].who.name, event.occurred_at) if event else None


def _subject(event: AuditEvent) -> str:
    whom = describe([event])[0].whom
    return whom.name if whom else ""


def _events(tenant_id: UUID, moment: datetime):
    return AuditEvent.objects.filter(tenant_id=tenant_id, occurred_at__lt=moment)
