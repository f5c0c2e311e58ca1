"""No request fills the memory of a web process, or keeps a connection open, before Django sees it."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from portal.http import connections
from portal.http.connections import MAX_HEAD_BYTES, AbortableProtocol
from tests.servers.portal_server import serving

HOST = b"Host: localhost\r\n"
ENDLESS = {
    "a header": (b"GET / HTTP/1.1\r\n" + HOST + b"X-Words: ", b"a"),
    "many headers": (b"GET / HTTP/1.1\r\n" + HOST, b"X-Words: a\r\n"),
    "an address": (b"GET /", b"a"),
    "what follows a body": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
        b"X-Words: a\r\n",
    ),
    "what stands beside a piece": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1;",
        b"a",
    ),
}


async def application(scope, receive, send) -> None:
    if scope["path"] == "/slow/":
        await asyncio.sleep(1.0)
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"7")]})
    await send({"type": "http.response.body", "body": b"%07d" % size})


@pytest.fixture(scope="module")
def address():
    with serving(application, http=AbortableProtocol) as base:
        host, port = base.removeprefix("http://").rstrip("/").split(":")
        yield host, int(port)


def _sent(address, data: bytes, endless: bytes = b"", most: int = 0) -> tuple[int, bytes]:
    """How many bytes were taken until the connection was closed, and what came back."""
    taken, answer = 0, b""
    with socket.create_connection(address, timeout=10) as connection:
        try:
            connection.sendall(data)
            block = endless * (16_384 // len(endless)) if endless else b""
            while block and taken < most:
                connection.sendall(block)
                taken += len(block)
        except OSError:
            pass
        try:
            while more := connection.recv(65_536):
                answer += more
        except OSError:
            pass
    return taken, answer


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_refused(address, name):
    beginning, endless = ENDLESS[name]
    most = 200 * MAX_HEAD_BYTES
    taken, answer = _sent(address, beginning, endless, most)
    assert taken < most, "all of it was taken"
    assert not answer or answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))


def test_long_headers_many_requests_and_large_bodies_are_taken(address):
    close = b"Connection: close\r\n\r\n"
    long = b"GET / HTTP/1.1\r\n" + HOST + b"X-Words: " + b"a" * 40_000 + b"\r\n" + close
    assert _sent(address, long)[1].startswith(b"HTTP/1.1 200 ")
    many = (b"GET / HTTP/1.1\r\n" + HOST + b"\r\n") * 3_000 + b"GET / HTTP/1.1\r\n" + HOST + close
    assert _sent(address, many)[1].count(b"HTTP/1.1 200 OK") == 3_001
    body = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n" + close + b"a" * 1_000_000
    assert _sent(address, body)[1].endswith(b"1000000")
    pieces = (
        b"POST / HTTP/1.1\r\n"
        + HOST
        + b"Transfer-Encoding: chunked\r\n"
        + close
        + b"1\r\na\r\n" * 40_000
        + b"0\r\n\r\n"
    )
    assert _sent(address, pieces)[1].endswith(b"0040000")


WHOLE = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
UNFINISHED = {
    "nothing": (b"", b""),
    "a request line": (b"GET / HT", b""),
    "headers that trickle": (b"GET / HTTP/1.1\r\n" + HOST + b"X-Words: ", b"a"),
    "line ends that trickle": (b"", b"\r\n"),
    "headers of a second request": (WHOLE + b"GET / HTTP/1.1\r\nX-Words: ", b"a"),
    "line ends after a request": (WHOLE, b"\r\n"),
}


@pytest.fixture
def short_limit(monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.4)


def _trickled(address, data: bytes, piece: bytes, seconds: float) -> tuple[bytes, bool]:
    """What came back while `piece` was sent every 50 ms, and whether the connection was closed within `seconds`."""
    answer, until = b"", time.monotonic() + seconds
    with socket.create_connection(address, timeout=0.05) as connection:
        connection.sendall(data)
        while time.monotonic() < until:
            try:
                more = connection.recv(65_536)
            except TimeoutError:
                more = None
            except OSError:
                return answer, True
            if more == b"":
                return answer, True
            answer += more or b""
            try:
                connection.sendall(piece)
            except OSError:
                return answer, True
    return answer, False


@pytest.mark.parametrize("name", UNFINISHED)
def test_headers_that_are_not_complete_in_time_end_the_connection(address, short_limit, name):
    answer, is_closed = _trickled(address, *UNFINISHED[name], seconds=5)
    assert is_closed
    assert answer.count(b"HTTP/1.1 200 ") == UNFINISHED[name][0].count(WHOLE)
    assert (b"HTTP/1.1 408 " in answer) == (b"GET / HT" in UNFINISHED[name][0].removeprefix(WHOLE))


def test_a_slow_body_and_a_slow_response_are_not_ended(address, short_limit):
    body = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 16\r\n\r\n"
    answer, _ = _trickled(address, body, b"a", 1.2)
    assert b"0000016" in answer
    slow = b"POST /slow/ HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\na\r\n"
    answer, _ = _trickled(address, slow, b"", 3)
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_the_limit_is_twenty_seconds():
    assert connections.HEAD_SECONDS == 20
