"""Pure measures. Everything is a share between 0 and 1; None where there is nothing to measure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from answers.quality.evaluation_sets import Gold


def mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def ranks(passages: Sequence[tuple[str, int]], gold: Sequence[Gold]) -> list[int | None]:
    """For each piece of gold the rank (from 1) at which it was first found.

    `passages` is best first. Repeated documents (or pages, where the gold names pages) count once, so that a long document
    does not push others out by its many passages.
    """
    by_page = any(piece.page for piece in gold)
    seen: list[tuple[str, int]] = []
    for doc_id, page in passages:
        unit = (doc_id, page if by_page else 0)
        if unit not in seen:
            seen.append(unit)
    return [next((n for n, unit in enumerate(seen, 1) if piece.is_met_by(*unit)), None) for piece in gold]


def recall_at(k: int, ranks: Sequence[int | None]) -> float:
    return sum(1 for rank in ranks if rank is not None and rank <= k) / len(ranks)


def reciprocal_rank(found: Sequence[int | None], within: int = 10) -> float:
    best = min((rank for rank in found if rank is not None and rank <= within), default=None)
    return 1 / best if best else 0.0


def plain(text: str) -> str:
    """For comparing answers: no case, no punctuation, no articles, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = "".join(" " if unicodedata.category(c)[0] in "PSZC" else c for c in folded)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", folded).split())


def contains_answer(answer: str, accepted: Sequence[str]) -> bool:
    """The answer holds one of the accepted ones, word for word after `plain`."""
    normalized = plain(answer)
    return any(wanted and wanted in normalized for wanted in map(plain, accepted))


def auc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """How often a positive scores above a negative; ties count half."""
    if not positive or not negative:
        return None
    ordered = sorted([(score, 1) for score in positive] + [(score, 0) for score in negative])
    total, position = 0.0, 0
    while position < len(ordered):
        end = position
        while end < len(ordered) and ordered[end][0] == ordered[position][0]:
            end += 1
        middle = (position + 1 + end) / 2  # the mean rank of a tie
        total += middle * sum(kind for _, kind in ordered[position:end])
        position = end
    wins = total - len(positive) * (len(positive) + 1) / 2
    return round(wins / (len(positive) * len(negative)), 4)
