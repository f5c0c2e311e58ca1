"""Events as a text/event-stream. https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing

from django.http import HttpRequest, StreamingHttpResponse

from answers.events import Followed, Quiet, Retry

RECONNECT_MILLISECONDS = 2000  # milliseconds


def stream(events: AsyncIterator[Followed]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_lines(events), content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"  # a proxy must not hold words back
    return response


def last_event_id(request: HttpRequest) -> int:
    """After which event the client wants to go on: what a reconnecting browser sends, or ?after="""
    given = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    return min(int(given), 10**9) if given.isascii() and given.isdigit() else 0


def line(event: Followed) -> bytes:
    if isinstance(event, Quiet):
        return b": still here\n\n"
    if isinstance(event, Retry):
        return f"retry: {event.after_ms}\nevent: retry\ndata: {{}}\n\n".encode()
    data = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {event.number}\nevent: {event.kind}\ndata: {data}\n\n".encode()


async def _lines(events: AsyncIterator[Followed]) -> AsyncIterator[bytes]:
    yield f"retry: {RECONNECT_MILLISECONDS}\n\n".encode()
    async with aclosing(events):
        async for event in events:
            yield line(event)
