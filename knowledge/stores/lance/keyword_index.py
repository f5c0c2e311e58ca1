"""The words of the passages that a process holds: BM25 over arrays.

Of a table small enough to be held, asking LanceDB for its words cost more than everything else in a search. And an index
counts the words of all rows: its scores tell of those that a reader may not see. Here these count for nothing. The
formula and its constants are LanceDB's own, so that a table that outgrows memory ranks as before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

K1, B = 1.2, 0.75
MAX_TERM_FREQUENCY = 255  # of one word in one passage that count
ROWS_PER_READ = 2_000  # rows: their words as single strings take some 8 kB each for a moment


@dataclass(frozen=True, slots=True)
class IndexSegment:
    """Some rows' words: for each word, by its hash and in order, where it stands and how often."""

    keys: np.ndarray
    starts: np.ndarray
    rows: np.ndarray
    counts: np.ndarray

    @property
    def bytes(self) -> int:
        return self.keys.nbytes + self.starts.nbytes + self.rows.nbytes + self.counts.nbytes


@dataclass(frozen=True, slots=True)
class Words:
    """Of every row that is held. What is added becomes a part of its own, and small parts are merged as they pile up:
    an upload does not sort a whole company's words anew."""

    lengths: np.ndarray
    parts: tuple[IndexSegment, ...]

    @property
    def bytes(self) -> int:
        return self.lengths.nbytes + sum(part.bytes for part in self.parts)

    def scores(self, weights: dict[str, float], among: np.ndarray) -> np.ndarray:
        """BM25 of every row that is `among` those the reader may see, as if there were no others: the words' weights
        times their scores, added up. 0 where none of them stands, and for the others."""
        import numpy as np

        scores = np.zeros(len(among), np.float32)
        size = int(among.sum())
        if not size or not weights:
            return scores
        mean = max(float(self.lengths[among].mean()), 1.0)
        keys = np.fromiter(map(hash, weights), np.int64, len(weights))
        found = [_postings(part, keys) for part in self.parts]
        for number, weight in enumerate(weights.values()):
            places = [part[number] for part in found if part[number] is not None]
            if size < len(among):
                places = [(rows[seen], counts[seen]) for rows, counts in places for seen in [among[rows]]]
            frequency = sum(len(rows) for rows, _ in places)
            if not frequency:
                continue
            rarity = weight * math.log(1 + (size - frequency + 0.5) / (frequency + 0.5)) * (K1 + 1)
            for rows, counts in places:
                often = counts.astype(np.float32)
                scores[rows] += rarity * often / (often + K1 * (1 - B + B * self.lengths[rows] / mean))
        return scores

    def reordered(self, at: np.ndarray) -> Words:
        """`at` says for each row where it stands from now on; -1 for one that is gone."""
        import numpy as np

        if np.array_equal(at, np.arange(len(at))):  # what is new nearly always comes last
            return self
        stay = np.flatnonzero(at >= 0)
        lengths = np.empty(len(stay), self.lengths.dtype)
        lengths[at[stay]] = self.lengths[stay]
        at = at.astype(np.int32)
        return Words(lengths, tuple(_reordered(part, at) for part in self.parts))

    def with_rows_of(self, other: Words) -> Words:
        """Both, the other's rows behind these."""
        import numpy as np

        moved = np.arange(len(other.lengths), dtype=np.int32) + np.int32(len(self.lengths))
        parts = [*self.parts, *(_reordered(part, moved) for part in other.parts)]
        while len(parts) > 1 and len(parts[-2].rows) < 2 * len(parts[-1].rows):
            parts[-2:] = [_merged(parts[-2:])]
        return Words(np.concatenate([self.lengths, other.lengths]), tuple(parts))


def from_column(terms: pa.ChunkedArray) -> Words:
    """Words as they were put into the table, separated by spaces."""
    import numpy as np

    lengths, parts = [], []
    for start in range(0, len(terms), ROWS_PER_READ):
        some, part = _read(terms.slice(start, ROWS_PER_READ).to_pylist(), start)
        lengths.append(some)
        parts.append(part)
    merged = (_merged(parts),) if parts else ()
    return Words(np.concatenate(lengths or [np.zeros(0, np.int32)]), merged)


def _read(texts: list[str], first: int) -> tuple[np.ndarray, IndexSegment]:
    import numpy as np

    words = [text.split() for text in texts]
    lengths = np.fromiter(map(len, words), np.int32, len(words))
    keys = np.fromiter(map(hash, chain.from_iterable(words)), np.int64, int(lengths.sum()))
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    rows = np.repeat(np.arange(first, first + len(words)), lengths)[order]
    places = np.flatnonzero(np.diff(keys, prepend=0) | np.diff(rows, prepend=-1))
    counts = np.diff(places, append=len(keys))
    return lengths, _part(keys[places], rows[places], np.minimum(counts, MAX_TERM_FREQUENCY).astype(np.uint8))


def _part(keys: np.ndarray, rows: np.ndarray, counts: np.ndarray) -> IndexSegment:
    """From one key for each place, in order."""
    import numpy as np

    begins = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1)) if len(keys) else np.zeros(0, np.int64)
    starts = np.append(begins, len(keys)).astype(np.int32)
    return IndexSegment(keys[begins], starts, rows.astype(np.int32), counts)


def _postings(part: IndexSegment, keys: np.ndarray) -> list[tuple[np.ndarray, np.ndarray] | None]:
    import numpy as np

    if not len(part.keys):
        return [None] * len(keys)
    at = np.minimum(np.searchsorted(part.keys, keys), len(part.keys) - 1)
    return [
        (part.rows[a:b], part.counts[a:b]) if there else None
        for there, a, b in zip(part.keys[at] == keys, part.starts[at], part.starts[at + 1], strict=True)
    ]


def _reordered(part: IndexSegment, at: np.ndarray) -> IndexSegment:
    import numpy as np

    rows = at[part.rows]
    stay = rows >= 0
    if stay.all():
        return IndexSegment(part.keys, part.starts, rows, part.counts)
    return _part(np.repeat(part.keys, np.diff(part.starts))[stay], rows[stay], part.counts[stay])


def _merged(parts: list[IndexSegment]) -> IndexSegment:
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    keys = np.concatenate([np.repeat(part.keys, np.diff(part.starts)) for part in parts])
    order = np.argsort(keys, kind="stable")
    rows, counts = (np.concatenate([getattr(part, name) for part in parts]) for name in ("rows", "counts"))
    return _part(keys[order], rows[order], counts[order])
