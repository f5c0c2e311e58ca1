"""Weaviate away, hung, restarted, wiped or with another key: a clear error in time, and well again without a restart."""

from __future__ import annotations

import os
import threading
import time
from uuid import uuid4

import pytest

from knowledge.stores.base import Namespace, Query, StoreUnavailable
from knowledge.stores.weaviate.store import WeaviateStore
from portal.operations.services import Weaviate
from tests.contracts.vector_store.stage import EVERYTHING, by_words, passages, question
from tests.servers.real import own

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.xdist_group("weaviate-faults")]
HYBRID = Query("", "common only3x1", question(1))


@pytest.fixture(scope="module")
def weaviate():
    with own(Weaviate) as server:
        yield server


@pytest.fixture
def server(weaviate):
    weaviate.start()  # where the test before left it dead
    return weaviate


@pytest.fixture
def where():
    return Namespace(uuid4(), "g")


@pytest.fixture
def store(server):
    store = _store(server)
    yield store
    store.close()


def _store(server, **changes) -> WeaviateStore:
    return WeaviateStore(server.url, **{"grpc_port": server.grpc_port, "api_key": server.key, **changes})


def _seconds(work) -> float:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable) as refused:
        work()
    assert "Traceback" not in refused.value.message
    assert "grpc" not in refused.value.message.lower()
    assert not refused.value.permanent
    return time.monotonic() - began


def test_one_that_was_killed_is_an_error_in_time_and_found_again(server, store, where):
    store.put(where, passages(range(20)))
    server.kill()

    assert _seconds(lambda: store.search(where, HYBRID, readable=EVERYTHING, limit=5)) < 7
    for work in (
        lambda: store.search(where, HYBRID, readable=EVERYTHING, limit=5),
        lambda: store.put(where, passages(range(20, 21))),
        lambda: store.drop(where, [uuid4()]),
        lambda: store.count(where),
        lambda: list(store.listing(where)),
        lambda: store.destroy(where),
    ):
        assert _seconds(work) < 1
    assert not store.is_ready()
    assert _seconds(lambda: _store(server).count(where)) < 4

    server.start()
    assert store.is_ready()
    assert len(store.search(where, HYBRID, readable=EVERYTHING, limit=5)) == 5
    assert store.count(where) == 60


def test_one_that_hangs_is_an_error_in_time(server, store, where):
    store.put(where, passages(range(20)))
    server.pause()
    try:
        assert _seconds(lambda: store.search(where, HYBRID, readable=EVERYTHING, limit=5)) < 7
        assert _seconds(lambda: store.count(where)) < 7
    finally:
        server.resume()
    assert len(store.search(where, HYBRID, readable=EVERYTHING, limit=5)) == 5


def test_searches_wait_out_a_restart_or_say_so(server, store, where):
    store.put(where, passages(range(20)))
    found, refused, stop = [], [], threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                found.append(len(store.search(where, HYBRID, readable=EVERYTHING, limit=5)))
            except StoreUnavailable as error:
                refused.append(error.message)
                time.sleep(0.1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    server.kill()
    time.sleep(0.5)
    server.start()
    before = len(found)
    time.sleep(2)
    stop.set()
    for thread in threads:
        thread.join(timeout=30)
    assert set(found) == {5}
    assert len(found) > before + 4
    assert all("temporarily unavailable" in message for message in refused)


def test_who_asks_while_the_first_index_is_being_made_is_answered(server, store):
    """It stands in the schema a moment before it can be asked."""
    refused: list[str] = []
    for generation in range(8):
        where, stop = Namespace(uuid4(), f"g{generation}"), threading.Event()

        def ask(where=where, stop=stop) -> None:
            while not stop.is_set():
                try:
                    store.search(where, HYBRID, readable=EVERYTHING, limit=5)
                except StoreUnavailable as error:
                    refused.append(error.message)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        store.put(where, passages(range(5)))
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
        assert len(store.search(where, HYBRID, readable=EVERYTHING, limit=5)) == 5
    assert refused == []


def test_a_wiped_one_is_empty_and_filled_again_by_writing(server, store, where):
    store.put(where, passages(range(5)))
    key, ports = server.state["password"], server.state
    server.wipe()
    server.folder.mkdir(parents=True)
    server._remember({name: ports[name] for name in (*server.ports, "password")})
    assert server.state["password"] == key
    server.start()

    assert store.search(where, by_words("common"), readable=EVERYTHING, limit=5) == []
    assert store.count(where) == 0
    assert list(store.listing(where)) == []
    store.drop(where, [uuid4()])
    store.put(where, passages(range(5)))
    assert store.count(where) == 15
    assert len(store.search(where, HYBRID, readable=EVERYTHING, limit=50)) == 15


def test_a_wrong_key_says_so_and_is_no_matter_of_waiting(server, where):
    store = _store(server, api_key="another")
    with pytest.raises(StoreUnavailable, match="refused the portal's key") as refused:
        store.count(where)
    assert refused.value.permanent
    assert "WEAVIATE_API_KEY" in refused.value.hint


def test_a_forked_process_asks_for_itself(server, store, where):
    store.put(where, passages(range(5)))
    assert store.count(where) == 15
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if len(store.search(where, HYBRID, readable=EVERYTHING, limit=50)) == 15 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(store.search(where, HYBRID, readable=EVERYTHING, limit=50)) == 15


def test_idle_tenants_sleep_and_wake_when_they_are_asked(server, store):
    store.deactivate_idle(in_use=())  # those of other tests
    used, idle = Namespace(uuid4(), "g"), Namespace(uuid4(), "g")
    for where in (used, idle):
        store.put(where, passages(range(5)))
    assert store.deactivate_idle(in_use={used.tenant_id}) == 1
    assert store.deactivate_idle(in_use={used.tenant_id}) == 0
    assert len(store.search(idle, HYBRID, readable=EVERYTHING, limit=50)) == 15
    for work in (
        lambda: store.put(idle, passages(range(5, 6))),
        lambda: store.drop(idle, [passages(range(5, 6))[0].version_id]),
        lambda: store.move(idle, passages(range(1))[0].document_id, uuid4()),
        lambda: list(store.listing(idle)),
        lambda: store.destroy(idle),
    ):
        store.deactivate_idle(in_use=())
        work()
    assert store.count(idle) == 0
    assert store.count(used) == 15
