"""What a reader may see of an answer now. Every door shows answers through here.

Rights are asked again each time. A citation whose document may no longer be read says only that, and a sentence that
rests on nothing else is withheld; so are sentences without a quote, once anything that was read for the answer is gone,
since what they were taken from cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils import timezone

from answers.answer_models.base import PreviousTurn
from answers.grounding.freshness import Freshness, freshness
from answers.models import Answer, Citation, Conversation, Feedback, Receipt, State
from answers.presentation.links import document_page, viewer
from knowledge.models import Document
from knowledge.permissions import access
from tenants.models import Membership

WITHHELD = "This sentence came from a document that is no longer shared with you."
LOST = "No longer shared with you"
MAX_EARLIER_QUESTIONS = 3  # earlier questions a follow-up is understood with


@dataclass(frozen=True, slots=True)
class ShownCitation:
    """`lost`: only the number and that it is no longer shared; everything else is empty."""

    id: UUID
    number: int
    lost: bool = False
    document_id: UUID | None = None
    version_id: UUID | None = None
    version_number: int = 0
    passage_id: UUID | None = None
    title: str = ""
    heading: str = ""
    page: int = 0
    quote: str = ""
    start: int = 0
    end: int = 0
    before: str = ""
    after: str = ""
    url: str = ""
    access_reason: str = ""
    fresh: Freshness = field(default_factory=Freshness)
    dated: date | None = None

    # As templates/_evidence.html wants it
    @property
    def page_label(self) -> str:
        return f"Page {self.page}"

    @property
    def where(self) -> str:
        dated = self.fresh.words.lower() if self.fresh.kind == "dated" else ""
        return " · ".join(part for part in (f"Version {self.version_number}", self.heading, dated) if part)

    @property
    def freshness(self) -> str:
        return "" if self.fresh.kind == "dated" else self.fresh.kind

    @property
    def freshness_words(self) -> str:
        return "" if self.fresh.kind == "dated" else self.fresh.words

    @property
    def is_shared_by_person(self) -> bool:
        return self.access_reason.startswith(("shared with you by", "you own"))


@dataclass(frozen=True, slots=True)
class ShownSentence:
    text: str
    citations: tuple[ShownCitation, ...]
    supported: bool
    claims: bool
    withheld: bool = False
    label: str = ""  # of the part of the question that it is for

    @property
    def is_item(self) -> bool:
        return self.text.startswith("- ")

    @property
    def bare(self) -> str:
        return self.text[2:] if self.is_item else self.text


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """Sentences that stand together: the first one, a paragraph, or a list; or the labelled parts."""

    kind: str  # first, text, list, parts
    sentences: tuple[ShownSentence, ...] = ()
    parts: tuple[ShownPart, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownPart:
    """What is said about one part of the question."""

    label: str
    blocks: tuple[AnswerBlock, ...]


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A document that was read, and where it opens."""

    document_id: UUID
    title: str
    page: int
    url: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class AnswerView:
    answer: Answer
    text: str
    steps: tuple[dict[str, Any], ...]
    sentences: tuple[ShownSentence, ...]
    citations: tuple[ShownCitation, ...]
    closest: tuple[DocumentLink, ...]
    unused: tuple[DocumentLink, ...]
    receipt: dict[str, Any]
    feedback: Feedback | None
    withheld: int

    @property
    def claims(self) -> int:
        return sum(sentence.claims for sentence in self.sentences)

    @property
    def backed(self) -> int:
        return sum(sentence.supported for sentence in self.sentences)

    @property
    def blocks(self) -> list[AnswerBlock]:
        """The first sentence answers, whichever part it is for."""
        blocks = [AnswerBlock("first", self.sentences[:1])] if self.sentences else []
        for labelled, run in groupby(self.sentences[1:], key=lambda sentence: bool(sentence.label)):
            run_sentences = tuple(run)
            blocks += (
                [AnswerBlock("parts", parts=tuple(_parts(run_sentences)))] if labelled else _together(run_sentences)
            )
        return blocks

    @property
    def parts(self) -> dict[str, list[int]]:
        """The places of the sentences that are for each part, by its label."""
        found: dict[str, list[int]] = {}
        for place, sentence in enumerate(self.sentences):
            if sentence.label:
                found.setdefault(sentence.label, []).append(place)
        return found

    @property
    def line(self) -> str:
        """The one line of steps."""
        step_texts = [step["text"] for step in self.steps if step["key"] != "write"]
        return " · ".join([*step_texts, f"{self.seconds:.1f} s"] if self.seconds else step_texts)

    @property
    def sides(self) -> tuple[ShownCitation, ...]:
        """For a conflict: the first quotes of two documents, newer first."""
        first: dict[UUID | None, ShownCitation] = {}
        for citation in self.citations:
            if not citation.lost:
                first.setdefault(citation.document_id, citation)
        return tuple(sorted(first.values(), key=lambda c: c.dated or date.min, reverse=True))[:2]

    @property
    def due(self) -> int:
        documents = {citation.document_id for citation in self.citations if citation.fresh.kind in ("due", "expired")}
        return len(documents)

    @property
    def seconds(self) -> float:
        ended = self.answer.finished_at
        return (ended - self.answer.asked_at).total_seconds() if ended else 0.0


