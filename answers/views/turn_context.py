"""What the templates of an answer are given."""

from __future__ import annotations

from dataclasses import dataclass

from answers.conversations.sharing import may_be_shared
from answers.conversations.suggestions import Suggested
from answers.live import runner
from answers.models import Answer, Feedback, State
from answers.presentation.answer_view import AnswerView
from tenants.models import Membership


@dataclass(frozen=True, slots=True)
class TurnContext:
    """A question with its answer: running, or as it may be shown now."""

    member: Membership
    answer: Answer
    shown: AnswerView | None = None
    related: tuple[Suggested, ...] = ()

    @classmethod
    def beginning(cls, member: Membership, run: runner.AnswerRun) -> TurnContext:
        began = run.events[0].data
        answer = Answer(pk=run.answer_id, question=began["question"], conversation_id=began["conversation_id"])
        return cls(member, answer)

    @property
    def is_running(self) -> bool:
        return self.answer.state == State.RUNNING

    @property
    def state(self) -> str:
        return self.answer.state

    @property
    def is_shareable(self) -> bool:
        return may_be_shared(self.answer)

    @property
    def is_quotes(self) -> bool:
        return self.answer.mode == "quotes" and self.answer.state in (State.ANSWERED, State.PARTIAL, State.CONFLICT)

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return Feedback.Reason.choices

    @property
    def support(self) -> str:
        shown = self.shown
        if shown is None or not shown.claims:
            return ""
        noun = "statement is" if shown.claims == 1 else "statements are"
        words = f"{shown.backed} of {shown.claims} {noun} backed by a quote."
        if shown.due:
            words += " One source is due for review." if shown.due == 1 else f" {shown.due} sources are due for review."
        return words
