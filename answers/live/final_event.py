"""The last event of an answer, as its row has it."""

from __future__ import annotations

from answers.events import Done, Failed
from answers.models import Answer, State
from answers.presentation import status_messages


def ending(answer: Answer) -> Done | Failed:
    if answer.state == State.FAILED:
        return Failed(answer.error_code or "error", answer.error_message or status_messages.BROKE)
    return Done(
        state=answer.state,
        mode=answer.mode,
        refused=answer.refused,
        confidence=answer.confidence,
        not_covered=tuple(answer.not_covered),
        message=answer.error_message,
        model=answer.model,
        seconds=(answer.finished_at - answer.asked_at).total_seconds() if answer.finished_at else 0.0,
    )
