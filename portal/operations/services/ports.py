"""Ports on loopback for servers that are started a moment later.

They lie below those that systems hand to outgoing connections (32768 and up on Linux, 49152 elsewhere): one of those may
be taken by any client of this machine between the choice and the start.
"""

from __future__ import annotations

import random
import socket
import time

LOOPBACK = "127.0.0.1"
FIRST_PORT, LAST_PORT = 15_000, 32_000
BIND_TIMEOUT_SECONDS = 3.0  # seconds

_chance = random.SystemRandom()  # two processes that choose at once choose differently


def free_port() -> int:
    with socket.socket() as listener:
        return bind_free(listener)


def bind_free(listener: socket.socket) -> int:
    """Takes a free one for as long as the socket is open."""
    for _ in range(1_000):
        port = _chance.randint(FIRST_PORT, LAST_PORT)
        if _bound(listener, port):
            return port
    raise OSError("No port is free on this machine.")


def bind(listener: socket.socket, port: int) -> bool:
    """Takes this one. Whoever holds it for a moment is waited for, since people know the server by it."""
    until = time.monotonic() + BIND_TIMEOUT_SECONDS
    while not _bound(listener, port):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        return _bound(listener, port)


def _bound(listener: socket.socket, port: int) -> bool:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError:
        return False
    return True
