"""The OpenAI-compatible model against a real server that speaks the protocol."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest

from answers.answer_models.base import Delta, PreviousTurn, SourcePassage
from answers.answer_models.errors import ModelOverloaded, ModelRefused, ModelTimeout, ModelUnavailable
from answers.answer_models.openai import OpenAIModel
from answers.grounding.sentence_stream import GroundedStream, NotCovered
from tests.servers.openai_server import running


@pytest.fixture(scope="module")
def server():
    with running() as started:
        yield started


@pytest.fixture
def passages():
    def passage(title: str, text: str) -> SourcePassage:
        return SourcePassage(uuid4(), uuid4(), uuid4(), title, 1, (), text, 0)

    return [
        passage(
            "Travel policy", "Hotel costs are refunded up to 140 EUR a night. Trips need the approval of a director."
        ),
        passage("Payments", "Two signatures are required above 5,000 EUR."),
    ]


def model(server, name: str, **options) -> OpenAIModel:
    return OpenAIModel(server[0], options.pop("api_key", "key"), name, **options)


def ask(asked: OpenAIModel, question: str, passages, **more) -> list[Delta]:
    async def collect() -> list[Delta]:
        return [delta async for delta in asked.answer(question, passages, **more)]

    return asyncio.run(collect())


def test_an_answer_arrives_in_pieces_with_its_cost(server, passages):
    deltas = ask(model(server, "echo"), "How much is refunded for a hotel night?", passages)
    assert len([delta for delta in deltas if delta.text]) > 5
    assert "140 EUR a night. [P1]" in "".join(delta.text for delta in deltas)
    assert deltas[-1].finish == "stop"
    assert deltas[-1].usage.prompt_tokens > 100
    assert deltas[-1].usage.completion_tokens > 5


def test_what_the_model_says_is_found_again_in_the_passages(server, passages):
    stream = GroundedStream(passages)
    for delta in ask(model(server, "echo"), "How many signatures are required?", passages):
        stream.feed(delta.text)
    stream.finish()
    quote = stream.statements[0].citations[0].quote
    assert quote.passage_id == passages[1].passage_id
    assert quote.text == "Two signatures are required above 5,000 EUR."


def test_a_model_that_finds_nothing_says_so(server, passages):
    stream = GroundedStream(passages)
    events = [event for delta in ask(model(server, "none"), "Anything?", passages) for event in stream.feed(delta.text)]
    assert events == [NotCovered("")]


def test_earlier_turns_are_sent_along(server, passages):
    turns = [PreviousTurn("What is the hotel limit?", "140 EUR a night.")]
    ask(model(server, "echo"), "And for trips?", passages, history=turns)
    sent = server[1].requests[-1]["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "user"]
    assert sent[2]["content"] == "140 EUR a night."


@pytest.mark.parametrize(
    ("name", "error", "retry"),
    [
        ("status-429", ModelOverloaded, True),
        ("status-503", ModelOverloaded, True),
        ("status-500", ModelUnavailable, True),
        ("status-404", ModelRefused, False),
        ("status-400", ModelRefused, False),
        ("broken", ModelUnavailable, True),
        ("garbage", ModelUnavailable, True),
        ("empty", ModelUnavailable, True),
        ("filtered", ModelRefused, False),
    ],
)
def test_each_failure_says_whether_asking_again_can_help(server, passages, name, error, retry):
    with pytest.raises(error) as raised:
        ask(model(server, name), "How much is refunded?", passages)
    assert raised.value.retry is retry


def test_an_overloaded_endpoint_says_how_long_to_wait(server, passages):
    with pytest.raises(ModelOverloaded) as raised:
        ask(model(server, "status-429"), "How much?", passages)
    assert raised.value.retry_after == 7
    assert raised.value.status == 429


def test_a_wrong_key_is_a_refusal(server, passages):
    with pytest.raises(ModelRefused) as raised:
        ask(model(server, "echo", api_key="wrong"), "How much?", passages)
    assert raised.value.status == 401


def test_an_endpoint_that_is_not_there_is_unavailable(passages):
    with pytest.raises(ModelUnavailable):
        ask(OpenAIModel("http://127.0.0.1:9/v1", "key", "echo"), "How much?", passages)


@pytest.mark.parametrize("name", ["hang", "hang-midway"])
def test_a_silent_model_does_not_keep_the_reader_waiting(server, passages, name):
    began = time.monotonic()
    with pytest.raises(ModelTimeout):
        ask(
            model(server, name, connect_timeout=0.2, first_token_timeout=0.2, timeout=0.2),
            "How much is refunded?",
            passages,
        )
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("name", ["no-options", "no-max-tokens"])
def test_an_option_an_endpoint_does_not_know_is_left_out(server, passages, name):
    asked = model(server, name)
    assert "140 EUR" in "".join(delta.text for delta in ask(asked, "How much is refunded for a hotel night?", passages))
    before = len(server[1].requests)
    ask(asked, "How much is refunded for a hotel night?", passages)
    assert len(server[1].requests) == before + 1  # it is not asked with the option twice


def test_a_reader_who_leaves_closes_the_connection(server, passages):
    async def first_piece() -> str:
        pieces = model(server, "echo-words-50").answer("How much is refunded for a hotel night?", passages)
        async for delta in pieces:
            await pieces.aclose()
            return delta.text
        return ""

    before = server[1].left
    assert asyncio.run(first_piece())
    deadline = time.monotonic() + 3
    while server[1].left == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server[1].left == before + 1


def test_answers_run_side_by_side(server, passages):
    async def many() -> float:
        asked = model(server, "echo-wait-0.3")
        began = time.monotonic()

        async def one() -> None:
            async for _ in asked.answer("How much is refunded?", passages):
                pass

        await asyncio.gather(*(one() for _ in range(8)))
        await asked.close()
        return time.monotonic() - began

    assert asyncio.run(many()) < 2


def test_the_same_model_serves_a_second_event_loop(server, passages):
    asked = model(server, "echo")
    assert ask(asked, "How much is refunded?", passages)
    assert ask(asked, "How much is refunded?", passages)
