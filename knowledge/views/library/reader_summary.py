"""Who reads a collection, in one line: "Finance team and 4 more can read"."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.models import Collection
from knowledge.permissions.grants import GrantInfo, grants_on
from tenants.models import Team


@dataclass(frozen=True, slots=True)
class Readers:
    words: str
    grants: tuple[GrantInfo, ...]


def readers_of_collection(collection: Collection) -> Readers:
    given = tuple(grants_on(collection))
    return Readers(_words([_name(each) for each in given], str(collection.owner)), given)


def _name(grant: GrantInfo) -> str:
    return (
        f"{grant.grantee} team"
        if isinstance(grant.grantee, Team) and _needs_word(grant.grantee)
        else str(grant.grantee)
    )


def _needs_word(team: Team) -> bool:
    return not team.everyone and not team.name.lower().endswith("team")


def _words(names: list[str], owner: str) -> str:
    names = list(dict.fromkeys(names))
    if not names:
        return f"Only {owner} can read"
    if names == ["Everyone"]:
        return "Everyone can read"
    if len(names) == 1:
        return f"{names[0]} can read"
    return f"{names[0]} and {len(names) - 1} more can read"
