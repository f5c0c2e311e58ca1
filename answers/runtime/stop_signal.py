"""A wish that the writing of one answer ends."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Why(StrEnum):
    READER = "reader"  # pressed Stop: what is there is kept
    RIGHTS = "rights"  # may no longer read what is being read: what is there is withdrawn
    LEAVING = "leaving"  # the process ends: what is there is kept
    TOO_LONG = "too_long"  # the deadline has passed


class Stop:
    """Belongs to one event loop. The first reason stays."""

    def __init__(self) -> None:
        self.why: Why | None = None
        self._then: list[Callable[[], None]] = []

    def ask(self, why: Why) -> None:
        if self.why is None:
            self.why = why
            for callback in self._then:
                callback()

    def then(self, callback: Callable[[], None]) -> None:
        if self.why is not None:
            callback()
        else:
            self._then.append(callback)
