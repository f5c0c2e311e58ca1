"""What the empty page offers: questions that were answered well, and what is new, of what this reader may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from answers.models import Answer, Citation, Feedback, Starter, State
from answers.presentation.links import document_page
from knowledge.models import Document
from knowledge.permissions import access
from tenants.models import Membership

CANDIDATE_ANSWERS = 40
RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Suggested:
    question: str
    documents: frozenset[UUID]  # that answer it

    @property
    def sources(self) -> int:
        return len(self.documents)


@dataclass(frozen=True, slots=True)
class RecentDocument:
    document_id: UUID
    title: str
    what: str
    at: datetime
    url: str


def answered_well(member: Membership, limit: int | None = 4, *, beside: Sequence[Suggested] = ()) -> list[Suggested]:
    """Questions whose every source this reader may read: their own, and what two or more people asked.

    Those that are offered `beside` them are left out. A question of one other person is theirs: it may hold names, and nobody told them that colleagues would read it.
    """
    recent = list(
        Answer.objects.for_tenant(member.tenant_id)
        .filter(state=State.ANSWERED, asked_at__gte=timezone.now() - RECENT)
        .order_by("-asked_at")
        .values_list("pk", "question", "conversation__member")[:CANDIDATE_ANSWERS]
    )
    ids = [row[0] for row in recent]
    cited: dict[UUID, set[UUID]] = {}
    for answer_id, document_id in (
        Citation.objects.for_tenant(member.tenant_id).filter(answer__in=ids).values_list("answer_id", "document_id")
    ):
        cited.setdefault(answer_id, set()).add(document_id)
    readable = access.still_readable(member, set().union(*cited.values())) if cited else set()
    disliked = set(
        Feedback.objects.for_tenant(member.tenant_id)
        .filter(answer__in=ids, verdict=Feedback.Verdict.NOT_HELPFUL)
        .values_list("answer_id", flat=True)
    )
    askers: dict[str, set[UUID]] = {}
    best: dict[str, Suggested] = {}
    for answer_id, question, asker in recent:
        documents = cited.get(answer_id, set())
        if not documents or not documents <= readable or answer_id in disliked:
            continue
        key = same(question)
        askers.setdefault(key, set()).add(asker)
        best.setdefault(key, Suggested(question, frozenset(documents)))
    offered = {same(other.question) for other in beside}
    asked = [key for key, people in askers.items() if member.pk in people or len(people) > 1]
    return [best[key] for key in asked if key not in offered][:limit]


def same(question: str) -> str:
    """What two ways of typing one question have in common."""
    return " ".join(question.casefold().split()).rstrip("?. ")


def starters(member: Membership, limit: int | None = 4) -> list[Suggested]:
    """What the company suggests to begin with, of what this reader may read."""
    chosen = list(Starter.objects.for_tenant(member.tenant_id))
    wanted = {UUID(key) for starter in chosen for key in starter.documents}
    readable = access.still_readable(member, wanted) if wanted else set()
    return [
        Suggested(starter.question, frozenset(map(UUID, starter.documents)))
        for starter in chosen
        if {UUID(key) for key in starter.documents} <= readable
    ][:limit]


def new_to(member: Membership, limit: int = 3) -> list[RecentDocument]:
    latest = (
        Document.objects.visible_to(member)
        .filter(current_version__isnull=False)
        .select_related("current_version", "collection")
        .order_by("-current_version__ready_at")[:limit]
    )
    return [
        RecentDocument(
            document.pk,
            document.title,
            f"version {document.current_version.number} is in" if document.current_version.number > 1
            else f"is new in {document.collection.name}",
            document.current_version.ready_at or document.changed_at,
            document_page(member.tenant.slug, document.pk),
        )
        for document in latest
    ]  # fmt: skip
