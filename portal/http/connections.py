"""The web server's end of a connection, with what ASGI lacks: a way to drop it together with all that is buffered."""

from __future__ import annotations

import asyncio
import os
import socket
import struct

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ABORT = "portal.abort"  # in the scope of each request
MAX_HEAD_BYTES = 64 * 1024  # of a request's line and headers, or of what stands between the pieces of its body
HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 56\r\n\r\nThe address or the headers of this request are too long."
)
HEAD_SECONDS = 20.0  # from the first byte of a request, or from the opening of a connection, to the end of the headers
HEAD_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 52\r\n\r\nThe headers of this request did not arrive in time.\n"
)
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 seconds


class AbortableProtocol(HttpToolsProtocol):
    """The parser has no limit for the line and the headers of a request: a stranger could fill the memory with one of them.
    So a connection is closed whose bytes complete no headers, no piece of a body and no request for MAX_HEAD_BYTES.

    Nor has uvicorn a time limit for the headers: a connection is also closed if they are not complete after HEAD_SECONDS,
    however steadily they arrive. A request that arrives in one piece starts no timer."""

    _unfinished = 0  # bytes since something was complete
    _is_something_complete = False
    _awaits_head = True  # the bytes that follow belong to no request yet, or to the headers of one
    _is_head_begun = False
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._is_something_complete = False
        super().data_received(data)
        self._unfinished = 0 if self._is_something_complete else self._unfinished + len(data)
        if self._unfinished > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse_head(HEAD_TOO_LARGE)
        if self._head_timer is None and self._awaits_head and (self._is_head_begun or not self._is_something_complete):
            self._start_head_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_head_begun = True
        self.scope[ABORT] = self.abort

    def on_headers_complete(self) -> None:
        self._is_something_complete = True
        self._awaits_head = self._is_head_begun = False
        self._stop_head_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._is_something_complete = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_something_complete = True
        self._awaits_head = True
        super().on_message_complete()

    def _refuse_head(self, response: bytes) -> None:
        if not self._is_responding:  # else the bytes would stand in another response
            self.transport.write(response)
        self.transport.close()

    @property
    def _is_responding(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _start_head_timer(self) -> None:
        if not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._end_slow_head)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _end_slow_head(self) -> None:
        self._head_timer = None
        if self._is_responding:  # what was begun behind a request that is still answered waits for that answer
            self._start_head_timer()
        elif self._is_head_begun:
            self._refuse_head(HEAD_TOO_SLOW)
        else:
            self.transport.close()

    def abort(self) -> None:
        """Closes it by a reset: what uvicorn and the kernel hold of the response is thrown away, not sent. What the
        other side's kernel, or a proxy between, has taken already is out of reach."""
        if self.transport.is_closing():
            return
        listening = self.transport.get_extra_info("socket")
        if listening is not None:
            # uvloop lends a socket that sets no options; a copy of its descriptor is the same socket.
            with socket.socket(fileno=os.dup(listening.fileno())) as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.transport.abort()
