"""A connection as a reader of any speed has it: the socket itself, with a receive buffer of a chosen size."""

from __future__ import annotations

import select
import socket
import time
from urllib.parse import urlsplit

GONE = select.POLLHUP | select.POLLERR | select.POLLRDHUP


class OpenConnection:
    """Sends one request and reads as much of the response as it is told to."""

    def __init__(
        self, url: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b"",
        body_size: int | None = None, receive_buffer: int | None = None,
    ) -> None:  # fmt: skip
        """`body_size`: what is declared, where the rest of the body is sent later."""
        parts = urlsplit(url)
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(20)
        self.socket.connect((parts.hostname, parts.port))
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
        lines += [f"Content-Length: {body_size or len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        self.read = b""

    def until(self, mark: bytes) -> bytes:
        """Reads up to and with these bytes, byte by byte, so that nothing more leaves the kernel."""
        while mark not in self.read:
            piece = self.socket.recv(1)
            if not piece:
                raise AssertionError(f"The connection ended before {mark!r}: {self.read[-200:]!r}")
            self.read += piece
        return self.read

    @property
    def status(self) -> int:
        return int(self.until(b"\r\n\r\n").split(b" ", 2)[1])

    def is_open(self) -> bool:
        return not self.gone_within(0)

    def gone_within(self, seconds: float) -> bool:
        """Whether the other side closes within that time. Reads nothing: a reader that stands still learns of it too."""
        poll = select.poll()
        poll.register(self.socket, select.POLLRDHUP)
        until = time.monotonic() + seconds
        while True:
            if any(event & GONE for _, event in poll.poll(max(0, (until - time.monotonic()) * 1000))):
                return True
            if time.monotonic() >= until:
                return False

    def rest(self) -> bytes:
        """Everything that can still be read, until the end or the reset."""
        rest = b""
        while True:
            try:
                piece = self.socket.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                return rest
            if not piece:
                return rest
            rest += piece

    def close(self) -> None:
        self.socket.close()
