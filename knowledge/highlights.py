"""Which words of a passage a query found. Pure."""

from __future__ import annotations

from knowledge import analysis

MOST = 60


def highlights(text: str, query: str) -> list[tuple[int, int]]:
    """[start, end) of each word that shares a stem with the query; neighbours are one span."""
    wanted = set(analysis.terms(query[:2_000]).split())
    if not wanted:
        return []
    spans: list[tuple[int, int]] = []
    for start, end, stems in analysis.located(text):
        if wanted.isdisjoint(stems):
            continue
        if spans and not text[spans[-1][1] : start].strip():
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans[:MOST]
