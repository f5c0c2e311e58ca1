"""A reader's rights as a Weaviate filter. Pure, but for the client's own filter classes."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from knowledge.stores.base import Readable

if TYPE_CHECKING:
    from weaviate.collections.classes.filters import _Filters

SHORTEST_RUN = 300  # neighbouring numbers: one costs about 15 microseconds, a range two to five milliseconds


def compiled(readable: Readable) -> _Filters:
    """Never for a reader of nothing: an empty list would be an error, and is asked of no store."""
    from weaviate.classes.query import Filter

    if readable.nothing:
        raise ValueError("A reader of nothing has no filter.")
    either = []
    if readable.collection_ids:
        shelves = Filter.by_property("collection_id").contains_any(sorted(readable.collection_ids))
        if readable.except_documents:
            shelves = Filter.all_of([shelves, Filter.not_(_documents(readable.except_documents))])
        either.append(shelves)
    if readable.document_nos:
        either.append(_documents(readable.document_nos))
    rights = Filter.any_of(either) if len(either) > 1 else either[0]
    return rights if readable.within is None else Filter.all_of([_documents(readable.within), rights])


def _documents(numbers: Collection[int]) -> _Filters:
    from weaviate.classes.query import Filter

    number = Filter.by_property("document_no")
    single: list[int] = []
    parts = []
    for first, last in _runs(sorted(numbers)):
        if last - first + 1 < SHORTEST_RUN:
            single.extend(range(first, last + 1))
        else:
            parts.append(Filter.all_of([number.greater_or_equal(first), number.less_or_equal(last)]))
    if single:
        parts.append(number.contains_any(single))
    return Filter.any_of(parts) if len(parts) > 1 else parts[0]


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [(first, last) for first, last in runs]
