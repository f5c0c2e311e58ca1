"""Whether the passages found are enough to answer from. Pure.

A retrieval score says only that a passage is on the topic. So this looks at what the question asks for and whether one
place says it: its rare words in a sentence or beside it, close together, and something of the kind asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from answers import choice
from answers.answer_models.base import SourcePassage
from answers.choice import Candidate
from answers.questions import Question, has_answer, read
from answers.words import language_of, words

FEATURES = ("bias", "neighbourhood", "found", "near", "lexical_gap", "typed", "dense")
# Fitted on the dev data, every set weighing the same: python -m tests.benchmarks.fit_refusal
WITH_MEANING = {
    "bias": -5.95,
    "neighbourhood": 0.14,
    "found": 0.88,
    "near": 1.61,
    "lexical_gap": 1.15,
    "typed": 0.34,
    "dense": 7.06,
}
WORDS_ONLY = {
    "bias": -5.06,
    "neighbourhood": 6.66,
    "found": 1.63,
    "near": 1.45,
    "lexical_gap": 0.81,
    "typed": 0.54,
    "dense": 0.0,
}
THRESHOLD = 0.45
LENIENT = 0.25  # for a writing model, which reads the passages itself and can still find nothing in them
ENOUGH_WORDS = 3  # of the question in one sentence: a short question cannot have more, a long one needs no more
UNDERSTOOD = frozenset({"en"})  # languages in which the bundled embedder's likeness means something


@dataclass(frozen=True, slots=True)
class Verdict:
    """`missing`: words of the question that no passage holds, as the question writes them.

    `reason`: "" when there is enough, else `nothing_found`, `off_topic`, or `not_said` (the topic is there, but not the
    answer).
    """

    enough: bool
    confidence: float
    missing: tuple[str, ...]
    reason: str


def judge(
    question: str,
    passages: Sequence[SourcePassage],
    *,
    threshold: float = THRESHOLD,
    understood: frozenset[str] = UNDERSTOOD,
) -> Verdict:
    """`understood` names the languages of the embedder behind `dense`."""
    asked = read(question)
    everything = tuple(asked.terms.surface.values())
    ranked = choice.rank(asked, passages) if passages else []
    if not ranked:
        return Verdict(False, 0.0, everything, "nothing_found")
    confidence = _confidence(asked, passages, ranked, understood)
    missing = _missing(asked, passages)
    if confidence >= threshold:
        return Verdict(True, round(confidence, 3), missing, "")
    return Verdict(
        False, round(confidence, 3), missing, "off_topic" if len(missing) * 2 > len(everything) else "not_said"
    )


def _confidence(
    question: Question, passages: Sequence[SourcePassage], ranked: Sequence[Candidate], understood: frozenset[str]
) -> float:
    best = passages[ranked[0].place]
    if question.language != language_of(best.text):
        return _across_languages(question, passages)
    weights = WITH_MEANING if question.language in understood and any(p.dense for p in passages) else WORDS_ONLY
    values = features(question, passages, ranked)
    return _squash(sum(weights[name] * value for name, value in zip(FEATURES, values, strict=True)))


def features(question: Question, passages: Sequence[SourcePassage], ranked: Sequence[Candidate]) -> tuple[float, ...]:
    best = ranked[0]
    terms = question.terms
    beside = [item.found for item in ranked if item.place == best.place and abs(item.order - best.order) <= 1]
    title = words(" ".join((passages[best.place].title, *passages[best.place].heading_path)))
    near_best = frozenset(terms.found_in(title)).union(*beside)
    rarity = choice.rarity_of(terms.order, [item.found for item in ranked])
    total = sum(rarity.values()) or 1.0
    lexical = sorted((passage.lexical for passage in passages), reverse=True)
    return (
        1.0,
        sum(rarity[key] for key in near_best) / total,
        min(len(best.found) / max(1, min(ENOUGH_WORDS, len(terms))), 1.0),
        best.values[choice.FEATURES.index("near")],
        (lexical[0] - lexical[min(4, len(lexical) - 1)]) / lexical[0] if lexical[0] else 0.0,
        float(has_answer(question, best.said, words(best.said))),
        max(passage.dense for passage in passages),
    )


def _across_languages(question: Question, passages: Sequence[SourcePassage]) -> float:
    """Words cannot be compared, so names and figures must do, and what likeness there is. Doubt answers."""
    shared = max(len(set(question.terms.found_in(words(passage.text)))) for passage in passages)
    return _squash(-1.2 + 0.9 * shared + 3.0 * max(passage.dense for passage in passages))


def _missing(question: Question, passages: Sequence[SourcePassage]) -> tuple[str, ...]:
    found: set[str] = set()
    for passage in passages:
        found.update(question.terms.found_in(words(" ".join((passage.title, *passage.heading_path, passage.text)))))
    return tuple(word for key, word in question.terms.surface.items() if key not in found)


def _squash(value: float) -> float:
    return 1 / (1 + math.exp(-value))
