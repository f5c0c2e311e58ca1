"""Answers with the best sentences of the passages. No network, no key; every word is a document's own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence

from answers import choice
from answers.addressed import speaks_to_the_assistant
from answers.answer_models.base import Delta, SourcePassage, Turn
from answers.choice import Candidate, Embed
from answers.questions import Kind, Question, parts, read
from answers.sayable import bare

MOST_SENTENCES = 4
SENTENCES_A_PART = 2  # when several things were asked
MOST_LIST_ITEMS = 8
LONGEST_ITEM = 240
ADDS = 0.6  # a further sentence must score this share of the best one,
ADDS_TO_A_FACT = 0.8  # or this one, when one figure, name or date was asked for,
ABOUT_THE_SAME = 0.5  # and hold this share of the question's words, or stand beside the best one
ONE_IS_ENOUGH = frozenset({Kind.PERSON, Kind.TIME, Kind.AMOUNT, Kind.PLACE})
_LEANS_BACK = re.compile(
    r"^(?:it|its|this|that|these|those|they|their|he|she|his|her|him|them|such|however|therefore|thus|also|otherwise"
    r"|instead|but|and|or|so|then|er|sie|es|dies\w*|dabei|jedoch|daher|deshalb|außerdem|este|esta|esto|estos|ello"
    r"|sin embargo|además|il|elle|ils|elles|cela|ceci|cette)\b",
    re.IGNORECASE,
)


class ExtractiveModel:
    """`embed` turns sentences into unit vectors; with it, the likeness of meaning counts too."""

    name = "extractive"

    def __init__(self, embed: Embed | None = None) -> None:
        self._embed = embed

    async def answer(
        self, question: str, passages: Sequence[SourcePassage], *, history: Sequence[Turn] = (), language: str = ""
    ) -> AsyncIterator[Delta]:
        gap = ""
        for said, place in compose(read(question), passages, embed=self._embed):
            yield Delta(f"{gap}{said} [P{place + 1}]")
            gap = "\n" if said.startswith("- ") or said.endswith(":") else " "
        yield Delta(finish="stop")


def compose(
    question: Question, passages: Sequence[SourcePassage], *, embed: Embed | None = None
) -> list[tuple[str, int]]:
    """The sentences to say and the place of the passage each stands in. The first one answers."""
    asked = parts(question.text)
    if len(asked) > 1:
        return list(dict.fromkeys(line for part in asked for line in _shortened(_one(part, passages, embed))))
    return _one(question, passages, embed)


def _one(question: Question, passages: Sequence[SourcePassage], embed: Embed | None) -> list[tuple[str, int]]:
    ranked = choice.rank(question, passages, embed=embed)
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
    if _LEANS_BACK.match(best.said):
        ordered.sort(key=lambda item: not (item.place == best.place and item.order == best.order - 1))
    return [*_lead_in(best, ranked, chosen), *((_ended(item), item.place) for item in ordered)]


def _ended(item: Candidate) -> str:
    return f"{item.said}." if item.kind == "line" else item.said


def _shortened(said: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return said if any(text.startswith("- ") for text, _ in said) else said[:SENTENCES_A_PART]


def _more(question: Question, best: Candidate, others: Sequence[Candidate]) -> list[Candidate]:
    """Sentences that add to the best one: parts of the question it leaves open, or what stands beside it."""
    short = question.kind in ONE_IS_ENOUGH
    room = 1 if short else MOST_SENTENCES - 1
    answered = set(best.found)
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
        new = item.found - answered
        if (new and len(item.found) >= ABOUT_THE_SAME * len(question.terms)) or (beside and not short):
            added.append(item)
            answered |= item.found
    return [item for item in added if not _LEANS_BACK.match(item.said) or _follows(item, [best, *added])]


def _follows(item: Candidate, chosen: Sequence[Candidate]) -> bool:
    return any(other.place == item.place and other.order == item.order - 1 for other in chosen)


def _lead_in(best: Candidate, ranked: Sequence[Candidate], chosen: Sequence[Candidate]) -> list[tuple[str, int]]:
    """ "It is due in March" needs the sentence before it."""
    if not _LEANS_BACK.match(best.said):
        return []
    before = next((item for item in ranked if item.place == best.place and item.order == best.order - 1), None)
    if before is None or before in chosen or before.kind != "sentence" or len(before.said) > 300:
        return []
    return [(before.said, before.place)]


def _with_list(lead: Candidate, passages: Sequence[SourcePassage]) -> list[tuple[str, int]]:
    """What a sentence that ends with a colon announces: the lines below it, as long as they look like items."""
    said = [lead.said]
    for line in passages[lead.place].text[lead.end :].splitlines():
        item = bare(line)
        if not item:
            continue
        if len(said) > MOST_LIST_ITEMS or not _is_item(item) or item in said:
            break
        said.append(item)
    return [(lead.said, lead.place), *((f"- {item}", lead.place) for item in said[1:])]


def _is_item(text: str) -> bool:
    letters = sum(mark.isalpha() or mark.isspace() for mark in text)
    return (
        3 <= len(text) <= LONGEST_ITEM
        and letters > 0.7 * len(text)  # not code
        and not text.endswith(("?", ":"))
        and not speaks_to_the_assistant(text)
    )
