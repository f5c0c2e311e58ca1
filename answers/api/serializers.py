"""What programs are given of answers and conversations, and its description for the schema."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from answers.conversations.sharing import SharedAnswerView
from answers.models import Conversation, Feedback, SharedAnswer, State
from answers.presentation.answer_view import AnswerView, DocumentLink, ShownCitation, ShownSentence
from tenants.models import Membership
from tenants.requests.strict_serializer import ShortList, StrictSerializer


def of_answer(shown: AnswerView) -> dict[str, Any]:
    answer = shown.answer
    return {
        "id": str(answer.pk),
        "conversation": str(answer.conversation_id),
        "question": answer.question,
        "answer": shown.text,
        "state": str(answer.state),
        "mode": answer.mode,
        "refused": answer.refused,
        "confidence": answer.confidence,
        "citations": [_citation(citation) for citation in shown.citations],
        "sentences": [_sentence(sentence) for sentence in shown.sentences],
        "parts": _parts(shown),
        "not_covered": list(answer.not_covered),
        "closest": [_place(place) for place in shown.closest],
        "message": answer.error_message,
        "error": {"code": answer.error_code, "message": answer.error_message} if answer.state == State.FAILED else None,
        "model": answer.model,
        "asked_at": answer.asked_at.isoformat(),
        "seconds": round(shown.seconds, 3),
        "feedback": of_feedback(shown.feedback) if shown.feedback else None,
    }


def _citation(citation: ShownCitation) -> dict[str, Any]:
    if citation.lost:
        return {"id": str(citation.id), "number": citation.number, "lost": True, "message": "No longer shared with you"}
    return {
        "id": str(citation.id),
        "number": citation.number,
        "lost": False,
        "document_id": str(citation.document_id),
        "version_id": str(citation.version_id),
        "version": citation.version_number,
        "title": citation.title,
        "heading": citation.heading,
        "page": citation.page,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "basis": citation.access_reason,
        "url": citation.url,
    }


def _parts(shown: AnswerView) -> list[dict[str, Any]]:
    return [{"label": label, "sentences": places} for label, places in shown.parts.items()]


def _sentence(sentence: ShownSentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "citations": [citation.number for citation in sentence.citations],
        "supported": sentence.supported,
        "withheld": sentence.withheld,
    }


def _place(place: DocumentLink) -> dict[str, Any]:
    return {"document_id": str(place.document_id), "title": place.title, "page": place.page, "url": place.url}


def of_conversation(member: Membership, conversation: Conversation) -> dict[str, Any]:
    return {
        "id": str(conversation.pk),
        "title": conversation.title,
        "created_at": conversation.created_at.isoformat(),
        "changed_at": conversation.changed_at.isoformat(),
        "url": f"/t/{member.tenant.slug}/conversations/{conversation.pk}/",
    }


def of_feedback(feedback: Feedback) -> dict[str, Any]:
    return {
        "id": str(feedback.pk),
        "verdict": feedback.verdict,
        "reasons": feedback.reasons,
        "comment": feedback.comment,
        "at": feedback.changed_at.isoformat(),
    }


def of_link(link: SharedAnswer, url: str) -> dict[str, Any]:
    return {
        "id": str(link.pk),
        "answer": str(link.answer_id),
        "question": link.answer.question,
        "url": url,
        "shared_at": link.shared_at.isoformat(),
    }


def of_shared(opened: SharedAnswerView) -> dict[str, Any]:
    """As far as the rights of whoever opened it reach. Of the conversation around it, nothing."""
    shown = opened.shown
    return {
        "id": str(opened.link.pk),
        "shared_by": str(opened.link.shared_by),
        "shared_at": opened.link.shared_at.isoformat(),
        "question": opened.answer.question,
        "answer": " ".join(sentence.text for sentence in shown.sentences),
        "citations": [_citation(citation) for citation in shown.citations],
        "sentences": [_sentence(sentence) for sentence in shown.sentences],
        "parts": _parts(shown),
        "cut": opened.cut,
        "asked_at": opened.answer.asked_at.isoformat(),
    }


class FiltersIn(StrictSerializer):
    collections = ShortList(child=serializers.UUIDField(), required=False, max_length=100)
    types = ShortList(child=serializers.CharField(max_length=40), required=False, max_length=20)
    dated_from = serializers.DateField(required=False, allow_null=True)
    dated_to = serializers.DateField(required=False, allow_null=True)
    author = serializers.CharField(max_length=200, required=False, allow_blank=True)


class AskIn(StrictSerializer):
    question = serializers.CharField(trim_whitespace=False, help_text="Up to 4,000 characters.")
    conversation = serializers.UUIDField(required=False, allow_null=True, help_text="To ask a follow-up.")
    stream = serializers.BooleanField(
        required=False, default=False, help_text="Server-sent events instead of one object."
    )
    filters = FiltersIn(required=False)


class CitationOut(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    lost = serializers.BooleanField(help_text="No longer shared with you: nothing else is given.")
    document_id = serializers.UUIDField(required=False)
    version_id = serializers.UUIDField(required=False)
    version = serializers.IntegerField(required=False)
    title = serializers.CharField(required=False)
    heading = serializers.CharField(required=False)
    page = serializers.IntegerField(required=False)
    quote = serializers.CharField(required=False)
    start = serializers.IntegerField(required=False, help_text="Code points into the version's text.")
    end = serializers.IntegerField(required=False)
    basis = serializers.CharField(required=False)
    url = serializers.CharField(required=False)


class SentenceOut(serializers.Serializer):
    text = serializers.CharField()
    citations = serializers.ListField(child=serializers.IntegerField())
    supported = serializers.BooleanField()
    withheld = serializers.BooleanField()


class PartOut(serializers.Serializer):
    label = serializers.CharField(help_text="Words of the question.")
    sentences = serializers.ListField(child=serializers.IntegerField(), help_text="Their places, counted from 0.")


class PlaceOut(serializers.Serializer):
    document_id = serializers.UUIDField()
    title = serializers.CharField()
    page = serializers.IntegerField()
    url = serializers.CharField()


class ErrorOut(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class FeedbackIn(serializers.Serializer):
    verdict = serializers.ChoiceField(Feedback.Verdict.choices)
    reasons = ShortList(child=serializers.ChoiceField(Feedback.Reason.choices), required=False, max_length=20)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class FeedbackOut(FeedbackIn):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()


class AnswerOut(serializers.Serializer):
    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    question = serializers.CharField()
    answer = serializers.CharField()
    state = serializers.ChoiceField(State.choices)
    mode = serializers.ChoiceField(["written", "quotes", ""])
    refused = serializers.BooleanField()
    confidence = serializers.FloatField()
    citations = CitationOut(many=True)
    sentences = SentenceOut(many=True)
    parts = PartOut(many=True, help_text="What a question with parts got for each; empty for a single question.")
    not_covered = serializers.ListField(child=serializers.CharField())
    closest = PlaceOut(many=True)
    message = serializers.CharField()
    error = ErrorOut(allow_null=True)
    model = serializers.CharField()
    asked_at = serializers.DateTimeField()
    seconds = serializers.FloatField()
    feedback = FeedbackOut(allow_null=True)


class LinkOut(serializers.Serializer):
    id = serializers.UUIDField()
    answer = serializers.UUIDField()
    question = serializers.CharField()
    url = serializers.CharField(help_text="The page that the link opens.")
    shared_at = serializers.DateTimeField()


class SharedOut(serializers.Serializer):
    id = serializers.UUIDField(help_text="The link's.")
    shared_by = serializers.CharField()
    shared_at = serializers.DateTimeField()
    question = serializers.CharField()
    answer = serializers.CharField()
    citations = CitationOut(many=True)
    sentences = SentenceOut(many=True)
    parts = PartOut(many=True)
    cut = serializers.BooleanField(help_text="Text based on documents that you may not read is left out.")
    asked_at = serializers.DateTimeField()


class ConversationOut(serializers.Serializer):
    id = serializers.UUIDField()
    title = serializers.CharField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    url = serializers.CharField()


class ConversationWhole(ConversationOut):
    answers = AnswerOut(many=True)


class RenameIn(serializers.Serializer):
    title = serializers.CharField(max_length=200)
