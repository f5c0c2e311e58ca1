"""Large bodies are read only where files are taken, only from somebody who was looked up, and only so many at once."""

import asyncio
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.urls import reverse

from knowledge.library import chunked_uploads
from portal.http import upload_permission
from portal.http.body_limit import (
    MAX_CONCURRENT_LARGE_FILES,
    MAX_FORM_BYTES,
    MAX_PIECE_BYTES,
    MAX_UNAUTHENTICATED_BYTES,
    BodyLimit,
)
from tenants.api_keys.api_keys import create_api_key, revoke_api_key

MIB = 1024 * 1024
LARGEST = 8 * MIB  # of a file, in these tests
UPLOAD = "/t/acme/documents/upload/"
A, B = str(uuid4()), str(uuid4())
ADDRESSES_THAT_TAKE_FILES = [
    ("knowledge:upload", {}),
    ("knowledge:upload-piece", {"partial_id": A}),
    ("knowledge:document-replace", {"document_id": A}),
    ("api:documents", {}),
    ("api:document-versions", {"document_id": A}),
    ("api:upload-piece", {"upload_id": A, "at": 4}),
]


class Portal:
    """The limit with nothing behind it but somebody who reads the whole body."""

    def __init__(self, tenant: str | None = "acme", proxies=()) -> None:
        self.tenant, self.looked_up, self.disconnected = tenant, 0, False
        self.gate = BodyLimit(self._read, largest=LARGEST, find_tenant=self._find, proxies=proxies)
        self.open = asyncio.Event()
        self.open.set()

    async def _find(self, scope, address):
        self.looked_up += 1
        if isinstance(self.tenant, Exception):
            raise self.tenant
        return self.tenant

    async def _read(self, scope, receive, send):
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnected = True
                return
            more = message["more_body"]
        await self.open.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def post(
        self, size: int, path: str = UPLOAD, *, declared=True, address="192.0.2.1", headers=()
    ) -> tuple[int, int]:
        """The status, and the bytes that were read."""
        told, read = [], 0

        async def receive():
            nonlocal read
            part = min(MIB, size - read)
            read += part
            return {"type": "http.request", "body": b"x" * part, "more_body": read < size}

        async def send(message):
            told.append(message)

        length = [(b"content-length", str(size).encode())] if declared else []
        scope = {"type": "http", "method": "POST", "path": path, "client": (address, 1), "headers": [*length, *headers]}
        await self.gate(scope, receive, send)
        return told[0]["status"], read


def run(portal: Portal, *args, **kwargs) -> tuple[int, int]:
    return asyncio.run(portal.post(*args, **kwargs))


@pytest.mark.parametrize(("name", "kwargs"), ADDRESSES_THAT_TAKE_FILES)
def test_each_address_that_takes_files_takes_large_ones(name, kwargs):
    size = MAX_PIECE_BYTES if "piece" in name else LARGEST
    assert run(Portal(), size, reverse(name, kwargs={"slug": "acme", **kwargs})) == (200, size)


def test_a_piece_fits():
    assert chunked_uploads.PIECE_BYTES < MAX_PIECE_BYTES


@pytest.mark.parametrize(
    "path", ["/sign-in/", "/t/acme/ask/", "/t/acme/api/v1/ask/", "/t/acme/documents/upload/pieces/"]
)
@pytest.mark.parametrize("declared", [True, False])
def test_no_other_address_takes_a_large_body_from_anybody(path, declared):
    portal = Portal()
    status, read = run(portal, 100 * MIB, path, declared=declared)
    assert status == 413
    assert read <= MAX_FORM_BYTES + MIB
    assert portal.looked_up == 0


@pytest.mark.parametrize("declared", [True, False])
def test_where_files_are_taken_a_stranger_is_refused_before_the_file_is_read(declared):
    portal = Portal(tenant=None)
    status, read = run(portal, 6 * MIB, declared=declared, headers=[(b"authorization", b"Bearer made-up")])
    assert status == 401
    assert read == 0 if declared else read <= MAX_FORM_BYTES + MIB
    assert portal.disconnected is not declared, "what was there already is let go at once"


def test_a_file_is_not_taken_while_its_sender_cannot_be_looked_up():
    assert run(Portal(tenant=OSError("the database is away")), 6 * MIB) == (503, 0)


