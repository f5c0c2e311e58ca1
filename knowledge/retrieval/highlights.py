"""Which words of a passage a query found. Pure."""

from __future__ import annotations

from functools import lru_cache

from knowledge.text import analysis

MAX_HIGHLIGHTS = 60
PREFIX = 3  # characters at least that a word and its stem share: what does not begin so need not be stemmed
LONGEST_QUERY = 2_000


def highlights(text: str, query: str, language: str = "") -> list[tuple[int, int]]:
    """[start, end) of each word that shares a stem with the query; neighbours are one span."""
    return Highlighter(query)(text, language)


class Highlighter:
    """`highlights` for one query and many texts.

    What it works out is cached for the one who asks alone, and no longer than the object lives: a cache of the process
    would tell by timing that somebody else searched for the same words.
    """

    def __init__(self, query: str) -> None:
        self._wanted, self._beginnings = _query_stems(query[:LONGEST_QUERY])
        self._of_spaced = lru_cache(maxsize=4_096)(analysis.spaced_word_terms)

    def __call__(self, text: str, language: str = "") -> list[tuple[int, int]]:
        wanted, among = self._wanted, self._beginnings if text.isascii() else None
        if not wanted:
            return []
        spans: list[tuple[int, int]] = []
        for start, end, stems in analysis.located(text, language, among=among, of_spaced=self._of_spaced):
            if wanted.isdisjoint(stems):
                continue
            if spans and not text[spans[-1][1] : start].strip():
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
                if len(spans) > MAX_HIGHLIGHTS:
                    return spans[:MAX_HIGHLIGHTS]
        return spans


def _query_stems(query: str) -> tuple[frozenset[str], frozenset[str] | None]:
    """The query's stems, and how a word of plain text may begin that has one of them. None where that cannot be said."""
    wanted = frozenset(analysis.terms(query, cached=False).split())
    if not wanted or not all(stem.isascii() for stem in wanted):
        return wanted, None
    return wanted, frozenset(stem[:PREFIX] for stem in wanted)
