"""Stopping an answer: a row that its runner reads, wherever it runs."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from answers.conversations.conversations import access_answer
from answers.live import runner
from answers.models import Answer, State
from audit.ledger.actions import Action
from audit.ledger.record import record
from tenants.models import Membership


def stop(member: Membership, answer_id: UUID) -> Answer:
    """What is written stays, with its citations. Stopping what has ended changes nothing."""
    answer = access_answer(member, answer_id)
    with transaction.atomic():
        running = Answer.objects.for_tenant(member.tenant_id).filter(
            pk=answer.pk, state=State.RUNNING, stop_requested_at__isnull=True
        )
        if running.update(stop_requested_at=timezone.now()):
            record(Action.ANSWER_STOPPED, member, answer)
            transaction.on_commit(lambda: runner.signal_stop(answer.pk))
    return answer
