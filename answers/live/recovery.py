"""Answers whose writer is gone: what was saved of them is kept, and they say that they were interrupted."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from answers.models import Answer, AnswerEvent, Citation, Receipt, State
from answers.persistence.event_log import events_from_rows
from answers.presentation import status_messages
from audit.ledger.actions import Action, Outcome
from audit.ledger.actors import system
from audit.ledger.event_objects import quoted_and_shown
from audit.ledger.record import record
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant

DEAD_AFTER = timedelta(seconds=12)
# Numbers left free: readers may have been told events that were not kept, and go on after those
RESERVED_EVENT_NUMBERS = 10_000


def rescue(tenant: Tenant, answer_id: UUID) -> bool:
    """Puts the answer together from its events. False when somebody else did, or its writer is alive after all."""
    with in_tenant(tenant), transaction.atomic():
        now = timezone.now()
        mine = Answer.objects.for_tenant(tenant).filter(
            pk=answer_id, state=State.RUNNING, heartbeat_at__lt=now - DEAD_AFTER
        )
        # The conditional update is the claim: of two readers who notice, one does it.
        if not mine.update(state=State.INTERRUPTED, finished_at=now, error_message=status_messages.INTERRUPTED):
            return False
        answer = Answer.objects.for_tenant(tenant).get(pk=answer_id)
        story = events_from_rows(AnswerEvent.objects.for_tenant(tenant).filter(answer=answer).order_by("number"))
        taken_back = [event.number for event in story if event.kind == "withdrawn"]
        valid_events = [event for event in story if not taken_back or event.number > taken_back[-1]]
        citations = [event.data for event in valid_events if event.kind == "citation"]
        ids = {data["number"]: data["id"] for data in citations}
        answer.text = "".join(event.data["text"] for event in valid_events if event.kind == "token")
        answer.sentences = [
            event.data | {"citations": [ids[number] for number in event.data["citations"] if number in ids]}
            for event in valid_events
            if event.kind == "sentence"
        ]
        answer.steps = [event.data for event in story if event.kind == "step"]
        answer.save(update_fields=["text", "sentences", "steps"])
        citation_fields = [
            field.name for field in Citation._meta.get_fields() if field.name not in ("id", "tenant", "answer")
        ]
        Citation.objects.bulk_create(
            [
                Citation(pk=data["id"], tenant=tenant, answer=answer, **{name: data[name] for name in citation_fields})
                for data in citations
            ],
            ignore_conflicts=True,
        )
        read = [data for event in story if event.kind == "sources" for data in event.data["read"]]
        Receipt.objects.for_tenant(tenant).get_or_create(
            tenant=tenant,
            answer=answer,
            defaults={
                "content": {
                    "question": answer.question,
                    "interrupted": True,
                    "read": [
                        {"position": place, "passage_id": str(UUID(int=0)), "heading": "", "used": False} | each
                        for place, each in enumerate(read, start=1)
                    ],
                }
            },
        )
        AnswerEvent.objects.create(
            tenant=tenant,
            answer=answer,
            number=(story[-1].number if story else 0) + RESERVED_EVENT_NUMBERS,
            kind="done",
            data={
                "state": State.INTERRUPTED.value, "mode": answer.mode, "refused": False, "confidence": 0.0,
                "not_covered": [], "message": status_messages.INTERRUPTED, "model": "", "seconds": 0.0,
            },
        )  # fmt: skip
        record(
            Action.QUESTION_ANSWERED,
            system(tenant.pk),
            answer,
            outcome=Outcome.FAILED,
            objects=quoted_and_shown((d["document_id"] for d in citations), (d["document_id"] for d in read)),
            state="interrupted",
        )
    return True


def rescue_all(tenant: Tenant) -> int:
    """For a maintenance task: every answer of this tenant whose writer is gone."""
    dead = Answer.objects.for_tenant(tenant).filter(state=State.RUNNING, heartbeat_at__lt=timezone.now() - DEAD_AFTER)
    return sum(rescue(tenant, answer_id) for answer_id in list(dead.values_list("pk", flat=True)))
