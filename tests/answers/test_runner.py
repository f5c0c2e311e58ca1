"""Answers run apart from who asked: stopped, followed from elsewhere, cut off, never more than there is room for."""

import asyncio
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.http import Http404
from django.utils import timezone

from answers.conversations.conversations import access_conversation, remove
from answers.conversations.stop_answer import stop
from answers.events import Retry
from answers.live import runner
from answers.live.follow import follow, follow_run
from answers.models import Answer, AnswerEvent, Citation, State
from answers.persistence.save_answer import end
from answers.question.question_input import AskRequest
from answers.runtime.thread_pool import in_thread
from audit.models import AuditEvent
from knowledge.permissions import grants
from tenants.errors import TooMany, Unavailable

pytestmark = pytest.mark.usefixtures("kept")

QUESTION = "How many days a week may I work from home?"


async def until(run, kind: str):
    """Follows the run until the first event of that kind."""
    async for event in follow_run(run):
        if event.kind == kind:
            return event
    raise AssertionError(f"it ended without {kind}")


async def rest_of(member, answer_id, after=0):
    return [event async for event in follow(member, answer_id, after=after)]


def row(member) -> Answer:
    return Answer.objects.for_tenant(member.tenant).get()


def test_stop_keeps_the_text_and_its_citations(handbook, alice, writes):
    writes("echo-words-40")

    async def story():
        run = await runner.start(alice, AskRequest(QUESTION))
        await until(run, "sentence")
        await in_thread(stop, alice, run.answer_id)
        events = [event async for event in follow_run(run)]
        await runner.wait_until_saved(run)
        return events

    events = asyncio.run(story())
    answer = row(alice)
    assert events[-1].data["state"] == State.STOPPED
    assert answer.state == State.STOPPED
    assert answer.text == "".join(event.data["text"] for event in events if event.kind == "token")
    assert answer.sentences[0]["supported"]
    assert Citation.objects.for_tenant(alice.tenant).filter(answer=answer).exists()


def test_a_silent_model_can_be_stopped_at_once(handbook, alice, writes):
    writes("hang")

    async def story():
        run = await runner.start(alice, AskRequest(QUESTION))
        await until(run, "sources")
        await in_thread(stop, alice, run.answer_id)
        await asyncio.wait_for(runner.wait_until_saved(run), 3)

    asyncio.run(story())
    assert row(alice).state == State.STOPPED


def test_stop_reaches_the_runner_of_another_process_by_its_row(handbook, alice, writes):
    writes("hang")

    async def story():
        run = await runner.start(alice, AskRequest(QUESTION))
        await until(run, "sources")
        asked = Answer.objects.for_tenant(alice.tenant).filter(pk=run.answer_id)
        await in_thread(asked.update, stop_requested_at=timezone.now())
        await asyncio.wait_for(runner.wait_until_saved(run), 3)

    asyncio.run(story())
    assert row(alice).state == State.STOPPED


def test_a_revocation_withdraws_what_is_being_written(handbook, shelf, alice, erin, writes):
    writes("echo-words-60")

    async def story():
        run = await runner.start(alice, AskRequest(QUESTION))
        await until(run, "sentence")
        await in_thread(grants.revoke, shelf, alice, by=erin)
        events = [event async for event in follow_run(run)]
        await runner.wait_until_saved(run)
        again = await rest_of(alice, run.answer_id)
        return events, again

    events, again = asyncio.run(story())
    assert events[-1].data["code"] == "rights_changed"
    assert row(alice).text == ""
    assert not Citation.objects.for_tenant(alice.tenant).exists()
    assert "three days" not in str([event.data for event in again])


def test_a_follower_elsewhere_gets_every_event_once(handbook, alice, writes):
    writes("echo-words-10")

    async def story():
        run = await runner.start(alice, AskRequest(QUESTION))
        events = [event async for event in follow_run(run)]
        await runner.wait_until_saved(run)
        return run.answer_id, events

    answer_id, events = asyncio.run(story())
    assert runner._runs == {}  # so that what follows is read from the rows
    for after in (0, 3, len(events) - 1, len(events)):
        again = asyncio.run(rest_of(alice, answer_id, after))
        assert again == events[after:] or after == len(events)


