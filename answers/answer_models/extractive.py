"""Answers with the best sentences of the passages. No network, no key; every word is a document's own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import NamedTuple

from answers.answer_models.base import Delta, PreviousTurn, SourcePassage
from answers.grounding import sentence_ranking
from answers.grounding.answerable_text import bare
from answers.grounding.evidence import nothing_about
from answers.grounding.prompt_injection_filter import speaks_to_the_assistant
from answers.grounding.sentence_ranking import Candidate, Embed
from answers.question.analysis import Question, QuestionKind, read
from answers.question.parts import QuestionPart, parts

MAX_SENTENCES = 4
SENTENCES_A_PART = 2  # when several things were asked
MAX_LIST_ITEMS = 8
LONGEST_ITEM = 240
ADDS = 0.6  # a further sentence must score this share of the best one,
ADDS_TO_A_FACT = 0.8  # or this one, when one figure, name or date was asked for,
ABOUT_THE_SAME = 0.5  # and hold this share of the question's words, or stand beside the best one
SINGLE_SENTENCE_KINDS = frozenset({QuestionKind.PERSON, QuestionKind.TIME, QuestionKind.AMOUNT, QuestionKind.PLACE})
_REFERS_TO_PREVIOUS = re.compile(
    r"^(?:it|its|this|that|these|those|they|their|he|she|his|her|him|them|such|however|therefore|thus|also|otherwise"
    r"|instead|but|and|or|so|then|er|sie|es|dies\w*|dabei|jedoch|daher|deshalb|außerdem|este|esta|esto|estos|ello"
    r"|sin embargo|además|il|elle|ils|elles|cela|ceci|cette)\b",
    re.IGNORECASE,
)


class ExtractedSentence(NamedTuple):
    """A sentence, the place of the passage it stands in, and the part of the question it is for; 0 is none of them.

    A part for which nothing was found says nothing.
    """

    text: str
    place: int
    part: int = 0


class ExtractiveModel:
    """`embed` turns sentences into unit vectors; with it, the likeness of meaning counts too."""

    name = "extractive"

    def __init__(self, embed: Embed | None = None) -> None:
        self._embed = embed

    async def answer(
        self,
        question: str,
        passages: Sequence[SourcePassage],
        *,
        history: Sequence[PreviousTurn] = (),
        language: str = "",
    ) -> AsyncIterator[Delta]:
        for piece in as_written(compose(read(question), passages, embed=self._embed)):
            yield Delta(piece)
        yield Delta(finish="stop")


def as_written(text: Iterable[ExtractedSentence]) -> Iterator[str]:
    """As a writing model would write it: with the labels of passages and the marks of parts."""
    gap, part = "", 0
    for each in text:
        mark = f"[PART {each.part}] " if each.part != part else ""
        part = each.part
        yield f"{gap}{mark}{each.text} [P{each.place + 1}]" if each.text else f"{gap}{mark}[NONE]"
        gap = "\n" if each.text.startswith("- ") or each.text.endswith(":") else " "


def compose(
    question: Question, passages: Sequence[SourcePassage], *, embed: Embed | None = None
) -> list[ExtractedSentence]:
    """The sentences to say. The first one answers."""
    asked = parts(question.text)
    if asked and passages:
        return _by_parts(asked, passages, embed)
    return [ExtractedSentence(*line) for line in _one(question, passages, embed)]


def _by_parts(
    asked: Sequence[QuestionPart], passages: Sequence[SourcePassage], embed: Embed | None
) -> list[ExtractedSentence]:
    missing = [number for number, part in enumerate(asked, 1) if nothing_about(part, passages, embed=embed)]
    if len(missing) == len(asked):  # yet the whole was found to be there
        missing = []
    part_of_sentence: dict[tuple[str, int], int] = {}
    for number, part in enumerate(asked, 1):
        for line in [] if number in missing else _shortened(_one(part.asked, passages, embed)):
            part_of_sentence.setdefault(line, number)
    alone = len(set(part_of_sentence.values())) < 2  # needs no label
    sentences = [ExtractedSentence(*line, 0 if alone else number) for line, number in part_of_sentence.items()]
    return [*sentences, *(ExtractedSentence("", -1, number) for number in missing)] if sentences else []


def _one(question: Question, passages: Sequence[SourcePassage], embed: Embed | None) -> list[tuple[str, int]]:
    ranked = sentence_ranking.rank(question, passages, embed=embed)
    if not ranked:
        return []
    best = ranked[0]
    if best.leads:
        listed = _with_list(best, passages)
        if len(listed) > 1 or len(ranked) == 1:
            return listed
        best = next((item for item in ranked if not item.leads), best)  # it announces what is not here
        ranked = [best, *(item for item in ranked if item is not best)]
    chosen = [best, *_more(question, best, ranked[1:])]
    ordered = [best, *sorted(chosen[1:], key=lambda item: (item.place != best.place, item.place, item.start))]
    if _REFERS_TO_PREVIOUS.match(best.rendered):
        ordered.sort(key=lambda item: not (item.place == best.place and item.order == best.order - 1))
    return [*_lead_in(best, ranked, chosen), *((_ended(item), item.place) for item in ordered)]


def _ended(item: Candidate) -> str:
    return f"{item.rendered}." if item.kind == "line" else item.rendered


def _shortened(text: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return text if any(text.startswith("- ") for text, _ in text) else text[:SENTENCES_A_PART]


def _more(question: Question, best: Candidate, others: Sequence[Candidate]) -> list[Candidate]:
    """Sentences that add to the best one: parts of the question it leaves open, or what stands beside it."""
    short = question.kind in SINGLE_SENTENCE_KINDS
    room = 1 if short else MAX_SENTENCES - 1
    answered = set(best.matched_terms)
    added: list[Candidate] = []
    for item in others:
        if len(added) == room:
            break
        if (
            item.score < (ADDS_TO_A_FACT if short else ADDS) * best.score
            or item.leads
            or item.kind == "line"
            or not item.whole
        ):
            continue
        beside = item.place == best.place and abs(item.order - best.order) <= 1 and item.kind == "sentence"
        new = item.matched_terms - answered
        if (new and len(item.matched_terms) >= ABOUT_THE_SAME * len(question.terms)) or (beside and not short):
            added.append(item)
            answered |= item.matched_terms
    return [item for item in added if not _REFERS_TO_PREVIOUS.match(item.rendered) or _follows(item, [best, *added])]


def _follows(item: Candidate, chosen: Sequence[Candidate]) -> bool:
    return any(other.place == item.place and other.order == item.order - 1 for other in chosen)


def _lead_in(best: Candidate, ranked: Sequence[Candidate], chosen: Sequence[Candidate]) -> list[tuple[str, int]]:
    """ "It is due in March" needs the sentence before it."""
    if not _REFERS_TO_PREVIOUS.match(best.rendered):
        return []
    before = next((item for item in ranked if item.place == best.place and item.order == best.order - 1), None)
    if before is None or before in chosen or before.kind != "sentence" or len(before.rendered) > 300:
        return []
    return [(before.rendered, before.place)]


def _with_list(lead: Candidate, passages: Sequence[SourcePassage]) -> list[tuple[str, int]]:
    """What a sentence that ends with a colon announces: the lines below it, as long as they look like items."""
    items = [lead.rendered]
    for line in passages[lead.place].text[lead.end :].splitlines():
        item = bare(line)
        if not item:
            continue
        if len(items) > MAX_LIST_ITEMS or not _is_item(item) or item in items:
            break
        items.append(item)
    return [(lead.rendered, lead.place), *((f"- {item}", lead.place) for item in items[1:])]


def _is_item(text: str) -> bool:
    letters = sum(mark.isalpha() or mark.isspace() for mark in text)
    return (
        3 <= len(text) <= LONGEST_ITEM
        and letters > 0.7 * len(text)  # not code
        and not text.endswith(("?", ":"))
        and not speaks_to_the_assistant(text)
    )
