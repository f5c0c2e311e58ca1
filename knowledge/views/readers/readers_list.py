"""The list on the left of the readers page: who stands how to a document or a collection, today or on an earlier day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from audit.ledger.actions import Action
from audit.models import AuditEvent
from knowledge.models import Collection, Document
from knowledge.permissions import grants
from knowledge.views.readers.access_chains import MAY, chains
from knowledge.views.readers.readers_history import PastDay, end_of, past_chains, past_readers
from tenants.formatting import short_date
from tenants.models import Membership, Team, TeamMember

MAX_MATCHES = 12
MAX_REMOVED_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """A line: a person or a team, and how they stand to it."""

    key: str  # person:<membership id> or team:<team id>
    name: str
    more: str
    team: bool = False
    size: int = 0
    given: grants.GrantInfo | None = None
    inherited: bool = False


def key_of(grantee: Membership | Team) -> str:
    return f"{'team' if isinstance(grantee, Team) else 'person'}:{grantee.pk}"


def readers_of(target, given: Sequence[grants.GrantInfo], inherited: Sequence[grants.GrantInfo]) -> list[ReaderRow]:
    found = [ReaderRow(f"person:{target.owner_id}", str(target.owner), "owner")]
    if isinstance(target, Document) and not target.restricted and target.collection.owner_id != target.owner_id:
        shelf = target.collection
        found.append(ReaderRow(f"person:{shelf.owner_id}", str(shelf.owner), "owns the collection"))
    sizes = _sizes(target.tenant_id, [each.grantee for each in (*given, *inherited) if isinstance(each.grantee, Team)])
    for each, from_shelf in [*((g, False) for g in given), *((g, True) for g in inherited)]:
        words = "from the collection" if from_shelf else MAY[each.right]
        to, team = each.grantee, isinstance(each.grantee, Team)
        size = sizes.get(to.pk, 0) if team else 0
        found.append(ReaderRow(key_of(to), str(to), words, team, size, None if from_shelf else each, from_shelf))
    return found


def _sizes(tenant_id: UUID, teams: Sequence[Team]) -> dict[UUID, int]:
    """How many belong to each; none of those where nobody does."""
    members = TeamMember.objects.for_tenant(tenant_id).filter(team__in=teams).order_by()
    return dict(members.values_list("team").annotate(Count("pk"))) if teams else {}


def others_called(
    member: Membership, target, readers: Sequence[ReaderRow], words: str, past: PastDay | None
) -> list[ReaderRow]:
    """People and teams of that name who are not on the list: they may read by a team, or not at all."""
    shown_keys = {who.key for who in readers}
    found = []
    people = Membership.objects.for_tenant(member.tenant).select_related("user", "tenant").order_by("user__name")
    people = people if past else people.active()  # who has left may have read it once
    for person in people.filter(_named(words))[:MAX_MATCHES]:
        if f"person:{person.pk}" not in shown_keys:
            path_count = len(past_chains(person, target, past) if past else chains(person, target))
            found.append(ReaderRow(f"person:{person.pk}", str(person), _count_label(path_count)))
    for team in Team.objects.for_tenant(member.tenant).filter(name__icontains=words).order_by("name")[:MAX_MATCHES]:
        if f"team:{team.pk}" not in shown_keys:
            found.append(ReaderRow(f"team:{team.pk}", team.name, "not added", True))
    return found


def _named(words: str):
    condition = Q()
    for word in words.split()[:5]:
        condition &= Q(user__name__icontains=word) | Q(user__email__icontains=word)
    return condition


def fits(who: ReaderRow, words: str) -> bool:
    return all(word in who.name.casefold() for word in words.casefold().split())


def readers_then(target: Document | Collection, past: PastDay) -> list[ReaderRow]:
    return [ReaderRow(key, name, how, team) for key, name, how, team in past_readers(target, past)]


def taken_off(target: Document | Collection, readers: Sequence[ReaderRow], past: PastDay | None) -> list[ReaderRow]:
    """People and teams that had a grant on this very thing once and have no way to it any more, the latest first."""
    events = AuditEvent.objects.filter(
        tenant_id=target.tenant_id, target_id=str(target.pk), action=Action.GRANT_REVOKED
    ).order_by("-id")
    if past:
        events = events.filter(occurred_at__lt=end_of(past.day))
    shown_keys = {who.key for who in readers}
    found: list[ReaderRow] = []
    for event in events[:100]:
        holder = _holder(target, event)
        if holder is None or key_of(holder) in shown_keys:
            continue
        shown_keys.add(key_of(holder))
        is_team = isinstance(holder, Team)
        if not is_team and (past_chains(holder, target, past) if past else chains(holder, target)):
            continue
        found.append(ReaderRow(key_of(holder), str(holder), f"removed {short_date(event.occurred_at)}", is_team))
        if len(found) == MAX_REMOVED_SHOWN:
            break
    return found


def _holder(target: Document | Collection, event: AuditEvent) -> Membership | Team | None:
    if event.data.get("team_id"):
        return Team.objects.for_tenant(target.tenant_id).filter(pk=event.data["team_id"]).first()
    people = Membership.objects.for_tenant(target.tenant_id).select_related("user", "tenant")
    return people.filter(user_id=event.subject_id).first()


def _count_label(count: int) -> str:
    return "cannot read" if not count else "1 reason" if count == 1 else f"{count} reasons"
