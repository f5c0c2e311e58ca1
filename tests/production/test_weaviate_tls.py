"""Weaviate over TLS: with the authority that signs for it everything works; without it nothing is sent, and it says why."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import pytest

from knowledge import backends
from knowledge.stores.base import Namespace, StoreUnavailable
from knowledge.stores.weaviate.store import WeaviateStore
from portal.observability import dependency_checks
from tests.contracts.vector_store.stage import EVERYTHING, SHELVES, by_words, passages
from tests.production.test_weaviate_faults import HYBRID
from tests.servers.real import _own, _run_folder
from tests.servers.weaviate_over_tls import Authority, WeaviateOverTls

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.xdist_group("weaviate-tls")]


@pytest.fixture(scope="module")
def ours():
    return Authority("Acme's own authority")


@pytest.fixture(scope="module")
def server(ours):
    with _own(WeaviateOverTls(_run_folder() / f"weaviate-{uuid4().hex[:8]}", ours)) as server:
        yield server


@pytest.fixture
def where():
    return Namespace(uuid4(), "g")


@pytest.fixture
def store_with(server):
    opened = []

    def open_it(ca: str = "", **changes) -> WeaviateStore:
        known = {"grpc_port": server.grpc_port, "api_key": server.key, "ca": ca}
        opened.append(WeaviateStore(changes.pop("url", server.url), **{**known, **changes}))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


def refused(work) -> StoreUnavailable:
    """In time, whether REST or gRPC would have been asked."""
    began = time.monotonic()
    with pytest.raises(StoreUnavailable) as error:
        work()
    assert time.monotonic() - began < 3
    return error.value


def test_everything_works_over_tls_with_the_authority_that_signed(store_with, ours, where):
    store = store_with(ours.pem)
    assert store.is_ready()
    store.put(where, passages(range(20)))
    assert store.count(where) == 60
    assert len(store.search(where, HYBRID, readable=EVERYTHING, limit=5)) == 5
    assert [hit.document_no for hit in store.search(where, by_words("only3x1"), readable=EVERYTHING, limit=1)] == [3]
    assert sum(len(page) for page in store.listing(where)) == 60
    moved = passages(range(1))[0]
    store.move(where, moved.document_id, SHELVES[3])
    assert {each.collection_id for page in store.listing(where) for each in page if each.document_id == moved.document_id} == {SHELVES[3]}  # fmt: skip
    store.drop(where, [moved.version_id])
    assert store.count(where) == 57
    store.destroy(where)
    assert store.count(where) == 0


@pytest.mark.parametrize("whose", ["nobody's", "somebody else's"])
def test_a_certificate_that_is_not_trusted_is_refused_and_named(store_with, where, whose):
    store = store_with("" if whose == "nobody's" else Authority("Somebody else").pem)
    for work in (
        lambda: store.search(where, HYBRID, readable=EVERYTHING, limit=5),
        lambda: store.put(where, passages(range(1))),
        lambda: store.count(where),
    ):
        error = refused(work)
        assert error.permanent
        assert "does not trust its certificate" in error.message
        assert "WEAVIATE_CA_FILE" in error.hint
    assert not store.is_ready()


def test_a_certificate_for_another_name_is_refused(server, store_with, ours, where):
    store = store_with(ours.pem, url=server.url.replace("127.0.0.1", "localhost"))
    error = refused(lambda: store.count(where))
    assert "does not trust its certificate" in error.message
    assert "localhost" in error.hint


def test_what_is_no_certificate_is_named(store_with, where):
    error = refused(lambda: store_with("/etc/ssl/ours.pem").count(where))
    assert error.permanent
    assert "no certificate in PEM" in error.hint


def test_settings_lead_the_portal_there_and_readyz_too(server, ours, where, settings, tmp_path, monkeypatch):
    from portal import env

    (tmp_path / "ours.pem").write_text(ours.pem)
    monkeypatch.setenv("WEAVIATE_CA_FILE", str(tmp_path / "ours.pem"))
    settings.VECTOR_STORE, settings.WEAVIATE_URL, settings.WEAVIATE_GRPC_PORT = "weaviate", server.url, server.grpc_port
    settings.WEAVIATE_API_KEY, settings.WEAVIATE_CA = server.key, env.text("WEAVIATE_CA")
    backends.open_store.cache_clear()
    try:
        store = backends.open_store("weaviate")
        store.put(where, passages(range(2)))
        assert store.count(where) == 6
        dependency_checks.weaviate()
        settings.WEAVIATE_CA = Authority("Somebody else").pem
        with pytest.raises(dependency_checks.NotReady, match="certificate is not trusted"):
            dependency_checks.weaviate()
        store.close()
    finally:
        backends.open_store.cache_clear()


def test_one_that_comes_back_with_an_expired_certificate_is_named_and_found_again_when_mended(ours, where):
    with _own(WeaviateOverTls(_run_folder() / f"weaviate-{uuid4().hex[:8]}", ours)) as server:
        store = WeaviateStore(server.url, grpc_port=server.grpc_port, api_key=server.key, ca=ours.pem)
        store.put(where, passages(range(5)))
        server.kill()
        server.valid_for = timedelta(hours=-1)
        server.start()
        with pytest.raises(StoreUnavailable):  # the one that was under way waits its time
            store.search(where, HYBRID, readable=EVERYTHING, limit=5)
        assert "expired" in refused(lambda: store.search(where, HYBRID, readable=EVERYTHING, limit=5)).hint
        server.kill()
        server.valid_for = timedelta(days=1)
        server.start()
        assert len(store.search(where, HYBRID, readable=EVERYTHING, limit=5)) == 5
        store.close()


def test_one_whose_grpc_is_not_encrypted_is_named_before_anything_is_sent(ours, where):
    with _own(WeaviateOverTls(_run_folder() / f"weaviate-{uuid4().hex[:8]}", ours, grpc=False)) as server:
        store = WeaviateStore(server.url, grpc_port=server.grpc_port, api_key=server.key, ca=ours.pem)
        error = refused(lambda: store.count(where))
        assert "gRPC address is not encrypted" in error.message
        assert "GRPC_CERT_FILE" in error.hint
        store.close()
