"""What every answer model promises, whoever writes the sentences."""

from __future__ import annotations

import asyncio

import pytest

from answers.answer_models.base import AnswerModel, Delta, PreviousTurn
from answers.answer_models.extractive import ExtractiveModel
from answers.answer_models.openai import OpenAIModel
from answers.grounding.sentence_stream import GroundedStream
from tests.answers.passages import passage
from tests.servers.openai_server import running

PASSAGES = [
    passage("Hotel costs are refunded up to 140 EUR a night. Trips need the approval of a director."),
    passage("Two signatures are required above 5,000 EUR.", "Payments"),
]


@pytest.fixture(scope="module")
def server():
    with running() as (url, _):
        yield url


@pytest.fixture(params=["extractive", "openai"])
def model(request, server) -> AnswerModel:
    return ExtractiveModel() if request.param == "extractive" else OpenAIModel(server, "key", "echo")


async def collect(model: AnswerModel, question: str, passages=PASSAGES, **more) -> list[Delta]:
    return [delta async for delta in model.answer(question, passages, **more)]


def test_it_has_a_name(model):
    assert isinstance(model, AnswerModel)
    assert model.name


async def test_its_labels_lead_to_the_passages_it_was_given(model):
    stream = GroundedStream(PASSAGES)
    for delta in await collect(model, "How many signatures are required above 5,000 EUR?"):
        stream.feed(delta.text)
    stream.finish()
    first = stream.statements[0]
    assert first.text == "Two signatures are required above 5,000 EUR."
    assert first.citations[0].quote.passage_id == PASSAGES[1].passage_id
    assert first.citations[0].quote.exact


async def test_it_says_when_it_is_done(model):
    deltas = await collect(model, "How many signatures are required?")
    assert deltas[-1].finish == "stop"
    assert all(delta.finish == "" for delta in deltas[:-1])


async def test_it_takes_a_conversation(model):
    assert await collect(
        model, "And how many signatures?", history=[PreviousTurn("What is refunded?", "140 EUR.")], language="en"
    )


async def test_many_may_ask_at_once(model):
    answers = await asyncio.gather(*(collect(model, "How many signatures are required?") for _ in range(6)))
    texts = {"".join(delta.text for delta in deltas) for deltas in answers}
    assert len(texts) == 1


async def test_closing_early_is_quiet(model):
    answer = model.answer("How many signatures are required?", PASSAGES)
    async for _ in answer:
        break
    await answer.aclose()


async def test_without_passages_it_claims_nothing(model):
    stream = GroundedStream([])
    for delta in await collect(model, "How many signatures are required?", passages=[]):
        stream.feed(delta.text)
    stream.finish()
    assert stream.text == ""
