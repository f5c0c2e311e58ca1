"""What a search needs to know of a row, remembered. A row at an address never changes: moving it gives a new one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

MOST_ROWS = 8_000  # about 18 MiB


class Row(NamedTuple):
    passage_id: UUID
    document_id: UUID
    version_id: UUID
    collection_id: UUID
    document_no: int
    vector: np.ndarray


COLUMNS = list(Row._fields)


class RowCache:
    """Not locked: it is used from the store's loop only."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, int], Row] = OrderedDict()

    def known(self, table: str, addresses: Iterable[int]) -> dict[int, Row]:
        rows = {}
        for address in addresses:
            row = self._rows.get((table, address))
            if row is not None:
                self._rows.move_to_end((table, address))
                rows[address] = row
        return rows

    def learn(self, table: str, found: pa.Table) -> dict[int, Row]:
        import numpy as np

        if not found.num_rows:
            return {}
        vectors = found["vector"].combine_chunks()
        floats = np.asarray(vectors.flatten(), dtype=np.float32).reshape(found.num_rows, -1)
        ids = [[UUID(each) for each in found[name].to_pylist()] for name in COLUMNS[:4]]
        rows = {}
        for i, address in enumerate(found["_rowid"].to_pylist()):
            rows[address] = Row(*(column[i] for column in ids), found["document_no"][i].as_py(), floats[i].copy())
            self._rows[table, address] = rows[address]
        while len(self._rows) > MOST_ROWS:
            self._rows.popitem(last=False)
        return rows

    def clear(self) -> None:
        self._rows.clear()
