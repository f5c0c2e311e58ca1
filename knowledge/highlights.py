"""Which words of a passage a query found. Pure."""

from __future__ import annotations

from functools import lru_cache

from knowledge import analysis

MOST = 60
PREFIX = 3  # characters at least that a word and its stem share: what does not begin so need not be stemmed
LONGEST_QUERY = 2_000


def highlights(text: str, query: str, language: str = "") -> list[tuple[int, int]]:
    """[start, end) of each word that shares a stem with the query; neighbours are one span."""
    wanted, beginnings = _wanted(query[:LONGEST_QUERY])
    if not wanted:
        return []
    spans: list[tuple[int, int]] = []
    for start, end, stems in analysis.located(text, language, among=beginnings if text.isascii() else None):
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
def _wanted(query: str) -> tuple[frozenset[str], frozenset[str] | None]:
    """The query's stems, and how a word of plain text may begin that has one of them. None where that cannot be said."""
    wanted = frozenset(analysis.terms(query).split())
    if not wanted or not all(stem.isascii() for stem in wanted):
        return wanted, None
    return wanted, frozenset(stem[:PREFIX] for stem in wanted)
