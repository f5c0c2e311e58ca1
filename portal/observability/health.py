"""Is the process alive; is everything it needs there.

Every part is asked in a thread of its own and given a moment. One that hangs is not asked again until it has answered,
so that a dead database costs one thread and no page, and nobody waits for a part that they did not ask about.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse

from portal.infrastructure import warm_up
from portal.observability import dependency_checks

PART_TIMEOUT_SECONDS = 2.0  # seconds that a part gets
GOOD_FOR = 2.0  # seconds that an answer is shown to others who ask
MAX_PARTS_PER_REQUEST = 10  # names that one request may ask about


@dataclass(frozen=True, slots=True)
class DependencyHealth:
    ok: bool
    ms: float
    error: str = ""
    needed: bool = True

    @property
    def words(self) -> str:
        status = f"{self.ms:.0f} ms" if self.ok else f"not ready: {self.error}"
        return status if self.needed else f"{status} (the portal works without it)"

    def as_json(self) -> dict:
        data: dict = {"ok": self.ok, "ms": round(self.ms, 1)}
        return data | ({"error": self.error} if self.error else {}) | ({} if self.needed else {"needed": False})


class Check:
    """One part, asked again and again. Safe to use from several threads: they share one question."""

    def __init__(self, ask: Callable[[], None], *, needed: bool) -> None:
        self.ask, self.needed = ask, needed
        self._lock = threading.Lock()
        self._began = 0.0
        self._ended = float("-inf")
        self._answered = threading.Event()
        self._answered.set()
        self._result = DependencyHealth(False, 0.0, "it was not checked yet", needed)

    def begin(self) -> None:
        """Asks, unless the last answer is still good or has not come yet."""
        with self._lock:
            if not self._answered.is_set() or time.monotonic() - self._ended <= GOOD_FOR:
                return
            self._answered.clear()
            self._began = time.monotonic()
        threading.Thread(target=self._work, name="health", daemon=True).start()

    def result(self) -> DependencyHealth:
        """The answer, waited for until PATIENCE seconds after the question: one that hangs is waited for once."""
        if self._answered.wait(max(0.0, self._began + PART_TIMEOUT_SECONDS - time.monotonic())):
            return self._result
        waited = time.monotonic() - self._began
        return DependencyHealth(False, waited * 1000, f"no answer within {waited:.0f} seconds", self.needed)

    def _work(self) -> None:
        began, error = time.monotonic(), ""
        try:
            self.ask()
        except Exception as trouble:  # whatever broke, the answer is what kind of thing it was
            error = str(trouble) if isinstance(trouble, dependency_checks.NotReady) else type(trouble).__name__
        finally:
            dependency_checks.close_connections()
        self._ended = time.monotonic()
        self._result = DependencyHealth(not error, (self._ended - began) * 1000, error, self.needed)
        self._answered.set()


_checks: dict[str, Check] = {}


def check(only: Collection[str] = ()) -> tuple[bool, dict[str, DependencyHealth]]:
    """Returns whether everything asked about is there, and each part. Takes at most about PATIENCE seconds.

    `only` names the parts to ask; no other is asked or waited for. Without it all are, and those that the portal works
    without do not count.
    """
    for name, (ask, needed) in dependency_checks.of_this_installation().items():
        if name not in _checks:
            _checks.setdefault(name, Check(ask, needed=needed))
    checks = {name: _checks[name] for name in only or _checks if name in _checks}
    for check in checks.values():
        check.begin()
    parts = {name: check.result() for name, check in checks.items()}
    parts |= {name: DependencyHealth(False, 0.0, "there is no such component") for name in only if name not in checks}
    return all(part.ok for part in parts.values() if only or part.needed), parts


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else, so that a slow dependency does not get the process killed."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """503 while a part that is needed is away, for operators and monitors.

    `?only=database,files` asks about these alone, and is the readiness of a web process: without the other parts it
    still answers, so a load balancer that took every process away because Redis restarts would make a small trouble a
    large one.
    """
    only = [name for name in request.GET.get("only", "").split(",") if name]
    ready, parts = check(list(dict.fromkeys(only))[:MAX_PARTS_PER_REQUEST])
    if warm_up.is_running():  # the first searches would wait for what is being loaded, about a second
        ready, parts = False, parts | {"start": DependencyHealth(False, 0.0, "the search is being loaded")}
    data = {"ready": ready, "parts": {name: part.as_json() for name, part in parts.items()}}
    return JsonResponse(data, status=200 if ready else 503)
