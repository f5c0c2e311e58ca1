"""The hybrid query of the store's own library: the same rows, words, vector and rights, ten hits, nothing of ours around it."""

from __future__ import annotations

from collections.abc import Callable

from knowledge import backends
from knowledge.stores.base import Namespace, Query, Readable
from knowledge.stores.lance import table_queries
from knowledge.stores.lance.scope_filter import rights_sql
from knowledge.stores.lance.store import LanceStore
from knowledge.stores.rank_fusion import word_pairs
from knowledge.stores.weaviate import hybrid_query
from knowledge.stores.weaviate.scope_filter import compiled

HITS = 10


def asker(where: Namespace, readable: Readable) -> Callable[[Query], None]:
    store = backends.store()
    return _lancedb(store, where, readable) if isinstance(store, LanceStore) else _weaviate(store, where, readable)


def _lancedb(store: LanceStore, where: Namespace, readable: Readable) -> Callable[[Query], None]:
    """Of a table that the portal searches in memory the index is made here, since LanceDB's own query needs it."""
    import asyncio

    import lancedb

    async def prepare() -> None:
        table = await (await lancedb.connect_async(store._folder.path)).open_table(store._folder.table_name(where))
        if await table.index_stats("terms_idx") is None:
            await table.create_index("terms", config=table_queries.words_index())
        await table.optimize()

    asyncio.run(prepare())
    table = lancedb.connect(store._folder.path).open_table(store._folder.table_name(where))
    rights = rights_sql(readable)

    def ask(query: Query) -> None:
        words = f"{query.terms} {word_pairs(query.terms)}"
        asked = table.search(query_type="hybrid", fts_columns="terms").vector(query.vector).text(words)
        asked.where(rights, prefilter=True).select(["passage_id", "document_no"]).limit(HITS).to_arrow()

    return ask


def _weaviate(store, where: Namespace, readable: Readable) -> Callable[[Query], None]:
    from weaviate.classes.query import MetadataQuery

    def ask(query: Query) -> None:
        store._call(
            lambda client: store._tenant(client, where).query.hybrid(
                hybrid_query.asked_words(query.terms),
                query_properties=["terms"],
                vector=query.vector.tolist(),
                alpha=0.5,
                filters=compiled(readable),
                limit=HITS,
                return_metadata=MetadataQuery(score=True),
                return_properties=["document_no"],
            )
        )

    return ask
