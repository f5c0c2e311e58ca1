"""Confined children that draw and read pages, shared fairly between tenants.

A tenant has one place: one request of it is worked on, or stands in line for a free child, and the others of that tenant
wait behind it. Tenants come in turn, so a tenant whose pages are expensive makes itself wait, and another tenant no longer
than one page.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.parsers.base import ParseFailed, ParseLimits
from knowledge.parsers.child_protocol import Frame, failure_from_wire
from knowledge.parsers.client import WarmChild

MAX_WAITING_PER_TENANT = 12  # requests of one tenant; a browser asks for six pictures at once


class RenderSlots:
    """Who may begin. `places` requests run at once, of as many tenants."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._changed = threading.Condition()
        self._running: set[object] = set()
        self._line: deque[object] = deque()  # tenants that have somebody waiting and nobody running, in order
        self._waiting: dict[object, deque[object]] = {}

    @contextmanager
    def turn(self, tenant: object, *, seconds: float) -> Iterator[None]:
        """Waits for its turn, at most `seconds`. Raises `ParseFailed` with the code "busy"."""
        me = object()
        with self._changed:
            mine = self._waiting.setdefault(tenant, deque())
            if len(mine) >= MAX_WAITING_PER_TENANT:
                raise busy()
            mine.append(me)
            if tenant not in self._running and tenant not in self._line:
                self._line.append(tenant)
            began = self._changed.wait_for(lambda: self._is_next(tenant, me), timeout=seconds)
            mine.remove(me)
            if began:
                self._line.popleft()
                self._running.add(tenant)
            self._tidy(tenant)
            self._changed.notify_all()
        if not began:
            raise busy()
        try:
            yield
        finally:
            with self._changed:
                self._running.discard(tenant)
                if self._waiting.get(tenant):
                    self._line.append(tenant)
                self._tidy(tenant)
                self._changed.notify_all()

    def _is_next(self, tenant: object, me: object) -> bool:
        return (
            len(self._running) < self._places
            and bool(self._line)
            and self._line[0] == tenant
            and self._waiting[tenant][0] is me
        )

    def _tidy(self, tenant: object) -> None:
        if not self._waiting.get(tenant):
            self._waiting.pop(tenant, None)
            if tenant in self._line:
                self._line.remove(tenant)


class PageChildren:
    """Up to `places` children at work, and up to `kept` warm ones, each of the tenant it served last."""

    def __init__(self, limits: ParseLimits, *, places: int, max_idle: int, idle: float, ocr: bool = False) -> None:
        self._limits, self._kept, self._idle, self._ocr = limits, max_idle, idle, ocr
        self._turns = RenderSlots(places)
        self._lock = threading.Lock()
        self._resting: list[tuple[object, WarmChild]] = []  # the one that rests longest first

    def ask(self, request: Frame, path: Path, tenant: object, *, wait: float, seconds: float) -> Frame:
        """Blocks: waits up to `wait` seconds for its turn and then up to `seconds` for the reply. Raises `ParseFailed`."""
        with self._turns.turn(tenant, seconds=wait):
            child = self._take(tenant)
            try:
                reply = child.ask(request, path=path, tenant=tenant, seconds=seconds)
            finally:
                self._return_child(tenant, child)
        if "failed" in reply:
            raise failure_from_wire(reply["failed"])
        return reply

    def close(self) -> None:
        with self._lock:
            resting, self._resting = self._resting, []
        for _, child in resting:
            child.close()

    def _take(self, tenant: object) -> WarmChild:
        with self._lock:
            for at, (owner, child) in enumerate(self._resting):
                if owner == tenant:
                    del self._resting[at]
                    return child
        return WarmChild(self._limits, idle=self._idle, ocr=self._ocr)

    def _return_child(self, tenant: object, child: WarmChild) -> None:
        with self._lock:
            self._resting.append((tenant, child))
            over = self._resting[: -self._kept]
            del self._resting[: -self._kept]
        for _, old in over:
            old.close()


def busy() -> ParseFailed:
    return ParseFailed("busy", "Other pages are being drawn.", "Try again in a moment.", permanent=False)
