"""What an app above may add to the search dialog: the person's own questions. Registered in its AppConfig.ready()."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tenants.models import Membership


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    text: str
    url: str
    at: datetime


Finder = Callable[[Membership, str], list[OwnQuestion]]  # the words that were typed, or none; the best few
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    if finder not in _finders:
        _finders.append(finder)


def own_questions(member: Membership, words: str) -> list[OwnQuestion]:
    return [question for finder in _finders for question in finder(member, words)]
