"""Follows an answer by its event number, from whichever process writes it. The reader's rights are asked each time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from answers.events import (
    Failed,
    Followed,
    Numbered,
    Quiet,
    Retry,
    SentenceFinished,
    Token,
    Withdrawn,
    numbered,
)
from answers.live import pubsub, runner
from answers.live.final_event import ending
from answers.live.recovery import DEAD_AFTER, rescue
from answers.models import Answer, AnswerEvent
from answers.persistence.event_log import events_from_rows
from answers.presentation import status_messages
from answers.presentation.answer_view import show
from answers.runtime.thread_pool import in_thread
from knowledge.permissions import access
from tenants.isolation.scope import in_tenant
from tenants.models import Membership

KEEPALIVE_SECONDS = 15.0  # seconds of silence after which followers are told that there is nothing to tell
POLL_SECONDS = 0.2  # seconds between looks at the rows of an answer that another process writes
LIVE_POLL_SECONDS = 1.0  # seconds between them where the other process tells what it writes


async def follow(member: Membership, answer_id: UUID, *, after: int = 0) -> AsyncIterator[Followed]:
    """The events after `after`, then those to come, until the last one. Http404 for what is not the member's.

    Ends with Retry where the rest is to be had by coming again: the process is leaving, or the writer was lost.
    """
    view = await in_thread(_read_state, member, answer_id, after)
    if view.withdrawn:
        for event in view.instead:
            yield event
        return
    if view.is_complete:
        return
    run = runner.running(answer_id)
    if run is not None and run.member.pk == member.pk:
        async for event in follow_run(run, after=after):
            yield event
        return
    async for event in _follow_rows(member, answer_id, view):
        yield event


async def follow_run(run: runner.AnswerRun, *, after: int = 0) -> AsyncIterator[Followed]:
    """From the buffer. For whoever started it in this very request, and for `follow`, which asked for rights."""
    place = after
    while True:
        while place < len(run.events):
            event = run.events[place]
            place += 1
            yield event
            if event.is_last:
                return
        if run.finished:
            yield Retry()
            return
        try:
            async with asyncio.timeout(KEEPALIVE_SECONDS):
                await run.news(place)
        except TimeoutError:
            yield Quiet()


async def _follow_rows(member: Membership, answer_id: UUID, view: _View) -> AsyncIterator[Followed]:
    async with pubsub.listening(member.tenant_id, answer_id) as news:
        place, waited, since = view.after, False, time.monotonic()
        while True:
            for event in (*view.events, *news.after(view.events[-1].number if view.events else place)):
                place, since = event.number, time.monotonic()
                yield event
                if event.is_last:
                    return
            if runner.leaving() or runner.draining():
                yield Retry()
                return
            if view.stale:
                await in_thread(rescue, member.tenant, answer_id)
            elif view.is_complete:
                return
            elif view.ended and waited:  # it ended without its last event among the rows
                for event in view.instead or (view.ending,):
                    yield event
                return
            waited = view.ended
            looked = time.monotonic()
            # Told without a gap, nothing has to be looked up: but for rights, and for whether the writer lives.
            while time.monotonic() - looked < (
                LIVE_POLL_SECONDS if news.is_live and not view.ended and not news.received else POLL_SECONDS
            ):
                await news.wait(POLL_SECONDS)
                for event in news.after(place):
                    place, since = event.number, time.monotonic()
                    yield event
                    if event.is_last:
                        return
                if time.monotonic() - since > KEEPALIVE_SECONDS:
                    since = time.monotonic()
                    yield Quiet()
            view = await in_thread(_read_state, member, answer_id, place)
            if view.withdrawn:
                for event in view.instead:
                    yield event
                return


@dataclass(frozen=True, slots=True)
class _View:
    """One look at the rows."""

    after: int
    events: tuple[Numbered, ...] = ()
    ended: bool = False
    is_complete: bool = False  # to its last event, before `after`
    stale: bool = False
    ending: Numbered | None = None
    withdrawn: bool = False  # something that was read for it is no longer shared with this reader
    instead: tuple[Numbered, ...] = ()  # of the story from the beginning


def _read_state(member: Membership, answer_id: UUID, after: int) -> _View:
    with in_tenant(member.tenant):
        if not access.may_work(member):
            raise Http404
        answer = Answer.objects.visible_to(member).filter(pk=answer_id).first()
        if answer is None:
            raise Http404
        rows = AnswerEvent.objects.for_tenant(member.tenant_id).filter(answer=answer)
        read = {UUID(each["document_id"]) for row in rows.filter(kind="sources") for each in row.data["read"]}
        if read and access.still_readable(member, read) != read:
            last = rows.order_by("-number").values_list("number", flat=True).first() or 0
            instead = _instead(member, answer, max(last, after), "rights_changed")
            return _View(after, withdrawn=True, instead=tuple(instead))
        ended = not answer.is_running
        if after and ended:
            events_by_number = {event.number: event for event in events_from_rows(rows.order_by("number"))}
            if after not in events_by_number:  # its writer died, and what this reader was told last was not kept
                return _View(
                    after,
                    ended=True,
                    instead=tuple(_instead(member, answer, max(after, *events_by_number, 0), "interrupted")),
                )
            if events_by_number[after].is_last:
                return _View(after, ended=True, is_complete=True)
        fresh = events_from_rows(rows.filter(number__gt=after).order_by("number"), after)
        return _View(
            after=after,
            events=tuple(fresh),
            ended=ended,
            stale=answer.is_running and timezone.now() - answer.heartbeat_at > DEAD_AFTER,
            ending=numbered(max(after, fresh[-1].number if fresh else 0) + 1, ending(answer)) if ended else None,
        )


def _instead(member: Membership, answer: Answer, last: int, reason: str) -> list[Numbered]:
    """In place of the story as this reader knows it: what was kept, as far as they may still see it."""
    if answer.is_running:
        return [
            Numbered(last + 1, Failed.kind, numbered(1, Failed("rights_changed", status_messages.RIGHTS_CHANGED)).data)
        ]
    shown = show(member, answer)
    events = [Withdrawn(reason), Token(shown.text)]
    at = 0
    for sentence in shown.sentences:
        if sentence.withheld:
            continue
        events.append(
            SentenceFinished(
                start=at,
                end=at + len(sentence.text),
                text=sentence.text,
                citations=tuple(citation.number for citation in sentence.citations if not citation.lost),
                supported=sentence.supported,
                claims=sentence.claims,
                label=sentence.label,
            )
        )
        at += len(sentence.text) + 1
    events.append(ending(answer))
    return [numbered(last + place, event) for place, event in enumerate(events, start=1)]
