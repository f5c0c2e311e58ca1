"""What the portal's store class costs over the raw hybrid query of Weaviate, and what long lists of rights cost.

    python -m tests.benchmarks.weaviate_store --url http://127.0.0.1:8080 --grpc-port 50051 --key … [--passages 10000]

The raw query is Weaviate's own client with the same words, vector and filter, for ten hits and their scores.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from uuid import UUID, uuid4, uuid5

import numpy as np

from knowledge.stores.base import IndexedPassage, Namespace, Query, Readable
from knowledge.stores.weaviate import hybrid_query
from knowledge.stores.weaviate.scope_filter import compiled
from knowledge.stores.weaviate.store import WeaviateStore

DIMENSIONS = 384
WORDS = 20_000
EACH = 10  # passages of a document
SHELVES = [uuid5(UUID(int=7), f"shelf {n}") for n in range(20)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--grpc-port", type=int, default=50051)
    parser.add_argument("--key", default="")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=200)
    given = parser.parse_args()
    store = WeaviateStore(given.url, grpc_port=given.grpc_port, api_key=given.key, prefix="Bench")
    where = Namespace(uuid4(), "bench")
    try:
        _fill(store, where, given.passages)
        _compare(store, where, given.passages, given.rounds)
    finally:
        store.destroy(where)
        store.close()


def _fill(store: WeaviateStore, where: Namespace, count: int) -> None:
    random = np.random.default_rng(0)
    began = time.perf_counter()
    for start in range(0, count, 1_000):
        store.put(where, [_passage(random, n) for n in range(start, min(start + 1_000, count))])
    seconds = time.perf_counter() - began
    print(f"{count} passages written in {seconds:.1f} s ({count / seconds:.0f} each second)")


def _passage(random: np.random.Generator, n: int) -> IndexedPassage:
    number = n // EACH
    return IndexedPassage(
        passage_id=uuid5(UUID(int=1), str(n)),
        document_id=uuid5(UUID(int=2), str(number)),
        document_no=number,
        version_id=uuid5(UUID(int=3), str(number)),
        collection_id=SHELVES[number % len(SHELVES)],
        text="",
        terms=_words(random, 90),
        vector=_vector(random),
    )


def _words(random: np.random.Generator, count: int) -> str:
    return " ".join(f"w{rank}" for rank in np.minimum(random.zipf(1.3, count), WORDS))


def _vector(random: np.random.Generator) -> np.ndarray:
    vector = random.standard_normal(DIMENSIONS).astype(np.float32)
    return vector / np.linalg.norm(vector)


def _compare(store: WeaviateStore, where: Namespace, count: int, rounds: int) -> None:
    documents = count // EACH
    every_third = frozenset(range(0, documents, 3))
    scattered = frozenset(np.random.default_rng(3).choice(100_000, 10_000, replace=False).tolist())
    rights = {
        "all 20 collections": Readable(frozenset(SHELVES)),
        "2 of 20 collections": Readable(frozenset(SHELVES[:2])),
        "but for 100 documents": Readable(frozenset(SHELVES), frozenset(range(0, documents, max(1, documents // 100)))),
        "every third document": Readable(document_nos=every_third),
        "10,000 single documents": Readable(document_nos=scattered),
    }
    print(f"{'':26}{'store p50':>10}{'p95':>8}{'raw p50':>10}{'p95':>8}   ms")
    for name, readable in rights.items():
        mine, raw = _times(
            rounds,
            lambda query, readable=readable: store.search(where, query, readable=readable, limit=20),
            lambda query, readable=readable: _raw(store, where, query, readable),
        )
        print(f"{name:26}{_p(mine, 50):10.1f}{_p(mine, 95):8.1f}{_p(raw, 50):10.1f}{_p(raw, 95):8.1f}")


def _raw(store: WeaviateStore, where: Namespace, query: Query, readable: Readable) -> None:
    from weaviate.classes.query import MetadataQuery

    def ask(client) -> None:
        store._tenant(client, where).query.hybrid(
            hybrid_query.asked_words(query.terms),
            query_properties=["terms"],
            vector=query.vector.tolist(),
            alpha=0.5,
            filters=compiled(readable),
            limit=10,
            return_metadata=MetadataQuery(score=True),
            return_properties=["document_no"],
        )

    store._call(ask)


def _times(rounds: int, *ways: Callable[[Query], object]) -> list[list[float]]:
    """By turns, so that what else the machine does is the same for both."""
    random = np.random.default_rng(1)
    queries = [Query("", _words(random, 8), _vector(random)) for _ in range(rounds + 10)]
    times: list[list[float]] = [[] for _ in ways]
    for query in queries:
        for ask, took in zip(ways, times, strict=True):
            began = time.perf_counter()
            ask(query)
            took.append(1_000 * (time.perf_counter() - began))
    return [took[10:] for took in times]


def _p(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    main()
