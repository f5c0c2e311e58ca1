"""How languages ask: what tells that a new question begins, and that what looks like one does not. Pure.

English and German in full, Spanish and French for the plainest cases; a question in another language is one question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

NEVER = r"(?!)"


@dataclass(frozen=True, slots=True)
class Grammar:
    language: str
    joint: re.Pattern[str]  # what may stand between two questions
    listed: re.Pattern[str]  # the comma of "what is the limit, who approves it and …"
    asking: re.Pattern[str]  # where a question begins
    inverted: re.Pattern[str]  # a question by the order of its words, wherever it stands: "how long is it"
    told: re.Pattern[str]  # a question that somebody answers, not one that is asked: "says who …"
    paired: re.Pattern[str]  # waits for its "and": "between sick leave"
    continues: re.Pattern[str]  # may say more of who was asked for: "who signs [and] is the …"
    of_whom: re.Pattern[str]
    bare: re.Pattern[str]  # half of "which forms and which signatures are needed"
    opens: re.Pattern[str]  # what stands before a question asked by the way: "can you tell me …"
    names: re.Pattern[str]  # the beginning that a label needs not repeat: "what is the …"; `is` without its article
    subject: re.Pattern[str]


@lru_cache
def grammar(language: str) -> Grammar | None:
    return _grammar(language, **_WORDS[language]) if language in _WORDS else None


def _grammar(
    language: str,
    *,
    joins: str,
    pairs: str,
    asks: str,
    verbs: str,  # they stand before their subjects in a question, and in nothing else
    subjects: str,
    before: str,  # prepositions in front of the asking word
    times: str = NEVER,  # asking words that also join clauses, "when I am ill"; they ask before a verb, or before "to"
    relative: str = NEVER,  # asking words that also follow a comma in a statement: "the manager, who …"
    states: str = NEVER,
    continues: str = NEVER,
    opens: str = NEVER,
    names: str = NEVER,
) -> Grammar:
    before, verb = rf"(?:(?:{before})\s+)?", rf"(?:{verbs})\s+(?:{subjects})\b"
    asked = rf"{before}(?!(?:{times})\b(?!\s+(?:(?:{verbs})|to)\b))(?:{asks})\b"
    listed = rf"(?!(?:{relative})\b)(?:{asks})\b|(?:{times})\s+{verb}|who\s+(?!is\b|was\b|has\b|does\b)\w+s\b"

    def rule(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern, re.IGNORECASE)

    return Grammar(
        language=language,
        joint=rule(rf"[?？]+\s+(?=\S)|\s*[,;]?\s+(?:{joins})\s+(?={asked}|{verb})"),
        listed=rule(rf"[,;]\s+(?={listed})"),
        asking=rule(rf"(?:^|[,:.;!]\s+)¿?(?:{asked}|{verb})|^{opens}\s*,?\s+{asked}"),
        inverted=rule(rf"^(?:{before}(?:{asks})\s+(?:\w+\s+){{0,2}})?{verb}"),
        told=rule(rf"\b(?:{states})\b\s*,?\s+(?:{asks})\b"),
        paired=rule(rf"\b(?:{pairs})\b(?!.*\b(?:{joins})\b)"),
        continues=rule(rf"^(?:{continues})"),
        of_whom=rule(r"^\W*(?:who|which|what|whose|wer|was|welche\w*)\b"),
        bare=rule(rf"^(?:{before}(?:which|what|how\s+m\w+|welche\w*|wie\s+viele?)\s+)?\w+$"),
        opens=rule(rf"^(?:{opens})\s*,?\s+(?={asked})"),
        names=rule(rf"^{names}\s+(?=\S)"),
        subject=rule(rf"\b(?:{subjects})\b"),
    )


_WORDS = {
    "en": {
        "joins": "and|&",
        "pairs": "between|both",
        "asks": "who|whom|whose|what|when|where|why|how|which",
        "verbs": "is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have|had|am|isn't|aren't|don't|doesn't",
        "subjects": r"i|you|we|they|he|she|it|there|the|an?|my|our|your|their|this|that|these|those|any\w*|some\w*|every\w*",
        "continues": r"(?:is|are|was|were|has|have|had)\s+(?:the|an?|this|that|these|those|any\w*|some\w*|every\w*)\b"
        r"|(?:do|does|did)\s+the\s+same\b",
        "before": "until|by|since|from|for|to|at|in|with|on|under|of|about",
        "times": "when|where",
        "relative": "who|whom|whose|which|when|where",
        "states": r"says?|said|states?|explains?|describes?|written|tells?|shows?|defines?|determines?|decides?|lists?|knows?"
        r"|about|of|on",
        "opens": r"(?:(?:hi|hello|hey)\b[\s,!]*)?(?:please\s+)?(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?"
        r"(?:tell|explain|show|describe|say)|tell|explain|describe|show|do\s+you\s+know|"
        r"i(?:'d|\s+would)\s+like\s+to\s+know|i\s+(?:want|need|have)\s+to\s+know)(?:\s+(?:to\s+)?(?:me|us))?",
        "names": r"(?P<is>(?:what|which)(?:'s|\s+(?:is|are|was|were)))\s+(?:the|our|my|an?)",
    },
    "de": {
        "joins": "und|sowie",
        "pairs": "zwischen|sowohl",
        "asks": r"wer|wem|wen|wessen|was|wann|wo|wohin|woher|warum|weshalb|wieso|wie|welche\w*|womit|wofür|wodurch|worüber",
        "verbs": r"ist|sind|war|hat|habe|haben|wird|werden|darf|dürfen|muss|müssen|kann|können|soll|sollen|gibt|gilt|gelten"
        r"|bekomme|bekommt|brauche|braucht|brauchen",
        "subjects": r"ich|du|wir|ihr|sie|er|es|man|der|die|das|den|dem|eine?[nmrs]?|mein\w*|unser\w*|dafür|dazu",
        "continues": r"(?:ist|sind|war|hat|haben|wird|werden)\s+(?:der|die|das|den|dem|eine?[nmrs]?|mein\w*|unser\w*)\b",
        "before": "bis|ab|seit|von|für|mit|bei|in|an|auf|nach|unter|über|zu",
        "relative": "was|wo",
        "states": r"steht|sagt|regelt|erklärt|beschreibt|bestimmt|entscheidet|weiß|zeigt|nennt|darüber|davon",
        "opens": r"(?:hallo\b[\s,!]*)?(?:bitte\s+)?(?:(?:können|könnten|kannst|könntest)\s+(?:sie|du)\s+(?:mir|uns)\s+(?:bitte\s+)?"
        r"(?:sagen|erklären)|sag\w*(?:\s+sie)?\s+mir(?:\s+bitte)?|erklär\w*(?:\s+sie)?(?:\s+mir)?|"
        r"wei(?:ß|ss)t\s+du|wissen\s+sie|ich\s+(?:möchte|will|muss)\s+wissen)",
        "names": r"(?P<is>(?:was|welche[rs]?|wer)\s+(?:ist|sind|war))\s+(?:der|die|das|unsere?|mein\w*|eine?)",
    },
    "es": {
        "joins": "y|e",
        "pairs": "entre",
        "asks": r"quién(?:es)?|qué|cuándo|dónde|cómo|cuánt\w+|cuál(?:es)?",
        "verbs": "puedo|puede|debo|debe|hay|es|son|tengo",
        "subjects": "que|un|una|el|la|los|las",
        "before": "hasta|desde|de|a|en|con|por|para",
    },
    "fr": {
        "joins": "et",
        "pairs": "entre",
        "asks": r"qui|quand|où|pourquoi|comment|combien|quel\w*",
        "verbs": "est-ce|puis-je|dois-je|peut-on|doit-on|faut-il",
        "subjects": "que|qu",
        "before": "à|de|par|pour|avec|depuis",
    },
}  # fmt: skip
