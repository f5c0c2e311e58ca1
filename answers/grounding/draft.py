"""An answer while it is being written: what the model says, checked against what was read. Pure.

Numbers are by first use and never change; ids follow from answer, passage and place, so they are the same however often
they are worked out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from answers.answer_models.base import SourcePassage
from answers.events import CitationFound, Event, PartBegun, SentenceFinished, Token
from answers.grounding import sentence_stream
from answers.grounding.freshness import freshness
from answers.grounding.sentence_stream import GroundedStream, NotCovered, NumberedQuote, Statement, TextPiece
from answers.question.parts import QuestionPart

if TYPE_CHECKING:
    from knowledge.retrieval.search import FoundPassage

AROUND = 320  # characters shown on each side of a quote, at most
_ENDS = re.compile(r"(?<=[.!?。！？])\s+|\n+")

Address = Callable[[UUID, UUID, int], str]  # document, citation, page -> where the viewer opens


@dataclass(slots=True)
class AnswerDraft:
    answer_id: UUID
    passages: Sequence[FoundPassage]
    address: Address
    today: date
    parts: Sequence[QuestionPart] = ()
    access_reasons: Mapping[UUID, str] = field(default_factory=dict)
    sentences: list[SentenceFinished] = field(default_factory=list)
    citations: list[CitationFound] = field(default_factory=list)
    stream: GroundedStream = field(init=False)

    def __post_init__(self) -> None:
        self.clear()

    @property
    def text(self) -> str:
        return self.stream.text

    @property
    def not_covered(self) -> list[str]:
        return list(dict.fromkeys(subject for subject in self.stream.not_covered if subject))

    @property
    def is_refusal(self) -> bool:
        """At all, or for any part."""
        every = bool(self.parts) and {part.text for part in self.parts} <= set(self.stream.not_covered)
        return "" in self.stream.not_covered or (every and not self.sentences)

    @property
    def claims(self) -> list[SentenceFinished]:
        return [sentence for sentence in self.sentences if sentence.claims]

    @property
    def backed(self) -> list[SentenceFinished]:
        return [sentence for sentence in self.sentences if sentence.supported]

    @property
    def cited_documents(self) -> set[UUID]:
        return {UUID(citation.document_id) for citation in self.citations}

    def feed(self, piece: str) -> Iterator[Event]:
        return self._events(self.stream.feed(piece))

    def finish(self) -> Iterator[Event]:
        return self._events(self.stream.finish())

    def clear(self) -> None:
        self.sentences, self.citations = [], []
        self.stream = GroundedStream(source_passages(self.passages), self.parts)

    def _events(self, events) -> Iterator[Event]:
        for event in events:
            match event:
                case TextPiece(text):
                    yield Token(text)
                case sentence_stream.PartMarker(part):
                    yield PartBegun(part.label if part else "")
                case Statement():
                    yield from self._statement(event)
                case NotCovered():
                    pass

    def _statement(self, statement: Statement) -> Iterator[Event]:
        for citation in statement.citations:
            if citation.number > len(self.citations):
                citation_event = self._citation(citation)
                self.citations.append(citation_event)
                yield citation_event
        sentence = SentenceFinished(
            start=statement.start,
            end=statement.end,
            text=statement.text,
            citations=tuple(citation.number for citation in statement.citations),
            supported=statement.supported,
            claims=statement.claims,
            label=statement.label,
        )
        self.sentences.append(sentence)
        yield sentence

    def _citation(self, citation: NumberedQuote) -> CitationFound:
        quote = citation.quote
        source = next(passage for passage in self.passages if passage.passage_id == quote.passage_id)
        citation_id = uuid5(self.answer_id, f"{quote.passage_id}:{quote.start}:{quote.end}")
        first, last = surroundings(source.text, quote.start, quote.end)
        fresh = freshness(
            self.today, reviewed_on=source.reviewed_on, review_due=source.review_due, dated=source.document_date
        )
        return CitationFound(
            id=str(citation_id),
            number=citation.number,
            document_id=str(source.document_id),
            version_id=str(source.version_id),
            version_number=source.version_number,
            passage_id=str(source.passage_id),
            title=source.title,
            heading=_heading(source)[:300],
            page=source.page,
            quote=quote.text,
            start=source.start + quote.start,
            end=source.start + quote.end,
            context=source.text[first:last],
            context_start=source.start + first,
            url=self.address(source.document_id, citation_id, source.page),
            freshness=fresh.kind,
            freshness_words=fresh.words,
            basis=self.access_reasons.get(source.document_id, ""),
        )


def _heading(passage: FoundPassage) -> str:
    """The nearest heading; the title is told already."""
    last = passage.heading_path[-1] if passage.heading_path else ""
    return "" if last.casefold() == passage.title.casefold() else last


def source_passages(passages: Sequence[FoundPassage]) -> list[SourcePassage]:
    return [
        SourcePassage(
            passage_id=each.passage_id,
            document_id=each.document_id,
            version_id=each.version_id,
            title=each.title,
            page=each.page,
            heading_path=tuple(each.heading_path),
            text=each.text,
            start=each.start,
            score=each.score,
            dense=each.dense,
            lexical=each.lexical,
            document_date=each.document_date.isoformat() if each.document_date else "",
            superseded=each.superseded,
        )
        for each in passages
    ]


def surroundings(text: str, start: int, end: int) -> tuple[int, int]:
    """The paragraph of a quote; when that is long, the sentences next to it."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    if start - first > AROUND:
        breaks = [match.end() for match in _ENDS.finditer(text, first, start)]
        near = [at for at in breaks if start - at <= AROUND]
        first = near[0] if near else text.rfind(" ", 0, start - AROUND) + 1 or start
    if last - end > AROUND:
        breaks = [match.start() for match in _ENDS.finditer(text, end, last)]
        near = [at for at in breaks if at - end <= AROUND]
        last = near[-1] if near else max(text.find(" ", end + AROUND), end)
    return first, last
