"""A follow-up becomes a question that stands on its own. Pure, and without a model: nobody waits for it.

The conversation's last question lends what the new one leaves out. What was made of it is shown to the reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from answers.answer_models.base import PreviousTurn
from answers.grounding.quote_matching import names
from answers.text.words import Terms, is_stop_word, language_of, words

MAX_PHRASINGS = 3
MAX_TURNS = 4
MAX_FOLLOW_UP_WORDS = 14  # words; a longer question says itself what it is about
_ALSO = re.compile(
    r"""^\W*(?:and\s+what\s+about|and|but|or|also|so|what\s+about|how\s+about|same\s+for
        |und\s+was\s+ist\s+mit|und|aber
        |was\s+ist\s+mit|wie\s+ist\s+es\s+mit|y|e|et|qu[eé]\s+(?:hay\s+de|pasa\s+con)|et\s+pour|quid\s+de)\b[\s,:]*
      | ^\W*那么?""",
    re.IGNORECASE | re.VERBOSE,
)
_REFERS = re.compile(
    r"""\b(?:it|its|they|them|their|theirs|this|that|these|those|he|him|his|she|her|there|then|the\s+same|same|one|ones|er
        |sie|ihn|ihr|dies|diese[rsmn]?|das|dort|davon|dafür|damit|eso|esto|ello|ellos|ellas|allí|ahí|cela|ça|ceci|celui)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_PREPOSITIONS = """for in at to from with without above below over under after before during within by per on of für bei
    ab mit ohne nach vor über unter para en con sin de desde pour dans avec sans chez"""
_PREPOSITION = rf"(?:{'|'.join(_PREPOSITIONS.split())})"
_LEADS = re.compile(rf"^{_PREPOSITION}\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """`question` stands on its own; `phrasings` are what is searched for, the best first."""

    question: str
    phrasings: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return len(self.phrasings) > 1 or self.phrasings[0] != self.question


def rewrite(question: str, history: Sequence[PreviousTurn] = ()) -> Rewritten:
    asked = " ".join(question.split())
    before = ""
    for turn in history[-MAX_TURNS:]:
        before = _resolve(" ".join(turn.question.split()), before)[0]
    phrasings = _resolve(asked, before)
    return Rewritten(phrasings[0], tuple(dict.fromkeys(phrasings))[:MAX_PHRASINGS])


def _resolve(asked: str, before: str) -> list[str]:
    if not before or not _leans(asked, before):
        return [asked]
    also = _ALSO.match(asked)
    rest = asked[also.end() :] if also else asked
    fragment = rest.strip(" ?？.!").removesuffix("呢")
    if also and fragment and not _asks_itself(fragment):
        return _exchanged(fragment, before)
    topic = _topic(before, without=fragment)
    if not topic:
        return [asked]
    if not Terms(fragment):  # "Why?", "Since when?"
        return [f"{fragment[:1].upper()}{fragment[1:]}: {topic}?"]
    whole = f"{fragment[:1].upper()}{fragment[1:]} ({topic})?"
    return [whole, asked] if len(Terms(asked)) > 1 else [whole]


def _leans(asked: str, before: str) -> bool:
    """Whether the question needs the one before it."""
    found = words(asked)
    if len(found) > MAX_FOLLOW_UP_WORDS:
        return False
    terms = Terms(asked)
    if len(terms) == 0:
        return True
    also = _ALSO.match(asked)
    if also and (len(terms) <= 4 or _REFERS.search(asked)):
        return True
    if _REFERS.search(asked) and len(terms) <= 4:
        return not _names_of(asked)
    return len(terms) == 1 and len(found) <= 3 and terms.order[0] not in Terms(before, terms.language).surface


def _asks_itself(fragment: str) -> bool:
    """ "who signs it" has its own verb; "contractors" or "for Japan" has none."""
    first = words(fragment)[:1]
    return bool(first) and bool(
        re.match(
            r"(?:who|what|when|where|why|how|which|is|are|do|does|did|can|could|may|must|should|will|wer|was|wann|wo|warum|wie"
            r"|welche\w*|ist|sind|darf|kann|muss|quién|qué|cuándo|dónde|cómo|cuánt\w+|qui|quand|où|pourquoi|comment|combien)$",
            first[0].text,
            re.IGNORECASE,
        )
    )


def _exchanged(fragment: str, before: str) -> list[str]:
    """The earlier question with the new part in the place of the one it answers to."""
    stem = before.rstrip(" ?？.!")
    added = f"{stem}, {fragment if _LEADS.match(fragment) else 'for ' + fragment}?"
    if language_of(before) != "en" and not _LEADS.match(fragment):
        added = f"{stem}: {fragment}?"
    swapped = _same_preposition(fragment, stem) or _same_kind(fragment, stem)
    return [f"{swapped}?", added] if swapped else [added, f"{fragment}: {_topic(before, without=fragment)}"]


def _same_preposition(fragment: str, stem: str) -> str:
    """ "for Japan" takes the place of "for Germany"."""
    leads = _LEADS.match(fragment)
    if not leads:
        return ""
    places = list(re.finditer(rf"\b{re.escape(leads.group().strip())}\b\s+", stem, re.IGNORECASE))
    if not places:
        bare = fragment[leads.end() :]
        return _same_kind(bare, stem)
    place = places[-1]
    after = stem[place.end() :]
    end = re.search(rf"\s+{_PREPOSITION}\b|[,;:](?!\d)", after, re.IGNORECASE)
    return f"{stem[: place.start()]}{fragment}{after[end.start() :] if end else ''}"


def _same_kind(fragment: str, stem: str) -> str:
    """A name takes the place of the last name, a figure of the last figure."""
    if _names_of(f"about {fragment}"):
        found = [match for match in re.finditer(r"\b[A-Z][\w'-]*(?:\s+[A-Z][\w'-]*)*", stem) if match.start() > 0]
    elif fragment[:1].isdigit():
        found = list(re.finditer(r"\d[\d.,]*(?:\s*(?:EUR|USD|%|€|\$|[a-z]+))?", stem))
    else:
        return ""
    return f"{stem[: found[-1].start()]}{fragment}{stem[found[-1].end() :]}" if found else ""


def _names_of(text: str) -> frozenset[str]:
    return names(text, language_of(text))


def _topic(before: str, *, without: str) -> str:
    """What the earlier question is about: itself without its first, asking words."""
    text = before.rstrip(" ?？.!")
    language = language_of(text)
    topic_terms = Terms(without, language)
    content = [
        word
        for word in words(text)
        if not is_stop_word(word.folded, language) and topic_terms.key(word.folded) is None and len(word.folded) > 1
    ]
    if not content:
        return ""
    return text[content[0].start :]
