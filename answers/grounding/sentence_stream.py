"""Reads a model's answer while it is being written. Pure.

Labels leave the text and become citations whose quotes were found again; links, pictures and markup are taken out,
since retrieved text must not be able to act in a reader's browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from answers.answer_models.base import SourcePassage, labelled
from answers.grounding.quote_matching import MIN_WORD_COVERAGE, AnalyzedPassage, Quote, find_quote
from answers.question.parts import QuestionPart
from answers.text import sentences
from answers.text.words import Terms

REFUSAL_MARKER = "[NONE]"
WITHOUT_LABEL = 0.75  # a sentence that names no passage must match one more closely than a sentence that does
LONGEST_MARK = 600  # characters an unfinished label, link or tag is waited for


@dataclass(frozen=True, slots=True)
class TextPiece:
    text: str


@dataclass(frozen=True, slots=True)
class NumberedQuote:
    """`number` counts the quotes of one answer in the order of their first use."""

    number: int
    quote: Quote


@dataclass(frozen=True, slots=True)
class Statement:
    """A finished sentence, `answer[start:end]`. Not a claim: a lead-in such as "The rules are:"."""

    text: str
    start: int
    end: int
    citations: tuple[NumberedQuote, ...]
    claims: bool = True
    label: str = ""  # of the part of the question that it is for

    @property
    def supported(self) -> bool:
        return bool(self.citations)


@dataclass(frozen=True, slots=True)
class PartMarker:
    """What follows is for this part of the question, or for none of them."""

    part: QuestionPart | None


@dataclass(frozen=True, slots=True)
class NotCovered:
    """The model found nothing: about `subject`, or, when that is empty, at all."""

    subject: str


Event = TextPiece | Statement | PartMarker | NotCovered

_LABELS = re.compile(r"[\[【(]\s*P\d+(?:\s*[,;/ ]\s*P?\d+)*\s*[\]】)]", re.IGNORECASE)
_NOTHING = re.compile(r"\[\s*NONE\s*\]")
_MISSING = re.compile(r"\[\s*MISSING\s*:([^\]\n]*)\]")
_PART = re.compile(r"\[\s*PART\s+(\d{1,3})\b[^\]\n]*\]:?", re.IGNORECASE)
_IMAGE = re.compile(r"!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])")
_LINK = re.compile(r"\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\]|:\s*\S+)")
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|data:[a-z]+/|javascript:|mailto:)[^\s<>\"'\])}]+", re.IGNORECASE)
_URL_BEGINS = re.compile(r"\b(?:https?|ftp|file)://|\bwww\.|\bdata:[a-z]+/|\bjavascript:", re.IGNORECASE)
_URL_MAY_BEGIN = re.compile(
    r"(?<!\w)(?:h|ht|htt|https?|https?:|https?:/|w|ww|www|f|ft|ftp|ftp:|ftp:/|j|ja|jav|javas\w*)$", re.IGNORECASE
)
_TRIGGER = re.compile(r"[\[【<(]|!\[|!$|\*\*|\*$")
_MARKS = frozenset(sentences.ENDERS + "\n")
_BEFORE_CLOSING = frozenset(".,;:!?…)]。，")


class GroundedStream:
    """Feed it the model's pieces; it gives text at once and a `Statement` whenever a sentence is complete.

    The model says by number which part it writes about. What that is called is not up to it: a label states nothing.
    """

    def __init__(self, passages: Sequence[SourcePassage], parts: Sequence[QuestionPart] = ()) -> None:
        self.text = ""
        self.statements: list[Statement] = []
        self.not_covered: list[str] = []
        self._passages = _Readings(passages)
        self._parts = parts
        self._part: QuestionPart | None = None  # that is being written about
        self._raw = ""
        self._space = ""
        self._gap = False
        self._cited: list[tuple[int, str]] = []  # position in `text`, label
        self._began = 0
        self._may_end = False  # an end mark stands in the sentence that is being written
        self._numbers: dict[tuple[object, int, int], int] = {}

    def feed(self, piece: str) -> list[Event]:
        self._raw += piece
        return list(self._advance(final=False))

    def finish(self) -> list[Event]:
        """What is left when the model, or the reader, stopped."""
        return [*self._advance(final=True), *self._all_statements()]

    def _advance(self, *, final: bool) -> Iterable[Event]:
        clean = ""
        while self._raw:
            at, held = self._next_mark(final)
            clean += self._visible(self._raw[:at])
            self._raw = self._raw[at:]
            if held or not self._raw:
                break
            taken, shown, event = self._resolve(final)
            self._gap = self._gap or not shown
            self._raw = self._raw[taken:]
            clean += self._visible(shown)
            if isinstance(event, PartMarker):  # ends what stands before it, which is told first
                if clean:
                    yield TextPiece(clean)
                    clean = ""
                yield from self._all_statements()
                self._part, self._space = event.part, "\n"
            if event is not None:
                yield event
        if clean:
            yield TextPiece(clean)
        yield from self._finished_statements()

    def _next_mark(self, final: bool) -> tuple[int, bool]:
        """Where the next mark stands and whether more of it must arrive before it can be read."""
        mark, url = _TRIGGER.search(self._raw), _URL_BEGINS.search(self._raw)
        at = min((match.start() for match in (mark, url) if match), default=-1)
        if at < 0:
            begins = None if final else _URL_MAY_BEGIN.search(self._raw)
            return (begins.start(), True) if begins else (len(self._raw), False)
        return at, not final and self._unfinished(self._raw[at:])

    def _unfinished(self, rest: str) -> bool:
        if len(rest) > LONGEST_MARK:
            return False
        if rest[0] in "([【":
            if rest[0] == "(":
                return bool(re.fullmatch(r"\(\s*(?:P(?:\d[\dP,;/ ]*)?)?", rest, re.IGNORECASE))
            if "\n" in rest.split("]", 1)[0]:
                return False
            closed = re.match(r"[\[【][^\]】]*[\]】]", rest)
            if closed is None:
                return True
            if _LABELS.match(rest) or _NOTHING.match(rest) or _MISSING.match(rest):
                return False
            if part := _PART.match(rest):
                return part.end() == len(rest) and rest[-1] != ":"
            after = rest[closed.end() :]
            return not after or (after[0] in "([" and not _LINK.match(rest) and "\n" not in after)
        if rest[0] == "!":
            return not _IMAGE.match(rest) and "\n" not in rest and (len(rest) == 1 or rest[1] == "[") and (
                not (closed := re.match(r"!\[[^\]]*\]", rest)) or rest[closed.end() :][:1] in ("", "(", "[")
            )  # fmt: skip
        if rest[0] == "<":
            return len(rest) == 1 or ((bool(re.match(r"</?[A-Za-z!]", rest)) or rest == "</") and ">" not in rest)
        if rest[0] == "*":
            return len(rest) == 1
        match = _URL.match(rest)
        return match is None or match.end() == len(rest)

    def _resolve(self, final: bool) -> tuple[int, str, Event | None]:
        """What the mark at the beginning is: how much it takes, what of it is shown, what it tells."""
        raw = self._raw
        if match := _LABELS.match(raw):
            for number in re.findall(r"\d+", match.group()):
                self._cited.append((len(self.text), f"P{int(number)}"))
            return match.end(), "", None
        if match := _NOTHING.match(raw):
            subject = self._part.text if self._part else ""
            self.not_covered.append(subject)
            return match.end(), "", NotCovered(subject)
        if match := _PART.match(raw):
            number = int(match[1])
            return match.end(), "", PartMarker(self._parts[number - 1] if 0 < number <= len(self._parts) else None)
        if match := _MISSING.match(raw):
            subject = clean_output(match.group(1)).strip(" .")
            self.not_covered.append(subject)
            return match.end(), "", NotCovered(subject)
        if match := _IMAGE.match(raw) or _TAG.match(raw):
            return match.end(), "", None
        if raw.startswith("**"):  # emphasis, which may stand inside a word: no gap where it stood
            return 2, "\x00", None
        if match := _LINK.match(raw):
            return match.end(), "" if _URL_BEGINS.search(match[1]) else match[1], None
        if _URL_BEGINS.match(raw) and (match := _URL.match(raw)):
            address = match.group().rstrip(".,;:!?")
            return len(address), address if self._is_in_passage(address) else "", None
        if final and re.match(
            r"[\[【]\s*(?:P[\d,;/P ]*|PART?(?:\s.*)?|PA|N(?:O(?:NE?)?)?|MISSING.*)?$|!?\[[^\]]*\]\(|<[A-Za-z/!]", raw
        ):
            return len(raw), "", None  # broken off inside a mark: nothing a reader misses
        return 1, raw[0], None

    def _is_in_passage(self, address: str) -> bool:
        return any(address in reading.passage.text for reading in self._passages.values())

    def _visible(self, text: str) -> str:
        """Adds text; holds back space at the end, because a label may follow that leaves no trace."""
        out = ""
        for part in re.findall(r"\s+|\S+", text.replace("\x00", "")):
            if part.isspace():
                if not self._gap:
                    self._space += part
                elif "\n" in part:
                    self._space = "\n\n" if "\n\n" in part else "\n"
                else:
                    self._space = self._space or " "
                continue
            space = self._space if self.text or out else ""
            if self._gap and part[0] in _BEFORE_CLOSING:
                space = ""
            added = space + part
            self.text += added
            out += added
            self._space, self._gap = "", False
        self._may_end = self._may_end or not _MARKS.isdisjoint(out)
        return out

    def _finished_statements(self) -> Iterable[Statement]:
        while self._may_end:
            length = sentences.boundary(self.text[self._began :])
            labelled_end = next((at for at, _ in self._cited if self._ended_at(at)), -1)
            end = min((e for e in (self._began + length if length > 0 else -1, labelled_end) if e > 0), default=-1)
            if end < 0:
                return
            if statement := self._close(end):
                yield statement

    def _all_statements(self) -> Iterable[Statement]:
        yield from self._finished_statements()
        if rest := self._close(len(self.text)):
            yield rest

    def _ended_at(self, at: int) -> bool:
        """A label behind an end mark ends the sentence even where the mark alone would not: "... etc. [P1] Next"."""
        return self._began < at < len(self.text) and (
            self.text[self._began : at].rstrip(sentences.CLOSERS)[-1:] in {*sentences.ENDERS}
        )

    def _close(self, end: int) -> Statement | None:
        raw = self.text[self._began : end]
        start = self._began + len(raw) - len(raw.lstrip())
        cited = [label for at, label in self._cited if at <= end]
        self._cited = [(at, label) for at, label in self._cited if at > end]
        self._began = end
        self._may_end = not _MARKS.isdisjoint(self.text[end:])
        text = raw.strip()
        if not any(map(str.isalnum, text)):
            return None
        content = re.sub(r"^(?:[-*•]|\d+[.)])\s+", "", text)
        claims = not text.endswith((":", "?", "：", "？")) and len(Terms(content)) > 0
        found = self._citations(content, cited) if claims else ()
        label = self._part.label if self._part else ""
        statement = Statement(text, start, start + len(text), found, claims, label)
        self.statements.append(statement)
        return statement

    def _citations(self, text: str, labels: Sequence[str]) -> tuple[NumberedQuote, ...]:
        cited = [self._passages[label] for label in dict.fromkeys(labels) if label in self._passages]
        quotes = [quote for reading in cited if (quote := find_quote(text, [reading], enough=MIN_WORD_COVERAGE))]
        if not quotes and len(cited) > 1:
            quotes = _together(text, cited)
        if not quotes:
            others = [reading for reading in self._passages.values() if reading not in cited]
            quotes = [quote] if (quote := find_quote(text, others, enough=WITHOUT_LABEL)) else []
        return tuple(NumberedQuote(self._number(quote), quote) for quote in quotes)

    def _number(self, quote: Quote) -> int:
        return self._numbers.setdefault((quote.passage_id, quote.start, quote.end), len(self._numbers) + 1)


class _Readings(Mapping[str, AnalyzedPassage]):
    """The passages by label, each taken apart when it is first looked into: the first word does not wait for that."""

    def __init__(self, passages: Sequence[SourcePassage]) -> None:
        self._passages = labelled(passages)
        self._read: dict[str, AnalyzedPassage] = {}

    def __getitem__(self, label: str) -> AnalyzedPassage:
        if label not in self._read:
            self._read[label] = AnalyzedPassage(self._passages[label])
        return self._read[label]

    def __contains__(self, label: object) -> bool:
        return label in self._passages

    def __iter__(self) -> Iterator[str]:
        return iter(self._passages)

    def __len__(self) -> int:
        return len(self._passages)


def _together(text: str, cited: Sequence[AnalyzedPassage]) -> list[Quote]:
    """A sentence that rests on several passages: each of its clauses must rest on one of them."""
    clauses = [
        clause for clause in re.split(r"[;,]\s+|\s+(?:and|but|while|und|aber|y|pero|et|mais)\s+", text) if clause
    ]
    found = [find_quote(clause, cited) for clause in clauses if len(Terms(clause)) > 1]
    return list(dict.fromkeys(found)) if found and all(found) else []


def clean_output(text: str) -> str:
    """A text without links, pictures and markup, for what is shown as it is, such as a title a model wrote."""
    stream = GroundedStream(())
    stream.feed(text)
    stream.finish()
    return stream.text
