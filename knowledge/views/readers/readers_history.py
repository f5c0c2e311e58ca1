"""Why somebody could read something on an earlier day: the chains of that day, and who stood on the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from knowledge.models import Collection, Document
from knowledge.permissions import history
from knowledge.permissions.history import PastGrant, PastOwner, PastTeam
from knowledge.views.readers.access_chains import ITS_READERS, MAY, Chain, Link, granted_words, in_order
from tenants.formatting import short_date
from tenants.models import Membership


@dataclass(frozen=True, slots=True)
class PastDay:
    """One thing at the end of one day, as far as the one who looks may know."""

    day: date
    owner: PastOwner | None  # None: it was not there yet
    own: Sequence[PastGrant] = ()
    shelf: Sequence[PastGrant] = ()
    shelf_owner: PastOwner | None = None
    shelf_name: str = ""
    trashed: bool = False
    restricted: bool = False
    shelf_hidden: bool = False  # it lay in a collection that the one who looks does not know of

    @property
    def state(self) -> str:
        """Why nobody, or not everybody, could get in by the usual ways."""
        if self.owner is None:
            return "It did not exist yet."
        if self.trashed:
            return "It was in the trash, where nobody can read it."
        if self.shelf_hidden:
            return "It was in a collection that you cannot see; access through that collection is not shown."
        return ""


def day_asked(value: str) -> date | None:
    """A day before today, or None for today and for what is no day."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if date(1970, 1, 1) <= day < timezone.localdate() else None


def end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


def past_day(looker: Membership, target: Document | Collection, day: date) -> PastDay:
    moment = end_of(day)
    owner = history.owner_at(target, moment)
    if owner is None:
        return PastDay(day, None)
    own = history.grants_at(target, moment)
    if isinstance(target, Collection):
        return PastDay(day, owner, own)
    place = history.place_at(target, moment)
    if place.restricted or place.trashed:
        return PastDay(day, owner, own, trashed=place.trashed, restricted=place.restricted)
    collection = target.collection if place.collection_id == target.collection_id else None
    if collection is None:
        collection = Collection.objects.visible_to(looker).filter(pk=place.collection_id).first()
    if collection is None:
        return PastDay(day, owner, own, shelf_hidden=True)
    return PastDay(
        day,
        owner,
        own,
        history.collection_grants_at(target.tenant_id, collection.pk, moment),
        history.collection_owner_at(target.tenant_id, collection.pk, moment),
        str(collection),
    )


def past_chains(person: Membership, target: Document | Collection, past: PastDay) -> list[Chain]:
    """One chain per way of that day. Empty: this person could not read it."""
    moment = end_of(past.day)
    if past.owner is None or past.trashed or history.belonged_at(person, moment) is None:
        return []
    teams = {team.id: team for team in history.teams_at(person, moment)}
    first = Link("person", str(person), person.title)
    ends = _node(target)
    paths: list[tuple[Link, ...]] = []
    if past.owner.person_id == person.user_id:
        paths.append((first, _led(ends, _owns(past.owner))))
    paths += [(first, *links) for links in _by_grants(person, teams, past.own, ends)]
    if past.shelf_name:
        shelf = Link("collection", past.shelf_name, "collection, with all its documents")
        onward = _led(ends, ITS_READERS)
        if past.shelf_owner is not None and past.shelf_owner.person_id == person.user_id:
            paths.append((first, _led(shelf, _owns(past.shelf_owner), last=False), onward))
        paths += [(first, *links, onward) for links in _by_grants(person, teams, past.shelf, shelf, last=False)]
    return in_order(paths)


def _by_grants(
    person: Membership, teams: dict[UUID, PastTeam], grants: Sequence[PastGrant], node: Link, *, last: bool = True
) -> list[tuple[Link, ...]]:
    found = []
    for grant in grants:
        end = _led(node, granted_words(grant.right, grant.by, grant.at), last=last)
        if not grant.is_team and grant.holder == person.user_id:
            found.append((end,))
        elif grant.is_team and grant.holder in teams:
            team = teams[grant.holder]
            edge = "like all active members" if team.everyone else f"member since {short_date(team.since)}"
            found.append((Link("team", team.name, "team", edge), end))
    return found


def past_readers(target: Document | Collection, past: PastDay) -> list[tuple[str, str, str, bool]]:
    """(key, name, how, is a team) of everyone who stood on the list that day."""
    if past.owner is None or past.trashed:
        return []
    rows = [(False, past.owner.person_id, past.owner.name, "owner")]
    if past.shelf_owner is not None and past.shelf_owner.person_id != past.owner.person_id:
        rows.append((False, past.shelf_owner.person_id, past.shelf_owner.name, "owned the collection"))
    rows += [(grant.is_team, grant.holder, grant.name, MAY[grant.right]) for grant in past.own]
    rows += [(grant.is_team, grant.holder, grant.name, "from the collection") for grant in past.shelf]
    people = [holder for is_team, holder, _, _ in rows if not is_team]
    known = dict(
        Membership.objects.for_tenant(target.tenant_id).filter(user_id__in=people).values_list("user_id", "pk")
    )
    return [
        (f"team:{holder}" if is_team else f"person:{known[holder]}", name, how, is_team)
        for is_team, holder, name, how in rows
        if is_team or holder in known
    ]


def _node(target: Document | Collection) -> Link:
    if isinstance(target, Collection):
        return Link("collection", str(target), "collection, with all its documents")
    return Link("document", str(target), "all versions")


def _led(node: Link, edge: str, *, last: bool = True) -> Link:
    return Link(node.kind, node.name, node.more, edge, last=last)


def _owns(owner: PastOwner) -> str:
    return f"owned it since {short_date(owner.since)}"
