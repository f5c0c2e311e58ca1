"""Which sentences of the passages answer a question best. Pure; without an embedder it costs a few milliseconds.

Every sentence, list line and table row is a candidate unless it is a heading, a menu, a question, or speaks to the
assistant instead of the reader. The weights of the score were fitted on the dev data: tests/benchmarks/fit_refusal.py.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from uuid import UUID

from answers import sentences
from answers.addressed import speaks_to_the_assistant
from answers.answer_models.base import SourcePassage
from answers.questions import Question, has_answer
from answers.tables import Table, covers, tables
from answers.words import Word, words

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

_BOILERPLATE = re.compile(
    r"""^\W*(?:skip\s+to\s+(?:main\s+)?content|table\s+of\s+contents|all\s+rights\s+reserved|copyright\b|©|page\s+\d+(?:\s+of\s+\d+)?\W*$
        |back\s+to\s+top|read\s+more|learn\s+more|click\s+here|was\s+this\s+(?:page|article)\s+helpful|edit\s+this\s+page
        |see\s+also\b|cookies?\s+(?:policy|settings)|last\s+(?:updated|modified|reviewed)\b)""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
_BULLET = re.compile(r"^\s*(?:[-*•●▪◦‣]|\d{1,2}[.)]|[a-z][.)])\s+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """`said` is how the answer says it: the sentence itself, or a table row as a sentence."""

    place: int  # of its passage among the given ones
    order: int  # of the sentence in its passage
    start: int
    end: int
    said: str
    kind: str  # sentence | line | row
    leads: bool  # ends with a colon: what it announces follows
    whole: bool  # not cut off by the passage's edge or a page's
    found: frozenset[str]  # terms of the question in it
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
    found = [candidate for place, passage in enumerate(passages) for candidate in _read(place, passage)]
    if not found:
        return []
    scene = _scene(question, passages, found)
    scored = [_score(question, scene, item, weights) for item in found]
    scored.sort(key=lambda candidate: -candidate.score)
    kept = _without_repeats(scored, passages)
    return kept if embed is None else _by_likeness(question, kept, embed)


@dataclass(frozen=True, slots=True)
class _Raw:
    place: int
    order: int
    start: int
    end: int
    said: str
    kind: str
    whole: bool
    before: Sequence[Word]
    words: Sequence[Word]


def _read(place: int, passage: SourcePassage) -> list[_Raw]:
    rows = tables(passage.text, whole=passage.start == 0)
    found: list[_Raw] = []
    before: Sequence[Word] = ()
    for order, sentence in enumerate(sentences.split(passage.text)):
        table = next((table for table in rows if table.start <= sentence.start < table.end), None)
        if table is not None:
            said, kind = _row(table, sentence.start), "row"
        else:
            said, kind = bare(sentence.text), "sentence"
            if said.rstrip(sentences.CLOSERS)[-1:] not in {*sentences.ENDERS, ":", "："}:
                kind = "line"
        found_words = words(said)
        if said and not _no_answer(said, kind):
            span = (sentence.start, sentence.end)
            found.append(_Raw(place, order, *span, said, kind, sentence.whole, before, found_words))
        before = found_words
    return found


def _row(table: Table, start: int) -> str:
    return table.sentence(start, skip=speaks_to_the_assistant)


def _no_answer(said: str, kind: str) -> bool:
    if said.endswith(":") and said.count(" ") < 3:  # "Introduction:"
        return True
    if said.endswith(("?", "？", "؟")) or _BOILERPLATE.search(said) or speaks_to_the_assistant(said):
        return True
    return kind == "line" and _heading(said)


def _heading(said: str) -> bool:
    if ":" in said[:-1] or any(map(str.isdigit, said)):
        return False
    return len(said) < 60 and said.count(" ") < 6 and not re.search(r"[\u0600-\u06ff\u3040-\u9fff]", said)


def bare(text: str) -> str:
    """Without the mark of a list and without line breaks."""
    return _BULLET.sub("", sentences.plain(text))


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


def _scene(question: Question, passages: Sequence[SourcePassage], found: Sequence[_Raw]) -> _Scene:
    above = [frozenset(question.terms.found_in(words(" ".join((p.title, *p.heading_path))))) for p in passages]
    rarity = rarity_of(question.terms.order, [frozenset(question.terms.found_in(item.words)) for item in found])
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


def rarity_of(keys: Sequence[str], found: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each term of the question tells: rare among these sentences means much."""
    counts = Counter(key for keys_ in found for key in keys_)
    return {key: math.log(1 + (len(found) - counts[key] + 0.5) / (counts[key] + 0.5)) for key in keys}


def _score(question: Question, scene: _Scene, item: _Raw, weights: dict[str, float]) -> Candidate:
    passage = scene.passages[item.place]
    hits = [(word, key) for word in item.words if (key := question.terms.key(word.folded)) is not None]
    keys = frozenset(key for _, key in hits)
    around = keys | scene.above[item.place] | frozenset(question.terms.found_in(item.before))
    count = len(item.words)
    values = (
        sum(scene.rarity[key] for key in keys) / scene.total,
        sum(scene.rarity[key] for key in around) / scene.total,
        passage.score / scene.best_score,
        1.0 / (1 + item.place),
        _near(hits),
        float(has_answer(question, item.said, item.words)),
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
    if item.kind == "row" and any(covers(item.said, amount) for amount in scene.amounts):
        score += TIER
    leads = item.said.endswith((":", "："))
    return Candidate(
        item.place, item.order, item.start, item.end, item.said, item.kind, leads, item.whole, keys, values, score
    )


def _near(hits: list[tuple[Word, str]]) -> float:
    """How close together the question's words stand."""
    close = sum(1 for (a, x), (b, y) in pairwise(hits) if x != y and b.start - a.end < 20)
    return min(close, 4) / 4


def _without_repeats(scored: list[Candidate], passages: Sequence[SourcePassage]) -> list[Candidate]:
    """Neighbouring passages overlap, and documents repeat each other."""
    seen_places: set[tuple[UUID, int]] = set()
    seen_words: set[str] = set()
    kept: list[Candidate] = []
    for candidate in scored:
        passage = passages[candidate.place]
        at = (passage.version_id, passage.start + candidate.start)
        said = candidate.said.casefold().rstrip(".")
        if at in seen_places or said in seen_words:
            continue
        seen_places.add(at)
        seen_words.add(said)
        kept.append(candidate)
    return kept


def _by_likeness(question: Question, ranked: list[Candidate], embed: Embed) -> list[Candidate]:
    """The best few once more, by what they mean."""
    first = ranked[:LIKENESS_READ]
    asked, *vectors = embed([question.text, *(item.said for item in first)])
    likeness = [sum(a * b for a, b in zip(asked, vector, strict=True)) for vector in vectors]
    rest = [replace(item, score=item.score + LIKENESS * min(likeness)) for item in ranked[LIKENESS_READ:]]
    liked = [replace(item, score=item.score + LIKENESS * like) for item, like in zip(first, likeness, strict=True)]
    return sorted([*liked, *rest], key=lambda item: -item.score)
