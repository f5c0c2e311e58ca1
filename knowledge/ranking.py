"""How the two rankings of a hybrid search become one. Pure: numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence


def fuse(dense: Sequence[float], lexical: Sequence[float], *, dense_share: float) -> list[float]:
    """Both scores stretched to 0..1 over the candidates, then averaged by share. A lexical 0 means no word matched."""
    means = _stretched(dense, low=min(dense, default=0.0))
    words = _stretched(lexical, low=0.0)
    return [dense_share * d + (1 - dense_share) * w for d, w in zip(means, words, strict=True)]


def _stretched(scores: Sequence[float], *, low: float) -> list[float]:
    high = max(scores, default=0.0)
    if high <= low:
        return [0.0] * len(scores)
    return [(score - low) / (high - low) for score in scores]
