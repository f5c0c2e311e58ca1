"""The search index is out of reach: a clear sentence, for programs and on the page, and no trace of the trouble."""

from __future__ import annotations

import pytest

from knowledge import backends
from knowledge.stores.weaviate.store import WeaviateStore


@pytest.fixture
def away(erin, shelf, monkeypatch):
    """A real adapter, and nobody at its address."""
    store = WeaviateStore("http://127.0.0.1:9", grpc_port=11)
    monkeypatch.setattr(backends, "store", lambda: store)
    yield
    store.close()


@pytest.mark.usefixtures("away")
def test_a_program_is_told_to_try_again(client, erin, bearer):
    said = client.post(
        "/t/acme/api/v1/search/", {"query": "leave"}, content_type="application/json", headers=bearer(erin, "read")
    )
    assert (said.status_code, said["content-type"]) == (503, "application/problem+json")
    assert said.json()["code"] == "unavailable"
    assert said.json()["detail"] == "Search is temporarily unavailable."


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("path", ["search/", "search/dialog/"])
def test_a_person_reads_the_same_on_the_page(sign_in, erin, path):
    said = sign_in(erin).get(f"/t/acme/{path}", {"q": "leave"})
    assert said.status_code == 503
    assert "Search is temporarily unavailable." in said.content.decode()
