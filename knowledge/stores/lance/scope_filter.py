"""A reader's rights as LanceDB SQL. Pure.

Planning costs about 5 microseconds for each number: a list of 10,000 costs ten times the search itself. So rights
are put as numbers of collections and of documents, neighbouring numbers as ranges.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from knowledge.stores.base import Readable
from knowledge.stores.lance.tables import collection_number

if TYPE_CHECKING:
    import numpy as np

    from knowledge.stores.lance.memory_index import MemoryIndex


def filter_sql(readable: Readable, filters: MemoryIndex, mask: np.ndarray) -> str:
    """The same rows as `mask`. Said by the rights, or by the documents there are, whichever is shorter."""
    rights = sum(
        map(len, (readable.collection_ids, readable.except_documents, readable.document_nos, readable.within or ()))
    )
    # Documents can stand for the rows only while no document lies on two shelves, as one does in the midst of a move.
    present = set(filters.document_nos[mask].tolist())
    if len(present) < rights and not present & set(filters.document_nos[~mask].tolist()):
        return _documents(present)
    return rights_sql(readable)


def rights_sql(readable: Readable) -> str:
    either: list[str] = []
    if readable.collection_ids:
        listed = ", ".join(str(number) for number in sorted(map(collection_number, readable.collection_ids)))
        shelves = f"shelf IN ({listed})"
        if readable.except_documents:
            shelves = f"({shelves} AND NOT {_documents(readable.except_documents)})"
        either.append(shelves)
    if readable.document_nos:
        either.append(_documents(readable.document_nos))
    sql = f"({' OR '.join(either)})" if either else "false"
    return sql if readable.within is None else f"{_documents(readable.within)} AND {sql}"


def _documents(numbers: Collection[int]) -> str:
    runs, single = [], []
    for first, last in _runs(sorted(numbers)):
        if last - first < 2:
            single.extend(range(first, last + 1))
        else:
            runs.append(f"document_no BETWEEN {first} AND {last}")
    if single:
        runs.append(f"document_no IN ({', '.join(map(str, single))})")
    return f"({' OR '.join(runs)})" if runs else "false"


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [(first, last) for first, last in runs]
