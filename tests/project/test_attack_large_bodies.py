"""A stranger cannot fill the disk: what a request brings is measured before Django keeps it."""

import asyncio

import pytest
from django.core.asgi import get_asgi_application

from portal.http.body_limit import MAX_FORM_BYTES, BodyLimit

MIB = 1024 * 1024
PIECE = b"x" * MIB


def _post(*, pieces: int, path: str = "/sign-in/", headers=()) -> tuple[int, int]:
    """(status, pieces that were taken) of a request whose length nobody declared."""
    told, taken = [], 0

    async def receive():
        nonlocal taken
        if taken == pieces:
            await asyncio.Event().wait()
        taken += 1
        return {"type": "http.request", "body": PIECE, "more_body": taken < pieces}

    async def send(message):
        told.append(message)

    scope = {
        "type": "http", "method": "POST", "path": path, "query_string": b"", "scheme": "http", "http_version": "1.1",
        "server": ("localhost", 80), "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"localhost"), (b"content-type", b"text/plain"), *headers],
    }  # fmt: skip

    async def nobody(scope, address):
        return None

    app = BodyLimit(get_asgi_application(), largest=4 * MIB, find_tenant=nobody)
    asyncio.run(app(scope, receive, send))
    return told[0]["status"], taken


def test_a_body_without_a_length_is_cut_off_when_it_grows_too_large():
    status, taken = _post(pieces=500)
    assert status == 413
    assert taken == MAX_FORM_BYTES // MIB + 1


def test_a_declared_length_that_is_too_large_is_refused_before_a_byte_is_read():
    assert _post(pieces=500, headers=[(b"content-length", str(MAX_FORM_BYTES + 1).encode())]) == (413, 0)
    assert _post(pieces=500, headers=[(b"content-length", b"9" * 5000)]) == (413, 0)


@pytest.mark.django_db
def test_a_body_of_usual_size_passes():
    assert _post(pieces=1, path="/nothing-here/")[0] in (403, 404)
