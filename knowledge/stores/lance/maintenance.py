"""What keeps a table quick, and what makes it forget: its indexes of words and vectors, and its files written anew.

The caller holds the writer's lock of the table.
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from knowledge.stores.base import Namespace
from knowledge.stores.lance import table_queries
from knowledge.stores.lance.tables import Folder

if TYPE_CHECKING:
    from lancedb.table import AsyncTable

UNINDEXED_ROWS = 500  # a search reads these one by one: about 10 microseconds each


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Tables of up to `hold_up_to` passages are searched in memory and have no index."""

    folder: Folder
    hold_up_to: int

    async def optimise(self, namespace: Namespace, table: AsyncTable) -> None:
        await self.index_words(namespace, table)
        await table.optimize()
        await self._index_vectors(namespace, table)
        _trim_memory()

    async def erase(self, namespace: Namespace, table: AsyncTable) -> None:
        await table.update(updates_sql={"document_no": "document_no"})
        await self.index_words(namespace, table, rebuild=True)
        await self._index_vectors(namespace, table, rebuild=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # older versions are to go; readers open again
            await table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)

    async def index_words(
        self, namespace: Namespace, table: AsyncTable, *, lagging: int = 0, rebuild: bool = False
    ) -> None:
        """When more than `lagging` rows, and a tenth, are not in it. Made anew: adding to the one there takes three times
        as long and keeps more memory with every addition."""
        if not await self._is_large(namespace, table):
            return
        words = await table.index_stats("terms_idx")
        if (
            rebuild
            or words is None
            or words.num_unindexed_rows > (lagging and max(lagging, words.num_indexed_rows // 10))
        ):
            await table.create_index("terms", config=table_queries.words_index(), replace=True)
            _trim_memory()
        self.folder.note(namespace, indexed=True)

    async def _index_vectors(self, namespace: Namespace, table: AsyncTable, *, rebuild: bool = False) -> None:
        if await self._is_large(namespace, table) and (rebuild or not self.folder.mark(namespace).graph):
            await table.create_index("vector", config=table_queries.graph_index(), replace=True)
            self.folder.note(namespace, graph=True)

    async def _is_large(self, namespace: Namespace, table: AsyncTable) -> bool:
        """Once it is, it stays so."""
        return self.folder.mark(namespace).indexed or await table.count_rows() > self.hold_up_to


def _trim_memory() -> None:
    """glibc would keep the 100 MiB and more that upkeep used for a moment."""
    if sys.platform == "linux":
        import ctypes

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
