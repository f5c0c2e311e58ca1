"""Runs answers apart from the requests that asked, so that a closed tab loses nothing.

An answer is a task on the web process's event loop. Its events go to a buffer, for readers in the same process, and
every 200 ms or 20 events to rows, for readers elsewhere and later; one transaction per tick for all answers together.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from uuid import UUID

from django.conf import settings

from answers.events import Event, Failed, Numbered, numbered
from answers.generation.ask import ask
from answers.live import pubsub
from answers.live.final_event import ending
from answers.persistence import event_log
from answers.persistence.save_answer import DEADLINE
from answers.presentation import status_messages
from answers.question.question_input import AskRequest
from answers.runtime.stop_signal import Stop, Why
from answers.runtime.thread_pool import in_low_priority_thread
from tenants.errors import TooMany, Unavailable
from tenants.models import Membership
from tenants.requests import open_responses
from tenants.requests.credentials import Credential, Ended

log = logging.getLogger("answers.live.runner")

MAX_RUNNING_ANSWERS = 192  # answers written by one process; beyond it a clear 503 beats a crawl for everybody
MAX_RUNNING_ANSWERS_PER_MEMBER = 96  # programs ask with one person's key; nobody takes all the room
SAVE_INTERVAL_SECONDS = 0.2  # seconds between writes of events
MAX_UNSAVED_EVENTS = 20  # unsaved events of one answer that are written without waiting
# Failed writes of events, a second apart, before a finished answer's events are given up; its text is a row
MAX_SAVE_ATTEMPTS = 5
SHUTDOWN_SECONDS = 3.0  # seconds that answers get to be kept when the process ends

_runs: dict[UUID, AnswerRun] = {}
_keeper: asyncio.Task | None = None
_hurry: asyncio.Event | None = None
_leaving = False
_draining = False


class AnswerRun:
    """One answer on its way. `events` only grows; whoever follows remembers how far they are."""

    def __init__(self, member: Membership, ask_request: AskRequest) -> None:
        self.member, self.ask_request = member, ask_request
        self.answer_id = ask_request.answer_id
        self.loop = asyncio.get_running_loop()
        self.events: list[Numbered] = []
        self.stop = Stop()
        self.finished = False
        self.saved = 0  # events that are rows
        self.unsaved_for = 0  # writes of events that failed
        self.documents: set[UUID] = set()  # what is being read
        self.begun: asyncio.Future[None] = self.loop.create_future()
        self.task: asyncio.Task | None = None
        self._news = asyncio.Event()

    def publish(self, event: Event) -> None:
        numbered_event = numbered(len(self.events) + 1, event)
        self.events.append(numbered_event)
        pubsub.publish(self.member.tenant_id, self.answer_id, numbered_event)
        if numbered_event.kind == "sources":
            self.documents = {UUID(source["document_id"]) for source in numbered_event.data["read"]}
        self._notify_followers()
        if len(self.events) - self.saved >= MAX_UNSAVED_EVENTS and _hurry is not None:
            _hurry.set()

    def close(self) -> None:
        self.finished = True
        self._notify_followers()

    async def news(self, after: int) -> None:
        """Returns when there are events beyond `after`, or no more will come."""
        while len(self.events) <= after and not self.finished:
            await self._news.wait()

    def _notify_followers(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


async def start(member: Membership, ask_request: AskRequest) -> AnswerRun:
    """The question is kept and its answer is being written when this returns. Problems and Http404 come from here."""
    _require_capacity(member)
    run = AnswerRun(member, ask_request)
    _runs[run.answer_id] = run
    run.task = asyncio.create_task(_carry_out(run))
    try:
        await asyncio.shield(run.begun)
    except asyncio.CancelledError:
        run.begun.add_done_callback(lambda future: future.cancelled() or future.exception())
        raise
    return run


async def finished(run: AnswerRun) -> None:
    """Waits for the end. The answer's rows are written by then."""
    while not run.finished:
        await run.news(len(run.events))


async def wait_until_saved(run: AnswerRun) -> None:
    """Waits until its events are rows as well, for callers whose event loop ends with them."""
    await finished(run)
    for _ in range(100):
        if run.saved == len(run.events):
            return
        await asyncio.sleep(0.01)


def running(answer_id: UUID) -> AnswerRun | None:
    """The run, where it is on this very event loop."""
    run = _runs.get(answer_id)
    return run if run is not None and run.loop is asyncio.get_running_loop() else None


def signal_stop(answer_id: UUID) -> None:
    """Quicker than the row that says the same. From any thread."""
    run = _runs.get(answer_id)
    if run is not None:
        run.loop.call_soon_threadsafe(run.stop.ask, Why.READER)


def leaving() -> bool:
    return _leaving


def draining() -> bool:
    """The process finishes what it writes and takes no new connection: followers of other processes go elsewhere."""
    return _draining


async def drain() -> None:
    """Returns when no answer is being written on this event loop. The caller limits the time."""
    global _draining
    _draining = True
    loop = asyncio.get_running_loop()
    while unfinished := [run for run in _runs.values() if run.loop is loop and not run.finished]:
        await asyncio.wait([run.task for run in unfinished if run.task], timeout=0.2)


