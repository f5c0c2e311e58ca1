"""What of a passage could be said in an answer: its sentences, list lines and table rows. Pure.

Left out are headings, menus, questions, and what speaks to the assistant instead of the reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from answers.answer_models.base import SourcePassage
from answers.grounding.prompt_injection_filter import speaks_to_the_assistant
from answers.text import sentences
from answers.text.sentences import Sentence
from answers.text.table_rows import Table, tables
from answers.text.words import Word, words

CACHED_PASSAGES = 128  # passages: judging, comparing and choosing read the same eight, and a few people ask at once

_BOILERPLATE = re.compile(
    r"""^\W*(?:skip\s+to\s+(?:main\s+)?content|table\s+of\s+contents|all\s+rights\s+reserved|copyright\b|©|page\s+\d+(?:\s+of\s+\d+)?\W*$
        |back\s+to\s+top|read\s+more|learn\s+more|click\s+here|was\s+this\s+(?:page|article)\s+helpful|edit\s+this\s+page
        |see\s+also\b|cookies?\s+(?:policy|settings)|last\s+(?:updated|modified|reviewed)\b)""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
_BULLET = re.compile(r"^\s*(?:(?:[-*•●▪◦‣☐☑]|\d{1,2}[.)]|[a-z][.)]|\[[ xX]?\])\s+)+")


class AnswerableSentence:
    """`rendered` is how an answer says it: the sentence itself, or a table row as a sentence.

    Its words are taken apart when they are first asked for: most lines share none with the question.
    """

    __slots__ = ("_words", "before", "end", "kind", "order", "rendered", "start", "whole")

    def __init__(self, order: int, sentence: Sentence, text: str, kind: str, before: AnswerableSentence | None) -> None:
        self.order = order  # of the sentence in its passage, those left out counted
        self.start, self.end = sentence.start, sentence.end
        self.rendered = text
        self.kind = kind  # sentence | line | row
        self.whole = sentence.whole  # not cut off by the edge of the passage
        self.before = before  # the sentence before it, said or not
        self._words: Sequence[Word] | None = None

    @property
    def words(self) -> Sequence[Word]:
        if self._words is None:
            self._words = tuple(words(self.rendered))
        return self._words


def lines(passage: SourcePassage) -> tuple[AnswerableSentence, ...]:
    return _lines(passage.passage_id, passage.text, passage.start == 0)


def words_of(passage: SourcePassage) -> Sequence[Word]:
    """Every word of a passage, with those of its title and headings."""
    return _words(passage.passage_id, " ".join((passage.title, *passage.heading_path)), passage.text)


def title_words(passage: SourcePassage) -> Sequence[Word]:
    return _words(passage.passage_id, " ".join((passage.title, *passage.heading_path)), "")


def bare(text: str) -> str:
    """Without the mark of a list and without line breaks."""
    return _BULLET.sub("", sentences.plain(text))


@lru_cache(maxsize=CACHED_PASSAGES)
def _words(_: UUID, title: str, text: str) -> Sequence[Word]:
    """By the passage as well, which belongs to one company: no other notices that it has the same text."""
    return tuple(words.__wrapped__(f"{title}\n{text}"))


@lru_cache(maxsize=CACHED_PASSAGES)
def _lines(_: UUID, text: str, whole: bool) -> tuple[AnswerableSentence, ...]:
    rows = tables(text, whole=whole)
    answerable: list[AnswerableSentence] = []
    line: AnswerableSentence | None = None
    for order, sentence in enumerate(sentences.split(text)):
        table = next((table for table in rows if table.start <= sentence.start < table.end), None)
        said, kind = _rendered(sentence.text) if table is None else (_row(table, sentence.start), "row")
        line = AnswerableSentence(order, sentence, said, kind, line)
        if said and not _no_answer(said, kind):
            answerable.append(line)
    return tuple(answerable)


def _rendered(text: str) -> tuple[str, str]:
    said = bare(text)
    ended = said.rstrip(sentences.CLOSERS)[-1:] in {*sentences.ENDERS, ":", "："}
    return said, "sentence" if ended else "line"


def _row(table: Table, start: int) -> str:
    return table.sentence(start, skip=speaks_to_the_assistant)


def _no_answer(text: str, kind: str) -> bool:
    if text.endswith(":") and text.count(" ") < 3:  # "Introduction:"
        return True
    if text.endswith(("?", "？", "؟")) or _BOILERPLATE.search(text) or speaks_to_the_assistant(text):
        return True
    return kind == "line" and _heading(text)


def _heading(text: str) -> bool:
    if ":" in text[:-1] or any(map(str.isdigit, text)):
        return False
    return len(text) < 60 and text.count(" ") < 6 and not re.search(r"[\u0600-\u06ff\u3040-\u9fff]", text)