def _parts(sentences: Iterable[ShownSentence]) -> Iterator[ShownPart]:
    for label, run in groupby(sentences, key=lambda sentence: sentence.label):
        yield ShownPart(label, tuple(_together(run)))


def _together(sentences: Iterable[ShownSentence]) -> Iterator[AnswerBlock]:
    for is_item, run in groupby(sentences, key=lambda sentence: sentence.is_item):
        yield AnswerBlock("list" if is_item else "text", tuple(run))


def show(member: Membership, answer: Answer) -> AnswerView:
    return show_all(member, [answer])[0]


def show_colleague(member: Membership, answer: Answer) -> AnswerView:
    """To somebody who did not ask. A sentence needs all its sources here: they never had the others before them."""
    return show_all(member, [answer], every=True)[0]


def show_all(member: Membership, answers: Sequence[Answer], *, every: bool = False) -> list[AnswerView]:
    """In a fixed number of queries. Call inside the tenant's block."""
    citations: dict[UUID, list[Citation]] = {}
    for citation in Citation.objects.for_tenant(member.tenant_id).filter(answer__in=answers):
        citations.setdefault(citation.answer_id, []).append(citation)
    receipts = dict(
        Receipt.objects.for_tenant(member.tenant_id).filter(answer__in=answers).values_list("answer_id", "content")
    )
    feedback = {
        given.answer_id: given
        for given in Feedback.objects.for_tenant(member.tenant_id).filter(answer__in=answers, member=member)
    }
    cited = {citation.document_id for found in citations.values() for citation in found}
    read = {UUID(each["document_id"]) for content in receipts.values() for each in content.get("read", ())}
    reader = _ReaderAccess(member, cited | read, cited)
    return [
        _shown(
            reader, answer, citations.get(answer.pk, []), receipts.get(answer.pk, {}), feedback.get(answer.pk), every
        )
        for answer in answers
    ]


def earlier_turns(member: Membership, conversation: Conversation) -> list[PreviousTurn]:
    """What a follow-up is understood with: only what this reader may still see."""
    latest = list(
        Answer.objects.visible_to(member)
        .filter(conversation=conversation)
        .exclude(state__in=(State.RUNNING, State.FAILED))
        .order_by("-asked_at")[:MAX_EARLIER_QUESTIONS]
    )
    return [PreviousTurn(shown.answer.question, _text_of(shown)) for shown in show_all(member, latest[::-1])]


class _ReaderAccess:
    """What one reader may read of the documents in question, asked once."""

    def __init__(self, member: Membership, documents: set[UUID], cited: set[UUID]) -> None:
        self.slug = member.tenant.slug
        self.address = viewer(self.slug)
        self.today = timezone.localdate()
        self.readable = access.still_readable(member, documents)
        open_now = cited & self.readable
        self.access_reasons = access.access_reasons(member, open_now)
        self.documents = {
            row.pk: row
            for row in Document.objects.visible_to(member)
            .filter(pk__in=open_now)
            .only("id", "title", "dated", "reviewed_on", "review_due", "expires_on")
        }

    def citation(self, citation: Citation) -> ShownCitation:
        document = self.documents.get(citation.document_id)
        if document is None or citation.document_id not in self.readable:
            return ShownCitation(citation.pk, citation.number, lost=True)
        at, length = citation.start - citation.context_start, len(citation.quote)
        return ShownCitation(
            id=citation.pk,
            number=citation.number,
            document_id=citation.document_id,
            version_id=citation.version_id,
            version_number=citation.version_number,
            passage_id=citation.passage_id,
            title=citation.title,
            heading=citation.heading,
            page=citation.page,
            quote=citation.quote,
            start=citation.start,
            end=citation.end,
            before=citation.context[:at],
            after=citation.context[at + length :],
            url=self.address(citation.document_id, citation.pk, citation.page),
            access_reason=self.access_reasons.get(citation.document_id, ""),
            fresh=freshness(
                self.today,
                reviewed_on=document.reviewed_on,
                review_due=document.review_due,
                expires_on=document.expires_on,
                dated=document.dated,
            ),
            dated=document.dated,
        )


