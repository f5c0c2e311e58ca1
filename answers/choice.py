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
from answers.answer_models.base import SourcePassage
from answers.questions import Question, has_answer
from answers.tables import Table, tables
from answers.words import Word, words

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]

FEATURES = (
    "coverage",
    "with_context",
    "passage",
    "first_passage",
    "near",
    "typed",
    "all_terms",
    "short",
    "long",
    "cut",
    "line",
    "overlap_count",
    "dense",
    "lexical",
)
WEIGHTS = dict.fromkeys(FEATURES, 0.0) | {
    "coverage": 3.0,
    "with_context": 1.0,
    "passage": 1.0,
    "typed": 0.7,
    "near": 0.5,
    "short": -1.0,
    "cut": -1.0,
    "line": -0.5,
}

_TO_THE_ASSISTANT = re.compile(
    r"""\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|preceding|all|any|the|these|your)\b.{0,30}
        \b(?:instructions?|prompts?|rules?|questions?|guidelines?|context|directions?|messages?)
      | \bignore\s+the\s+(?:question|user)
      | ^\W*(?:note|message|instructions?|memo|attention)\s+(?:to|for)\s+(?:the\s+|any\s+|all\s+)?(?:ai|llm|assistants?|chat\s?bots?|models?|bots?|language\s+models?)\b
      | ^\W*(?:system|assistant|ai|llm|chat\s?bot|user|human)\s*(?:prompt|message|note|instruction)?\s*:
      | ^\W*(?:dear\s+)?(?:assistant|ai|chat\s?bot|llm)\s*[,:]
      | \byou\s+are\s+(?:now\s+)?(?:an?\s+|the\s+)?(?:\w+\s+)?(?:ai|assistant|chat\s?bot|language\s+model|dan)\b
      | \b(?:end|begin|start|finish|prefix|conclude)\s+(?:every|each|all|your|the)\s+(?:answers?|repl(?:y|ies)|responses?|messages?)
      | \b(?:answer|reply|respond)\s+(?:to\s+)?(?:every|each|all|any)\b.{0,20}\b(?:questions?|messages?|requests?)\b
      | \b(?:to|in|into|with)\s+your\s+(?:answer|reply|response|output|summary)\b
      | \b(?:print|reveal|show|repeat|output|display|disclose|leak)\b.{0,40}\b(?:system\s+prompt|(?:your|hidden|initial)\s+(?:instructions?|prompt))
      | \bsystem\s+prompt\b | \bnew\s+(?:system\s+)?(?:rule|instruction)s?\s*:
      | \b(?:when|if)\s+(?:you|the\s+assistant|the\s+ai)\s+(?:answer|summari[sz]e|are\s+asked|repl(?:y|ies)|reads?)\b
      | \bignorier\w*\b.{0,40}\b(?:anweisung|vorherig|regel)\w* | \bignora\w*\b.{0,40}\b(?:instruccion|anterior)\w*
      | \bignore[rz]?\b.{0,30}\b(?:consignes?|instructions?)\b""",
    re.IGNORECASE | re.VERBOSE,
)
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
    found: frozenset[str]  # terms of the question in it
    values: tuple[float, ...]
    score: float = 0.0


def speaks_to_the_assistant(text: str) -> bool:
    return bool(_TO_THE_ASSISTANT.search(sentences.plain(text)))


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
    rarity = rarity_of(question, found)
    scored = [_score(question, passages, item, rarity, weights) for item in found]
    scored.sort(key=lambda candidate: -candidate.score)
    return _without_repeats(scored, passages)


@dataclass(frozen=True, slots=True)
class _Raw:
    place: int
    order: int
    start: int
    end: int
    said: str
    kind: str
    whole: bool
    before: str
    words: list[Word]


def _read(place: int, passage: SourcePassage) -> list[_Raw]:
    rows = tables(passage.text, whole=passage.start == 0)
    found: list[_Raw] = []
    before = ""
    for order, sentence in enumerate(sentences.split(passage.text)):
        table = next((table for table in rows if table.start <= sentence.start < table.end), None)
        if table is not None:
            said, kind = _row(table, sentence.start), "row"
        else:
            said, kind = bare(sentence.text), "sentence"
            if said[-1:] not in sentences.ENDERS + sentences.CLOSERS + ":":
                kind = "line"
        if said and not _no_answer(said, kind):
            found.append(
                _Raw(place, order, sentence.start, sentence.end, said, kind, sentence.whole, before, words(said))
            )
        before = sentence.text
    return found


def _row(table: Table, start: int) -> str:
    return table.sentence(start, skip=speaks_to_the_assistant)


def _no_answer(said: str, kind: str) -> bool:
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


def rarity_of(question: Question, found: Sequence[_Raw]) -> dict[str, float]:
    """How much each term of the question tells: rare among these sentences means much."""
    counts: Counter[str] = Counter()
    for item in found:
        counts.update(set(question.terms.found_in(item.words)))
    total = len(found)
    return {key: math.log(1 + (total - counts[key] + 0.5) / (counts[key] + 0.5)) for key in question.terms.order}


def _score(
    question: Question,
    passages: Sequence[SourcePassage],
    item: _Raw,
    rarity: dict[str, float],
    weights: dict[str, float],
) -> Candidate:
    passage = passages[item.place]
    hits = [(word, key) for word in item.words if (key := question.terms.key(word.folded)) is not None]
    keys = frozenset(key for _, key in hits)
    total = sum(rarity.values()) or 1.0
    around = keys | frozenset(
        question.terms.found_in(words(" ".join((passage.title, *passage.heading_path, item.before))))
    )
    count = len(item.words)
    values = (
        sum(rarity[key] for key in keys) / total,
        sum(rarity[key] for key in around) / total,
        passage.score / (max(p.score for p in passages) or 1.0),
        1.0 / (1 + item.place),
        _near(hits),
        float(has_answer(question, item.said, item.words)),
        float(len(keys) == len(question.terms) > 0),
        float(count < 5),
        min(max(count - 30, 0) / 30, 1.0),
        float(not item.whole),
        float(item.kind == "line"),
        min(len(keys), 6) / 6,
        passage.dense,
        passage.lexical / (max(p.lexical for p in passages) or 1.0),
    )
    return Candidate(
        item.place, item.order, item.start, item.end, item.said, item.kind, item.said.endswith((":", "：")), keys, values,
        sum(weights[name] * value for name, value in zip(FEATURES, values, strict=True)),
    )  # fmt: skip


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


def rescored(candidates: Sequence[Candidate], likeness: Sequence[float], weight: float) -> list[Candidate]:
    changed = [replace(item, score=item.score + weight * like) for item, like in zip(candidates, likeness, strict=True)]
    return sorted(changed, key=lambda item: -item.score)
