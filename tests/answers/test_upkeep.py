"""Behind people's backs: answers whose writer died say so, and what was streamed is not kept for ever."""

from datetime import timedelta

import pytest
from django.utils import timezone

from answers import tasks
from answers.models import Answer, AnswerEvent, Conversation, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(alice):
    conversation = Conversation.objects.create(tenant=alice.tenant, member=alice, title="Leave")

    def make(state: str, **fields) -> Answer:
        made = Answer.objects.create(
            tenant=alice.tenant, conversation=conversation, question="How many days?", state=state,
            deadline=timezone.now() + timedelta(minutes=1), **fields,
        )  # fmt: skip
        AnswerEvent.objects.create(
            tenant=alice.tenant, answer=made, number=1, kind="token", data={"text": "Three days"}
        )
        return made

    return make


def test_an_answer_whose_writer_died_says_so_though_nobody_looks(answer):
    dead = answer(State.RUNNING, heartbeat_at=timezone.now() - timedelta(minutes=2))
    alive = answer(State.RUNNING, heartbeat_at=timezone.now())
    tasks.rescue()
    dead.refresh_from_db()
    alive.refresh_from_db()
    assert (dead.state, dead.text) == (State.INTERRUPTED, "Three days")
    assert alive.state == State.RUNNING


def test_what_was_streamed_of_an_answer_is_forgotten_a_day_after_its_end(answer, alice):
    old = answer(State.ANSWERED, finished_at=timezone.now() - timedelta(hours=25))
    fresh = answer(State.ANSWERED, finished_at=timezone.now() - timedelta(hours=23))
    running = answer(State.RUNNING, heartbeat_at=timezone.now())
    tasks.forget_events()
    left = set(AnswerEvent.objects.for_tenant(alice.tenant).values_list("answer", flat=True))
    assert left == {fresh.pk, running.pk}
    assert old.pk not in left
