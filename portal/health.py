"""Is the process alive; is everything it needs there."""

from __future__ import annotations

import time

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else, so that a slow dependency does not get the process killed."""
    return HttpResponse("ok\n", content_type="text/plain")


def _timed(check) -> dict:
    began = time.perf_counter()
    try:
        check()
    except Exception as error:  # whatever broke, the answer is its name
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True, "ms": round((time.perf_counter() - began) * 1000, 1)}


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    cache.set("readyz", 1, 5)
    if cache.get("readyz") != 1:
        raise RuntimeError("the cache forgets")


def readyz(request: HttpRequest) -> JsonResponse:
    parts = {"database": _timed(_database), "cache": _timed(_cache)}
    ready = all(part["ok"] for part in parts.values())
    return JsonResponse({"ready": ready, "parts": parts}, status=200 if ready else 503)
