"""Two stores at once, while an installation moves from one to the other.

Every write goes to both, so that either holds everything from then on and answers can come from either at any moment.
A write that one of them refuses has failed: it is done again, which changes nothing where it had worked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from uuid import UUID

from knowledge.stores.base import Hit, IndexedPassage, Namespace, Query, Readable, Stored, VectorStore


class Pair:
    def __init__(self, first: VectorStore, second: VectorStore, *, second_answers: Callable[[], bool]) -> None:
        self._both = (first, second)
        self._second_answers = second_answers

    @property
    def answering(self) -> VectorStore:
        return self._both[1] if self._second_answers() else self._both[0]

    def put(self, namespace: Namespace, passages: Iterable[IndexedPassage]) -> None:
        rows = list(passages)
        for store in self._both:
            store.put(namespace, rows)

    def drop(self, namespace: Namespace, version_ids: Iterable[UUID]) -> None:
        ids = list(version_ids)
        for store in self._both:
            store.drop(namespace, ids)

    def discard(self, namespace: Namespace, passage_ids: Iterable[UUID]) -> None:
        ids = list(passage_ids)
        for store in self._both:
            store.discard(namespace, ids)

    def move(self, namespace: Namespace, document_id: UUID, collection_id: UUID) -> None:
        for store in self._both:
            store.move(namespace, document_id, collection_id)

    def erase(self, namespace: Namespace) -> None:
        for store in self._both:
            store.erase(namespace)

    def optimise(self, namespace: Namespace) -> None:
        for store in self._both:
            store.optimise(namespace)

    def destroy(self, namespace: Namespace) -> None:
        for store in self._both:
            store.destroy(namespace)

    def search(self, namespace: Namespace, query: Query, *, readable: Readable, limit: int) -> list[Hit]:
        return self.answering.search(namespace, query, readable=readable, limit=limit)

    def count(self, namespace: Namespace, readable: Readable | None = None) -> int:
        return self.answering.count(namespace, readable)

    def listing(self, namespace: Namespace) -> Iterator[list[Stored]]:
        return self.answering.listing(namespace)

    def deactivate_idle(self, in_use: Collection[UUID]) -> int:
        return sum(store.deactivate_idle(in_use) for store in self._both if hasattr(store, "deactivate_idle"))

    def close(self) -> None:
        for store in self._both:
            store.close()
