"""A reader's rights as LanceDB SQL. Pure.

Planning a filter costs LanceDB about 5 microseconds for each number in it: a list of 10,000 costs ten times the
search itself. So a long scattered list becomes a few ranges that cover it (`exact` is False then), and the store
takes away what they hold too much before anything is ranked against anything else. Both of its rankings order a
passage by its own score, so the first n allowed of the wider ranking are the first n of the narrow one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from knowledge.stores.base import Readable
from knowledge.stores.lance_tables import shelf_number

MAX_RANGES = 8
MAX_LISTED = 64


@dataclass(frozen=True, slots=True)
class Filter:
    sql: str
    exact: bool
    likely: float
    """The share of the rows let through that the reader may see, by the numbers alone."""


@lru_cache(maxsize=32)
def compile_filter(readable: Readable, *, always_exact: bool = False) -> Filter:
    """`readable.nothing` must have been dealt with: no rights are no query."""
    singles = readable.document_nos if readable.within is None else readable.document_nos & readable.within
    either: list[str] = []
    exact, likely = True, 1.0
    if readable.collection_ids:
        listed = ", ".join(str(number) for number in sorted(map(shelf_number, readable.collection_ids)))
        shelves = f"shelf IN ({listed})"
        if readable.except_documents:
            without = _documents(readable.except_documents, always_exact=always_exact)
            if without.exact:
                shelves = f"({shelves} AND NOT {without.sql})"
            else:
                exact, likely = False, 0.5
        either.append(shelves)
    if singles:
        granted = _documents(singles, always_exact=always_exact)
        exact, likely = exact and granted.exact, min(likely, granted.likely)
        either.append(granted.sql)
    sql = " OR ".join(either) if either else "false"
    if readable.within is not None:
        narrow = _documents(readable.within, always_exact=always_exact)
        exact, likely = exact and narrow.exact, min(likely, narrow.likely)
        sql = f"{narrow.sql} AND ({sql})"
    return Filter(sql, exact, likely)


def _documents(numbers: Collection[int], *, always_exact: bool) -> Filter:
    runs = _runs(numbers)
    if len(runs) <= MAX_RANGES:
        return Filter(_ranges(runs), exact=True, likely=1.0)
    if always_exact or len(numbers) <= MAX_LISTED:
        listed = ", ".join(str(int(number)) for number in sorted(numbers))
        return Filter(f"(document_no IN ({listed}))", exact=True, likely=1.0)
    runs = _joined(runs, MAX_RANGES)
    covered = sum(last - first + 1 for first, last in runs)
    return Filter(_ranges(runs), exact=False, likely=len(numbers) / covered)


def _runs(numbers: Collection[int]) -> list[tuple[int, int]]:
    import numpy as np

    ordered = np.sort(np.fromiter(numbers, dtype=np.int64, count=len(numbers)))
    breaks = np.flatnonzero(np.diff(ordered) > 1)
    firsts = ordered[np.concatenate(([0], breaks + 1))]
    lasts = ordered[np.concatenate((breaks, [len(ordered) - 1]))]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _joined(runs: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """The widest gaps stay open."""
    gaps = sorted(range(1, len(runs)), key=lambda i: runs[i][0] - runs[i - 1][1], reverse=True)[: most - 1]
    edges = [0, *sorted(gaps), len(runs)]
    return [(runs[a][0], runs[b - 1][1]) for a, b in pairwise(edges)]


def _ranges(runs: list[tuple[int, int]]) -> str:
    parts = [
        f"document_no = {first}" if first == last else f"document_no BETWEEN {first} AND {last}" for first, last in runs
    ]
    return f"({' OR '.join(parts)})"
