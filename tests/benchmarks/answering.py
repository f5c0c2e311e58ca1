"""Time to the first token, over what the model itself takes. The model is a stand-in that speaks the protocol."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from portal.operations.services.ports import free_port
from tests.benchmarks.installation import REPOSITORY, Installation, percentile

AT_ONCE = ((1, "p50", 0.5, 15), (8, "p95", 0.95, 90), (32, "p95", 0.95, 330))
QUESTIONS = ["How many days a week may I work from home?", "What is the hotel limit in Gothenburg?",
             "Who approves an order for £14,000?", "How long is the warranty on a pump?"]  # fmt: skip


def measure() -> Iterator[dict]:
    with stand_in() as model:
        environment = {"OPENAI_BASE_URL": f"{model}/v1", "OPENAI_API_KEY": "bench", "ANSWER_MODEL": "echo"}
        with Installation(**environment) as portal:
            portal.manage("demo")
            headers = portal.key("nora.whitlam@ravelsholme.example", "ravelsholme")
            portal.start()
            with portal.api(headers, "ravelsholme") as api:
                while api.get("documents/", params={"status": "ready", "limit": 200}).json()["results"].__len__() < 20:
                    time.sleep(0.5)
                for question in QUESTIONS:
                    api.post("ask/", json={"question": question}).raise_for_status()
            for people, name, share, goal in AT_ONCE:
                direct = asyncio.run(_many(people, lambda client, n: _direct(client, model, n)))
                whole = asyncio.run(
                    _many(
                        people,
                        lambda client, n: first_token(
                            client, f"{portal.url}/t/ravelsholme/api/v1/ask/", headers, QUESTIONS[n % len(QUESTIONS)]
                        ),
                    )
                )
                over = percentile(whole, share) - percentile(direct, share)
                yield {
                    "name": f"first token over the model's own, {people} at once, {name}", "unit": "ms",
                    "value": round(over, 1), "goal": goal,
                }  # fmt: skip


@contextmanager
def stand_in() -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.openai_server", "--port", str(port)],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,  # where the report goes
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                httpx.get(f"{url}/v1/models")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(10)


async def _many(people: int, one) -> list[float]:
    """Milliseconds of `people` askers at once, each five rounds; the first round warms up."""
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=people)) as client:

        async def asker(number: int) -> list[float]:
            return [await one(client, number + turn) for turn in range(6 if people > 1 else 40)][1:]

        return [took for each in await asyncio.gather(*map(asker, range(people))) for took in each]


async def _direct(client: httpx.AsyncClient, model: str, number: int) -> float:
    body = {
        "model": "echo",
        "stream": True,
        "messages": [{"role": "user", "content": QUESTIONS[number % len(QUESTIONS)]}],
    }
    return await _first(client, f"{model}/v1/chat/completions", body, {}, b'"content"')


async def first_token(client: httpx.AsyncClient, url: str, headers: dict[str, str], question: str) -> float:
    body = {"question": question, "stream": True}
    return await _first(client, url, body, headers, b"event: token")


async def _first(client: httpx.AsyncClient, url: str, body: dict, headers: dict[str, str], sign: bytes) -> float:
    """Milliseconds until the first piece of text; the rest is read, so that nobody is cut off."""
    began, took = time.perf_counter(), None
    async with client.stream("POST", url, json=body, headers=headers) as response:
        response.raise_for_status()
        seen = b""
        async for piece in response.aiter_raw():
            seen = seen[-64:] + piece
            if took is None and sign in seen:
                took = (time.perf_counter() - began) * 1000
    assert took is not None, "no text came"
    return took
