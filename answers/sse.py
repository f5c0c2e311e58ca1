"""Events as a text/event-stream. https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from django.http import HttpRequest, StreamingHttpResponse

from answers.events import Numbered, Retry

RECONNECT = 2000  # milliseconds
PING = 15.0  # seconds of silence after which a comment keeps proxies from closing the stream


def stream(events: AsyncIterator[Numbered | Retry]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_lines(events), content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"  # a proxy must not hold words back
    return response


def last_event_id(request: HttpRequest) -> int:
    """After which event the client wants to go on: what a reconnecting browser sends, or ?after="""
    given = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    return min(int(given), 10**9) if given.isascii() and given.isdigit() else 0


def line(event: Numbered | Retry) -> bytes:
    if isinstance(event, Retry):
        return f"retry: {event.after_ms}\nevent: retry\ndata: {{}}\n\n".encode()
    data = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {event.number}\nevent: {event.kind}\ndata: {data}\n\n".encode()


async def _lines(events: AsyncIterator[Numbered | Retry]) -> AsyncIterator[bytes]:
    yield f"retry: {RECONNECT}\n\n".encode()
    waiting: asyncio.Task | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({waiting}, timeout=PING)
            if not done:
                yield b": still here\n\n"
                continue
            try:
                event = waiting.result()
            except StopAsyncIteration:
                return
            finally:
                waiting = None
            yield line(event)
    finally:
        if waiting is not None:
            waiting.cancel()
        await _close(events)


async def _close(events: AsyncIterator) -> None:
    try:
        await events.aclose()
    except RuntimeError:  # it is just being cancelled
        await asyncio.sleep(0)