async def shutdown() -> None:
    """Called when the process is told to end: what is being written is kept, and every stream ends with `retry`."""
    global _leaving
    _leaving = True
    here = [run for run in _runs.values() if run.loop is asyncio.get_running_loop()]
    for run in here:
        run.stop.ask(Why.LEAVING)
    if tasks := [run.task for run in here if run.task]:
        await asyncio.wait(tasks, timeout=SHUTDOWN_SECONDS)
    if _keeper is not None and not _keeper.done() and _hurry is not None:
        _hurry.set()
        await asyncio.wait([_keeper], timeout=SHUTDOWN_SECONDS)


def _require_capacity(member: Membership) -> None:
    if _leaving:
        raise Unavailable("The portal is being restarted.", hint="Ask again in a moment.")
    for answer_id in [run.answer_id for run in _runs.values() if run.loop.is_closed()]:
        _runs.pop(answer_id, None)  # of a command that was cut off
    busy = [run for run in _runs.values() if not run.finished]
    if len(busy) >= getattr(settings, "ANSWERS_AT_ONCE", MAX_RUNNING_ANSWERS):
        raise Unavailable(
            "Too many questions are being answered right now.", hint="Yours was not saved. Ask again in a moment."
        )
    per_member = getattr(settings, "ANSWERS_AT_ONCE_PER_MEMBER", MAX_RUNNING_ANSWERS_PER_MEMBER)
    if Counter(run.member.pk for run in busy)[member.pk] >= per_member:
        raise TooMany(
            f"{per_member} of your questions are being answered already.",
            retry_after=5,
            hint="Wait for one of them, or stop it.",
        )


async def _carry_out(run: AnswerRun) -> None:
    """Whoever asked may lose the key or session that they asked with: the answer is written for its member, who finds it in
    their conversation, and only what is sent ends. When the member goes, so does the answer."""

    def member_ended(reason: Ended) -> None:
        run.stop.ask(Why.RIGHTS)

    with open_responses.holding(Credential(run.member), member_ended, when_unsure=False):
        await _write(run)


async def _write(run: AnswerRun) -> None:
    too_long = run.loop.call_later(DEADLINE.total_seconds() - 5, run.stop.ask, Why.TOO_LONG)
    try:
        async for event in ask(run.member, run.ask_request, stop=run.stop):
            run.publish(event)
            if not run.begun.done():
                run.begun.set_result(None)
                _start_saving()
    except BaseException as error:
        if not run.begun.done():
            run.begun.set_exception(
                error if isinstance(error, Exception) else Unavailable("The portal is being restarted.")
            )
        else:
            if last := await _broken(run, error):
                run.publish(last)
            if not isinstance(error, Exception):
                raise
    finally:
        too_long.cancel()
        run.close()
        if not run.events:
            _runs.pop(run.answer_id, None)
        if _hurry is not None:
            _hurry.set()


async def _broken(run: AnswerRun, error: BaseException) -> Event | None:
    """The last event. None where nobody can say how the answer was kept: whoever follows it comes again for that."""
    log.error("Answer %s broke", run.answer_id, exc_info=error)
    try:
        kept = await in_low_priority_thread(event_log.give_up, run.member, run.answer_id, status_messages.BROKE)
    except Exception:
        log.exception("Answer %s could not be marked as failed", run.answer_id)
        return None
    return ending(kept) if kept else Failed("removed", status_messages.REMOVED, retry=False)


def _start_saving() -> None:
    global _keeper, _hurry
    if _keeper is None or _keeper.done() or _keeper.get_loop() is not asyncio.get_running_loop():
        _hurry = asyncio.Event()
        _keeper = asyncio.create_task(_save_periodically(_hurry))


async def _save_periodically(hurry: asyncio.Event) -> None:
    """Writes what is new of every answer on this loop, and learns what others want of them."""
    loop = asyncio.get_running_loop()
    while here := [run for run in _runs.values() if run.loop is loop and run.events]:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), SAVE_INTERVAL_SECONDS)
        hurry.clear()
        batches = [(run, run.events[run.saved :]) for run in here]
        try:
            wishes = await in_low_priority_thread(
                event_log.save_events,
                [event_log.Batch(run.member, run.answer_id, run.documents, events) for run, events in batches],
            )
        except Exception:
            log.exception("Events of %d answers could not be saved; trying again", len(batches))
            await asyncio.sleep(1)
            for run, _ in batches:
                run.unsaved_for += 1
                if run.finished and run.unsaved_for >= MAX_SAVE_ATTEMPTS:
                    _runs.pop(run.answer_id, None)
            continue
        for run, events in batches:
            run.saved += len(events)
            if why := wishes.get(run.answer_id):
                run.stop.ask(why)
            if run.finished and run.saved == len(run.events):
                _runs.pop(run.answer_id, None)


__all__ = [
    "AnswerRun",
    "drain",
    "draining",
    "finished",
    "leaving",
    "running",
    "shutdown",
    "signal_stop",
    "start",
    "wait_until_saved",
]
