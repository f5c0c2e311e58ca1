"""Search through REST: hybrid, permission-filtered, against the store's own query."""

from __future__ import annotations

import http.client
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.installation import Installation, percentile, sentence, words

SIZES = tuple(int(n) for n in os.environ.get("BENCH_SIZES", "1000,10000,100000").split(","))
QUERIES = 200
GRANTS = 10_000


def measure() -> Iterator[dict]:
    for size in SIZES:
        with Installation() as portal:
            portal.company()
            portal.python("tests.benchmarks.seed", "fill", "bench", str(size), str(GRANTS))
            plain, many = portal.key("plain@bench.example"), portal.key("many@bench.example")
            portal.start()
            took = search_times(portal, plain)
            small = size <= 10_000
            p50, p95 = percentile(took, 0.5), percentile(took, 0.95)
            yield {
                "name": f"search by REST, {size:,} passages, p50",
                "unit": "ms",
                "value": p50,
                "goal": 10 if small else None,
            }
            yield {
                "name": f"search by REST, {size:,} passages, p95",
                "unit": "ms",
                "value": p95,
                "goal": 15 if small else None,
            }
            rate = at_once(portal, plain, 8)
            yield {
                "name": f"search by REST, {size:,} passages, 8 at once", "unit": "/s", "value": rate,
                "goal": 200 if small else None, "at_least": True,
            }  # fmt: skip
            granted = percentile(search_times(portal, many, seed=2), 0.5)
            yield {
                "name": f"reader with {min(GRANTS, size // 10):,} grants against one with none, {size:,} passages",
                "unit": "ratio", "value": round(granted / percentile(search_times(portal, plain, seed=3), 0.5), 2), "goal": 1.5,
            }  # fmt: skip
            portal.stop()
            raw = portal.python("tests.benchmarks.seed", "raw", "bench", str(QUERIES))
            yield {
                "name": f"LanceDB's own hybrid query, {size:,} passages, p50",
                "unit": "ms",
                "value": raw["p50_ms"],
                "goal": None,
            }
            yield {
                "name": f"the portal's store without REST, {size:,} passages, p50",
                "unit": "ms",
                "value": raw["portal_p50_ms"],
                "goal": None,
            }
            yield {
                "name": f"search by REST against LanceDB's own hybrid query, {size:,} passages", "unit": "ratio",
                "value": round(p50 / raw["p50_ms"], 2), "goal": 2,
            }  # fmt: skip


def questions(count: int, seed: int) -> list[str]:
    chance, vocabulary = random.Random(seed), words()
    return ["how is the " + sentence(chance, vocabulary, 7) for _ in range(count)]


def search_times(portal: Installation, headers: dict[str, str], *, seed: int = 1) -> list[float]:
    """Each run asks other questions: what was asked before need not be embedded again."""
    took, ask = [], asker(portal, headers)
    for number, question in enumerate(questions(QUERIES + 30, seed)):
        began = time.perf_counter()
        ask(question)
        if number >= 30:
            took.append((time.perf_counter() - began) * 1000)
    return took


def at_once(portal: Installation, headers: dict[str, str], people: int) -> float:
    def one(seed: int) -> None:
        ask = asker(portal, headers)
        for question in questions(100, seed):
            ask(question)

    began = time.perf_counter()
    with ThreadPoolExecutor(people) as pool:
        list(pool.map(one, range(100, 100 + people)))
    return round(people * 100 / (time.perf_counter() - began), 1)


def asker(portal: Installation, headers: dict[str, str]) -> Callable[[str], bytes]:
    """One kept connection. The plainest client there is, since it shares the cores with what is measured."""
    connection = http.client.HTTPConnection("127.0.0.1", portal.port)

    def ask(question: str) -> bytes:
        body = json.dumps({"query": question, "k": 10})
        connection.request("POST", "/t/bench/api/v1/search/", body, headers | {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said
        return said

    return ask
