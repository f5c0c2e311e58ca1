"""The parts of a question: "What is the limit, and who approves more?" asks for two things. Pure.

Only what surely asks anew is taken apart. A part that is none would be answered twice, or be said to be missing; a
question left whole is answered in one paragraph, as it always was.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, replace

from answers.question.analysis import Question, read
from answers.question.grammars import Grammar, grammar
from answers.text.words import Terms, is_stop_word, words

MAX_PARTS = 8  # more is a questionnaire, and one paragraph is no worse an answer to it than nine rows
LABEL_WORDS = 6
LABEL_CHARACTERS = 48  # three lines of the column that labels stand in
MAX_LABEL_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class QuestionPart:
    """`text` and `label` are words of the question, so neither can state anything that its asker did not.

    `asked` is what to look for: itself, or, where it leaves the subject out, the whole with what it is after.
    """

    text: str  # "the notice period", "who approves garden leave": as it is said to be missing
    label: str  # "Notice period"
    own: Question
    asked: Question


_OWN_LINE = re.compile(r"^\s*(?:\d{1,2}[.)]|[a-z][.)]|[-*•])\s+", re.IGNORECASE)
_ALSO = re.compile(r"^\W*(?:and|so|also|und|y|et)\s+", re.IGNORECASE)
_EDGES = " \t\n,;:.?？!¿"


def parts(text: str) -> tuple[QuestionPart, ...]:
    """The parts in their order; none when the question is one."""
    text = " ".join(text.split())
    whole = read(text)
    g = grammar(whole.language)
    segments = _split(text, g) if g else []
    if not 1 < len(segments) <= MAX_PARTS:
        return ()
    told = tuple(_part(said, whole, g) for said in segments)
    if len({part.label for part in told}) < len(told):  # they begin alike
        told = tuple(
            replace(part, label=_capital(textwrap.shorten(part.text, 2 * LABEL_CHARACTERS, placeholder="…")))
            for part in told
        )
    return told


def _part(phrase: str, whole: Question, g: Grammar) -> QuestionPart:
    own = read(phrase, whole.language)
    asked = own if len(own.terms) > 1 else replace(whole, kind=own.kind)  # "who approves it"
    text = g.opens.sub("", phrase)
    question = text[g.asking.search(text).start() :].lstrip(_EDGES)  # "I lost my badge. Who do I call"
    named = g.names.match(question)
    label_text = question[named.end("is") :].lstrip() if named else f"{question[:1].lower()}{question[1:]}"
    label = _label(question[named.end() :] if named else question, whole.language)
    return QuestionPart(textwrap.shorten(label_text, MAX_LABEL_CHARACTERS, placeholder="…"), label, own, asked)


def _split(text: str, g: Grammar) -> list[str]:
    pieces = [_OWN_LINE.sub("", piece).strip(_EDGES) for piece in _cut(_ALSO.sub("", text), g)]
    pieces = list(dict.fromkeys(piece for piece in pieces if len(piece.split()) > 1))  # "and why?" asks about the same
    if not all(_asks(piece, g) for piece in pieces) or any(g.bare.match(piece) for piece in pieces[:-1]):
        return []
    return pieces


def _cut(text: str, g: Grammar) -> list[str]:
    pieces, begin = [], 0
    for joint in g.joint.finditer(text):
        left, right = text[begin : joint.start()], text[joint.end() :]
        if _is_one(left, right, g) and not joint.group().strip().startswith(("?", "？")):
            continue
        pieces += _enumerated(left, g) if joint.group().strip(" ,;?？") else [left]
        begin = joint.end()
    return [*pieces, text[begin:]]


def _is_one(left: str, right: str, g: Grammar) -> bool:
    """ "Where does it say who signs and how he does?" asks where, once. So does what stands in quotation marks."""
    if left.count("“") > left.count("”") or left.count('"') % 2:
        return True
    if g.continues.match(right) and g.of_whom.match(left):
        return True
    if g.inverted.match(right):
        return False
    return bool(g.paired.search(left) or (g.told.search(left) and not g.opens.match(left.strip())))


def _enumerated(piece: str, g: Grammar) -> list[str]:
    """ "What is the limit, who approves it" in front of "and when is it paid"."""
    found = g.listed.split(piece)
    return found if all(_asks(each.strip(_EDGES), g) for each in found) else [piece]


def _asks(piece: str, g: Grammar) -> bool:
    has_content = len(Terms(piece, g.language)) > 0 or g.subject.search(piece)
    return bool(has_content and g.asking.search(piece))


def _label(question: str, language: str) -> str:
    question_words = question.split()
    label_words = question_words[:LABEL_WORDS]
    while len(" ".join(label_words)) > LABEL_CHARACTERS and len(label_words) > 1:
        label_words.pop()
    cut = len(label_words) < len(question_words)
    while cut and len(label_words) > 1 and all(is_stop_word(word.folded, language) for word in words(label_words[-1])):
        label_words.pop()  # "How many days a week may"
    label = " ".join(label_words).strip(_EDGES)[:LABEL_CHARACTERS]
    return _capital(label) + ("…" if cut else "")


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
