"""Whether the passages found are enough to answer from. Pure.

A retrieval score says only that a passage is on the topic. So this looks at what the question asks for and whether one
place says it: its rare words in a sentence or beside it, close together, and something of the kind asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from answers.answer_models.base import SourcePassage
from answers.grounding import sentence_ranking
from answers.grounding.answerable_text import lines, title_words, words_of
from answers.grounding.sentence_ranking import Candidate, Embed
from answers.question.analysis import Question, has_answer, read
from answers.question.parts import QuestionPart
from answers.text.words import language_of, words

FEATURES = ("bias", "neighbourhood", "found", "near", "lexical_gap", "typed", "likeness")
# Fitted on the dev data, every set weighing the same: python -m tests.benchmarks.fit_refusal
WITH_MEANING = {
    "bias": -6.49,
    "neighbourhood": 0.0,
    "found": 0.54,
    "near": 1.75,
    "lexical_gap": 1.47,
    "typed": 0.41,
    "likeness": 7.64,
}
WORDS_ONLY = {
    "bias": -4.8,
    "neighbourhood": 6.79,
    "found": 1.66,
    "near": 1.0,
    "lexical_gap": 0.56,
    "typed": 0.45,
    "likeness": 0.0,
}
THRESHOLD = 0.4
LENIENT = 0.25  # for a writing model, which reads the passages itself and can still find nothing in them
# Sentences whose likeness of meaning is looked at; a table's passage as a whole is like nothing
MAX_EMBEDDED_SENTENCES = 3
MIN_SHARED_WORDS = 3  # of the question in one sentence: a short question cannot have more, a long one needs no more
UNDERSTOOD = frozenset({"en"})  # languages in which the bundled embedder's likeness means something


@dataclass(frozen=True, slots=True)
class EvidenceVerdict:
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
    embed: Embed | None = None,
    threshold: float = THRESHOLD,
    understood: frozenset[str] = UNDERSTOOD,
) -> EvidenceVerdict:
    """`embed` is the embedder behind `dense`, for three sentences more; `understood` names its languages."""
    asked = read(question)
    everything = tuple(asked.terms.surface.values())
    ranked = sentence_ranking.rank(asked, passages) if passages else []
    if not ranked:
        return EvidenceVerdict(False, 0.0, everything, "nothing_found")
    confidence = _confidence(asked, passages, ranked, embed, understood)
    missing = _missing(asked, passages, ranked)
    if confidence >= threshold:
        return EvidenceVerdict(True, round(confidence, 3), missing, "")
    return EvidenceVerdict(
        False, round(confidence, 3), missing, "off_topic" if len(missing) * 2 > len(everything) else "not_said"
    )


def nothing_about(part: QuestionPart, passages: Sequence[SourcePassage], *, embed: Embed | None = None) -> bool:
    """Whether what was found for a question leaves one part of it open. Words and meaning must both say so: a part that
    is said to be missing is not answered."""
    # How like the whole question a passage is tells nothing about one part.
    apart = [replace(passage, dense=0.0) for passage in passages]
    ranked = sentence_ranking.rank(part.asked, apart)
    if not ranked or part.own.language != language_of(apart[ranked[0].place].text):
        return not ranked  # words of two languages cannot be compared
    if part.asked is not part.own:  # the other words that it is looked for with are the other parts'
        own, read = part.own.terms, [words_of(passage) for passage in passages]
        return len(own) > 0 and not any(own.keys_in(found) for found in read)
    if _weighed(features(part.own, apart, ranked), WORDS_ONLY) >= LENIENT:
        return False
    if embed is None or part.own.language not in UNDERSTOOD:
        return True
    return _weighed(features(part.own, apart, ranked, embed), WITH_MEANING) < LENIENT


def _confidence(
    question: Question,
    passages: Sequence[SourcePassage],
    ranked: Sequence[Candidate],
    embed: Embed | None,
    understood: frozenset[str],
) -> float:
    if question.language != language_of(passages[ranked[0].place].text):
        return _across_languages(question, passages)
    knows = question.language in understood and any(passage.dense for passage in passages)
    values = features(question, passages, ranked, embed if knows else None)
    return _weighed(values, WITH_MEANING if knows else WORDS_ONLY)


def features(
    question: Question, passages: Sequence[SourcePassage], ranked: Sequence[Candidate], embed: Embed | None = None
) -> tuple[float, ...]:
    best = ranked[0]
    terms = question.terms
    beside = [item.matched_terms for item in ranked if item.place == best.place and abs(item.order - best.order) <= 1]
    near_best = frozenset(terms.keys_in(title_words(passages[best.place]))).union(*beside)
    rarity = sentence_ranking.rarity_of(
        terms.order, [item.matched_terms for item in ranked], sum(len(lines(p)) for p in passages)
    )
    total = sum(rarity.values()) or 1.0
    lexical = sorted((passage.lexical for passage in passages), reverse=True)
    return (
        1.0,
        sum(rarity[key] for key in near_best) / total,
        min(len(best.matched_terms) / max(1, min(MIN_SHARED_WORDS, len(terms))), 1.0),
        best.values[sentence_ranking.FEATURES.index("near")],
        (lexical[0] - lexical[min(4, len(lexical) - 1)]) / lexical[0] if lexical[0] else 0.0,
        float(has_answer(question, best.rendered, words(best.rendered))),
        max(max(passage.dense for passage in passages), _likeness(question, ranked, embed)),
    )


def _likeness(question: Question, ranked: Sequence[Candidate], embed: Embed | None) -> float:
    if embed is None:
        return 0.0
    asked, *sentence_vectors = embed([question.text, *(item.rendered for item in ranked[:MAX_EMBEDDED_SENTENCES])])
    return max(float(sum(a * b for a, b in zip(asked, vector, strict=True))) for vector in sentence_vectors)


def _across_languages(question: Question, passages: Sequence[SourcePassage]) -> float:
    """Words cannot be compared, so names and figures must do, and what likeness there is. Doubt answers."""
    shared = max(len(set(question.terms.keys_in(words_of(passage)))) for passage in passages)
    return _squash(-1.2 + 0.9 * shared + 3.0 * max(passage.dense for passage in passages))


def _missing(question: Question, passages: Sequence[SourcePassage], ranked: Sequence[Candidate]) -> tuple[str, ...]:
    found = frozenset[str]().union(*(item.matched_terms for item in ranked))
    for passage in passages:
        if len(found) == len(question.terms):
            break
        found |= frozenset(question.terms.keys_in(words_of(passage)))
    return tuple(word for key, word in question.terms.surface.items() if key not in found)


def _weighed(values: Sequence[float], weights: dict[str, float]) -> float:
    return _squash(sum(weights[name] * value for name, value in zip(FEATURES, values, strict=True)))


def _squash(value: float) -> float:
    return 1 / (1 + math.exp(-value))
