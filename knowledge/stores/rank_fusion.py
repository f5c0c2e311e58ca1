"""How the two rankings of a hybrid search become one. Pure: numbers in, numbers out.

The choices below were made on the dev sets (tests/benchmarks/retrieval_floor.py prints them). Scores in standard
deviations beat scores stretched to 0..1 and beat ranks: one passage that stands out by its words keeps its lead,
and a ranking that cannot tell its candidates apart loses its say. So an embedder that does not know the language
does little harm even at an equal share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

PAIR_WEIGHT = 0.5  # of two neighbouring words against one; anything from 0.3 to 0.7 does as well

SAME_LANGUAGE_WEIGHT = 0.5
SAME_ALPHABET = 0.35
OTHER_ALPHABET = 0.2
OTHER_ALPHABETS = frozenset({"ar", "el", "fa", "he", "hi", "ja", "ko", "ru", "th", "uk", "zh"})


def fuse(dense: Sequence[float], lexical: Sequence[float], *, dense_share: float) -> list[float]:
    """One score between 0 and 1 for each candidate; a lexical 0 means that no word matched."""
    meanings, words = _standardised(dense), _standardised(lexical)
    return [_squeezed(dense_share * d + (1 - dense_share) * w) for d, w in zip(meanings, words, strict=True)]


def dense_share(language: str, known: frozenset[str] | None) -> float:
    """How much the vectors may say. `known` are the languages of the embedder, None when it takes any."""
    if known is None or not language or language in known:
        return SAME_LANGUAGE_WEIGHT
    return OTHER_ALPHABET if language in OTHER_ALPHABETS else SAME_ALPHABET


def word_pairs(terms: str) -> str:
    """Neighbouring words as one: "northwind standard" tells two plans apart that share every single word.

    Pairs of characters, as in Chinese, already overlap and gain nothing.
    """
    words = terms.split()
    if terms.isascii():
        return " ".join(map("_".join, pairwise(words)))
    return " ".join(
        f"{first}_{second}"
        for first, second in pairwise(words)
        if not (_is_character_pair(first) or _is_character_pair(second))
    )


def _is_character_pair(word: str) -> bool:
    return len(word) <= 2 and not word.isascii()


def _standardised(scores: Sequence[float]) -> list[float]:
    if not scores:
        return []
    mean = sum(scores) / len(scores)
    deviation = math.sqrt(sum((score - mean) ** 2 for score in scores) / len(scores))
    if deviation < 1e-9:
        return [0.0] * len(scores)
    return [(score - mean) / deviation for score in scores]


def _squeezed(value: float) -> float:
    return 1 / (1 + math.exp(-value))
