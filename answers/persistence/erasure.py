"""When a document is erased, answers forget its words: quotes, the sentences made of them, and the titles they named.

That there was an answer, to which question, with how many citations, stays. Registered with knowledge.erasure.deletion.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q

from answers.models import Answer, AnswerEvent, Citation, Receipt
from knowledge.models import Document

ERASED = "This sentence came from a document that was erased."
UNNAMED = "an erased document"
EVENTS_WITHOUT_TEXT = ("asked", "sources", "done", "error")  # the rest of a story is words


def forget(tenant_id: UUID, document_ids: list[UUID]) -> int:
    """In the caller's transaction. How many answers had something of these documents."""
    titles = set(Document.objects.for_tenant(tenant_id).filter(pk__in=document_ids).values_list("title", flat=True))
    citations = Citation.objects.for_tenant(tenant_id).filter(document_id__in=document_ids)
    titles |= set(citations.values_list("title", flat=True))
    touched = set(citations.values_list("answer_id", flat=True)) | _read_for(tenant_id, document_ids)
    erased = {str(pk) for pk in citations.values_list("pk", flat=True)}
    for answer in Answer.objects.for_tenant(tenant_id).filter(pk__in=touched):
        _forget_sentences(answer, erased, titles)
        answer.steps = _without(answer.steps, titles)
        answer.not_covered = _without(answer.not_covered, titles)
        answer.save(update_fields=["text", "sentences", "steps", "not_covered"])
    for receipt in Receipt.objects.for_tenant(tenant_id).filter(answer__in=touched):
        receipt.content = _without(receipt.content, titles)
        if receipt.content.get("conflict"):
            receipt.content["conflict"] = None  # it quotes both sides
        receipt.save(update_fields=["content"])
    events = AnswerEvent.objects.for_tenant(tenant_id).filter(answer__in=touched)
    events.exclude(kind__in=EVENTS_WITHOUT_TEXT).delete()
    for event in events:
        event.data = _without(event.data, titles)
        event.save(update_fields=["data"])
    citations.update(title="", heading="", quote="", context="", start=0, end=0, context_start=0)
    return len(touched)


def _read_for(tenant_id: UUID, document_ids: list[UUID]) -> set[UUID]:
    """Answers that had it before them without citing it: a sentence without a quote may have come from it too."""
    named = Q()
    for pk in document_ids:
        named |= Q(content__icontains=str(pk))
    conditions = Q()
    for pk in document_ids:
        conditions |= Q(data__icontains=str(pk))
    receipts = Receipt.objects.for_tenant(tenant_id).filter(named).values_list("answer_id", flat=True)
    events = AnswerEvent.objects.for_tenant(tenant_id).filter(conditions, kind="sources")
    return set(receipts) | set(events.values_list("answer_id", flat=True))


def _forget_sentences(answer: Answer, erased: set[str], titles: set[str]) -> None:
    if not answer.sentences:
        answer.text = _without(answer.text, titles) if answer.refused else ""
        return
    for sentence in answer.sentences:
        cited = set(map(str, sentence["citations"]))
        if not cited or cited & erased:
            sentence["text"] = ERASED
            for name in ("start", "end"):
                sentence.pop(name, None)
    answer.text = " ".join(sentence["text"] for sentence in answer.sentences)


def _without(value: Any, titles: set[str]) -> Any:
    if isinstance(value, str):
        for title in titles:
            if title:
                value = value.replace(title, UNNAMED)
        return value
    if isinstance(value, list):
        return [_without(each, titles) for each in value]
    if isinstance(value, dict):
        return {name: "" if name == "heading" else _without(each, titles) for name, each in value.items()}
    return value
