"""What a question asks for: its content words and the kind of thing that would answer it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from answers.text.words import SPELLED_NUMBERS, Terms, Word, fold, language_of, numbers


class QuestionKind(StrEnum):
    PERSON = "person"
    TIME = "time"
    AMOUNT = "amount"
    PLACE = "place"
    REASON = "reason"
    WAY = "way"
    YES_NO = "yes_no"
    OTHER = "other"


# "when" asks near the beginning or after a pause; elsewhere it joins clauses: "what do I need when I travel?"
_ASKS = r"(?:^\W*(?:\w+\W+){0,3}|[,;:]\s*(?:and\s+)?|\band\s+)"

_CUES = {
    QuestionKind.TIME: r"""{asks}when\b|\b(?:what|which)\s+(?:year|date|day|month|time|century|decade|week)\b|\bdeadline\b
        |\bwann\b|\bwelche[mnrs]?\s+(?:jahr|datum|tag|monat|jahrhundert)|\bcu[aá]ndo\b
        |\bqu[eé]\s+(?:año|fecha|día|mes|siglo)\b|\bquand\b|\bquelle?\s+(?:année|date|jour|mois)\b|\bquando\b
        |\bwanneer\b|متى|أي\s(?:عام|سنة|تاريخ|يوم)|什么时候|何时|哪一?年|几月|哪天|什么日期|いつ""",
    QuestionKind.AMOUNT: r"""\bhow\s(?:many|much|long|often|old|far|large|big|high|tall|fast|quickly|soon|late|early|deep|wide
        |expensive|frequently)\b
        |\bwhat\s(?:is|was|are|were)?\s*(?:the\s)?(?:\w+\s)?(?:percentage|percent|number|amount|cost|price|rate|limit
        |population|size|length|height|age|salary|budget|fee|fraction|share|distance|temperature|maximum|minimum
        |total)\b
        |\bwie\s?viele?\b|\bwie\s(?:lange|oft|alt|hoch|groß|weit|teuer|schnell|häufig)\b|\bcu[aá]nt[oa]s?\b
        |\bqu[eé]\s(?:porcentaje|cantidad|número)\b|\bcombien\b|\bquant[oaie]\b|\bhoeveel\b
        |\bhoe\s(?:lang|vaak|oud|hoog)\b|كم|多少|几[个年]|多[长久大高]|いくつ|いくら""",
    QuestionKind.PERSON: r"""{asks}(?:who|whom|whose)\b|\bwhich\s(?:person|people|man|woman|team|department|company
        |organi[sz]ation|president|author)\b|\bwe[rmn]\b|\bqui[eé]n(?:es)?\b|\bqui\b|\bchi\b|\bquem\b|\bwie\sis\b
        |(?:^|\s)من\s(?!ال)|谁|哪位|誰""",
    QuestionKind.PLACE: r"""{asks}where\b|\b(?:what|which)\s(?:city|country|place|state|region|room|building|office|town
        |continent)\b|\bwo\b|\bwohin\b|\bwoher\b|\bd[oó]nde\b|\boù\b|\bdove\b|\bonde\b|\bwaar\b|أين|哪里|哪儿|何处
        |在哪|どこ""",
    QuestionKind.REASON: r"""\bwhy\b|\bwhat\s(?:causes?|caused|is\sthe\sreason)\b|\bwarum\b|\bwieso\b|\bweshalb\b
        |\bpor\squ[eé]\b|\bpourquoi\b|\bperch[eé]\b|لماذا|为什么|为何|なぜ""",
    QuestionKind.WAY: r"""^\W*how\b|\bwie\b|\bc[oó]mo\b|\bcomment\b|\bcome\b|\bhoe\b|كيف|如何|怎么|怎样|どうやって""",
    QuestionKind.YES_NO: r"""^\W*(?:is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have|had|am|ist|sind
        |war|hat|haben|darf|dürfen|kann|können|muss|gibt|es|son|puede|debe|hay|est-ce|هل)\b""",
}
_FLAGS = re.IGNORECASE | re.VERBOSE
_COMPILED = tuple((kind, re.compile(pattern.replace("{asks}", _ASKS), _FLAGS)) for kind, pattern in _CUES.items())

_TIME = re.compile(
    r"""\b(?:1[0-9]|20)\d\d\b | \b\d{1,2}[:.]\d\d\b | \b\d{1,2}\s?(?:am|pm|a\.m|p\.m|uhr)\b
      | \b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b
      | \b(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni?|july?|juli?|aug(?:ust)?
        |sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio
        |agosto|septiembre|octubre|noviembre|diciembre|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre
        |décembre)\b
      | \b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b
      | \b(?:century|decade|daily|weekly|monthly|annually|yearly|quarterly|yesterday|tomorrow|noon|midnight|week|month
        |year|day|hour|minute)s?\b
      | \b(?:jahrhundert|jahr|tag|woche|monat|siglo|año|día|siècle|an|jour)s?e?n?\b | 年|月|日|世纪|عام|سنة|القرن""",
    _FLAGS,
)
_DIGIT = re.compile(r"\d")
_AMOUNT_WORDS = re.compile(
    r"""\b(?:half|third|quarter|dozen|hundreds?|thousands?|millions?|billions?|percent|unlimited|all|none|several|daily
        |weekly|monthly|annually|yearly|every|hälfte|hundert|tausend|million(?:en)?|milliarden|prozent|mitad|cien|mil
        |millones)\b | 百|千|万|亿|مليون|ألف""",
    _FLAGS,
)
_BECAUSE = re.compile(
    r"""\b(?:because|since|due\sto|so\sthat|in\sorder\sto|as\sa\sresult|therefore|caused?|reasons?|weil|da|damit|deshalb
        |wegen|porque|debido|ya\sque|para|parce|afin|car)\b | 因为|由于|بسبب|لأن""",
    _FLAGS,
)


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    language: str
    kind: QuestionKind
    terms: Terms
    numbers: frozenset[str]


def read(text: str, language: str = "") -> Question:
    language = language or language_of(text)
    kind = next((kind for kind, cue in _COMPILED if cue.search(text)), QuestionKind.OTHER)
    return Question(text, language, kind, Terms(text, language), numbers(text))


def has_answer(question: Question, text: str, text_words: Sequence[Word]) -> bool:
    """Whether the text holds something of the kind asked for that the question does not hold itself."""
    kind = question.kind
    if kind is QuestionKind.TIME:
        return bool(_TIME.search(text))
    if kind is QuestionKind.AMOUNT:
        return any(
            (_DIGIT.search(word.text) or word.folded in SPELLED_NUMBERS) and question.terms.key(word.folded) is None
            for word in text_words
        ) or bool(_AMOUNT_WORDS.search(text))
    if kind in (QuestionKind.PERSON, QuestionKind.PLACE):
        return _new_name(question, text, text_words)
    if kind is QuestionKind.REASON:
        return bool(_BECAUSE.search(text))
    return True


def _new_name(question: Question, text: str, text_words: Sequence[Word]) -> bool:
    if not text.isascii() and not re.search(r"[A-Za-z]", text):
        return True  # scripts without capitals tell nothing
    at_start = True
    for word in text_words:
        if (
            word.text[:1].isupper()
            and not at_start
            and question.terms.key(word.folded) is None
            and fold(word.text) != "i"
        ):
            return True
        at_start = text[word.end : word.end + 1] in {".", "!", "?", ":"}
    first = text_words[0] if text_words else None
    return bool(first and first.text[:1].isupper() and len(text_words) > 1 and text_words[1].text[:1].isupper())
