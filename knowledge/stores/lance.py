"""LanceDB, embedded: one table for each tenant and index generation, in a folder."""

from __future__ import annotations

import asyncio
import os
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from knowledge.ranking import PAIR_WEIGHT, fuse, word_pairs
from knowledge.stores.base import Hit, IndexedPassage, Namespace, Query, Readable, StoreError, StoreUnavailable
from knowledge.stores.lance_filter import Filter, compile_filter
from knowledge.stores.lance_rows import COLUMNS, Row, RowCache
from knowledge.stores.lance_tables import Folder, as_arrow, schema

if TYPE_CHECKING:
    import lancedb
    import numpy as np
    from lancedb.table import AsyncTable

T = TypeVar("T")

CANDIDATES = 50  # of each ranking
WORD_SCORES = 200  # so that the word score of nearly every candidate by meaning is known
MOST_FETCHED = 4_096  # beyond this a plain list of numbers in the filter is cheaper than a wider ranking
MOST_TERMS = 128
OPEN_TABLES = 64
INDEX_CACHE_BYTES = 256 * 1024**2
METADATA_CACHE_BYTES = 64 * 1024**2
ATTEMPTS = 5


class LanceStore:
    """Opens nothing before the first call, and only in the process that calls (LanceDB starts threads)."""

    def __init__(self, path: Path) -> None:
        self._folder = Folder(path)
        self._opening = threading.Lock()
        self._pid = 0
        self._forget()

    # Writing

    def put(self, where: Namespace, passages: Iterable[IndexedPassage]) -> None:
        rows = list({passage.passage_id: passage for passage in passages}.values())
        if not rows:
            return
        dimensions = len(rows[0].vector)
        data = as_arrow(rows, dimensions)
        with self._writing(where):
            self._run(self._put(where, rows, data, dimensions))

    def drop(self, where: Namespace, version_ids: Iterable[UUID]) -> None:
        self._delete(where, "version_id", version_ids)

    def move(self, where: Namespace, document_id: UUID, collection_id: UUID) -> None:
        async def change() -> None:
            if table := await self._table(where):
                await table.update({"collection_id": str(collection_id)}, where=f"document_id = '{document_id}'")

        with self._writing(where):
            self._folder.note_dropped(where, dropped=True)
            self._run(change())

    def optimise(self, where: Namespace) -> None:
        with self._writing(where):
            self._run(self._optimise(where))

    def erase(self, where: Namespace) -> None:
        """Every row is written anew: compaction alone keeps a deleted one while nine in ten of its file are alive."""
        with self._writing(where):
            if self._folder.mark(where).dropped:
                self._run(self._erase(where))
                self._folder.note_dropped(where, dropped=False)

    def destroy(self, where: Namespace) -> None:
        with self._writing(where):
            self._folder.end(where)
            self._run(self._destroy(where))

    # Reading

    def search(self, where: Namespace, query: Query, *, readable: Readable, limit: int) -> list[Hit]:
        if readable.nothing or limit < 1 or not self._folder.mark(where).exists:
            return []
        return self._read(where, lambda: self._search(where, query, readable, limit))

    def count(self, where: Namespace) -> int:
        async def count() -> int:
            table = await self._table(where)
            return await table.count_rows() if table else 0

        return self._read(where, count) if self._folder.mark(where).exists else 0

    def close(self) -> None:
        """Gives the memory back; the next call opens again."""
        with self._opening:
            if self._loop is not None and self._pid == os.getpid():
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._forget()

    # The parts of a search

    async def _search(self, where: Namespace, query: Query, readable: Readable, limit: int) -> list[Hit]:
        table = await self._table(where)
        if table is None:
            return []
        name = self._incarnations[where]
        need = max(limit, CANDIDATES)
        rights = compile_filter(readable)

        async def ranked(ranking: Callable[[int], Any], most: int) -> dict[int, float]:
            return await self._ranked(table, name, ranking, rights, readable, most)

        dense, lexical = await asyncio.gather(
            _nothing() if query.vector is None else ranked(_nearest(table, query.vector), need),
            ranked(_matching(table, query.terms), max(need, WORD_SCORES)) if query.terms.strip() else _nothing(),
        )
        rows = await self._rows(table, name, {*dense, *list(lexical)[:need]})
        rows = {at: row for at, row in rows.items() if readable.allows(row.collection_id, row.document_no)}
        return _fused(rows, lexical, query, limit)

    async def _ranked(
        self,
        table: AsyncTable,
        name: str,
        ranking: Callable[[int], Any],
        rights: Filter,
        readable: Readable,
        need: int,
    ) -> dict[int, float]:
        """Address and score of the best `need` rows that the reader may see."""
        fetch = need if rights.exact else int(need / rights.likely * 1.25) + 1
        while not rights.exact:
            if fetch > MOST_FETCHED:
                rights, fetch = compile_filter(readable, always_exact=True), need
                break
            found = _scores(await ranking(fetch).where(rights.sql).to_arrow())
            rows = await self._rows(table, name, found)
            mine = [at for at in found if at in rows and readable.allows(rows[at].collection_id, rows[at].document_no)]
            if len(mine) >= need or len(found) < fetch:
                return {at: found[at] for at in mine[:need]}
            fetch *= 4
        return _scores(await ranking(fetch).where(rights.sql).to_arrow())

    async def _rows(self, table: AsyncTable, name: str, addresses: Iterable[int]) -> dict[int, Row]:
        rows = self._cache.known(name, addresses)
        missing = sorted(set(addresses) - rows.keys())
        if missing:
            found = await table.take_row_ids(missing).select(COLUMNS).with_row_id().to_arrow()
            rows.update(self._cache.learn(name, found))
        return rows

    # The parts of writing

    async def _put(self, where: Namespace, rows: list[IndexedPassage], data: Any, dimensions: int) -> None:
        table = await self._table(where) or await self._create(where, dimensions)
        width = (await table.schema()).field("vector").type.list_size
        if width != dimensions:
            raise StoreError(
                f"This index holds vectors of {width} numbers, not {dimensions}.",
                hint="A different embedding model needs an index generation of its own.",
                permanent=True,
            )
        numbers = ", ".join(str(number) for number in sorted({row.document_no for row in rows}))
        ids = ", ".join(f"'{row.passage_id}'" for row in rows)
        if await table.count_rows(f"document_no IN ({numbers})"):
            self._folder.note_dropped(where, dropped=True)
            await table.delete(f"document_no IN ({numbers}) AND passage_id IN ({ids})")
        await table.add(data)

    def _delete(self, where: Namespace, column: str, ids: Iterable[UUID]) -> None:
        listed = ", ".join(f"'{each}'" for each in sorted(ids, key=str))

        async def delete() -> None:
            if table := await self._table(where):
                await table.delete(f"{column} IN ({listed})")

        if listed and self._folder.mark(where).exists:
            with self._writing(where):
                self._folder.note_dropped(where, dropped=True)
                self._run(delete())

    async def _create(self, where: Namespace, dimensions: int) -> AsyncTable:
        connection = await self._connect()
        name = self._folder.table_name(where)
        table = await connection.create_table(name, schema=schema(dimensions), mode="overwrite")
        await table.create_index("terms", config=_words_index())
        self._remember(where, table, self._folder.begin(where).incarnation)
        return table

    async def _optimise(self, where: Namespace) -> None:
        if table := await self._table(where):
            await table.optimize()

    async def _erase(self, where: Namespace) -> None:
        table = await self._table(where)
        if table is None:
            return
        await table.update(updates_sql={"document_no": "document_no"})
        await table.create_index("terms", config=_words_index(), replace=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # older versions are to go; readers open again
            await table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)

    async def _destroy(self, where: Namespace) -> None:
        self._tables.pop(where, None)
        connection = await self._connect()
        await connection.drop_table(self._folder.table_name(where), ignore_missing=True)

    # Opening, and running on one loop

    async def _table(self, where: Namespace) -> AsyncTable | None:
        mark = self._folder.mark(where)
        if not mark.exists:
            self._tables.pop(where, None)
            return None
        table = self._tables.get(where)
        if table is None or self._incarnations[where] != mark.incarnation:
            connection = await self._connect()
            table = await connection.open_table(self._folder.table_name(where))
            self._remember(where, table, mark.incarnation)
        return table

    def _remember(self, where: Namespace, table: AsyncTable, incarnation: str) -> None:
        while len(self._tables) >= OPEN_TABLES:
            self._tables.pop(next(iter(self._tables)))
        self._tables[where] = table
        self._incarnations[where] = incarnation

    async def _connect(self) -> lancedb.AsyncConnection:
        if self._connection is None:
            os.environ.setdefault("LANCEDB_LOG", "error")  # it warns about every table it makes
            import lancedb

            session = lancedb.Session(
                index_cache_size_bytes=INDEX_CACHE_BYTES, metadata_cache_size_bytes=METADATA_CACHE_BYTES
            )
            self._folder.path.mkdir(parents=True, exist_ok=True)
            self._connection = await lancedb.connect_async(
                self._folder.path, read_consistency_interval=timedelta(0), session=session
            )
        return self._connection

    def _forget(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: lancedb.AsyncConnection | None = None
        self._tables: dict[Namespace, AsyncTable] = {}
        self._incarnations: dict[Namespace, str] = {}
        self._cache = RowCache()

    @contextmanager
    def _writing(self, where: Namespace):
        try:
            with self._folder.writing(where):
                yield
        except OSError as error:
            raise _typed(error) from error

    def _read(self, where: Namespace, work: Callable[[], Awaitable[T]]) -> T:
        """Erasing takes files away from under a reader: it opens again, once."""
        try:
            return self._run(work())
        except StoreUnavailable as error:
            if not _is_gone(error.__cause__):
                raise
            self._tables.pop(where, None)
            return self._run(work())

    def _run(self, work: Awaitable[T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._running_loop())
        try:
            return future.result()
        except StoreError:
            raise
        except (RuntimeError, ValueError, OSError) as error:
            raise _typed(error) from error

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._opening:
            if self._loop is None or self._pid != os.getpid():
                self._forget()
                self._pid = os.getpid()
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="lance-store", daemon=True).start()
            return self._loop


def _nearest(table: AsyncTable, vector: np.ndarray) -> Callable[[int], Any]:
    def ranking(limit: int) -> Any:
        query = table.query().nearest_to(vector).column("vector").distance_type("cosine")
        return query.select(["_distance"]).with_row_id().limit(limit)

    return ranking


def _matching(table: AsyncTable, terms: str) -> Callable[[int], Any]:
    from lancedb.query import BooleanQuery, MatchQuery, Occur

    asked = terms.split()[:MOST_TERMS]
    pairs = word_pairs(" ".join(asked))
    words = MatchQuery(" ".join(dict.fromkeys(asked)), "terms")
    if pairs:
        words = BooleanQuery([(Occur.SHOULD, words), (Occur.SHOULD, MatchQuery(pairs, "terms", boost=PAIR_WEIGHT))])

    def ranking(limit: int) -> Any:
        return table.query().nearest_to_text(words).select(["_score"]).with_row_id().limit(limit)

    return ranking


async def _nothing() -> dict[int, float]:
    return {}


def _scores(found: Any) -> dict[int, float]:
    column = "_score" if "_score" in found.column_names else "_distance"
    return dict(zip(found["_rowid"].to_pylist(), found[column].to_pylist(), strict=True))


def _fused(rows: dict[int, Row], lexical: dict[int, float], query: Query, limit: int) -> list[Hit]:
    import numpy as np

    if not rows:
        return []
    addresses = list(rows)
    cosines = [0.0] * len(addresses)
    if query.vector is not None:
        wanted = np.asarray(query.vector, dtype=np.float32)
        wanted = wanted / max(float(np.linalg.norm(wanted)), 1e-9)
        cosines = (np.stack([rows[at].vector for at in addresses]) @ wanted).tolist()
    words = [lexical.get(at, 0.0) for at in addresses]
    share = query.dense_share if query.vector is not None else 0.0
    hits = [
        Hit(row.passage_id, row.document_id, row.version_id, row.collection_id, row.document_no, score, cosine, bm25)
        for row, score, cosine, bm25 in zip(
            rows.values(), fuse(cosines, words, dense_share=share), cosines, words, strict=True
        )
    ]
    hits.sort(key=lambda hit: (-hit.score, -hit.dense, hit.passage_id.bytes))
    return hits[:limit]


def _words_index() -> Any:
    from lancedb.index import FTS

    return FTS(
        base_tokenizer="whitespace",
        stem=False,
        remove_stop_words=False,
        lower_case=False,
        ascii_folding=False,
        max_token_length=None,
        with_position=False,
    )


def _is_gone(error: BaseException | None) -> bool:
    return error is not None and any(sign in str(error).lower() for sign in ("not found", "no such file"))


def _typed(error: Exception) -> StoreUnavailable:
    if "no space left" in str(error).lower():
        return StoreUnavailable("The disk is full.", hint="Free some space; nothing that was saved is lost.")
    return StoreUnavailable(f"The search index could not be read or written: {str(error)[:300]}")
