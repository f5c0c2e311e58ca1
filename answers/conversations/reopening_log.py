"""Answers that are shown again to whoever asked: their quotes reach a person once more, so it is recorded.

Within 10 minutes after an answer its own event says so already. After that one event stands for 10 minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from answers.models import Answer, Conversation
from answers.presentation.answer_view import AnswerView, show
from audit.ledger.actions import Action
from audit.ledger.event_objects import quoted_and_shown
from audit.ledger.record_once import WINDOW, record_once
from tenants.models import Membership


def note_shown(member: Membership, target: Answer | Conversation, shown: Sequence[AnswerView]) -> None:
    """`target` is what was opened, `shown` the answers in it as this member sees them now."""
    recent = timezone.now() - WINDOW
    earlier = [each for each in shown if each.answer.finished_at and each.answer.finished_at < recent]
    quoted = {c.document_id for each in earlier for c in each.citations if c.document_id is not None}
    named = {place.document_id for each in earlier for place in (*each.closest, *each.unused)}
    if quoted or named:
        record_once(
            Action.ANSWER_SHOWN,
            member,
            target,
            about=str(target.pk),
            objects=lambda: quoted_and_shown(quoted, named),
        )


def note_replayed(member: Membership, answer_id: UUID) -> None:
    """The events of an answer are sent again after it ended."""
    answer = Answer.objects.visible_to(member).filter(pk=answer_id).select_related("conversation").first()
    if answer is not None and not answer.is_running:
        note_shown(member, answer, [show(member, answer)])
