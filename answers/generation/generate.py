"""From what was read to sentences: the writing model, and below it the ladder.

Model -> the documents' own sentences -> nothing, which `ask` turns into a refusal. Each step down is told to the reader
and kept in the receipt. No database connection is held here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from answers import backends
from answers.answer_models.base import AnswerModel, Delta, PreviousTurn, Usage
from answers.answer_models.errors import ModelError
from answers.answer_models.extractive import ExtractedSentence, as_written, compose
from answers.answer_models.prompt import plain
from answers.events import Event, Token, Withdrawn
from answers.generation.retrieve import BackgroundChecks, RetrievedContext
from answers.grounding.answerable_text import bare
from answers.grounding.conflicts import Conflict
from answers.grounding.draft import AnswerDraft
from answers.grounding.evidence import THRESHOLD
from answers.question.analysis import read
from answers.question.parts import parts
from answers.runtime.stop_signal import Stop
from answers.runtime.thread_pool import in_thread

log = logging.getLogger("answers.generation.generate")

WRITTEN, QUOTES = "written", "quotes"
_ORDER = re.compile(r"[\[【]\s*(NONE|MISSING\s*:[^\]】\n]*)[\]】]", re.IGNORECASE)


@dataclass(slots=True)
class Written:
    """How the text came about. Filled while writing."""

    mode: str = ""
    model: str = ""
    usage: Usage | None = None
    finish: str = ""
    failures: list[dict[str, str]] = field(default_factory=list)  # the steps of the ladder that were left
    first_token_at: datetime | None = None

    @property
    def degraded(self) -> str:
        return self.failures[-1]["code"] if self.failures and self.mode == QUOTES else ""


async def write(
    context: RetrievedContext,
    draft: AnswerDraft,
    written: Written,
    *,
    question: str,
    turns: Sequence[PreviousTurn],
    checks: asyncio.Future[BackgroundChecks],
    stop: Stop,
) -> AsyncIterator[Event]:
    model = backends.answer_model()
    if model is not None:
        written.mode, written.model = WRITTEN, model.name
        try:
            async for event in _by_model(model, context, draft, written, question, turns, checks, stop):
                yield event
            if stop.why or draft.backed or draft.is_refusal:
                return
            written.failures.append({"code": "not_backed", "model": model.name, "detail": ""})
        except ModelError as error:
            log.warning("The writing model %s gave no answer: %s", model.name, error)
            written.failures.append({"code": type(error).__name__, "model": model.name, "detail": error.detail[:200]})
        if draft.text:
            draft.clear()
            yield Withdrawn(written.failures[-1]["code"])
        if stop.why:
            return
    if context.verdict.confidence < THRESHOLD:  # enough for a model that reads; not for picking sentences
        return
    written.mode, written.model = QUOTES, "extractive"
    draft.access_reasons = (await checks).access_reasons
    asked = parts(context.question)
    if len(asked) != len(draft.parts):  # it was completed from the conversation
        draft.parts = asked
        draft.clear()
    sentences = await in_thread(_sentences, context, (await checks).conflict)
    for piece in as_written(sentences):
        for event in draft.feed(piece):
            written.first_token_at = written.first_token_at or timezone.now()
            yield event
    for event in draft.finish():
        yield event


async def _by_model(
    model: AnswerModel,
    context: RetrievedContext,
    draft: AnswerDraft,
    written: Written,
    question: str,
    turns: Sequence[PreviousTurn],
    checks: asyncio.Future[BackgroundChecks],
    stop: Stop,
) -> AsyncIterator[Event]:
    pieces: asyncio.Queue[Delta | BaseException | None] = asyncio.Queue()
    stop.then(lambda: pieces.put_nowait(None))
    pump = asyncio.create_task(_pump(model, context, question, turns, pieces))
    try:
        while (piece := await pieces.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            if piece.text:
                if written.first_token_at is not None:
                    draft.access_reasons = draft.access_reasons or (await checks).access_reasons
                for event in draft.feed(piece.text):
                    if written.first_token_at is None and isinstance(event, Token):
                        written.first_token_at = timezone.now()
                    yield event
            if piece.finish:
                written.usage, written.finish = piece.usage, piece.finish
        conflict = (await checks).conflict
        if conflict and not stop.why and not draft.is_refusal:
            for event in draft.feed(_other_side(conflict, context, draft)):
                yield event
        for event in draft.finish():
            yield event
    finally:
        pump.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await pump


async def _pump(
    model: AnswerModel, context: RetrievedContext, question: str, turns: Sequence[PreviousTurn], pieces: asyncio.Queue
) -> None:
    """Reads the model apart from who waits for it, so that a silent model can be stopped at once."""
    answer = model.answer(question, context.passages, history=turns)
    try:
        async with contextlib.aclosing(answer):
            async for piece in answer:
                pieces.put_nowait(piece)
    except Exception as error:
        pieces.put_nowait(error)
    else:
        pieces.put_nowait(None)


def _sentences(context: RetrievedContext, conflict: Conflict | None) -> list[ExtractedSentence]:
    """What the documents say themselves."""
    if conflict:
        sides = (conflict.newer, conflict.older)
        return [ExtractedSentence(_clean_sentence(side.text), context.passages.index(side.passage)) for side in sides]
    composed = compose(read(context.question), context.passages, embed=backends.embed)
    return [each._replace(text=_unmarked(each.text)) for each in composed]


def _other_side(conflict: Conflict, context: RetrievedContext, draft: AnswerDraft) -> str:
    """The side of a conflict that the model left out, in the document's own words; a reader is owed both."""
    text = "\n[PART 0]" if draft.parts else ""
    for side in (conflict.newer, conflict.older):
        if side.passage.document_id not in draft.cited_documents:
            text += f" {_clean_sentence(side.text)} [P{context.passages.index(side.passage) + 1}]"
    return text


def _clean_sentence(text: str) -> str:
    return _unmarked(bare(text))


def _unmarked(sentence: str) -> str:
    """Without what would be read as a label: a document may hold "[NONE]" and gives no orders by it. Words stay."""
    return " ".join(plain(_ORDER.sub(r"(\1)", sentence)).split())
