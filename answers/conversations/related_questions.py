"""Questions near an answer that this reader's documents answer too: the company's own, and those answered well lately."""

from __future__ import annotations

from answers.conversations import suggestions
from answers.conversations.suggestions import Suggested
from answers.models import Answer, Conversation
from answers.presentation.answer_view import AnswerView
from tenants.models import Membership

MAX_RELATED_QUESTIONS = 3


def related(member: Membership, shown: AnswerView, conversation: Conversation) -> tuple[Suggested, ...]:
    """Those that rest on a document which this answer cites, what was asked in the conversation apart."""
    cited = {citation.document_id for citation in shown.citations if not citation.lost}
    if not cited:
        return ()
    before = Answer.objects.visible_to(member).filter(conversation=conversation)
    asked = {suggestions.same(question) for question in before.values_list("question", flat=True)}
    by_question: dict[str, Suggested] = {}
    for each in [*suggestions.starters(member, limit=None), *suggestions.answered_well(member, limit=None)]:
        if each.documents & cited and suggestions.same(each.question) not in asked:
            by_question.setdefault(suggestions.same(each.question), each)
    return tuple(sorted(by_question.values(), key=lambda each: -len(each.documents & cited))[:MAX_RELATED_QUESTIONS])
