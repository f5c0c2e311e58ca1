"""A question becomes a cited answer. The one way: page, API and command all follow the events of this generator."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict

from answers import backends
from answers.answer_models.base import PreviousTurn
from answers.events import Asked, Done, Event, Failed, Step
from answers.generation import receipts
from answers.generation.generate import QUOTES, Written, write
from answers.generation.retrieve import BackgroundChecks, RetrievedContext, retrieve_context, run_background_checks
from answers.grounding.draft import AnswerDraft
from answers.models import Answer, State
from answers.persistence.save_answer import AnswerRemoved, Begun, Ending, RightsLost, begin, end
from answers.presentation import status_messages
from answers.question.question_input import AskRequest
from answers.runtime.stop_signal import Stop, Why
from answers.runtime.thread_pool import first_token_pending, in_low_priority_thread, in_thread
from audit.ledger.event_objects import ObjectRef, quoted_and_shown
from knowledge.indexes import consistency
from knowledge.indexes.consistency import IndexIncomplete
from knowledge.retrieval import search
from knowledge.stores.base import StoreError
from tenants.isolation.scope import in_tenant
from tenants.models import Membership

FIRST_TOKEN_DELAY_SECONDS = 0.05  # seconds

log = logging.getLogger("answers.generation.ask")


async def ask(member: Membership, ask_request: AskRequest, *, stop: Stop | None = None) -> AsyncIterator[Event]:
    """Raises only before its first event: Http404 for a conversation that is not the member's, Problems.

    Between the events no transaction and no database connection is held, and nothing blocks the loop.
    """
    stop = stop or Stop()
    began = time.perf_counter()
    # A first question needs nothing of its conversation, so it is looked for while it is being kept.
    early = None if ask_request.conversation_id else asyncio.create_task(_retrieve(member, ask_request))
    try:
        begun = await in_thread(begin, member, ask_request)
    except BaseException:
        if early:
            early.cancel()
        raise
    answer = begun.answer
    yield Asked(str(answer.pk), str(answer.conversation_id), answer.question)
    try:
        context = await (early or _retrieve(member, ask_request, begun.turns))
    except IndexIncomplete as error:
        yield await _failed(member, answer, "index_rebuilding", status_messages.rebuilding(error.message))
        return
    except Exception:
        log.exception("The search for answer %s failed", answer.pk)
        yield await _failed(member, answer, "search_unavailable", status_messages.SEARCH_FAILED)
        return
    steps = context.steps()
    for step in steps:
        yield step

    written, draft = Written(), context.draft
    first, looked_at = asyncio.Event(), time.perf_counter()
    checks = asyncio.create_task(_check_in_background(member, context, first))
    if context.verdict.enough and not stop.why:
        writing = write(context, draft, written, question=answer.question, turns=begun.turns, checks=checks, stop=stop)
        async with contextlib.aclosing(writing):
            async for event in writing:
                yield event
                first.set()
    first.set()
    steps.append(Step("write", "answered", _how(written), round(time.perf_counter() - looked_at, 3)))
    yield await _finished(member, begun, context, draft, written, steps, stop, began, await checks)


async def _retrieve(
    member: Membership, ask_request: AskRequest, turns: Sequence[PreviousTurn] = ()
) -> RetrievedContext:
    with first_token_pending():
        return await in_thread(
            retrieve_context, member, ask_request.question, turns, ask_request.filters, ask_request.answer_id
        )


async def _check_in_background(member: Membership, context: RetrievedContext, first: asyncio.Event) -> BackgroundChecks:
    """While the model thinks; but not in the way of a model that answers at once."""
    if backends.answer_model() is not None and context.verdict.enough:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(first.wait(), FIRST_TOKEN_DELAY_SECONDS)
    return await in_low_priority_thread(run_background_checks, member, context)


async def _finished(
    member: Membership,
    begun: Begun,
    context: RetrievedContext,
    draft: AnswerDraft,
    written: Written,
    steps: list,
    stop: Stop,
    began: float,
    checks: BackgroundChecks,
) -> Event:
    """What became of it, kept; and the last event that says so."""
    answer, seconds = begun.answer, round(time.perf_counter() - began, 3)
    # Also of an answer that fails or is refused: what was streamed has been read.
    objects = quoted_and_shown((c.document_id for c in draft.citations), (f.document_id for f in context.read))
    if stop.why == Why.RIGHTS:
        return await _failed(member, answer, "rights_changed", status_messages.RIGHTS_CHANGED, objects)
    state = _state(draft, checks, stop)
    refused = state == State.NOT_FOUND
    try:
        if refused:  # to say so of an index that lacks passages would be a lie
            await in_low_priority_thread(_require_complete_index, member)
        message = await _message(member, state, context, draft, written, stop)
    except IndexIncomplete as error:
        return await _failed(member, answer, "index_rebuilding", status_messages.rebuilding(error.message), objects)
    except StoreError as error:
        log.warning("Whether the index is whole could not be asked for answer %s: %s", answer.pk, error)
        return await _failed(member, answer, "search_unavailable", status_messages.SEARCH_FAILED, objects)
    share = len(draft.backed) / len(draft.claims) if draft.claims else 0.0
    confidence = context.verdict.confidence if refused else round(context.verdict.confidence * share, 3)
    ending = Ending(
        state=state,
        mode=written.mode,
        text=message if refused else draft.text,
        confidence=confidence,
        model=written.model,
        message=message,
        code=written.degraded or (str(stop.why) if stop.why else ""),
        not_covered=tuple(draft.not_covered),
        steps=[asdict(step) for step in steps if isinstance(step, Step)],
        first_token_at=written.first_token_at,
        receipt=receipts.compose(member, answer, context, draft, written, checks, seconds),
        objects=objects,
    )
    try:
        await in_low_priority_thread(end, member, answer, ending, None if refused else draft)
    except RightsLost:
        return await _failed(member, answer, "rights_changed", status_messages.RIGHTS_CHANGED, objects)
    except AnswerRemoved:
        return Failed("removed", status_messages.REMOVED, retry=False)
    return Done(
        state=str(state),
        mode=written.mode,
        refused=refused,
        confidence=confidence,
        not_covered=tuple(draft.not_covered),
        message=message,
        model=written.model,
        seconds=seconds,
    )


def _state(draft: AnswerDraft, checks: BackgroundChecks, stop: Stop) -> State:
    if stop.why in (Why.LEAVING, Why.TOO_LONG):
        return State.INTERRUPTED
    if stop.why == Why.READER:
        return State.STOPPED
    if not draft.backed:
        return State.NOT_FOUND
    if checks.conflict:
        return State.CONFLICT
    return State.PARTIAL if draft.not_covered else State.ANSWERED


async def _message(
    member: Membership, state: State, context: RetrievedContext, draft: AnswerDraft, written: Written, stop: Stop
) -> str:
    if stop.why:
        return {Why.READER: status_messages.STOPPED, Why.TOO_LONG: status_messages.TOO_LONG}.get(
            stop.why, status_messages.INTERRUPTED
        )
    if state == State.NOT_FOUND:
        return status_messages.refusal_message(await in_low_priority_thread(_count, member))
    notice = await in_low_priority_thread(_notice, member) if consistency.is_incomplete(member.tenant_id) else ""
    if state == State.PARTIAL:
        return f"{status_messages.partial(draft.not_covered)} {notice}".strip()
    return f"{status_messages.quotes_only(written.degraded) if written.mode == QUOTES else ''} {notice}".strip()


async def _failed(
    member: Membership, answer: Answer, code: str, message: str, objects: Sequence[ObjectRef] = ()
) -> Failed:
    ending = Ending(State.FAILED, code=code, message=message, objects=objects)
    with contextlib.suppress(AnswerRemoved):
        await in_low_priority_thread(end, member, answer, ending)
    return Failed(code, message)


def _count(member: Membership) -> int:
    with in_tenant(member.tenant):
        return search.count_readable(member)


def _require_complete_index(member: Membership) -> None:
    with in_tenant(member.tenant):
        search.require_complete_index(member)


def _notice(member: Membership) -> str:
    with in_tenant(member.tenant):
        return search.notice(member)


def _how(written: Written) -> str:
    if not written.mode:
        return "Nothing was written"
    return "Chose sentences from the documents" if written.mode == QUOTES else f"Written by {written.model}"
