"""A person's own conversations: listed, searched, renamed, removed. Nobody sees another's."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from answers.live import runner
from answers.models import Answer, Conversation, State
from audit.ledger.actions import Action
from audit.ledger.record import record
from tenants.errors import Invalid
from tenants.models import Membership

TITLE_LIMIT = 200
HISTORY = 60  # conversations listed beside the page


def access_conversation(member: Membership, conversation_id: UUID) -> Conversation:
    found = Conversation.objects.visible_to(member).filter(pk=conversation_id).first()
    if found is None:
        raise Http404
    return found


def access_answer(member: Membership, answer_id: UUID) -> Answer:
    found = Answer.objects.visible_to(member).filter(pk=answer_id).select_related("conversation").first()
    if found is None:
        raise Http404
    return found


def history(member: Membership, words: str = "") -> QuerySet[Conversation]:
    """Newest first. Searched by their titles and questions alone: an answer may rest on what is no longer shared."""
    mine = Conversation.objects.visible_to(member).order_by("-changed_at")
    for word in words.split()[:8]:
        asked = Answer.objects.for_tenant(member.tenant_id).filter(
            conversation=OuterRef("pk"), question__icontains=word
        )
        mine = mine.filter(Q(title__icontains=word) | Exists(asked))
    return mine


def answers_in(member: Membership, conversation: Conversation) -> list[Answer]:
    return list(Answer.objects.visible_to(member).filter(conversation=conversation).order_by("asked_at"))


@transaction.atomic
def rename(conversation: Conversation, title: str, *, by: Membership) -> None:
    title = " ".join(str(title).replace("\x00", "").split())
    if not title:
        raise Invalid(
            "Enter a name for the conversation.", hint="Enter one, or keep the old one.", code="title_missing"
        )
    if len(title) > TITLE_LIMIT:
        raise Invalid(f"The name is longer than {TITLE_LIMIT} characters.", hint="Shorten it.", code="title_too_long")
    conversation.title = title
    # Not its time: a renamed conversation keeps its place in the history.
    Conversation.objects.visible_to(by).filter(pk=conversation.pk).update(title=title)
    record(Action.CONVERSATION_RENAMED, by, conversation, personal={"title": title})


@transaction.atomic
def remove(conversation: Conversation, *, by: Membership) -> None:
    """Its questions, answers, citations, feedback and receipts go with it. The trail keeps that it was there."""
    # Held from here on, so that nothing is asked in it or written to it any more while it goes.
    list(Conversation.objects.visible_to(by).filter(pk=conversation.pk).select_for_update().values_list("pk"))
    list(
        Answer.objects.visible_to(by)
        .filter(conversation=conversation)
        .select_for_update(of=("self",))
        .values_list("pk")
    )
    running = Answer.objects.visible_to(by).filter(conversation=conversation, state=State.RUNNING)
    for answer_id in running.values_list("pk", flat=True):
        transaction.on_commit(lambda answer_id=answer_id: runner.signal_stop(answer_id))
    count = Answer.objects.visible_to(by).filter(conversation=conversation).count()
    record(Action.CONVERSATION_REMOVED, by, conversation, answers=count)
    conversation.delete()
