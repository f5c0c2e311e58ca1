"""The web server's end of a connection, with what ASGI lacks: a way to drop it together with all that is buffered."""

from __future__ import annotations

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
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 seconds


class Connection(HttpToolsProtocol):
    """The parser has no limit for the line and the headers of a request: a stranger could fill the memory with one of them.
    So a connection is closed whose bytes complete no headers, no piece of a body and no request for MAX_HEAD_BYTES."""

    _unfinished = 0  # bytes since something was complete
    _is_something_complete = False

    def data_received(self, data: bytes) -> None:
        self._is_something_complete = False
        super().data_received(data)
        self._unfinished = 0 if self._is_something_complete else self._unfinished + len(data)
        if self._unfinished > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[ABORT] = self.abort

    def on_headers_complete(self) -> None:
        self._is_something_complete = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._is_something_complete = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_something_complete = True
        super().on_message_complete()

    def _refuse_head(self) -> None:
        if self.cycle is None or self.cycle.response_complete:  # else the bytes would stand in another response
            self.transport.write(HEAD_TOO_LARGE)
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
                same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.transport.abort()
