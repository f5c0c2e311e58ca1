"""Whose requests run at once in the web process, so that one company's load does not become another one's waiting time.

Python computes in one thread at a time. Four requests that compute leave a fifth of the interpreter to somebody else's, and
each time that one waited for something (the database, the store) it queues for the interpreter again. So a group of senders
that has lately used much processor time runs one request at a time while others are there, and all such groups together
share that one place in turn. Alone, or without having used much, nobody waits. Waiting for a model, for a page picture or
for a slow reader uses no processor time and does not count.

With four threads that compute 150 ms each and a fifth that computes 5 ms in six steps, the fifth took 66 ms without this and
35 ms with it (p50; p95 166 to 232 and 91 to 107 ms; alone 17 and 22 to 32; two runs on two busy cores).

A group is a company, for credentials that it was seen to admit, and otherwise the address that the request comes from: who
names a company in a path does not thereby take its turn.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HALF_LIFE = 2.0  # seconds, in which used processor time counts half
HEAVY = 0.4  # seconds of processor time, so weighted; about a seventh of one core, used all the time
PRESENT = 3.0  # seconds after its last request for which a group counts as being there
PATIENCE = 8.0  # seconds; then the request runs all the same, so that waiting never becomes an error
LONGEST = 1.5  # seconds; whoever has the place for longer waits for something, and the next one runs beside it
REMEMBERED = 10_000  # groups, and credentials
QUICK_SWITCH = 0.0001  # seconds; how long a thread waits for one that computes before it asks for the interpreter


@dataclass(slots=True, eq=False)
class _Place:
    """The one in which a request of a group that used much runs, given or waited for."""

    given: threading.Event = field(default_factory=threading.Event)
    since: float = 0.0


@dataclass(slots=True)
class _Group:
    used: float = 0.0
    at: float = 0.0  # when `used` was right
    seen: float = 0.0
    waiting: deque[_Place] = field(default_factory=deque)

    def usage(self, now: float) -> float:
        return self.used * math.exp2((self.at - now) / HALF_LIFE)


class FairSharing:
    """Thread-safe. One lock, taken twice for a request: 18 µs together, on two busy cores."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: OrderedDict[str, _Group] = OrderedDict()
        self._in_turn: deque[str] = deque()  # groups with somebody waiting
        self._taken: _Place | None = None
        self._usual_switch = sys.getswitchinterval()

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Waits, where the group has to, and charges the processor time of this thread to it."""
        place = self._enter(name)
        began = time.thread_time()
        try:
            yield
        finally:
            self._leave(name, time.thread_time() - began, place)

    def _enter(self, name: str) -> _Place | None:
        with self._lock:
            now = time.monotonic()
            group = self._group(name, now)
            if group.usage(now) < HEAVY or not self._are_others_there(name, now):
                return None
            place = _Place()
            group.waiting.append(place)
            if name not in self._in_turn:
                self._in_turn.append(name)
            if self._taken is None or now - self._taken.since > LONGEST:
                self._pass_on(now)
        until = now + PATIENCE
        while not place.given.wait(min(LONGEST / 4, max(0.0, until - time.monotonic()))):
            with self._lock:
                now = time.monotonic()
                if self._taken is None or now - self._taken.since > LONGEST:
                    self._pass_on(now)
                elif now >= until and not place.given.is_set():
                    group.waiting.remove(place)
                    return None
        return place

    def _leave(self, name: str, used: float, place: _Place | None) -> None:
        with self._lock:
            now = time.monotonic()
            group = self._group(name, now)
            group.used, group.at = group.usage(now) + used, now
            if place is not None and place is self._taken:
                self._pass_on(now)

    def _pass_on(self, now: float) -> None:
        if self._taken is None:
            self._usual_switch = sys.getswitchinterval()
        self._taken = None
        while self._in_turn and self._taken is None:
            name = self._in_turn.popleft()
            group = self._groups[name]
            if group.waiting:
                self._taken = group.waiting.popleft()
                self._taken.since = now
                self._taken.given.set()
            if group.waiting:
                self._in_turn.append(name)
        sys.setswitchinterval(self._usual_switch if self._taken is None else QUICK_SWITCH)

    def _group(self, name: str, now: float) -> _Group:
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = _Group()
            if len(self._groups) > REMEMBERED:
                oldest = next(iter(self._groups))
                if oldest not in self._in_turn:
                    del self._groups[oldest]
        group.seen = now
        self._groups.move_to_end(name)
        return group

    def _are_others_there(self, name: str, now: float) -> bool:
        """The groups are in the order of their last request, so the first other one from the end says it."""
        for other in reversed(self._groups):
            if other != name:
                return now - self._groups[other].seen < PRESENT
        return False


class Senders:
    """Which group a request belongs to. Holds no secret: a credential is remembered by its hash."""

    def __init__(self) -> None:
        self._companies: OrderedDict[int, str] = OrderedDict()

    def group_of(self, credential: int, address: str) -> str:
        return self._companies.get(credential) or f"address {address}"

    def remember(self, credential: int, tenant: object) -> None:
        self._companies[credential] = f"company {tenant}"
        if len(self._companies) > REMEMBERED:
            self._companies.popitem(last=False)
