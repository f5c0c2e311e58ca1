"""Who owns what a leaver owned. This app knows nothing of documents: others register what they hand over."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tenants.models import Membership

# (leaver, heir, by): everything of the leaver's becomes the heir's, inside the caller's transaction
HandOver = Callable[[Membership, Membership, Membership], None]
# What the leaver owns, in words: "3 collections". Nothing where there is nothing.
Belongings = Callable[[Membership], list[str]]

_registered: list[tuple[HandOver, Belongings | None]] = []


def register(function: HandOver, belongings: Belongings | None = None) -> None:
    """Called by other apps in their apps.py."""
    if (function, belongings) not in _registered:
        _registered.append((function, belongings))


def hand_over_everything(leaver: Membership, *, heir: Membership, by: Membership) -> None:
    for function, _ in _registered:
        function(leaver, heir, by)


def belongings_of(member: Membership) -> Iterator[str]:
    for _, belongings in _registered:
        if belongings:
            yield from belongings(member)
