"""Every view of the URL configuration that returns a stream is found by requesting it, and ends with its credential."""

from __future__ import annotations

import ast
import asyncio
import uuid
from pathlib import Path

import httpx
import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from answers.events import Asked, Done
from answers.live import runner
from answers.models import Answer, Conversation, State
from knowledge.library import uploads
from knowledge.permissions import grants
from portal.http.request_threads import Handler, StreamWithoutCredential
from tenants.api_keys import api_keys
from tenants.requests import open_responses
from tests.conftest import REPOSITORY

STREAMS = {
    "t/<slug:slug>/answers/<uuid:answer_id>/events/",
    "t/<slug:slug>/api/v1/answers/<uuid:answer_id>/events/",
    "t/<slug:slug>/api/v1/ask/",
    "t/<slug:slug>/api/v1/audit/export/",
    "t/<slug:slug>/api/v1/documents/<uuid:document_id>/file/",
    "t/<slug:slug>/audit/export/",
    "t/<slug:slug>/documents/<uuid:document_id>/original/",
}
# Where code makes a response that streams. Another place: let the walk below reach it, then add it here.
MAKERS = {"answers/live/sse.py", "audit/trail/export.py", "knowledge/library/downloads.py"}
GIVEN = ({"question": "What is said?", "stream": True}, {"format": "csv"})  # what a view needs that streams
CHANGES = ("removal", "remove", "leaving", "sample", "revocation", "trash", "erase", "settings", "role", "discard")


def walk(patterns, prefix=""):
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route


ROUTES = sorted(set(walk(get_resolver().url_patterns)))


@pytest.fixture
def scene(transactional_db, shelf, erin, cora, monkeypatch):
    """Values for the addresses: real objects that Cora may read and, as a compliance officer, export."""

    async def ask(member, asking, *, stop):
        yield Asked(str(asking.answer_id), str(asking.answer_id), asking.question)
        yield Done("stopped", "quotes", False, 0.0, (), "", "", 0.0)

    monkeypatch.setattr(runner, "ask", ask)
    grants.give(shelf, "manage", cora, by=erin)
    document = uploads.upload(erin, shelf, ContentFile(b"Some words.\n"), filename="words.txt").document
    conversation = Conversation.objects.create(tenant=cora.tenant, member=cora)
    answer = Answer.objects.create(
        tenant=cora.tenant, conversation=conversation, question="?", state=State.ANSWERED, deadline="2030-01-01T00:00Z"
    )
    return {
        "slug": "acme", "document_id": document.pk, "answer_id": answer.pk, "conversation_id": conversation.pk,
        "collection_id": shelf.pk, "version": 1, "page": 1, "member_id": cora.pk,
    }  # fmt: skip


def address(route: str, values: dict) -> str:
    while "<" in route:
        before, _, rest = route.partition("<")
        converter, _, after = rest.partition(">")
        kind, _, name = converter.rpartition(":")
        value = values.get(name) or {"uuid": uuid.uuid4(), "int": 1}.get(kind, "x")
        route = f"{before}{value}{after}"
    return f"/{route}"


def test_the_streaming_views_are_these_and_each_is_held_to_its_credential(scene, cora, monkeypatch):
    sent, held = [], []
    send, hold = Handler.send_response, open_responses.holding
    _, secret = api_keys.create_api_key(cora, name="test", scopes=["read", "ask", "write", "audit"])
    browser = Client()
    browser.force_login(cora.user, backend="tenants.signin.backend.EmailBackend")
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()} | {"portal_csrf": "t" * 32}

    async def noted(self, response, send_):
        sent.append((response.streaming, response.credential))
        await send(self, response, send_)

    def holding(credential, end, **options):
        held.append(credential)
        return hold(credential, end, **options)

    monkeypatch.setattr(Handler, "send_response", noted)
    monkeypatch.setattr(open_responses, "holding", holding)

    async def found() -> set[str]:
        streams = set()
        transport = httpx.ASGITransport(app=Handler())
        page = httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=30, cookies=cookies)
        page.headers["X-CSRFToken"] = cookies["portal_csrf"]
        program = httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=30)
        program.headers["Authorization"] = f"Bearer {secret}"
        for route in ROUTES:
            is_api = "/api/v1/" in route
            requests = [("GET", {})]
            if route.startswith("t/") and not route.rstrip("/").endswith(CHANGES):
                requests += [("POST", {"json" if is_api else "data": given}) for given in GIVEN]
            for method, body in requests:
                sent.clear()
                held.clear()
                await (program if is_api else page).request(method, address(route, scene), **body)
                for streaming, credential in sent:
                    if streaming:
                        streams.add(route)
                        assert credential in held, route
                        assert credential.key_id or credential.session_key, route
        return streams

    assert asyncio.run(found()) == STREAMS


def test_a_stream_of_a_view_without_a_gate_is_refused(transactional_db, settings):
    from tests.security import ungated_stream

    settings.ROOT_URLCONF = ungated_stream.__name__

    async def get() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=Handler()), base_url="http://localhost"
        ) as client:
            await client.get("/stream/")

    with pytest.raises(StreamWithoutCredential):
        asyncio.run(get())


def test_streams_are_made_in_the_places_that_the_walk_reaches():
    makers = set()
    for app in ("portal", "answers", "knowledge", "audit", "tenants"):
        for path in Path(REPOSITORY / app).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if "StreamingHttpResponse" not in text and "FileResponse" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                called = isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", ""))
                bases = [getattr(base, "id", "") for base in node.bases] if isinstance(node, ast.ClassDef) else []
                if {called, *bases} & {"StreamingHttpResponse", "FileResponse"}:
                    makers.add(path.relative_to(REPOSITORY).as_posix())
    assert makers == MAKERS
