"""LanceDB, embedded: one table for each tenant and index generation, in a folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from knowledge.stores.base import (
    Hit,
    IndexedPassage,
    Namespace,
    Query,
    Readable,
    StoreBusy,
    Stored,
    StoreError,
    StoreUnavailable,
)
from knowledge.stores.lance import memory_index, table_queries
from knowledge.stores.lance.event_loop import Loop
from knowledge.stores.lance.lazy_import import import_lancedb
from knowledge.stores.lance.maintenance import UNINDEXED_ROWS, Upkeep
from knowledge.stores.lance.memory_index import MemoryIndex, TableRewritten
from knowledge.stores.lance.scope_filter import rights_sql
from knowledge.stores.lance.tables import Folder, Stamp, as_arrow, collection_number, id_literals, schema
from knowledge.stores.rank_fusion import fuse

if TYPE_CHECKING:
    import lancedb
    from lancedb.table import AsyncTable

T = TypeVar("T")

os.environ.setdefault("LANCEDB_LOG", "error")  # it warns about every table it makes

CANDIDATES = 50  # of each ranking
WORD_SCORES = 200  # so that the word score of nearly every candidate by meaning is known
MAX_MEMORY_INDEX_BYTES = 96 * 1024**2
OPEN_TABLES = 64
INDEX_CACHE_BYTES = 128 * 1024**2
METADATA_CACHE_BYTES = 32 * 1024**2
READ_ATTEMPTS = 6
LISTED = 1_000  # ids in one page, and in one statement


class LanceStore:
    """Opens nothing before the first call, and only in the process that calls (LanceDB starts threads).

    Tables of up to `hold_up_to` passages are searched in memory; larger ones get indexes of words and vectors.
    """

    def __init__(self, path: Path, *, hold_up_to: int = memory_index.HOLD_UP_TO) -> None:
        self._folder = Folder(path)
        self._upkeep = Upkeep(self._folder, hold_up_to)
        self._loop = Loop()
        self._holding = threading.Lock()
        self._forget()

    # Writing

    def put(self, namespace: Namespace, passages: Iterable[IndexedPassage]) -> None:
        rows = list({passage.passage_id: passage for passage in passages}.values())
        if not rows:
            return
        dimensions = len(rows[0].vector)
        data = as_arrow(rows, dimensions)
        with self._writing(namespace):
            self._run(self._put(namespace, rows, data, dimensions))

    def drop(self, namespace: Namespace, version_ids: Iterable[UUID]) -> None:
        self._delete(namespace, "version_id", id_literals(version_ids))

    def discard(self, namespace: Namespace, passage_ids: Iterable[UUID]) -> None:
        ids = list(passage_ids)
        for start in range(0, len(ids), LISTED):
            self._delete(namespace, "passage_id", id_literals(ids[start : start + LISTED]))

    def _delete(self, namespace: Namespace, column: str, listed: str) -> None:
        async def delete() -> None:
            if table := await self._table(namespace):
                await table.delete(f"{column} IN ({listed})")

        if listed and self._folder.mark(namespace).exists:
            with self._writing(namespace):
                self._folder.note(namespace, dropped=True)
                self._run(delete())

    def move(self, namespace: Namespace, document_id: UUID, collection_id: UUID) -> None:
        changes = {"collection_id": f"X'{collection_id.hex}'", "shelf": str(collection_number(collection_id))}

        async def change() -> None:
            if table := await self._table(namespace):
                await table.update(updates_sql=changes, where=f"document_id = X'{document_id.hex}'")

        if self._folder.mark(namespace).exists:
            with self._writing(namespace):
                self._folder.note(namespace, dropped=True)
                self._run(change())

    def optimise(self, namespace: Namespace) -> None:
        if self._folder.mark(namespace).exists:
            with self._writing(namespace):
                self._run(self._optimise(namespace))

    def erase(self, namespace: Namespace) -> None:
        """Every row is written anew: compaction alone keeps a deleted one while nine in ten of its file are alive."""
        if self._folder.mark(namespace).dropped:
            with self._writing(namespace):
                self._run(self._erase(namespace))
                self._folder.note(namespace, dropped=False)

    def destroy(self, namespace: Namespace) -> None:
        if self._folder.mark(namespace).exists:
            with self._writing(namespace):
                self._folder.end(namespace)
                self._run(self._destroy(namespace))

    # Reading

    def search(self, namespace: Namespace, query: Query, *, readable: Readable, limit: int) -> list[Hit]:
        if readable.nothing or limit < 1 or not self._folder.mark(namespace).exists:
            return []
        return self._read(namespace, lambda: self._search(namespace, query, readable, limit))

    def count(self, namespace: Namespace, readable: Readable | None = None) -> int:
        if readable is not None and readable.nothing:
            return 0
        condition = None if readable is None else rights_sql(readable)

        async def count() -> int:
            table = await self._table(namespace)
            return await table.count_rows(condition) if table else 0

        return self._read(namespace, lambda: self._run(count())) if self._folder.mark(namespace).exists else 0

    def listing(self, namespace: Namespace) -> Iterator[list[Stored]]:
        async def ids() -> table_queries.Ids:
            table = await self._table(namespace)
            return await table_queries.all_ids(table) if table else []

        index = self._read(namespace, lambda: self._run(ids())) if self._folder.mark(namespace).exists else []
        for start in range(0, len(index), LISTED):
            yield [Stored(*(UUID(bytes=each) for each in row)) for row in index[start : start + LISTED]]

    def close(self) -> None:
        """Gives the memory back; the next call opens again."""
        with self._holding:
            self._loop.stop()
            self._forget()

    # The parts of a search

    def _search(self, namespace: Namespace, query: Query, readable: Readable, limit: int) -> list[Hit]:
        need = max(limit, CANDIDATES)
        index = self._hold(namespace)
        if index is None:
            return []
        mask = index.allowed(readable)
        if not mask.any():
            return []
        if index.whole:
            ranked = table_queries.in_memory(index, mask, query, need)
        else:
            ranked = self._in_table(namespace, index, query, readable, need)
        share = 0.0 if query.vector is None else query.dense_share
        scores = fuse(ranked.cosines, ranked.words, dense_share=share)
        best = sorted(
            zip(scores, ranked.cosines, ranked.words, ranked.positions, strict=True),
            key=lambda each: (-each[0], -each[1], each[3]),
        )
        hits = [
            Hit(
                passage_id=index.id_of(at, "passage_id"),
                collection_id=index.id_of(at, "collection_id"),
                document_no=int(index.document_nos[at]),
                score=score,
                dense=cosine,
                lexical=word,
            )
            for score, cosine, word, at in best[:limit]
        ]
        return [hit for hit in hits if readable.allows(hit.collection_id, hit.document_no)]

    def _in_table(
        self, namespace: Namespace, index: MemoryIndex, query: Query, readable: Readable, need: int
    ) -> table_queries.Candidates:
        """The words are looked up by LanceDB's threads while this one makes the question's vector."""
        asked_words = (
            self._submit(self._words(namespace, query.terms, index, readable, need)) if query.terms.strip() else None
        )
        vector = None if query.vector is None else table_queries.unit(query.vector)
        near = self._run(self._near(namespace, vector, index, readable, need)) if vector is not None else {}
        words = self._result(asked_words) if asked_words else {}
        candidates = list(dict.fromkeys([*near, *list(words)[:need]]))
        missing = [at for at in candidates if at not in near]
        if vector is not None and missing:
            near |= self._run(self._cosines(namespace, index, missing, vector))
        return table_queries.Candidates(
            candidates, [near.get(at, 0.0) for at in candidates], [words.get(at, 0.0) for at in candidates]
        )

    def _hold(self, namespace: Namespace) -> MemoryIndex | None:
        stamp = self._folder.stamp(namespace)
        cached = self._held.get(namespace)
        if cached is not None and cached[0] == stamp and self._loop.is_ours:
            return cached[1]
        with self._holding:
            return self._run(self._newest(namespace, stamp))

    async def _newest(self, namespace: Namespace, stamp: Stamp | None) -> MemoryIndex | None:
        """`stamp` was taken before: a write meanwhile gives another one, and is read by the next search."""
        table = await self._table(namespace)
        if table is None:
            return None
        _, before = self._held.pop(namespace, (None, None))
        index = await memory_index.read(table, before, whole=not self._folder.mark(namespace).indexed)
        self._held[namespace] = stamp, index
        while len(self._held) > 1 and sum(each.bytes for _, each in self._held.values()) > MAX_MEMORY_INDEX_BYTES:
            self._held.pop(next(iter(self._held)))
        return index

    async def _words(
        self, namespace: Namespace, terms: str, index: MemoryIndex, readable: Readable, need: int
    ) -> dict[int, float]:
        ranking = table_queries.matching(await self._open(namespace), terms)
        return await table_queries.ranked(ranking, index, readable, need, max(need, WORD_SCORES))

    async def _near(
        self, namespace: Namespace, vector: Any, index: MemoryIndex, readable: Readable, need: int
    ) -> dict[int, float]:
        """A graph loses its way when few of its nodes may be shown: then every allowed row is read."""
        most = table_queries.MAX_GRAPH_CANDIDATES
        graph = self._folder.mark(namespace).graph and need / index.allowed(readable).mean() < most
        ranking = table_queries.nearest(await self._open(namespace), vector, graph=graph)
        return await table_queries.ranked(ranking, index, readable, need, need, most=most if graph else 0)

    async def _cosines(
        self, namespace: Namespace, index: MemoryIndex, positions: list[int], vector: Any
    ) -> dict[int, float]:
        return await table_queries.cosines(await self._open(namespace), index, positions, vector)

    # The parts of writing

    async def _put(self, namespace: Namespace, rows: list[IndexedPassage], data: Any, dimensions: int) -> None:
        table = await self._table(namespace) or await self._create(namespace, dimensions)
        width = (await table.schema()).field("vector").type.list_size
        if width != dimensions:
            raise StoreError(
                f"This index holds vectors of {width} numbers, not {dimensions}.",
                hint="A different embedding model needs an index generation of its own.",
                permanent=True,
            )
        numbers = ", ".join(str(number) for number in sorted({row.document_no for row in rows}))
        if await table.count_rows(f"document_no IN ({numbers})"):
            self._folder.note(namespace, dropped=True)
            ids = id_literals(row.passage_id for row in rows)
            await table.delete(f"document_no IN ({numbers}) AND passage_id IN ({ids})")
        await table.add(data)
        await self._upkeep.index_words(namespace, table, lagging=UNINDEXED_ROWS)

    async def _create(self, namespace: Namespace, dimensions: int) -> AsyncTable:
        connection = await self._connect()
        name = self._folder.table_name(namespace)
        table = await connection.create_table(name, schema=schema(dimensions), mode="overwrite")
        self._remember(namespace, table, self._folder.begin(namespace).incarnation)
        return table

    async def _optimise(self, namespace: Namespace) -> None:
        if table := await self._table(namespace):
            await self._upkeep.optimise(namespace, table)

    async def _erase(self, namespace: Namespace) -> None:
        if table := await self._table(namespace):
            await self._upkeep.erase(namespace, table)

    async def _destroy(self, namespace: Namespace) -> None:
        self._tables.pop(namespace, None)
        self._held.pop(namespace, None)
        connection = await self._connect()
        await connection.drop_table(self._folder.table_name(namespace), ignore_missing=True)

    # Opening, and asking

    async def _table(self, namespace: Namespace) -> AsyncTable | None:
        mark = self._folder.mark(namespace)
        if not mark.exists:
            self._tables.pop(namespace, None)
            self._held.pop(namespace, None)
            return None
        table, stamp = self._tables.get(namespace), self._folder.stamp(namespace)
        if table is None or self._incarnations[namespace] != mark.incarnation:
            connection = await self._connect()
            table = await connection.open_table(self._folder.table_name(namespace))
            self._remember(namespace, table, mark.incarnation)
        elif self._stamps.get(namespace) != stamp:
            await table.checkout_latest()
        self._stamps[namespace] = stamp
        return table

    async def _open(self, namespace: Namespace) -> AsyncTable:
        table = await self._table(namespace)
        if table is None:
            raise TableRewritten
        return table

    def _remember(self, namespace: Namespace, table: AsyncTable, incarnation: str) -> None:
        self._held.pop(namespace, None)
        while len(self._tables) >= OPEN_TABLES:
            self._tables.pop(next(iter(self._tables)))
        self._tables[namespace] = table
        self._incarnations[namespace] = incarnation

    async def _connect(self) -> lancedb.AsyncConnection:
        if self._connection is None:
            lancedb = import_lancedb()
            session = lancedb.Session(
                index_cache_size_bytes=INDEX_CACHE_BYTES, metadata_cache_size_bytes=METADATA_CACHE_BYTES
            )
            self._folder.path.mkdir(parents=True, exist_ok=True)
            self._connection = await lancedb.connect_async(
                self._folder.path,
                session=session,  # without asking at each read: the folder's stamp tells
            )
        return self._connection

    def _forget(self) -> None:
        self._connection: lancedb.AsyncConnection | None = None
        self._tables: dict[Namespace, AsyncTable] = {}
        self._incarnations: dict[Namespace, str] = {}
        self._stamps: dict[Namespace, Stamp | None] = {}
        self._held: dict[Namespace, tuple[Stamp | None, MemoryIndex]] = {}

    @contextmanager
    def _writing(self, namespace: Namespace):
        try:
            with self._folder.writing(namespace):
                self._stamps.pop(
                    namespace, None
                )  # a writer before may have been killed between its write and its stamp
                yield
        except OSError as error:
            raise _typed(error) from error

    def _read(self, namespace: Namespace, work: Callable[[], T]) -> T:
        """Upkeep takes files away from under a reader, or rows to other places: it looks again, from the start."""
        for attempt in range(READ_ATTEMPTS):
            try:
                return work()
            except TableRewritten:
                if attempt == READ_ATTEMPTS - 1:
                    raise StoreBusy("The index is being rewritten just now. Try again.") from None
            except StoreUnavailable as error:
                if attempt == READ_ATTEMPTS - 1 or not _is_missing(error.__cause__):
                    raise
                self._tables.pop(namespace, None)
        raise AssertionError("unreachable")

    def _run(self, work: Awaitable[T]) -> T:
        return self._result(self._submit(work))

    def _submit(self, work: Awaitable[T]) -> Any:
        if not self._loop.is_ours:
            self._forget()
        return self._loop.submit(work)

    def _result(self, future: Any) -> Any:
        try:
            return future.result()
        except (StoreError, TableRewritten):
            raise
        except (RuntimeError, ValueError, OSError) as error:
            raise _typed(error) from error


def _is_missing(error: BaseException | None) -> bool:
    return error is not None and any(sign in str(error).lower() for sign in ("not found", "no such file"))


def _typed(error: Exception) -> StoreUnavailable:
    if "no space left" in str(error).lower():
        return StoreUnavailable("The disk is full.", hint="Free some space; nothing that was saved is lost.")
    return StoreUnavailable(f"The search index could not be read or written: {str(error)[:300]}")
