"""Finds the words of a passage that say what a sentence of an answer says. Pure.

Figures and names must all stand in the quote; most content words must, too. What is not found is not supported: a
reader rather sees a true sentence marked as unproved than a wrong one with a number behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from answers.answer_models.base import SourcePassage
from answers.text import sentences
from answers.text.words import SPELLED_NUMBERS, Terms, Word, is_stop_word, numbers, words

MIN_WORD_COVERAGE = 0.6  # share of a sentence's content words that its quote must hold
MAX_QUOTE_SENTENCES = 3  # sentences a quote may span
NEGATION_COST = 0.45  # "may not" against "may": only a verbatim quote survives it
_NEGATIONS = """no not never none nobody nothing neither nor without cannot can't don't doesn't didn't isn't aren't
    wasn't weren't won't mustn't shouldn't couldn't nicht kein keine keinen keiner keines keinem nie
    niemals ohne nichts niemand nunca ningún ninguna ninguno sin nadie jamás ne pas jamais aucun aucune
    sans nessuno senza não nenhum niet geen nooit zonder لا لم لن ليس ليست"""
NEGATIONS = frozenset(_NEGATIONS.split())
_LOOSE = str.maketrans("“”„«»’‘–—\u00a0", '"""""\'\'-- ')


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim span: `passage.text[start:end] == text`. `exact` when it says the sentence word for word."""

    passage_id: UUID
    start: int
    end: int
    text: str
    exact: bool
    coverage: float  # share of the sentence's content words found in the span


def ground(sentence: str, cited: Sequence[SourcePassage]) -> Quote | None:
    """The shortest span of the cited passages that says what the sentence says, or None when none does."""
    return find_quote(sentence, [AnalyzedPassage(passage) for passage in cited])


def find_quote(
    sentence: str, readings: Sequence[AnalyzedPassage], *, enough: float = MIN_WORD_COVERAGE
) -> Quote | None:
    """As `ground`, for passages that were read before: an answer has many sentences and the same passages."""
    claim = StatementToCheck(sentence)
    quotes = [quote for reading in readings if (quote := claim.quote_from(reading, enough)) is not None]
    return max(quotes, key=lambda quote: (quote.exact, quote.coverage, quote.start - quote.end), default=None)


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    words: tuple[Word, ...]
    numbers: frozenset[str]
    negated: bool
    header: frozenset[str]  # the words above a table row


class AnalyzedPassage:
    """A passage, taken apart once."""

    def __init__(self, passage: SourcePassage) -> None:
        self.passage = passage
        self.loose = passage.text.translate(_LOOSE)
        self.above = frozenset(word.folded for word in words(" ".join((passage.title, *passage.heading_path))))
        self.parts: list[_Part] = []
        header: frozenset[str] = frozenset()
        in_table = False
        for sentence in sentences.split(passage.text):
            found = tuple(words(sentence.text))
            is_row = " | " in sentence.text
            if is_row and not in_table:
                header = frozenset(word.folded for word in found)
            in_table = is_row
            self.parts.append(
                _Part(
                    sentence.start,
                    sentence.end,
                    found,
                    numbers(sentence.text),
                    negated(found),
                    header if is_row else frozenset(),
                )
            )


class StatementToCheck:
    """What a sentence states, in the form in which it can be looked for."""

    def __init__(self, sentence: str) -> None:
        self.text = sentences.plain(sentence)
        self.terms = Terms(self.text)
        self.numbers = numbers(self.text)
        self.names = names(self.text, self.terms.language)
        self.negated = negated(words(self.text))
        self.wanted = [key for key in self.terms.order if not key[:1].isdigit() and key not in SPELLED_NUMBERS]

    def quote_from(self, reading: AnalyzedPassage, enough: float = MIN_WORD_COVERAGE) -> Quote | None:
        if quote := self._word_for_word(reading):
            return quote
        if not self.wanted:
            return None
        best: tuple[float, int, int] | None = None
        told = {key for folded in reading.above if (key := self.terms.key(folded)) is not None}
        held = [
            frozenset(self.terms.keys_in(part.words)) | {key for w in part.header if (key := self.terms.key(w))}
            for part in reading.parts
        ]
        for size in range(1, MAX_QUOTE_SENTENCES + 1):  # the shortest first: of two equal windows it wins
            for first in range(len(held) - size + 1):
                coverage = self._coverage(reading.parts[first : first + size], held[first : first + size], told)
                if coverage >= enough and (best is None or coverage > best[0] + 0.01):
                    best = (coverage, reading.parts[first].start, reading.parts[first + size - 1].end)
        return best and _quote(reading.passage, best[1], best[2], exact=False, coverage=round(best[0], 3))

    def _word_for_word(self, reading: AnalyzedPassage) -> Quote | None:
        """A part of a sentence is shown as the whole one, which must not turn it round: "it is wrong that ..."."""
        span = _verbatim(self.text, reading)
        if span is None:
            return None
        within = [part for part in reading.parts if part.start < span[1] and part.end > span[0]]
        start, end = min([span[0], *(part.start for part in within)]), max([span[1], *(part.end for part in within)])
        rest = reading.passage.text[start : span[0]] + reading.passage.text[span[1] : end]
        if not any(map(str.isalnum, rest)):
            return _quote(reading.passage, *span, exact=True, coverage=1.0)
        if negated(words(rest)):
            return None
        return _quote(reading.passage, start, end, exact=False, coverage=1.0)

    def _coverage(self, parts: Sequence[_Part], covered: Sequence[frozenset[str]], shared_words: set[str]) -> float:
        """0 unless every figure and name stands here; a name may stand in the title or a heading."""
        if not self.numbers <= frozenset().union(*(part.numbers for part in parts)):
            return 0.0
        here = frozenset().union(*covered)
        if not all(name in here or name in shared_words for name in self.names):
            return 0.0
        # A word of the heading counts half: it says what the passage is about, not that this sentence is true.
        share = sum(1.0 if key in here else 0.5 if key in shared_words else 0.0 for key in self.wanted) / len(
            self.wanted
        )
        says_it = max(zip(covered, parts, strict=True), key=lambda pair: len(pair[0]))[1]  # not its neighbours' "not"
        return share if self.negated == says_it.negated else share - NEGATION_COST


def names(text: str, language: str) -> frozenset[str]:
    """Stems of what must not be invented: capitalised words inside a sentence, acronyms and codes anywhere."""
    terms = Terms(text, language)
    found = set()
    at_start = True
    for word in words(text):
        first, rest = word.text[:1], word.text[1:]
        acronym = len(word.text) > 1 and first.isalpha() and (word.text.isupper() or any(map(str.isdigit, rest)))
        capital = first.isupper() and not at_start and language != "de"  # German writes every noun with a capital
        if (acronym or capital) and not word.text.isdigit() and not is_stop_word(word.folded, language):
            found.add(terms.key(word.folded) or word.folded)
        at_start = text[word.end : word.end + 1] in set(".:!?\n")
    return frozenset(found)


def negated(sentence_words: Sequence[Word]) -> bool:
    return any(word.text.lower().replace("’", "'") in NEGATIONS for word in sentence_words)


def _verbatim(sentence: str, reading: AnalyzedPassage) -> tuple[int, int] | None:
    """Where the sentence stands word for word; spaces, quotation marks and dashes may be other ones."""
    core = sentence.strip(" .…").translate(_LOOSE)
    if len(core) < 3:
        return None
    start = reading.loose.find(core)
    end = start + len(core)
    if start < 0:
        pattern = r"\s+".join(re.escape(part) for part in core.split())
        match = re.search(pattern, reading.loose, re.IGNORECASE)
        if match is None:
            return None
        start, end = match.span()
    text = reading.passage.text
    if _inside_word(text, start) or _inside_word(text, end):
        return None
    while end < len(text) and text[end] in sentences.ENDERS + sentences.CLOSERS:
        end += 1
    return start, end


def _inside_word(text: str, position: int) -> bool:
    """ "fast" in "breakfast" is no quote. Scripts without spaces have no such edge."""
    return 0 < position < len(text) and all(
        mark.isascii() and mark.isalnum() for mark in text[position - 1 : position + 1]
    )


def _quote(passage: SourcePassage, start: int, end: int, *, exact: bool, coverage: float) -> Quote:
    return Quote(passage.passage_id, start, end, passage.text[start:end], exact, coverage)
