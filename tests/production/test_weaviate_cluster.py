"""Three nodes on loopback, three copies of everything: one is killed under load, and no search fails."""

from __future__ import annotations

import threading
import time
from uuid import uuid4

import pytest

from knowledge.stores.base import Namespace, Query, StoreError
from knowledge.stores.weaviate.store import WeaviateStore
from portal.operations.services.weaviate import WeaviateCluster
from tests.contracts.vector_store.stage import EVERYTHING, passages, question
from tests.servers import real

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def cluster(real_weaviate):  # asked for so that this skips where there is no Weaviate
    cluster = WeaviateCluster(real._run_folder() / f"cluster-{uuid4().hex[:8]}", durable=False)
    try:
        cluster.start()
        yield cluster.nodes
    finally:
        cluster.wipe()


def test_a_node_that_dies_under_load_fails_no_search(cluster):
    first = cluster[0]
    store = WeaviateStore(first.url, grpc_port=first.grpc_port, api_key=first.key, copies=3, consistency="QUORUM")
    where = Namespace(uuid4(), "g")
    store.put(where, passages(range(50)))
    found, failed, stop = [], [], threading.Event()

    def ask(seed: int) -> None:
        while not stop.is_set():
            try:
                query = Query("", "common only3x1", question(seed))
                found.append(len(store.search(where, query, readable=EVERYTHING, limit=10)))
            except StoreError as error:
                failed.append(error.message)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    cluster[2].kill()
    before = len(found)
    time.sleep(4)
    store.put(where, passages(range(50, 51)))
    stop.set()
    for thread in threads:
        thread.join(timeout=30)
    assert failed == []
    assert set(found) == {10}
    assert len(found) > before + 10
    assert store.count(where) == 153
    store.close()
