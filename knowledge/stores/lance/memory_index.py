"""What a process holds of a table in memory: who may see each row, and (of a small table) its vectors and words.

Up to some ten thousand passages, multiplying them all with the question is exact and takes less time than asking
for it: a third of a millisecond for 10,000, and their words half of that. A row at an address never changes, so a newer
version of the table costs only its new rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID

from knowledge.stores.base import Readable
from knowledge.stores.lance import keyword_index
from knowledge.stores.lance.tables import ID_COLUMNS, collection_number

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from lancedb.table import AsyncTable

HOLD_UP_TO = 30_000  # passages: 46 MB of vectors, 35 MB of words
REMEMBERED_MASKS = 8


class TableRewritten(Exception):
    """The table was rewritten while it was looked at: look again."""


@dataclass(frozen=True, slots=True)
class MemoryIndex:
    version: int
    addresses: np.ndarray
    ids: np.ndarray
    shelves: np.ndarray
    document_nos: np.ndarray
    vectors: np.ndarray | None
    words: keyword_index.Words | None
    _masks: dict[Readable, np.ndarray] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        parts = (self.addresses, self.ids, self.shelves, self.document_nos, self.vectors)
        return sum(part.nbytes for part in parts if part is not None) + (self.words.bytes if self.words else 0)

    @property
    def whole(self) -> bool:
        """Searched without asking the table."""
        return self.words is not None

    def allowed(self, readable: Readable) -> np.ndarray:
        """One truth value for each row: the reader may see it."""
        mask = self._masks.get(readable)
        if mask is None:
            mask = self._allowed(readable)
            if len(self._masks) >= REMEMBERED_MASKS:
                self._masks.clear()
            self._masks[readable] = mask
        return mask

    def _allowed(self, readable: Readable) -> np.ndarray:
        import numpy as np

        shelves = np.fromiter((collection_number(each) for each in readable.collection_ids), dtype=np.int64)
        mask = np.isin(self.shelves, shelves)
        if readable.except_documents:
            mask &= ~self._among(readable.except_documents)
        if readable.document_nos:
            mask |= self._among(readable.document_nos)
        if readable.within is not None:
            mask &= self._among(readable.within)
        return mask

    def _among(self, numbers: frozenset[int]) -> np.ndarray:
        import numpy as np

        return np.isin(self.document_nos, np.fromiter(numbers, dtype=np.int64, count=len(numbers)))

    def positions(self, addresses: np.ndarray) -> np.ndarray:
        """Where these rows are held; -1 for one that is not."""
        import numpy as np

        if not len(self.addresses):
            return np.full(len(addresses), -1)
        at = np.minimum(np.searchsorted(self.addresses, addresses), len(self.addresses) - 1)
        return np.where(self.addresses[at] == addresses, at, -1)

    def id_of(self, position: int, column: str) -> UUID:
        return UUID(bytes=self.ids[position, ID_COLUMNS.index(column)].tobytes())


async def read(table: AsyncTable, before: MemoryIndex | None, *, whole: bool) -> MemoryIndex:
    """The newest version, reading only what `before` does not know."""
    import numpy as np

    version = await table.version()
    if before is not None and before.version == version and before.whole == whole:
        return before
    if before is None or before.whole != whole:
        return _from_arrow(version, await _scan(table, whole), whole)

    there = np.sort((await table.query().select([]).with_row_id().to_arrow())["_rowid"].to_numpy())
    new = np.setdiff1d(there, before.addresses, assume_unique=True)
    if 2 * len(new) > len(there):
        return _from_arrow(version, await _scan(table, whole), whole)
    unchanged = _without_rows(before, np.isin(before.addresses, there, assume_unique=True), version)
    if not len(new):
        return unchanged
    taken = await table.take_row_ids(new.tolist()).select(_columns(whole)).with_row_id().to_arrow()
    if taken.num_rows != len(new):
        raise TableRewritten
    return _joined(unchanged, _from_arrow(version, taken, whole))


def _columns(whole: bool) -> list[str]:
    return [*ID_COLUMNS, "shelf", "document_no", *(["vector", "terms"] if whole else [])]


async def _scan(table: AsyncTable, whole: bool) -> pa.Table:
    return await table.query().select(_columns(whole)).with_row_id().to_arrow()


def _from_arrow(version: int, rows: pa.Table, whole: bool) -> MemoryIndex:
    import numpy as np

    rows = rows.combine_chunks()
    addresses = rows["_rowid"].to_numpy()
    order = np.argsort(addresses)
    ids = np.stack([_bytes(rows[name]) for name in ID_COLUMNS], axis=1)
    vectors = words = None
    if whole:
        parts = [chunk.flatten().to_numpy() for chunk in rows["vector"].chunks]
        floats = np.concatenate(parts or [np.zeros(0, np.float32)])
        vectors = floats.reshape(len(order), rows.schema.field("vector").type.list_size)[order]
        words = keyword_index.from_column(rows["terms"]).reordered(np.argsort(order))
    return MemoryIndex(
        version,
        addresses[order],
        ids[order],
        rows["shelf"].to_numpy()[order],
        rows["document_no"].to_numpy()[order],
        vectors,
        words,
    )


def _bytes(column: pa.ChunkedArray) -> np.ndarray:
    import numpy as np

    parts = [
        np.frombuffer(chunk.buffers()[1], dtype=np.uint8)[16 * chunk.offset : 16 * (chunk.offset + len(chunk))]
        for chunk in column.chunks
    ]
    return np.concatenate(parts or [np.zeros(0, np.uint8)]).reshape(-1, 16)


def _without_rows(index: MemoryIndex, mask: np.ndarray, version: int) -> MemoryIndex:
    import numpy as np

    if mask.all():
        return replace(index, version=version, _masks=dict(index._masks))
    return MemoryIndex(
        version,
        index.addresses[mask],
        index.ids[mask],
        index.shelves[mask],
        index.document_nos[mask],
        None if index.vectors is None else index.vectors[mask],
        None if index.words is None else index.words.reordered(np.where(mask, np.cumsum(mask) - 1, -1)),
    )


def _joined(first: MemoryIndex, second: MemoryIndex) -> MemoryIndex:
    import numpy as np

    addresses = np.concatenate([first.addresses, second.addresses])
    order = np.argsort(addresses)

    def both(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.concatenate([a, b])[order]

    return MemoryIndex(
        second.version,
        addresses[order],
        both(first.ids, second.ids),
        both(first.shelves, second.shelves),
        both(first.document_nos, second.document_nos),
        None if first.vectors is None else both(first.vectors, second.vectors),
        None if first.words is None else first.words.with_rows_of(second.words).reordered(np.argsort(order)),
    )
