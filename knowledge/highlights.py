"""Which words of a passage a query found. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge import analysis

MOST = 60
PREFIX = 3  # characters at least that a word and its stem share: what does not begin so need not be stemmed
LONGEST_QUERY = 2_000


def highlights(text: str, query: str, language: str = "") -> list[tuple[int, int]]:
    """[start, end) of each word that shares a stem with the query; neighbours are one span."""
    wanted, likely = _wanted(query[:LONGEST_QUERY])
    if not wanted or (likely is not None and text.isascii() and likely.search(text) is None):
        return []
    spans: list[tuple[int, int]] = []
    for start, end, stems in analysis.located(text, language, within=likely if text.isascii() else None):
        if wanted.isdisjoint(stems):
            continue
        if spans and not text[spans[-1][1] : start].strip():
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
            if len(spans) > MOST:
                return spans[:MOST]
    return spans


@lru_cache(maxsize=256)
def _wanted(query: str) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """The query's stems, and what a plain word must contain to have one of them."""
    wanted = frozenset(analysis.terms(query).split())
    if not all(stem.isascii() for stem in wanted):
        return wanted, None
    beginnings = "|".join(sorted({re.escape(stem[: max(PREFIX, len(stem) - 1)]) for stem in wanted}))
    return wanted, re.compile(rf"(?<![^\W\d_])(?:{beginnings})", re.IGNORECASE) if beginnings else None
