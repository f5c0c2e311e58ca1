"""What is kept of an answer, when it begins and when it ends: short transactions, each with its event on the trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from answers.answer_models.base import PreviousTurn
from answers.grounding.draft import AnswerDraft
from answers.models import Answer, Citation, Conversation, Receipt, State
from answers.persistence.event_log import corpus_has_changed
from answers.presentation.answer_view import earlier_turns
from answers.question.question_input import AskRequest
from answers.runtime.process_id import owner
from audit.ledger.actions import Action, Outcome
from audit.ledger.event_objects import ObjectRef
from audit.ledger.record import record
from knowledge.permissions import access
from knowledge.retrieval.search import SearchFilters
from tenants.errors import Conflicting
from tenants.isolation.scope import in_tenant
from tenants.models import Membership

MAX_TURNS = 100  # of a conversation: its page shows them all
DEADLINE = timedelta(minutes=3)
MAX_TITLE_CHARACTERS = 80  # characters of a question that name its conversation


@dataclass(frozen=True, slots=True)
class Begun:
    answer: Answer
    turns: tuple[PreviousTurn, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of it. `receipt` is what the answer rests on, `objects` the documents that were quoted and shown."""

    state: State
    mode: str = ""
    text: str = ""
    confidence: float = 0.0
    model: str = ""
    message: str = ""
    code: str = ""
    not_covered: Sequence[str] = ()
    steps: Sequence[dict[str, Any]] = ()
    first_token_at: datetime | None = None
    receipt: dict[str, Any] = field(default_factory=dict)
    objects: Sequence[ObjectRef] = ()


class RightsLost(Exception):
    """A cited document may no longer be read. Nothing was kept."""


class AnswerRemoved(Exception):
    """Removed with its conversation, or taken for dead and ended by another process. Nothing was kept."""


def _require_conversation_space(member: Membership, conversation: Conversation) -> None:
    if Answer.objects.visible_to(member).filter(conversation=conversation).count() >= MAX_TURNS:
        raise Conflicting(
            f"This conversation has {MAX_TURNS} questions, which is the maximum. Your question was not asked.",
            hint="Ask it in a new conversation.",
            code="conversation_full",
        )


def begin(member: Membership, ask_request: AskRequest) -> Begun:
    """The question is kept before anything is done about it."""
    with in_tenant(member.tenant):
        conversation, turns = None, ()
        if ask_request.conversation_id is not None:
            conversation = Conversation.objects.visible_to(member).filter(pk=ask_request.conversation_id).first()
            if conversation is None:
                raise Http404
            _require_conversation_space(member, conversation)
            turns = tuple(earlier_turns(member, conversation))
        now = timezone.now()
        with transaction.atomic():
            if conversation is None:
                conversation = Conversation.objects.create(
                    tenant=member.tenant, member=member, title=title_of(ask_request.question)
                )
            elif not Conversation.objects.visible_to(member).filter(pk=conversation.pk).update(changed_at=now):
                raise Http404  # removed just now
            answer = Answer.objects.create(
                pk=ask_request.answer_id,
                tenant=member.tenant,
                conversation=conversation,
                question=ask_request.question,
                scope=scope(ask_request.filters),
                asked_at=now,
                heartbeat_at=now,
                deadline=now + DEADLINE,
                owner=owner(),
            )
            record(
                Action.QUESTION_ASKED,
                member,
                answer,
                personal={"question": ask_request.question},
                conversation=str(conversation.pk),
                narrowed=sorted(answer.scope),
            )
    return Begun(answer, turns)


def end(member: Membership, answer: Answer, ending: Ending, draft: AnswerDraft | None = None) -> None:
    """Answer, citations and receipt, or nothing: what the reader may no longer read is not kept as theirs."""
    citations = draft.citations if draft and ending.text else []
    with in_tenant(member.tenant):
        # Before the transaction, which would hold SQLite's one write lock meanwhile; doors ask again in any case.
        if citations and corpus_has_changed(answer.pk, member.tenant_id):
            cited = draft.cited_documents
            if access.still_readable(member, cited) != cited:
                raise RightsLost
        _end(member, answer, ending, draft, citations)


@transaction.atomic
def _end(
    member: Membership, answer: Answer, ending: Ending, draft: AnswerDraft | None, citations: Sequence[Any]
) -> None:
    now = timezone.now()
    running = Answer.objects.for_tenant(member.tenant_id).filter(pk=answer.pk, state=State.RUNNING)
    ended = running.update(
        state=ending.state,
        mode=ending.mode,
        text=ending.text,
        sentences=_sentences(draft) if ending.text and draft else [],
        steps=list(ending.steps),
        model=ending.model[:120],
        confidence=ending.confidence,
        error_code=ending.code[:40],
        error_message=ending.message[:300],
        not_covered=list(ending.not_covered),
        first_token_at=ending.first_token_at,
        finished_at=now,
        heartbeat_at=now,
    )
    if not ended:
        raise AnswerRemoved
    Citation.objects.bulk_create(_citation(answer, found) for found in citations)
    Receipt.objects.create(tenant=member.tenant, answer=answer, content=ending.receipt)
    action, outcome = _audit_action_for(ending.state)
    record(
        action,
        member,
        answer,
        outcome=outcome,
        state=str(ending.state),
        mode=ending.mode,
        model=ending.model,
        objects=ending.objects,
        **({"code": ending.code} if ending.code else {}),
    )


def title_of(question: str) -> str:
    line = " ".join(question.split())
    if len(line) <= MAX_TITLE_CHARACTERS:
        return line
    return line[: MAX_TITLE_CHARACTERS - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def scope(filters: SearchFilters) -> dict[str, Any]:
    """What the asker narrowed it to, as it is kept."""
    scope_data = {
        "collections": [str(each) for each in filters.collections],
        "types": list(filters.types),
        "dated_from": filters.dated_from.isoformat() if filters.dated_from else "",
        "dated_to": filters.dated_to.isoformat() if filters.dated_to else "",
        "author": filters.author,
    }
    return {name: value for name, value in scope_data.items() if value}


def _audit_action_for(state: State) -> tuple[Action, Outcome]:
    if state == State.NOT_FOUND:
        return Action.QUESTION_REFUSED, Outcome.DONE
    if state in (State.FAILED, State.INTERRUPTED):
        return Action.QUESTION_ANSWERED, Outcome.FAILED
    return Action.QUESTION_ANSWERED, Outcome.DONE


def _sentences(draft: AnswerDraft) -> list[dict[str, Any]]:
    ids = {citation.number: citation.id for citation in draft.citations}
    return [
        asdict(sentence) | {"citations": [ids[number] for number in sentence.citations]} for sentence in draft.sentences
    ]


def _citation(answer: Answer, found) -> Citation:
    return Citation(
        pk=UUID(found.id),
        tenant_id=answer.tenant_id,
        answer=answer,
        number=found.number,
        document_id=UUID(found.document_id),
        version_id=UUID(found.version_id),
        version_number=found.version_number,
        passage_id=UUID(found.passage_id),
        title=found.title[:300],
        heading=found.heading[:300],
        page=found.page,
        quote=found.quote,
        start=found.start,
        end=found.end,
        context=found.context,
        context_start=found.context_start,
    )
