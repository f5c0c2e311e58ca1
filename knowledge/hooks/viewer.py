"""What an app above may add to the viewer: the places that an answer cites. Registered in its AppConfig.ready().

Knowledge knows nothing of answers. The viewer asks every registered function, in order; the first that knows the
citation decides. It must itself make sure that the answer is this member's own and give None for any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from tenants.models import Membership


@dataclass(frozen=True, slots=True)
class CitedPlace:
    """One citation of the answer. Where the reader lost the document since, `lost` is set and nothing else is shown."""

    citation_id: UUID
    number: int
    document_id: UUID | None
    version_id: UUID | None
    title: str
    page: int
    start: int  # code points into the version's text
    end: int
    heading: str = ""  # "4.2 Class of travel"
    lost: bool = False


@dataclass(frozen=True, slots=True)
class CitedAnswer:
    focus: UUID  # the citation that was asked for
    places: tuple[CitedPlace, ...]  # of the whole answer, in order of first use
    back_url: str  # to the answer
    statement: str = ""  # the sentence that rests on the citation in focus
    verified: bool = True  # the quote was found again word for word

    @property
    def place(self) -> CitedPlace:
        return next(place for place in self.places if place.citation_id == self.focus)


Resolver = Callable[[Membership, UUID], CitedAnswer | None]
_resolvers: list[Resolver] = []


def register(resolver: Resolver) -> None:
    if resolver not in _resolvers:
        _resolvers.append(resolver)


def cited_answer(member: Membership, citation_id: UUID) -> CitedAnswer | None:
    for resolver in _resolvers:
        found = resolver(member, citation_id)
        if found is not None:
            return found
    return None