def test_a_follower_of_another_process_sees_an_answer_grow(handbook, alice, writes, monkeypatch):
    writes("echo-words-30")

    async def story():
        run = await runner.start(alice, AskRequest(QUESTION))
        own = asyncio.create_task(_all(follow_run(run)))
        await until(run, "token")
        monkeypatch.setattr(runner, "running", lambda answer_id: None)  # as if it ran elsewhere
        elsewhere = asyncio.create_task(rest_of(alice, run.answer_id))
        await runner.wait_until_saved(run)
        return await own, await elsewhere

    async def _all(events):
        return [event async for event in events]

    own, elsewhere = asyncio.run(story())
    assert elsewhere == own


def test_a_lost_writer_leaves_what_was_saved_and_an_honest_state(handbook, alice, ask, shown):
    events = ask(alice, QUESTION)
    answer = row(alice)
    Citation.objects.for_tenant(alice.tenant).delete()
    AnswerEvent.objects.for_tenant(alice.tenant).filter(kind="done").delete()
    from answers.models import Receipt

    Receipt.objects.for_tenant(alice.tenant).delete()
    long_ago = timezone.now() - timedelta(minutes=5)
    Answer.objects.for_tenant(alice.tenant).update(
        state=State.RUNNING, text="", sentences=[], steps=[], heartbeat_at=long_ago
    )
    again = asyncio.run(rest_of(alice, answer.pk))
    assert again[:-1] == events[:-1]
    assert again[-1].data["state"] == State.INTERRUPTED
    rescued = shown(alice, events)
    assert "three days a week" in rescued.text
    assert rescued.citations[0].document_id == handbook.pk
    assert asyncio.run(rest_of(alice, answer.pk, len(events) - 1)) == again[-1:]


def test_who_was_told_more_than_was_kept_is_told_what_was_kept(handbook, alice, ask):
    events = ask(alice, QUESTION)
    answer = row(alice)
    Citation.objects.for_tenant(alice.tenant).delete()
    place = next(event.number for event in events if event.kind == "sentence")
    AnswerEvent.objects.for_tenant(alice.tenant).filter(number__gt=place).delete()
    long_ago = timezone.now() - timedelta(minutes=5)
    Answer.objects.for_tenant(alice.tenant).update(state=State.RUNNING, text="", sentences=[], heartbeat_at=long_ago)
    for seen in (place + 1, place + 2, place + 50):
        told = asyncio.run(rest_of(alice, answer.pk, seen))
        assert [event.kind for event in told[:2]] == ["withdrawn", "token"]
        assert "three days a week" in told[1].data["text"]
        assert told[-1].data["state"] == State.INTERRUPTED
        assert [event.number for event in told] == sorted({event.number for event in told})
        assert asyncio.run(rest_of(alice, answer.pk, told[-1].number))[-1].is_last


def test_an_answer_that_could_not_be_kept_has_failed_and_stands_on_the_trail_once(handbook, alice, ask, monkeypatch):
    def broken(*arguments):
        raise OperationalError("the connection is lost")

    monkeypatch.setattr("answers.generation.ask.end", broken)
    assert ask(alice, QUESTION)[-1].data["code"] == "error"
    assert row(alice).state == State.FAILED
    events = AuditEvent.objects.filter(tenant_id=alice.tenant_id, target_id=str(row(alice).pk))
    assert sorted(events.values_list("action", "outcome")) == [
        ("question:answered", "failed"),
        ("question:asked", "done"),
    ]


def kept_and_then_broken(monkeypatch):
    """The commit reached the database, and the word of it got lost on the way back."""

    def broken(*arguments):
        end(*arguments)
        raise OperationalError("the connection is lost")

    monkeypatch.setattr("answers.generation.ask.end", broken)


def test_an_answer_whose_keeping_was_not_confirmed_is_told_as_it_was_kept(handbook, alice, ask, monkeypatch):
    kept_and_then_broken(monkeypatch)
    told = ask(alice, QUESTION)[-1]
    assert (told.kind, told.data["state"]) == ("done", State.ANSWERED)
    assert row(alice).state == State.ANSWERED
    events = AuditEvent.objects.filter(tenant_id=alice.tenant_id, target_id=str(row(alice).pk))
    assert sorted(events.values_list("action", "outcome")) == [
        ("question:answered", "done"),
        ("question:asked", "done"),
    ]