def _shown(
    reader: _ReaderAccess,
    answer: Answer,
    citations: Sequence[Citation],
    receipt: dict[str, Any],
    feedback: Feedback | None,
    every: bool,
) -> AnswerView:
    by_id = {str(citation.pk): reader.citation(citation) for citation in citations}
    read = receipt.get("read", [])
    all_open = all(UUID(each["document_id"]) in reader.readable for each in read)
    sentences = tuple(_sentence(kept, by_id, all_open, every) for kept in answer.sentences)
    withheld = sum(sentence.withheld for sentence in sentences)
    text = answer.text
    if withheld:
        text = " ".join(sentence.text for sentence in sentences if not sentence.withheld)
    elif not answer.sentences and not all_open and answer.state != State.NOT_FOUND:
        text = ""
    used = {citation.passage_id for citation in citations}
    cited_documents = {citation.document_id for citation in citations}
    return AnswerView(
        answer=answer,
        text=text,
        # Which documents were read stands in the steps by title.
        steps=tuple(step if all_open or step["key"] != "read" else step | {"detail": ""} for step in answer.steps),
        sentences=sentences,
        citations=tuple(by_id.values()),
        closest=_closest(reader, read) if answer.state == State.NOT_FOUND else (),
        unused=_unused(reader, read, used, cited_documents) if citations else (),
        receipt=_receipt(reader, receipt),
        feedback=feedback,
        withheld=withheld,
    )


def _sentence(
    visible: dict[str, Any], citations: dict[str, ShownCitation], all_open: bool, every: bool
) -> ShownSentence:
    found = tuple(citations[each] for each in visible["citations"] if each in citations)
    if found:
        withheld = (any if every else all)(citation.lost for citation in found)
    else:
        withheld = not all_open and (every or visible.get("claims", True))
    return ShownSentence(
        text="" if withheld else visible["text"],
        citations=found,
        supported=visible["supported"] and not withheld,
        claims=visible.get("claims", True),
        withheld=withheld,
        label=visible.get("label", ""),
    )


def _closest(reader: _ReaderAccess, read: Iterable[dict[str, Any]], limit: int = 3) -> tuple[DocumentLink, ...]:
    places: dict[UUID, DocumentLink] = {}
    for each in read:
        document_id = UUID(each["document_id"])
        if document_id in reader.readable:
            places.setdefault(document_id, _place(reader, each))
    return tuple(places.values())[:limit]


def _unused(
    reader: _ReaderAccess, read: Iterable[dict[str, Any]], used: set[UUID], cited: set[UUID], limit: int = 6
) -> tuple[DocumentLink, ...]:
    places = []
    for each in read:
        document_id = UUID(each["document_id"])
        if UUID(each["passage_id"]) in used or document_id not in reader.readable:
            continue
        if each.get("superseded"):
            why = "Replaced by a newer document"
        elif document_id in cited:
            why = "Another part of a cited document"
        else:
            why = "Related, not used"
        places.append(_place(reader, each, why))
    return tuple(places)[:limit]


def _place(reader: _ReaderAccess, each: dict[str, Any], why: str = "") -> DocumentLink:
    document_id = UUID(each["document_id"])
    page = each["page"]
    return DocumentLink(document_id, each["title"], page, document_page(reader.slug, document_id, page), why)


def _receipt(reader: _ReaderAccess, receipt: dict[str, Any]) -> dict[str, Any]:
    """Documents that are no longer readable keep their place in it, without title."""
    if not receipt:
        return {}
    read = receipt.get("read", [])
    readable_passages = [each if UUID(each["document_id"]) in reader.readable else _lost(each) for each in read]
    shown = receipt | {"read": readable_passages}
    if readable_passages != read:
        shown["conflict"] = None  # it says what either side says
    return shown


def _lost(each: dict[str, Any]) -> dict[str, Any]:
    return {"position": each.get("position"), "lost": True, "title": LOST, "used": each.get("used", False)}


def _text_of(shown: AnswerView) -> str:
    return "" if shown.answer.state == State.NOT_FOUND else shown.text
