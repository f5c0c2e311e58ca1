"""Two documents that state different things about the same subject. Pure, and rather silent than wrong.

Only sentences that could both answer the question are compared: they must speak of the same things and differ in the
figure, or the person, that was asked for. What a newer version replaced is history and contradicts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from answers.answer_models.base import SourcePassage
from answers.grounding import sentence_ranking
from answers.grounding.quote_matching import names, negated
from answers.grounding.sentence_ranking import Candidate
from answers.question.analysis import Question, QuestionKind, read
from answers.text.words import SPELLED_NUMBERS, Terms, fold, numbers, stem, words

MAX_COMPARED_SENTENCES = 8  # sentences; further down the list nothing answers the question any more
AS_GOOD = 0.6  # of the best sentence's score
SAME_WORDS = 3  # content words both must share
SAME_SHARE = 0.4  # of the shorter one's content words
OF_THE_QUESTION = 0.6  # of the words of the question that the better of the two holds, the other must hold too

_HOURS = {
    **dict.fromkeys(("minute",), 1 / 60),
    **dict.fromkeys(("hour", "stunde", "hora", "heure"), 1),
    **dict.fromkeys(("day", "tag", "día", "jour"), 24),
    **dict.fromkeys(("week", "woche", "semana", "semaine"), 168),
    **dict.fromkeys(("month", "monat", "mes", "mois"), 730),
    **dict.fromkeys(("year", "jahr", "año", "an"), 8760),
}
_MONEY = {
    **dict.fromkeys(("£", "gbp", "pounds"), "GBP"),
    **dict.fromkeys(("€", "eur", "euro", "euros"), "EUR"),
    **dict.fromkeys(("$", "usd", "dollars"), "USD"),
    **dict.fromkeys(("¥", "yen"), "JPY"),
    "sek": "SEK",
    "chf": "CHF",
}
_SPELLED = "|".join(sorted(SPELLED_NUMBERS, key=len, reverse=True))
_QUANTITY = re.compile(
    r"""(?P<before>[£€$¥]|\b(?:GBP|EUR|USD|SEK|CHF)\s)?\s?
        (?P<number>\b\d+(?:[.,]\d+)*|\b(?:SPELLED)\b)
        (?:[\s\u00a0]?(?P<after>[£€$¥%]|percent\b|per\s?cent\b|prozent\b))?
        (?P<words>(?:[\s-]+[^\W\d_]+){0,2})""".replace("SPELLED", _SPELLED),
    re.IGNORECASE | re.VERBOSE,
)
_PERCENT = frozenset({"percent", "per", "cent", "prozent"})
_ASKS_FOR_TIME = re.compile(
    r"""\bhow\s(?:long|soon|quickly|fast|often|late|early)\b|\bhow\smany\s\w*\s?(?:minutes|hours|days|weeks|months|years)\b
      |\bwithin\b|\bdeadline\b|\bby\swhen\b|\bwie\s(?:lange|schnell|oft)\b|\bwie\sviele\s(?:stunden|tage|wochen|monate)\b
      |\bcuánt\w+\s(?:tiempo|horas|días)\b|\bcombien\sde\s(?:temps|jours)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_ASKS_FOR_MONEY = re.compile(r"\b(?:limits?|costs?|prices?|rates?|fees?|paid|pay|budget|percent\w*)\b", re.IGNORECASE)
_QUALIFIED = {"working", "business", "calendar", "written", "full", "whole", "consecutive"}


@dataclass(frozen=True, slots=True)
class Side:
    """`passage.text[start:end] == text`; `conflicting_value` is what the other side contradicts."""

    passage: SourcePassage
    start: int
    end: int
    text: str
    conflicting_value: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """`dated`: both documents say when they are from, and the first side is the newer one."""

    newer: Side
    older: Side
    dated: bool


def find(question: str, passages: Sequence[SourcePassage]) -> Conflict | None:
    asked = read(question)
    current = [passage for passage in passages if not passage.superseded]
    if len({passage.document_id for passage in current}) < 2:
        return None
    ranked = [item for item in sentence_ranking.rank(asked, current)[:MAX_COMPARED_SENTENCES] if item.kind != "line"]
    for one, other in _pairs(asked, current, ranked):
        if disagreement := _disagree(asked, current, one, other):
            sides = [_side(current, item, says) for item, says in zip((one, other), disagreement, strict=True)]
            dates = [side.passage.document_date for side in sides]
            dated = all(dates) and dates[0] != dates[1]
            if dated and dates[0] < dates[1]:
                sides.reverse()
            return Conflict(sides[0], sides[1], dated)
    return None


def _pairs(
    question: Question, passages: Sequence[SourcePassage], ranked: Sequence[Candidate]
) -> Iterator[tuple[Candidate, Candidate]]:
    """The best sentence with each of another document that answers nearly as well."""
    for place, one in enumerate(ranked[:2]):
        for other in ranked[place + 1 :]:
            same = passages[one.place].document_id == passages[other.place].document_id
            if not same and other.score >= AS_GOOD * ranked[0].score:
                yield one, other


def _disagree(
    question: Question, passages: Sequence[SourcePassage], one: Candidate, other: Candidate
) -> tuple[str, str] | None:
    if _siblings(passages[one.place].title, passages[other.place].title):
        return None
    if not _same_subject(question, one, other) or negated(words(one.rendered)) != negated(words(other.rendered)):
        return None
    if question.kind is QuestionKind.PERSON:
        return _other_person(question, one, other)
    return _other_figure(question, one, other)


