"""The web server's end of a connection, with what ASGI lacks: a way to drop it together with all that is buffered."""

from __future__ import annotations

import os
import socket
import struct

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ABORT = "portal.abort"  # in the scope of each request
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 seconds


class Connection(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[ABORT] = self.abort

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
