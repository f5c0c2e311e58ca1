"""Is the process alive; is everything it needs there.

Every part is asked in a thread of its own and given a moment. One that hangs is not asked again until it has answered,
so that a dead database costs one thread and no page.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse

from portal import needs

PATIENCE = 2.0  # seconds that a part gets
GOOD_FOR = 2.0  # seconds that a look is shown to others who ask


@dataclass(frozen=True, slots=True)
class Part:
    ok: bool
    ms: float
    error: str = ""
    needed: bool = True

    @property
    def words(self) -> str:
        said = f"{self.ms:.0f} ms" if self.ok else f"not ready: {self.error}"
        return said if self.needed else f"{said} (the portal works without it)"

    def as_json(self) -> dict:
        told: dict = {"ok": self.ok, "ms": round(self.ms, 1)}
        return told | ({"error": self.error} if self.error else {}) | ({} if self.needed else {"needed": False})


class Check:
    """One part, asked again and again."""

    def __init__(self, ask: Callable[[], None], *, needed: bool) -> None:
        self.ask, self.needed = ask, needed
        self._began = 0.0
        self._answered = threading.Event()
        self._answered.set()
        self._result = Part(False, 0.0, "it was not asked yet", needed)

    def begin(self) -> None:
        if not self._answered.is_set():
            return  # it still has not answered the question before
        self._answered.clear()
        self._began = time.monotonic()
        threading.Thread(target=self._work, name="health", daemon=True).start()

    def result(self, until: float) -> Part:
        if self._answered.wait(max(0.0, until - time.monotonic())):
            return self._result
        waited = time.monotonic() - self._began
        return Part(False, waited * 1000, f"no answer within {waited:.0f} seconds", self.needed)

    def _work(self) -> None:
        began, error = time.monotonic(), ""
        try:
            self.ask()
        except Exception as trouble:  # whatever broke, the answer is what kind of thing it was
            error = str(trouble) if isinstance(trouble, needs.NotReady) else type(trouble).__name__
        finally:
            needs.let_go()
        self._result = Part(not error, (time.monotonic() - began) * 1000, error, self.needed)
        self._answered.set()


_one_at_a_time = threading.Lock()
_checks: dict[str, Check] = {}
_seen: dict[str, Part] = {}
_seen_at = float("-inf")


def look() -> tuple[bool, dict[str, Part]]:
    """Whether all that is needed is there, and each part. Never takes much longer than PATIENCE."""
    global _seen, _seen_at
    with _one_at_a_time:
        if time.monotonic() - _seen_at > GOOD_FOR:
            for name, (ask, needed) in needs.of_this_installation().items():
                if name not in _checks:
                    _checks[name] = Check(ask, needed=needed)
            until = time.monotonic() + PATIENCE
            for check in _checks.values():
                check.begin()
            _seen = {name: check.result(until) for name, check in _checks.items()}
            _seen_at = time.monotonic()
        return all(part.ok for part in _seen.values() if part.needed), _seen


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else, so that a slow dependency does not get the process killed."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """503 while a part that is needed is away. `?only=database,files` asks for these alone: a load balancer that took
    away every process because the search index is being restarted would make a small trouble a large one."""
    ready, parts = look()
    only = set(request.GET.get("only", "").split(",")) - {""}
    if only:
        parts = {name: part for name, part in parts.items() if name in only}
        ready = bool(parts) and all(part.ok for part in parts.values())
    told = {"ready": ready, "parts": {name: part.as_json() for name, part in parts.items()}}
    return JsonResponse(told, status=200 if ready else 503)
