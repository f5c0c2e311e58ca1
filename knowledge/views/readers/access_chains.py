"""Why somebody can read something, as a chain from the person to the thing that one can read aloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.models import Collection, Document
from knowledge.models.grant import Right
from knowledge.permissions.explain import AccessPath, explain
from knowledge.permissions.grants import GrantInfo, grants_on
from tenants.formatting import short_date
from tenants.models import Membership, Team, TeamMember

MAY = {Right.READ: "can view", Right.WRITE: "can edit", Right.MANAGE: "can manage"}
ITS_READERS = "its readers can read everything in it"
ORDINALS = ("First reason", "Second reason", "Third reason", "Fourth reason", "Fifth reason")


@dataclass(frozen=True, slots=True)
class Link:
    """`edge` leads to this node; the first node of a chain has none."""

    kind: str  # person, team, collection, document
    name: str
    more: str = ""
    edge: str = ""
    grant: GrantInfo | None = None  # that this node was given; ending it ends the way
    team: Team | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    title: str
    links: tuple[Link, ...]


def chains(person: Membership, target: Document | Collection) -> list[Chain]:
    """One chain per way. Empty: this person cannot read it."""
    paths = _of_collection(person, target) if isinstance(target, Collection) else _of_document(person, target)
    return in_order(paths)


def in_order(paths: Sequence[tuple[Link, ...]]) -> list[Chain]:
    if len(paths) == 1:
        return [Chain("Reason", paths[0])]
    names = [*ORDINALS, *(f"Reason {n}" for n in range(6, len(paths) + 1))]
    return [Chain(name, links) for name, links in zip(names, paths, strict=False)]


def not_a_reason(person: Membership, chains: Sequence[Chain]) -> str:
    """What one might suspect, and which gives nothing here: other teams, and the role."""
    used = {link.team.pk for chain in chains for link in chain.links if link.team} | {
        link.name for chain in chains for link in chain.links if link.kind == "team"
    }
    teams = [
        "belonging to the company" if row.team.everyone else f"the team {row.team.name}"
        for row in TeamMember.objects.for_tenant(person.tenant).filter(member=person).select_related("team")
        if row.team.pk not in used and row.team.name not in used
    ]
    role = f"the role of {person.get_role_display().lower()}"
    names = [*sorted(teams)[:4], role]
    words = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{words[0].upper()}{words[1:]} {'gives' if len(names) == 1 else 'give'} no access here"


def _of_document(person: Membership, document: Document) -> list[tuple[Link, ...]]:
    return [_links(person, path, document) for path in explain(person, document)]


def _links(person: Membership, path: AccessPath, document: Document) -> tuple[Link, ...]:
    links, edge = [_person(person)], ""
    on_shelf = any(step.kind == "collection" for step in path.steps)
    holder: Document | Collection = document.collection if on_shelf else document
    team_name = next((step.name for step in path.steps if step.kind == "team"), "")
    for step in path.steps:
        if step.kind == "team":
            team = Team.objects.for_tenant(person.tenant).filter(name=step.name).first()
            everyone = team is not None and team.everyone
            edge = (
                "like all active members"
                if everyone
                else f"member since {short_date(step.at)}"
                if step.at
                else "member"
            )
            size = TeamMember.objects.for_tenant(person.tenant).filter(team=team).count() if team else 0
            links.append(Link("team", step.name, f"team of {size}", edge, team=team))
        elif step.kind == "grant":
            grant = _grant(holder, person, team_name)
            links.append(_node(holder, granted_words(path.right, step.by, step.at), grant, last=not on_shelf))
        elif step.kind == "owner":
            since = f" since {short_date(step.at)}" if step.at else ""
            links.append(_node(holder, f"owns it{since}", None, last=not on_shelf))
        elif step.kind == "collection":
            links.append(_node(document, ITS_READERS, None, last=True))
    return tuple(links)


def _of_collection(person: Membership, collection: Collection) -> list[tuple[Link, ...]]:
    if not person.may_work:
        return []
    found = []
    if collection.owner_id == person.pk:
        found.append(
            (_person(person), _node(collection, f"owns it since {short_date(collection.created_at)}", None, last=True))
        )
    joined = {row.team_id: row for row in TeamMember.objects.for_tenant(person.tenant).filter(member=person)}
    for given in grants_on(collection):
        end = _node(collection, granted_words(given.right, str(given.given_by or ""), given.given_at), given, last=True)
        if isinstance(given.grantee, Membership) and given.grantee.pk == person.pk:
            found.append((_person(person), end))
        elif isinstance(given.grantee, Team) and given.grantee.pk in joined:
            since = joined[given.grantee.pk].added_at
            size = TeamMember.objects.for_tenant(person.tenant).filter(team=given.grantee).count()
            edge = "like all active members" if given.grantee.everyone else f"member since {short_date(since)}"
            team = Link("team", given.grantee.name, f"team of {size}", edge, team=given.grantee)
            found.append((_person(person), team, end))
    return found


def _person(person: Membership) -> Link:
    return Link("person", str(person), person.title)


def _node(thing: Document | Collection, edge: str, grant: GrantInfo | None, *, last: bool) -> Link:
    kind = "collection" if isinstance(thing, Collection) else "document"
    more = "collection, with all its documents" if kind == "collection" else "all versions"
    return Link(kind, str(thing), more, edge, grant, last=last)


def granted_words(right: Right, by: str, at) -> str:
    words = MAY[right]
    if by:
        words += f", granted by {by}"
    return f"{words} on {short_date(at)}" if at else words


def _grant(holder: Document | Collection, person: Membership, team: str) -> GrantInfo | None:
    for given in grants_on(holder):
        if team and isinstance(given.grantee, Team) and given.grantee.name == team:
            return given
        if not team and isinstance(given.grantee, Membership) and given.grantee.pk == person.pk:
            return given
    return None