def _same_subject(question: Question, one: Candidate, other: Candidate) -> bool:
    first, second = _content(one.rendered, question.language), _content(other.rendered, question.language)
    shared = first & second
    if len(shared) < SAME_WORDS or len(shared) < SAME_SHARE * min(len(first), len(second)):
        return False
    both = one.matched_terms & other.matched_terms
    return len(both) >= max(1, OF_THE_QUESTION * max(len(one.matched_terms), len(other.matched_terms)))


def _content(text: str, language: str) -> set[str]:
    terms = Terms(text, language)
    return {key for key in terms.order if not key[:1].isdigit() and key not in SPELLED_NUMBERS and key not in _PERCENT}


def _siblings(one: str, other: str) -> bool:
    """ "Standard plan: benefits" and "Plus plan: benefits" differ because they are about different things."""
    first, second = _content(one, "en"), _content(other, "en")
    shared = len(first & second)
    return bool(first - second and second - first) and shared * 2 >= min(len(first), len(second)) and shared > 0


def _other_figure(question: Question, one: Candidate, other: Candidate) -> tuple[str, str] | None:
    first, second = _quantities(one.rendered, question), _quantities(other.rendered, question)
    differing = []
    for unit in first.keys() & second.keys():
        (left, *more), (right, *others) = first[unit].items(), second[unit].items()
        if abs(left[0] - right[0]) <= 0.02 * max(left[0], right[0]):
            continue
        if more or others or not _asks_for_unit(unit, question):
            return None  # several figures of a kind are tiers and conditions: no telling which one meets which
        differing.append((left[1], right[1]))
    if len(differing) != 1 or question.numbers & (numbers(differing[0][0]) | numbers(differing[0][1])):
        return None
    return differing[0]


def _quantities(text: str, question: Question) -> dict[str, dict[float, str]]:
    """What a sentence counts: unit -> value -> as written. Times are one unit, so that a day is 24 hours."""
    found: dict[str, dict[float, str]] = {}
    for match in _QUANTITY.finditer(text):
        value = _value(match["number"])
        unit, factor, end = _unit(match, question)
        if value is not None and unit:
            found.setdefault(unit, {})[value * factor] = " ".join(text[match.start() : end].split())
    return found


def _value(number: str) -> float | None:
    if number.lower() in SPELLED_NUMBERS:
        return float(SPELLED_NUMBERS[number.lower()])
    try:
        return float(next(iter(numbers(number))))
    except (StopIteration, ValueError):
        return None


def _unit(match: re.Match[str], question: Question) -> tuple[str, float, int]:
    """The unit, what one of it is worth, and where its last word ends."""
    money = (match["before"] or match["after"] or "").strip().lower()
    following = list(re.finditer(r"[^\W\d_]+", match["words"]))
    if money:
        return _MONEY.get(money, "%"), 1.0, match.start("words")
    kind = ""
    for word in following:
        unit_text, end = word.group().lower(), match.start("words") + word.end()
        if unit_text in _MONEY:
            return _MONEY[unit_text], 1.0, end
        if unit_text in ("working", "business"):
            kind = "working "
        for name in (
            unit_text,
            unit_text.removesuffix("s"),
            unit_text.removesuffix("n"),
            unit_text.removesuffix("en"),
            unit_text.removesuffix("e"),
        ):
            if name in _HOURS:
                return f"{kind}time", float(_HOURS[name]), end
        if key := question.terms.key(fold(unit_text)):
            return key, 1.0, end
        if unit_text not in _QUALIFIED:
            break
    return "", 1.0, match.end()


def _asks_for_unit(unit: str, question: Question) -> bool:
    """Whether the question asks for this kind of figure."""
    if unit.endswith("time"):
        return question.kind is QuestionKind.TIME or bool(_ASKS_FOR_TIME.search(question.text))
    if unit == "%" or unit in _MONEY.values():
        return question.kind is QuestionKind.AMOUNT or bool(_ASKS_FOR_MONEY.search(question.text))
    return question.kind is QuestionKind.AMOUNT


def _other_person(question: Question, one: Candidate, other: Candidate) -> tuple[str, str] | None:
    """Only when the sentences are alike but for the name."""
    first, second = _content(one.rendered, question.language), _content(other.rendered, question.language)
    called = [names(item.rendered, question.language) - set(question.terms.order) for item in (one, other)]
    only = [called[0] - called[1], called[1] - called[0]]
    rest = (first | second) - called[0] - called[1]
    shared = (first & second) - called[0] - called[1]
    if not all(only) or len(shared) < SAME_WORDS or len(shared) < 0.7 * len(rest):
        return None
    return _written(one.rendered, only[0], question), _written(other.rendered, only[1], question)


def _written(text: str, keys: frozenset[str], question: Question) -> str:
    return " ".join(
        word.text for word in words(text) if stem(word.folded, question.language) in keys or word.folded in keys
    )


def _side(passages: Sequence[SourcePassage], item: Candidate, conflicting_value: str) -> Side:
    passage = passages[item.place]
    return Side(passage, item.start, item.end, passage.text[item.start : item.end], conflicting_value)
