"""An answer shown to colleagues by its link, each as far as their own rights reach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from answers.conversations.conversations import access_answer
from answers.models import Answer, Citation, SharedAnswer, State
from answers.presentation.answer_view import AnswerView, show_colleague
from audit.ledger.actions import Action
from audit.ledger.event_objects import Relation, document_refs
from audit.ledger.record import record
from tenants.errors import Conflicting
from tenants.models import Membership

SHAREABLE = (State.ANSWERED, State.PARTIAL, State.CONFLICT)


@dataclass(frozen=True, slots=True)
class SharedAnswerView:
    """A shared answer as one colleague may see it. `cut`: something rested on what they cannot read."""

    link: SharedAnswer
    answer: Answer
    shown: AnswerView
    cut: bool


@transaction.atomic
def share(member: Membership, answer_id: UUID) -> SharedAnswer:
    """By whoever asked. A link that is there already stays."""
    answer = access_answer(member, answer_id)
    if not may_be_shared(answer):
        raise Conflicting(
            "Only an answer with its sources can be shared. Nothing was shared.", hint="Share the question instead."
        )
    link, fresh = SharedAnswer.objects.for_tenant(member.tenant_id).get_or_create(
        answer=answer, defaults={"tenant_id": member.tenant_id, "shared_by": member}
    )
    if fresh:
        record(Action.ANSWER_SHARED, member, answer)
    return link


@transaction.atomic
def end(member: Membership, answer_id: UUID) -> bool:
    """From now on the link opens nothing. False when there was none."""
    answer = access_answer(member, answer_id)
    gone, _ = SharedAnswer.objects.for_tenant(member.tenant_id).filter(answer=answer).delete()
    if gone:
        record(Action.ANSWER_SHARE_ENDED, member, answer)
    return bool(gone)


def links(member: Membership) -> QuerySet[SharedAnswer]:
    """Those of one's own answers, the latest first."""
    mine = SharedAnswer.objects.for_tenant(member.tenant_id).filter(answer__in=Answer.objects.visible_to(member))
    return mine.select_related("answer").order_by("-shared_at", "-id")


def link_of(member: Membership, answer: Answer) -> SharedAnswer | None:
    return SharedAnswer.objects.for_tenant(member.tenant_id).filter(answer=answer).first()


def may_be_shared(answer: Answer) -> bool:
    return answer.state in SHAREABLE and bool(answer.sentences)


@transaction.atomic
def open_shared(member: Membership, shared_id: UUID) -> SharedAnswerView:
    """Http404 where the link ended, and where nothing of the answer is for this member: both look alike."""
    shares = SharedAnswer.objects.for_tenant(member.tenant_id).filter(pk=shared_id)
    opened = _opened(member, shares.select_related("answer__conversation", "shared_by__user").first())
    quoted = {citation.document_id for citation in opened.shown.citations if citation.document_id is not None}
    record(Action.ANSWER_OPENED, member, opened.answer, objects=document_refs(Relation.QUOTED, quoted))
    return opened


def opened_by_citation(member: Membership, citation: Citation) -> SharedAnswerView | None:
    """The shared answer that this citation is one of, where this member may see it there."""
    shares = SharedAnswer.objects.for_tenant(member.tenant_id).filter(answer=citation.answer_id)
    try:
        opened = _opened(member, shares.select_related("answer__conversation", "shared_by__user").first())
    except Http404:
        return None
    return opened if any(shown.id == citation.pk for shown in opened.shown.citations) else None


def _opened(member: Membership, link: SharedAnswer | None) -> SharedAnswerView:
    if link is None or not may_be_shared(link.answer):
        raise Http404
    whole = show_colleague(member, link.answer)
    sentences = tuple(sentence for sentence in whole.sentences if not sentence.withheld)
    cited = {citation.id for sentence in sentences for citation in sentence.citations}
    if not cited:
        raise Http404
    shown = replace(
        whole,
        sentences=sentences,
        citations=tuple(c for c in whole.citations if c.id in cited),
        steps=(),
        unused=(),
        receipt={},
    )
    return SharedAnswerView(link, link.answer, shown, len(sentences) < len(whole.sentences))