def test_who_asked_comes_again_where_nobody_can_say_how_an_answer_was_kept(handbook, alice, ask, monkeypatch):
    def away(*arguments):
        raise OperationalError("the database is away")

    kept_and_then_broken(monkeypatch)
    monkeypatch.setattr("answers.persistence.event_log.give_up", away)
    events = ask(alice, QUESTION)
    assert events[-1] == Retry()
    last = asyncio.run(rest_of(alice, row(alice).pk, events[-2].number))[-1]
    assert (last.kind, last.data["state"]) == ("done", State.ANSWERED)


def test_leaving_keeps_what_is_written(handbook, alice, writes, monkeypatch):
    writes("echo-words-60")

    async def story():
        run = await runner.start(alice, AskRequest(QUESTION))
        await until(run, "sentence")
        await runner.shutdown()
        with pytest.raises(Unavailable):
            await runner.start(alice, AskRequest(QUESTION))
        return run

    monkeypatch.setattr(runner, "_leaving", False)  # put back at the end
    run = asyncio.run(story())
    answer = row(alice)
    assert answer.state == State.INTERRUPTED
    assert "three days a week" in answer.text
    assert run.events[-1].data["state"] == State.INTERRUPTED
    assert AnswerEvent.objects.for_tenant(alice.tenant).filter(kind="done").exists()


def test_nobody_follows_or_stops_an_answer_of_somebody_else(handbook, alice, bob, mallory, ask):
    answer_id = ask(alice, QUESTION)[0].data["answer_id"]
    for stranger in (bob, mallory):
        with pytest.raises(Http404):
            asyncio.run(rest_of(stranger, answer_id))
        with pytest.raises(Http404):
            stop(stranger, answer_id)


def test_a_conversation_of_somebody_else_cannot_be_gone_on_with(handbook, alice, bob, mallory, ask):
    conversation = ask(alice, QUESTION)[0].data["conversation_id"]
    for stranger in (bob, mallory):
        with pytest.raises(Http404):
            ask(stranger, "And on Fridays?", conversation_id=conversation)
    assert Answer.objects.for_tenant(alice.tenant).count() == 1


def test_one_person_cannot_take_all_the_room(handbook, alice, settings, writes):
    writes("hang")
    settings.ANSWERS_AT_ONCE_PER_MEMBER = 2

    async def story():
        runs = [await runner.start(alice, AskRequest(QUESTION)) for _ in range(2)]
        with pytest.raises(TooMany):
            await runner.start(alice, AskRequest(QUESTION))
        for run in runs:
            runner.signal_stop(run.answer_id)
        for run in runs:
            await runner.wait_until_saved(run)
        again = await runner.start(alice, AskRequest(QUESTION))
        runner.signal_stop(again.answer_id)
        await runner.wait_until_saved(again)

    asyncio.run(story())
    assert Answer.objects.for_tenant(alice.tenant).count() == 3


def test_a_full_process_says_so_and_keeps_nothing(handbook, alice, bob, settings, writes):
    writes("hang")
    settings.ANSWERS_AT_ONCE = 1

    async def story():
        run = await runner.start(alice, AskRequest(QUESTION))
        with pytest.raises(Unavailable):
            await runner.start(bob, AskRequest(QUESTION))
        runner.signal_stop(run.answer_id)
        await runner.wait_until_saved(run)

    asyncio.run(story())
    assert Answer.objects.for_tenant(alice.tenant).count() == 1


def test_removing_the_conversation_ends_its_answer(handbook, alice, writes):
    writes("echo-words-60")

    async def story():
        run = await runner.start(alice, AskRequest(QUESTION))
        await until(run, "token")
        conversation = run.events[0].data["conversation_id"]
        await in_thread(lambda: remove(access_conversation(alice, conversation), by=alice))
        await asyncio.wait_for(runner.wait_until_saved(run), 5)
        return run

    run = asyncio.run(story())
    assert run.events[-1].data["code"] == "removed"
    assert not Answer.objects.for_tenant(alice.tenant).exists()
    assert not AnswerEvent.objects.for_tenant(alice.tenant).exists()
