"""Which sentences of the passages answer a question best. Pure; without an embedder it costs a few milliseconds.

Every line that can be said is a candidate. The weights of the score were fitted on the dev data:
`python -m tests.benchmarks.fit_refusal`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from uuid import UUID

from answers.answer_models.base import SourcePassage
from answers.grounding.answerable_text import AnswerableSentence, lines
from answers.question.analysis import Question, has_answer
from answers.text.table_rows import covers
from answers.text.words import Word, words

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]

FEATURES = (
    "coverage",
    "with_context",
    "passage",
    "first_passage",
    "near",
    "typed",
    "short",
    "long",
    "cut",
    "line",
    "count",
    "dense",
    "lexical",
)
# Fitted, but for two that no label can teach: a sentence cut off and a line without an end read badly.
WEIGHTS = {
    "coverage": 2.14,
    "with_context": 2.3,
    "passage": 2.35,
    "first_passage": 1.6,
    "near": 1.29,
    "typed": 1.32,
    "short": -0.43,
    "long": -0.4,
    "cut": -1.5,
    "line": -0.3,
    "count": 2.67,
    "dense": 1.8,
    "lexical": 2.01,
}
HISTORY = 4.0  # what a superseded document says is said only when nothing newer comes near
TIER = 1.5  # for the row of a table whose range holds the amount that was asked about
LIKENESS = 4.0  # weight of the likeness of meaning, when there is an embedder
LIKENESS_READ = 12  # sentences that are embedded


@dataclass(frozen=True, slots=True)
class Candidate:
    """`rendered` is how the answer says it: the sentence itself, or a table row as a sentence."""

    place: int  # of its passage among the given ones
    order: int  # of the sentence in its passage
    start: int
    end: int
    rendered: str
    kind: str  # sentence | line | row
    leads: bool  # ends with a colon: what it announces follows
    whole: bool  # not cut off by the passage's edge or a page's
    matched_terms: frozenset[str]  # terms of the question in it
    values: tuple[float, ...]
    score: float = 0.0


def rank(
    question: Question,
    passages: Sequence[SourcePassage],
    *,
    embed: Embed | None = None,
    weights: dict[str, float] = WEIGHTS,
) -> list[Candidate]:
    """The candidates, best first."""
    placed_sentences = [(place, line) for place, passage in enumerate(passages) for line in lines(passage)]
    if not placed_sentences:
        return []
    about = [(place, line) for place, line in placed_sentences if question.terms.may_be_in(line.rendered)]
    scene = _scene(question, passages, [line for _, line in about], len(placed_sentences))
    scored = [_score(question, scene, place, line, weights) for place, line in about or placed_sentences]
    scored.sort(key=lambda candidate: -candidate.score)
    distinct = _without_repeats(scored, passages)
    return distinct if embed is None else _by_likeness(question, distinct, embed)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the score of each sentence is measured against."""

    passages: Sequence[SourcePassage]
    above: Sequence[frozenset[str]]  # terms of the question in a passage's title and headings
    rarity: dict[str, float]
    total: float
    best_score: float
    best_lexical: float
    amounts: Sequence[float]


def _scene(
    question: Question, passages: Sequence[SourcePassage], about: Sequence[AnswerableSentence], total: int
) -> _Scene:
    above = [frozenset(question.terms.keys_in(words(" ".join((p.title, *p.heading_path))))) for p in passages]
    counted = [frozenset(question.terms.keys_in(line.words)) for line in about]
    rarity = rarity_of(question.terms.order, counted, total)
    return _Scene(
        passages,
        above,
        rarity,
        sum(rarity.values()) or 1.0,
        max(passage.score for passage in passages) or 1.0,
        max(passage.lexical for passage in passages) or 1.0,
        [float(number) for number in question.numbers if not _is_year(number)],
    )


def _is_year(number: str) -> bool:
    return len(number) == 4 and number[:2] in ("19", "20")


def rarity_of(keys: Sequence[str], keys_by_sentence: Sequence[frozenset[str]], total: int) -> dict[str, float]:
    """How much each term of the question tells: rare among all sentences means much."""
    counts = Counter(key for keys_ in keys_by_sentence for key in keys_)
    return {key: math.log(1 + (total - counts[key] + 0.5) / (counts[key] + 0.5)) for key in keys}


def _score(
    question: Question, scene: _Scene, place: int, item: AnswerableSentence, weights: dict[str, float]
) -> Candidate:
    passage = scene.passages[place]
    hits = [(word, key) for word in item.words if (key := question.terms.key(word.folded)) is not None]
    keys = frozenset(key for _, key in hits)
    around = keys | scene.above[place] | frozenset(question.terms.keys_in(item.before.words if item.before else ()))
    count = len(item.words)
    values = (
        sum(scene.rarity[key] for key in keys) / scene.total,
        sum(scene.rarity[key] for key in around) / scene.total,
        passage.score / scene.best_score,
        1.0 / (1 + place),
        _near(hits),
        float(has_answer(question, item.rendered, item.words)),
        float(count < 5),
        min(max(count - 30, 0) / 30, 1.0),
        float(not item.whole),
        float(item.kind == "line"),
        min(len(keys), 6) / 6,
        passage.dense,
        passage.lexical / scene.best_lexical,
    )
    score = sum(weights[name] * value for name, value in zip(FEATURES, values, strict=True))
    if passage.superseded:
        score -= HISTORY
    if item.kind == "row" and any(covers(item.rendered, amount) for amount in scene.amounts):
        score += TIER
    leads = item.rendered.endswith((":", "："))
    span = (item.order, item.start, item.end)
    return Candidate(place, *span, item.rendered, item.kind, leads, item.whole, keys, values, score)


def _near(hits: list[tuple[Word, str]]) -> float:
    """How close together the question's words stand."""
    close = sum(1 for (a, x), (b, y) in pairwise(hits) if x != y and b.start - a.end < 20)
    return min(close, 4) / 4


def _without_repeats(scored: list[Candidate], passages: Sequence[SourcePassage]) -> list[Candidate]:
    """Neighbouring passages overlap, and documents repeat each other."""
    seen_places: set[tuple[UUID, int]] = set()
    seen_words: set[str] = set()
    distinct: list[Candidate] = []
    for candidate in scored:
        passage = passages[candidate.place]
        at = (passage.version_id, passage.start + candidate.start)
        normalized = candidate.rendered.casefold().rstrip(".")
        if at in seen_places or normalized in seen_words:
            continue
        seen_places.add(at)
        seen_words.add(normalized)
        distinct.append(candidate)
    return distinct


def _by_likeness(question: Question, ranked: list[Candidate], embed: Embed) -> list[Candidate]:
    """The best few once more, by what they mean."""
    first = ranked[:LIKENESS_READ]
    asked, *vectors = embed([question.text, *(item.rendered for item in first)])
    likeness = [sum(a * b for a, b in zip(asked, vector, strict=True)) for vector in vectors]
    rest = [replace(item, score=item.score + LIKENESS * min(likeness)) for item in ranked[LIKENESS_READ:]]
    liked = [replace(item, score=item.score + LIKENESS * like) for item, like in zip(first, likeness, strict=True)]
    return sorted([*liked, *rest], key=lambda item: -item.score)