def test_a_file_that_is_too_large_is_refused_whoever_sends_it():
    assert run(Portal(), 200 * MIB) == (413, 0)


def test_one_company_has_only_so_much_on_its_way_and_another_still_gets_through():
    async def scene():
        portal = Portal()
        portal.open.clear()
        size = LARGEST
        most = portal.gate.max_file_bytes // size
        waiting = [asyncio.create_task(portal.post(size, address=f"192.0.2.{n}")) for n in range(most)]
        await asyncio.sleep(0.05)
        refused = await portal.post(size, address="192.0.2.99")
        portal.tenant = "globex"
        another = asyncio.create_task(portal.post(size, address="198.51.100.1"))
        await asyncio.sleep(0.05)
        portal.open.set()
        done = await asyncio.gather(*waiting, another)
        portal.tenant = "acme"
        return refused, done, await portal.post(size)

    refused, done, afterwards = asyncio.run(scene())
    assert refused == (429, 0)
    assert {status for status, _ in done} == {200}
    assert afterwards[0] == 200, "what has arrived is not counted any more"


def test_strangers_of_one_address_have_only_so_much_on_its_way():
    async def scene(**portal):
        gate = Portal(**portal)
        gate.open.clear()
        headers = [(b"x-forwarded-for", b"203.0.113.7")]
        many = [
            gate.post(MAX_FORM_BYTES, "/sign-in/", headers=headers)
            for _ in range(MAX_UNAUTHENTICATED_BYTES // MAX_FORM_BYTES)
        ]
        waiting = [asyncio.create_task(each) for each in many]
        await asyncio.sleep(0.05)
        refused = await gate.post(MAX_FORM_BYTES, "/sign-in/", headers=headers)
        another = asyncio.create_task(
            gate.post(MAX_FORM_BYTES, "/sign-in/", headers=[(b"x-forwarded-for", b"203.0.113.8")])
        )
        await asyncio.sleep(0.05)
        gate.open.set()
        await asyncio.gather(*waiting)
        return refused[0], (await another)[0]

    assert asyncio.run(scene()) == (429, 429), "no proxy is trusted: what the header claims does not count"
    assert asyncio.run(scene(proxies=["192.0.2.0/24"])) == (429, 200)


def test_the_totals_leave_room_for_several_people():
    assert MAX_CONCURRENT_LARGE_FILES >= 2
    assert MAX_UNAUTHENTICATED_BYTES >= 4 * MAX_FORM_BYTES


@pytest.mark.django_db
class TestWhoIsLookedUp:
    def ask(self, *headers: tuple[bytes, bytes], path: str = UPLOAD) -> str | None:
        scope = {
            "type": "http", "method": "POST", "path": path, "query_string": b"", "headers": [(b"host", b"localhost"), *headers]
        }  # fmt: skip
        return upload_permission.tenant_of(ASGIRequest(scope, None), "192.0.2.1")

    def test_a_session_and_a_key_that_may_write_are(self, erin, sign_in):
        key, secret = create_api_key(erin, name="import", scopes=["write"])
        header = (b"authorization", f"Bearer {secret}".encode())
        cookie = sign_in(erin).cookies[settings.SESSION_COOKIE_NAME].value
        assert self.ask(header) == self.ask((b"cookie", f"portal_session={cookie}".encode())) == str(erin.tenant_id)
        revoke_api_key(key, by=erin)
        assert self.ask(header) is None

    @pytest.mark.parametrize(
        "header",
        [(), (b"authorization", b"Bearer kp_no"), (b"authorization", b"Basic eDp5"), (b"cookie", b"portal_session=no")],
    )
    def test_anybody_else_is_not(self, acme, header):
        assert self.ask(*([header] if header else [])) is None

    def test_nor_are_members_of_another_company_nor_keys_that_only_read(self, acme, alice, mallory, sign_in):
        cookie = sign_in(mallory).cookies[settings.SESSION_COOKIE_NAME].value
        assert self.ask((b"cookie", f"portal_session={cookie}".encode())) is None
        _, secret = create_api_key(alice, name="reading", scopes=["read"])
        assert self.ask((b"authorization", f"Bearer {secret}".encode())) is None
