"""What a vector store promises, and the plain data that crosses the border."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Namespace:
    """One tenant's passages under one index generation. Nothing is ever searched across two of them."""

    tenant_id: UUID
    generation: str


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    passage_id: UUID
    document_id: UUID
    document_no: int
    version_id: UUID
    collection_id: UUID
    text: str
    terms: str
    vector: Sequence[float]


@dataclass(frozen=True, slots=True)
class Stored:
    """What a store says it holds, without the words: enough to compare it with the rows."""

    passage_id: UUID
    document_id: UUID
    version_id: UUID
    collection_id: UUID


@dataclass(frozen=True, slots=True)
class Readable:
    """What this reader may see: some collections but for some documents in them, and documents granted one by one.

    `within` narrows all of it further (the filters of a search); None narrows nothing.
    """

    collection_ids: frozenset[UUID] = frozenset()
    except_documents: frozenset[int] = frozenset()
    document_nos: frozenset[int] = frozenset()
    within: frozenset[int] | None = None

    @property
    def nothing(self) -> bool:
        if self.within is not None and not self.within:
            return True
        return not self.collection_ids and not self.document_nos

    def allows(self, collection_id: UUID, document_no: int) -> bool:
        if self.within is not None and document_no not in self.within:
            return False
        if document_no in self.document_nos:
            return True
        return collection_id in self.collection_ids and document_no not in self.except_documents


@dataclass(frozen=True, slots=True)
class Query:
    """`terms` went through the same word analysis as the passages'. `dense_share` is how much the vector may say.

    `vector` is whatever numpy reads as an array, best as late as possible: looking at it may be what makes it.
    """

    text: str
    terms: str
    vector: npt.ArrayLike | None = None
    dense_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage, and under what the store holds it. What it is of is for the rows to say."""

    passage_id: UUID
    collection_id: UUID
    document_no: int
    score: float
    """Between 0 and 1, and good for order only: it depends on the other hits of the same search."""
    dense: float
    """Cosine, exact from the stored float vectors; 0 when the query had no vector."""
    lexical: float
    """BM25; 0 when no word matched."""


class VectorStore(Protocol):
    """Rights are applied before ranking: no hit, score or count depends on a passage the reader may not see,
    but for BM25's document frequencies, which may be the namespace's (LanceDB, held in memory, counts what is seen).

    Safe to call from several threads. Writers of one namespace take turns, across processes too.
    """

    def put(self, namespace: Namespace, passages: Iterable[IndexedPassage]) -> None:
        """Searchable when it returns. Putting the same passage ids again replaces them."""

    def drop(self, namespace: Namespace, version_ids: Iterable[UUID]) -> None:
        """Gone from every later search; the bytes stay until `erase`."""

    def discard(self, namespace: Namespace, passage_ids: Iterable[UUID]) -> None:
        """Single passages, gone as `drop` says. Ids that are not there are no error."""

    def move(self, namespace: Namespace, document_id: UUID, collection_id: UUID) -> None: ...

    def search(self, namespace: Namespace, query: Query, *, readable: Readable, limit: int) -> list[Hit]:
        """Best first. A namespace that was never written is empty, not an error."""

    def count(self, namespace: Namespace, readable: Readable | None = None) -> int:
        """Passages that it holds: all, or those that a reader may see."""

    def listing(self, namespace: Namespace) -> Iterator[list[Stored]]:
        """Everything it holds, in pages and in no order; one that it holds twice comes twice. What is written meanwhile
        may be missing. A namespace that was never written yields nothing."""

    def erase(self, namespace: Namespace) -> None:
        """What was dropped is removed from the files."""

    def optimise(self, namespace: Namespace) -> None:
        """Merges small files and brings the indexes up to date. Readers and their results are not disturbed."""

    def destroy(self, namespace: Namespace) -> None: ...


class StoreError(Exception):
    def __init__(self, message: str, *, hint: str = "", permanent: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.permanent = permanent


class StoreUnavailable(StoreError):
    """It could not be reached, read or written. `permanent` says that waiting will not mend it."""


class StoreBusy(StoreUnavailable):
    """Another writer kept this namespace for too long. Try again."""
