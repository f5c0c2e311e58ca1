"""How much a request may bring. Django takes a whole body onto the disk before it asks who sent it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SMALL = 3 * 1024 * 1024  # bytes from somebody who shows neither a key nor a session: more than any form of ours
ROOM = 16 * 1024 * 1024  # for what stands around a file, so that a file a little too large gets its own answer
TOO_LARGE = "That is more than the portal takes at once. Nothing of it was kept."
PAGE = f'<!doctype html><title>Too large</title><div class="problem-box"><p>Too large</p><p>{TOO_LARGE}</p></div>'


class BodyLimit:
    """ASGI. `largest` is what one file may have."""

    def __init__(self, app: Callable, *, largest: int, session_cookie: str) -> None:
        self._app, self._largest = app, largest + ROOM
        self._cookie = f"{session_cookie}=".encode()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = dict(scope["headers"])
        known = b"authorization" in headers or self._cookie in headers.get(b"cookie", b"")
        limit = self._largest if known else SMALL
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and (len(declared) > 15 or int(declared) > limit):
            return await _refuse(scope, send)
        brought, over, begun = 0, False, False

        async def counted() -> dict[str, Any]:
            nonlocal brought, over
            message = await receive()
            if message["type"] == "http.request":
                brought += len(message.get("body", b""))
                if brought > limit:
                    over = True
                    return {"type": "http.disconnect"}  # Django lets go of what it has
            return message

        async def noted(message: dict[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        await self._app(scope, counted, noted)
        if over and not begun:
            await _refuse(scope, send)


async def _refuse(scope: dict[str, Any], send: Send) -> None:
    if "/api/" in scope["path"]:
        kind = b"application/problem+json"
        problem = {"type": "about:blank", "title": "Too large", "status": 413, "code": "too_large", "detail": TOO_LARGE}
        body = json.dumps(problem).encode()
    else:
        kind, body = b"text/html; charset=utf-8", PAGE.encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
