"""How much a request may bring. Django takes a whole body onto the disk before it asks who sent it.

A body of more than SMALL bytes is read only at the addresses that take files, and only from somebody whose session or key
was looked up first. What is on its way is counted for each address and each company, in this process: Django holds as much
in temporary files, and a second time while it takes a form apart.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from portal.http import early_refusal
from portal.http.client_address import client_address

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MIB = 1024 * 1024
MAX_FORM_BYTES = 3 * MIB  # bytes; more than any form without a file
# For what stands around a file, so that a file a little too large gets its own answer
MULTIPART_OVERHEAD_BYTES = 16 * MIB
MAX_PIECE_BYTES = 5 * MIB  # of a file that comes in pieces of 4 MiB
MAX_UNAUTHENTICATED_BYTES = 24 * MIB  # on their way from one address, in bodies whose sender was not looked up
MAX_CONCURRENT_LARGE_FILES = 4  # of the largest size, on their way from one company or one address
RETRY_AFTER = 5  # seconds

_ID = "[0-9a-f-]{36}"
FILE_PATHS = re.compile(
    rf"^/t/[-\w]+/(documents/upload/|documents/{_ID}/replace/|api/v1/documents/|api/v1/documents/{_ID}/versions/)$"
)
PIECE_PATHS = re.compile(rf"^/t/[-\w]+/(documents/upload/pieces/{_ID}/|api/v1/uploads/{_ID}/pieces/\d+/)$")

TOO_LARGE = "That is too large to send at once. Nothing was saved."
SIGN_IN = "Upload failed: you were signed out. Sign in and try again."
NO_KEY = "Sign in, or send an API key with the scope write. Nothing was saved."
TOO_MANY_FILES_MESSAGE = "Too many uploads are in progress. This file was not saved. Try again in a few seconds."
CODES = {401: "not_authenticated", 413: "too_large", 429: "too_many_requests", 503: "unavailable"}


class _Refused(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class BodyLimit:
    """ASGI. `largest` is what one file may have. `find_tenant` returns the id of the company to which the sender of a
    request from an address may bring files, or None."""

    def __init__(
        self,
        app: Callable,
        *,
        largest: int,
        find_tenant: Callable[[Scope, str], Awaitable[str | None]],
        proxies: Collection[str] = (),
    ) -> None:
        self._app, self._largest, self._find_tenant = app, largest + MULTIPART_OVERHEAD_BYTES, find_tenant
        self._proxies = [ipaddress.ip_network(entry, strict=False) for entry in proxies]
        self._on_their_way: dict[tuple[str, str], int] = {}  # only the event loop's thread changes it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body = _Body(self, scope, client_address(scope, self._proxies))
        begun = False

        async def counted() -> dict[str, Any]:
            message = await receive()
            if message["type"] == "http.request":
                try:
                    await body.brings(len(message.get("body", b"")))
                except _Refused as refused:
                    body.refused = refused
                    return {"type": "http.disconnect"}  # Django closes, and so removes, what it has
            return message

        async def noted(message: dict[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await body.announced()
            await self._app(scope, counted, noted)
        except _Refused as refused:
            body.refused = refused
        finally:
            body.release()
        if body.refused and not begun:
            await _refuse(scope, send, body.refused)

    def limit_at(self, path: str) -> int:
        """Bytes that a body may have at this address, where its sender was looked up."""
        if FILE_PATHS.match(path):
            return self._largest
        return MAX_PIECE_BYTES if PIECE_PATHS.match(path) else MAX_FORM_BYTES

    async def tenant_of(self, scope: Scope, address: str) -> str | None:
        return await self._find_tenant(scope, address)

    def reserve(self, keys: Collection[tuple[str, str]], size: int, max_bytes: int) -> None:
        """Raises _Refused, and reserves nothing, where one of them would have more than `max_bytes` on its way."""
        if any(self._on_their_way.get(key, 0) + size > max_bytes for key in keys):
            raise _Refused(429, TOO_MANY_FILES_MESSAGE)
        for key in keys:
            self._on_their_way[key] = self._on_their_way.get(key, 0) + size

    def release(self, keys: Collection[tuple[str, str]], size: int) -> None:
        for key in keys:
            left = self._on_their_way.get(key, 0) - size
            if left > 0:
                self._on_their_way[key] = left
            else:
                self._on_their_way.pop(key, None)

    @property
    def max_file_bytes(self) -> int:
        return MAX_CONCURRENT_LARGE_FILES * self._largest


class _Body:
    """One request's body: what it has brought, what is reserved for it, and in whose name."""

    def __init__(self, limits: BodyLimit, scope: Scope, address: str) -> None:
        self._limits, self._scope, self._address = limits, scope, address
        self._limit = limits.limit_at(scope["path"])
        self._brought = self._reserved = 0
        self._keys: tuple[tuple[str, str], ...] = (("stranger", address),)
        self._most = MAX_UNAUTHENTICATED_BYTES
        self._is_known = False
        self.refused: _Refused | None = None

    async def announced(self) -> None:
        """Before a byte is read: by the length that the request names."""
        declared = dict(self._scope["headers"]).get(b"content-length", b"")
        if not declared.isdigit():
            return
        size = int(declared) if len(declared) < 16 else self._limit + 1
        if size:
            await self._have(size)

    async def brings(self, size: int) -> None:
        self._brought += size
        if self._brought > self._reserved:
            await self._have(self._brought)

    async def _have(self, size: int) -> None:
        if size > self._limit:
            raise _Refused(413, TOO_LARGE)
        if size > MAX_FORM_BYTES and not self._is_known:
            await self._find_tenant()
        self._limits.reserve(self._keys, size - self._reserved, self._most)
        self._reserved = size

    async def _find_tenant(self) -> None:
        try:
            tenant = await self._limits.tenant_of(self._scope, self._address)
        except Exception as error:
            raise _Refused(503, "The database does not answer. Nothing was saved. Try again in a moment.") from error
        if tenant is None:
            raise _Refused(401, NO_KEY if "/api/" in self._scope["path"] else SIGN_IN)
        self.release()
        self._keys, self._most = (("tenant", tenant), ("address", self._address)), self._limits.max_file_bytes
        self._is_known = True

    def release(self) -> None:
        self._limits.release(self._keys, self._reserved)
        self._reserved = 0


async def _refuse(scope: Scope, send: Send, refused: _Refused) -> None:
    status = refused.status
    kind, body = early_refusal.error_body(scope, status, CODES[status], refused.detail)
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    if status == 429:
        headers.append((b"retry-after", str(RETRY_AFTER).encode()))
    if status == 401 and "/api/" not in scope["path"]:
        headers.append((b"x-continue-at", early_refusal.sign_in_address(scope).encode()))
    if status == 401 and "/api/" in scope["path"]:
        headers.append((b"www-authenticate", b'Bearer realm="knowledge portal"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
